//! The zoo: many small handlers that leak, and as many that look like it and do not, recorded for real.
//!
//! All of them live in this process. A round calls each once, with the round's number: it is a request to all of them.
//! Snapshots are taken at request counts that double, and from each what one handler allocated is judged by itself,
//! as if it were a service of its own. The test prints what it found.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(
    clippy::vec_box,
    clippy::linkedlist,
    reason = "the zoo has what programs have"
)]

mod innocents;
mod leaks;
mod recording;
mod table;
mod undecided;
mod workers;

use heapdiff::verdict::{Class, Verdict};
use heapdiff::{InApp, verdict};
use recording::Recording;
use table::Row;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

/// Requests at the snapshots.
const SCHEDULE: [u64; 5] = [60, 120, 240, 480, 960];

/// A handler of the zoo.
struct Behaviour {
    /// The path of its function, by which its stacks are known.
    name: &'static str,
    /// Called with the number of the request, from 0.
    handler: fn(u64),
    expected: Verdict,
    /// Bytes that it keeps of each request, in the mean; without the room that collections have left.
    bytes: f64,
}

/// Says what a function is, and how many bytes it keeps of a request.
macro_rules! behaviours {
    ($expected:ident: $($handler:path = $bytes:expr),+ $(,)?) => {
        [$($crate::Behaviour {
            name: concat!(module_path!(), "::", stringify!($handler)),
            handler: $handler,
            expected: heapdiff::verdict::Verdict::$expected,
            bytes: $bytes,
        }),+]
    };
}
pub(crate) use behaviours;

#[test]
fn every_leak_is_found_at_its_function_and_no_innocent_is_accused() {
    let leaks = leaks::all();
    let innocents = innocents::all();
    let undecided = undecided::all();
    assert!(leaks.len() >= 20 && innocents.len() >= 20);
    let zoo: Vec<Behaviour> = leaks
        .into_iter()
        .chain(innocents)
        .chain(undecided)
        .collect();
    let recording = Recording::of(&zoo, &SCHEDULE);

    let rows: Vec<Row> = zoo
        .iter()
        .map(|behaviour| row(&recording, behaviour))
        .collect();
    println!("{}", table::print(&rows));
    let wrong: Vec<&Row> = rows.iter().filter(|row| !row.is_right()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What one handler is found to be.
fn row(recording: &Recording, behaviour: &Behaviour) -> Row {
    let profiles = recording.only(behaviour.name);
    let series: Vec<_> = SCHEDULE.into_iter().zip(&profiles).collect();
    let judgement = verdict::judge(&series, &InApp::default()).expect("a series");
    let function = behaviour.name.rsplit("::").next().expect("a name");
    let elsewhere = judgement
        .leaks()
        .filter(|site| !site.site.function().ends_with(function))
        .map(heapdiff::verdict::SiteGrowth::name)
        .collect();
    let grew = judgement
        .sites
        .iter()
        .filter(|site| !matches!(site.class, Class::Steady | Class::Shrinking))
        .map(|site| {
            let points = site.points.iter();
            let live = points.map(|point| (point.counters.live_bytes, point.counters.live_blocks));
            format!(
                "{} {} {:?}",
                site.class,
                site.name(),
                live.collect::<Vec<_>>()
            )
        })
        .collect();
    Row {
        name: function,
        expected: behaviour.expected,
        verdict: judgement.verdict,
        found: judgement.bytes_per_request(),
        truth: behaviour.bytes,
        elsewhere,
        grew,
    }
}
