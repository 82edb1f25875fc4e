//! What a student is shown of a measurement: the comparison, the annotated line, the growth per request,
//! and the finding in words.

use anyhow::Result;
use heapdiff::cli::Output;
use heapdiff::source::Finder;
use heapdiff::terminal::{rate, thousands};
use heapdiff::verdict::Remark;
use heapdiff::{Options, Profile, Sort, View, excerpt};

use crate::catalog::Lab;
use crate::check::{Checked, Report, Status};
use crate::measure::Measurement;
use crate::repo::Repo;
use crate::say;

/// Rows of a comparison that are shown.
const TOP: usize = 8;

/// Prints the comparison of two snapshots as `heapdiff compare` does, and the line at its top.
pub(crate) fn comparison(repo: &Repo, before: &Profile, after: &Profile, sort: Sort) -> Result<()> {
    let comparison = heapdiff::compare(before, after, &Options::default())?;
    let view = View {
        top: Some(TOP),
        sort,
        ..View::default()
    };
    let sources = Finder::new([repo.root().to_path_buf()]);
    let screen = Output::of_stdout().screen(None);
    say::note(&excerpt::below_table(&comparison, &view, &sources, &screen));
    Ok(())
}

/// Prints what a check found: the comparison if there is one, then the finding.
pub(crate) fn checked(repo: &Repo, lab: &Lab, checked: &Checked) -> Result<()> {
    if let Some([before, after]) = compared(checked) {
        // Where nothing grows the first rows are to be what the requests allocate, none of which stays.
        let sort = match checked.report.status {
            Status::Leaking => Sort::Alloc,
            _ => Sort::Churn,
        };
        comparison(repo, before, after, sort)?;
    }
    if let Some(measurement) = &checked.measurement {
        growth(measurement);
    }
    finding(lab, &checked.report);
    Ok(())
}

/// The two snapshots that show what a check found, if it came to measure.
fn compared(checked: &Checked) -> Option<[&Profile; 2]> {
    // A leak is shown as the student will meet it, against the first snapshot. Without one that would show
    // only what a server makes once; after the warm-up nothing of it is left.
    let (boot, warm, last) = checked.measurement.as_ref()?.ends();
    let first = match checked.report.status {
        Status::Leaking => boot,
        _ => warm,
    };
    Some([&first.profile, &last.profile])
}

/// Prints the sites that leak with their bytes at each snapshot, or that there are none.
fn growth(measurement: &Measurement) {
    let leaks = measurement.leaks();
    let counts: Vec<String> = measurement
        .warm()
        .iter()
        .map(|shot| shot.requests.to_string())
        .collect();
    say::note(&format!(
        "\nlive bytes at rest after {} requests:",
        counts.join(", ")
    ));
    for leak in &leaks {
        let bytes: Vec<String> = leak
            .points
            .iter()
            .map(|point| thousands(point.counters.live_bytes))
            .collect();
        say::note(&format!(
            "  {}  {}  ({} bytes per request)",
            leak.site.constructor(),
            bytes.join(" → "),
            rate(leak.bytes_per_request.estimate),
        ));
    }
    if leaks.is_empty() && measurement.unclear().is_some() {
        say::note("  No site is known to leak.");
    } else if leaks.is_empty() {
        let bytes: Vec<String> = measurement
            .warm()
            .iter()
            .map(|shot| thousands(shot.profile.totals.live_bytes))
            .collect();
        say::note(&format!(
            "  whole heap  {}\n  No site grows with the requests.",
            bytes.join(" → ")
        ));
    }
    // What of the student's own code is unclear, the finding says; what of a runtime's is, is no student's to mend.
    let remarks = measurement.judgement.remarks.iter();
    for remark in remarks.filter(|remark| !matches!(remark, Remark::Unclear { .. })) {
        say::note(&format!("  Note: {remark}"));
    }
}

/// Prints what the server was found to be, and what to do next.
pub(crate) fn finding(lab: &Lab, report: &Report) {
    let n = lab.number;
    let seconds = format!(
        "{:.1} s: build {:.1} s, measure {:.1} s",
        report.elapsed_s, report.build_s, report.measure_s
    );
    let server = report.server.program();
    say::note("");
    match report.status {
        Status::Fixed => {
            say::good(&format!(
                "FIXED: lab {n}, {server} keeps its contract and does not leak ({seconds})"
            ));
            say::note(&format!("What is next: {}", say::code("cargo lab")));
        }
        Status::Reference => {
            say::good(&format!(
                "NO LEAK: lab {n}, {server} holds the shipped solution ({seconds})"
            ));
            say::note(&format!(
                "To solve the lab yourself: {}",
                say::code(format!("cargo lab start {n}"))
            ));
        }
        Status::Leaking => {
            match (&report.top_site, report.bytes_per_request) {
                (Some(_), Some(bytes)) => say::bad(&format!(
                    "LEAKING: lab {n}, {server} keeps {} bytes of every request ({seconds})",
                    rate(bytes).trim_start_matches('+')
                )),
                _ => say::bad(&format!("LEAKING: lab {n}, {server} ({seconds})")),
            }
            if let Some(reason) = &report.reason {
                say::note(reason);
            }
            if let Some(site) = &report.top_site {
                let place = match (&site.file, site.line) {
                    (Some(file), Some(line)) => format!("{file}:{line}"),
                    _ => "an unknown place".to_owned(),
                };
                say::note(&format!(
                    "Most of it is {} allocated at {place}.",
                    site.type_name
                ));
            }
        }
        Status::Holding => {
            say::bad(&format!(
                "NO LEAK, BUT HOLDING: lab {n}, RSS of {server} has memory that its heap has not ({seconds})"
            ));
            say::note(report.reason.as_deref().unwrap_or_default());
        }
        Status::Inconclusive => {
            say::bad(&format!(
                "NOT CERTAIN: lab {n}, {server} may leak, and may only fill something ({seconds})"
            ));
            say::note(report.reason.as_deref().unwrap_or_default());
            say::note(&format!(
                "Look at what grows there. If it has a bound, make it smaller than the requests of a check; then {}",
                say::code(format!("cargo lab check {n}"))
            ));
        }
        Status::ContractBroken => {
            say::bad(&format!(
                "CONTRACT BROKEN: lab {n}, {server} does not do its job ({seconds})"
            ));
            say::note(report.reason.as_deref().unwrap_or_default());
            say::note(&format!(
                "{} must hold: {}.",
                lab.routes(),
                lab.contract.says
            ));
        }
        Status::BuildFailed => {
            say::bad(&format!(
                "BUILD FAILED: lab {n}, {server} does not compile; the compiler says why above"
            ));
            if let Some(reason) = &report.reason {
                say::note(reason);
            }
        }
        Status::NotStarted => {
            say::note(&format!(
                "NOT STARTED: lab {n}'s file is the starter, unchanged; edit crates/fixed-server/src/{}",
                lab.file
            ));
        }
    }
}
