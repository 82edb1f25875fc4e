//! The text of `heapdiff verdict`: the verdict, the heap at each snapshot, and the sites that grew.

use std::fmt::Write as _;

use super::number::error_bar;
use super::style::{BOLD, GROWTH, PLAIN, Paint, SHRINKING, WARNING};
use super::table::{self, Cell, Column, Line, Place};
use super::{Screen, between, head, paragraph, place, rate, thousands, wrap};
use crate::verdict::{Class, Judgement, SiteGrowth, Verdict};

/// Sites that are shown besides those that leak or may leak.
const TOP: usize = 8;

const COLUMNS: [Column; 4] = [
    Column {
        head: "Class",
        rank: 0,
    },
    Column {
        head: "Bytes/request",
        rank: 0,
    },
    Column {
        head: "between",
        rank: 2,
    },
    Column {
        head: "Blocks/request",
        rank: 1,
    },
];

/// A judgement as text: the verdict, the heap, the sites that grew with their evidence, and the remarks.
pub fn render_verdict(judgement: &Judgement, screen: &Screen) -> String {
    let mut out = String::new();
    let (headline, paint) = headline(judgement);
    wrap(&mut out, &headline, paint, screen);
    out.push('\n');
    out.push_str(&head::of_series(&judgement.heap, screen));
    out.push('\n');
    let important = |site: &&&SiteGrowth| matches!(site.class, Class::Leak | Class::Unclear);
    let grew: Vec<&SiteGrowth> = judgement
        .sites
        .iter()
        .filter(|site| !matches!(site.class, Class::Steady | Class::Shrinking))
        .collect();
    let mut shown: Vec<&SiteGrowth> = grew.iter().filter(important).copied().collect();
    shown.sort_by_key(|site| (site.class, site.allowed.is_some()));
    let others = grew.iter().filter(|site| !important(site)).take(TOP);
    shown.extend(others);
    if shown.is_empty() {
        out.push_str("No site grew.\n");
    } else {
        let lines: Vec<Line> = shown.iter().map(|site| line(site)).collect();
        out.push_str(&table::print(("Constructor", "Where"), &COLUMNS, &lines, screen).text);
    }
    if grew.len() > shown.len() {
        let more = grew.len() - shown.len();
        let sites = if more == 1 { "site" } else { "sites" };
        paragraph(
            &mut out,
            &format!("… {more} more {sites} that grew and stopped; --format json has all"),
            screen,
        );
    }
    for remark in &judgement.remarks {
        out.push('\n');
        wrap(&mut out, &format!("note: {remark}"), WARNING, screen);
    }
    out
}

fn headline(judgement: &Judgement) -> (String, Paint) {
    let (first, last) = judgement.requests();
    let requests = format!("{} to {} requests", thousands(first), thousands(last));
    match judgement.verdict {
        Verdict::Leak => {
            let per_request = judgement.bytes_per_request();
            let sites = judgement.leaks().count();
            let headline = format!(
                "LEAK: {} bytes per request{}, at {sites} {}, from {requests}",
                rate(per_request.estimate).trim_start_matches('+'),
                between(per_request).map_or_else(String::new, |range| format!(" ({range})")),
                if sites == 1 { "site" } else { "sites" },
            );
            (headline, GROWTH.bold())
        }
        Verdict::NoLeak => (
            format!("NO LEAK: no site grows with the requests, from {requests}"),
            SHRINKING.bold(),
        ),
        Verdict::Inconclusive => (
            format!("INCONCLUSIVE: something grows and may stop, from {requests}; see the notes"),
            WARNING,
        ),
    }
}

fn line(site: &SiteGrowth) -> Line {
    let plain = |text: String| Cell { text, paint: PLAIN };
    let (class, paint) = match site.class {
        _ if site.allowed.is_some() => (format!("{} (allowed)", site.class), PLAIN),
        Class::Leak => (site.class.to_string(), GROWTH),
        Class::Unclear => (site.class.to_string(), WARNING),
        _ => (site.class.to_string(), PLAIN),
    };
    let cells = vec![
        Cell { text: class, paint },
        plain(rate(site.bytes_per_request.estimate)),
        plain(between(site.bytes_per_request).unwrap_or_default()),
        plain(rate(site.blocks_per_request.estimate)),
    ];
    Line {
        name: site.site.constructor(),
        paint: if site.site.in_app { BOLD } else { PLAIN },
        cells,
        place: place(&site.site, 1),
        below: vec![Place {
            function: evidence(site),
            file: String::new(),
        }],
    }
}

/// `1,600 → 3,200 → 6,400 bytes, 100 → 200 → 400 blocks`
fn evidence(site: &SiteGrowth) -> String {
    let course = |amounts: Vec<u64>| {
        let amounts: Vec<String> = amounts.into_iter().map(thousands).collect();
        amounts.join(" → ")
    };
    let of = |amount: fn(&crate::verdict::Point) -> u64| site.points.iter().map(amount).collect();
    let bytes = course(of(|point| point.counters.live_bytes));
    let error = site
        .points
        .last()
        .map_or(0.0, |last| last.counters.live_bytes_error());
    let mut evidence = if error > 0.0 {
        format!("≈ {bytes} bytes, at last ± {}", error_bar(error))
    } else {
        format!("{bytes} bytes")
    };
    let _ = if site.grows_in_place {
        write!(evidence, ", in place")
    } else {
        write!(
            evidence,
            ", {} blocks",
            course(of(|point| point.counters.live_blocks))
        )
    };
    evidence
}
