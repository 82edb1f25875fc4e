//! A judgement as JUnit's XML, which GitLab, Jenkins, Azure and most actions for GitHub show as test results.
//!
//! One test for the heap as a whole, so that a report is never empty, and one for each site that grew: a leak has
//! failed, what is unclear ended in an error, what is allowed was skipped, the rest passed.

use std::fmt::Write as _;

use super::{Class, Judgement, SiteGrowth, Verdict};
use crate::terminal::{rate, thousands};
use crate::xml::escaped;

/// A judgement as an XML document.
pub fn render(judgement: &Judgement) -> String {
    let sites: Vec<&SiteGrowth> = judgement
        .sites
        .iter()
        .filter(|site| !matches!(site.class, Class::Steady | Class::Shrinking))
        .collect();
    let count = |of: &dyn Fn(&SiteGrowth) -> bool| sites.iter().filter(|site| of(site)).count();
    let failures = count(&SiteGrowth::is_leak);
    let unclear = usize::from(judgement.verdict == Verdict::Inconclusive);
    let (errors, skipped) = (
        count(&SiteGrowth::is_unclear) + unclear,
        count(&|site| site.allowed.is_some()),
    );
    let totals = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"",
        sites.len() + 1
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"heapdiff verdict\" {totals} time=\"0\">"
    );
    let _ = writeln!(xml, "  <testsuite name=\"heap\" {totals} time=\"0\">");
    whole(&mut xml, judgement);
    for site in &sites {
        case(&mut xml, site);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// The heap as a whole: an error if it is inconclusive; that it leaks is said at the sites.
fn whole(xml: &mut String, judgement: &Judgement) {
    let notes: Vec<String> = judgement
        .remarks
        .iter()
        .map(|note| format!("note: {note}"))
        .collect();
    let notes = escaped(&notes.join("\n"));
    xml.push_str("    <testcase classname=\"heap\" name=\"the live heap does not grow with the requests\" time=\"0\">\n");
    if judgement.verdict == Verdict::Inconclusive {
        let _ = writeln!(
            xml,
            "      <error type=\"inconclusive\" message=\"something grows and may stop\">{notes}</error>"
        );
    }
    let _ = writeln!(
        xml,
        "      <system-out>{notes}</system-out>\n    </testcase>"
    );
}

fn case(xml: &mut String, site: &SiteGrowth) {
    let frame = &site.site.frame;
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
        escaped(&site.site.function()),
        escaped(&site.name())
    );
    if let Some(file) = frame.file() {
        let _ = write!(xml, " file=\"{}\"", escaped(file));
    }
    if let Some(line) = frame.line() {
        let _ = write!(xml, " line=\"{line}\"");
    }
    xml.push_str(">\n");
    let said = if let Some(reason) = &site.allowed {
        format!("      <skipped message=\"{}\"/>\n", escaped(reason))
    } else if site.class == Class::Leak {
        let message = format!(
            "{} bytes per request",
            rate(site.bytes_per_request.estimate)
        );
        format!(
            "      <failure type=\"leak\" message=\"{}\">{}</failure>\n",
            escaped(&message),
            escaped(&evidence(site))
        )
    } else if let Some(doubt) = site.doubt {
        format!(
            "      <error type=\"unclear\" message=\"{}\">{}</error>\n",
            escaped(&doubt.to_string()),
            escaped(&evidence(site))
        )
    } else {
        format!(
            "      <system-out>{}: {}</system-out>\n",
            site.class,
            escaped(&evidence(site))
        )
    };
    xml.push_str(&said);
    xml.push_str("    </testcase>\n");
}

/// A line for each snapshot.
fn evidence(site: &SiteGrowth) -> String {
    let mut text = site.name();
    for point in &site.points {
        let _ = write!(
            text,
            "\nafter {} requests: {} bytes in {} {}",
            thousands(point.requests),
            thousands(point.counters.live_bytes),
            thousands(point.counters.live_blocks),
            if point.counters.live_blocks == 1 {
                "block"
            } else {
                "blocks"
            }
        );
    }
    text
}
