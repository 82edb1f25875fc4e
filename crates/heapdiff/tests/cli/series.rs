//! A series of snapshots for the command line's tests. (What the verdict is worth, the zoo shows.)

use std::fmt::Write as _;

use crate::common::served;
use crate::run::{Run, dhat};

/// A site of the series: the frames of its stack, and its live bytes and blocks after so many requests.
pub(crate) struct Site {
    pub(crate) frames: [&'static str; 2],
    pub(crate) live: fn(u64) -> (u64, u64),
}

pub(crate) const LIST: Site = Site {
    frames: [
        "0x1: <alloc::vec::Vec<alloc::sync::Arc<orders::Redundant>>>::push (src/vec/mod.rs:1:1)",
        "0x2: orders::handle (orders/src/main.rs:36:14)",
    ],
    live: |n| (8 * (100 * n).next_power_of_two(), 1),
};

pub(crate) const LABELS: Site = Site {
    frames: [
        "0x3: <alloc::string::String as core::clone::Clone>::clone (src/string.rs:1:1)",
        "0x4: orders::metrics::label (orders/src/metrics.rs:7:5)",
    ],
    live: |n| (20 * n, n),
};

pub(crate) const FULL_CACHE: Site = Site {
    frames: [
        "0x5: <std::collections::hash::map::HashMap<u64, orders::Page>>::insert (src/map.rs:1:1)",
        "0x6: <orders::cache::Pages>::put (orders/src/cache.rs:21:9)",
    ],
    live: |n| (512 * n.min(300), n.min(300)),
};

pub(crate) const FILLING_CACHE: Site = Site {
    frames: FULL_CACHE.frames,
    live: |n| (512 * n.min(600), n.min(600)),
};

pub(crate) const TABLE: Site = Site {
    frames: [
        "0x7: <alloc::vec::Vec<u32>>::with_capacity (src/vec/mod.rs:1:1)",
        "0x8: orders::tables::squares (orders/src/tables.rs:3:5)",
    ],
    live: |n| if n > 150 { (4096, 1) } else { (0, 0) },
};

pub(crate) const HOSTILE: Site = Site {
    frames: [
        "0x9: <alloc::boxed::Box<a::B<\\\"&'>>>::new (src/boxed.rs:1:1)",
        "0xa: a::<]]>\\u001b[2J&\\\"'\\u0000::f (a <b>&\\\"/ü c.rs:1:1)",
    ],
    live: |n| (64 * n, n),
};

/// The verdict on these sites, of snapshots `100.json` to `800.json`.
pub(crate) fn verdict(args: &str, sites: &[Site]) -> Run {
    let width = if args.contains("--width") {
        ""
    } else {
        "--width 400"
    };
    let run = Run::new(&format!(
        "verdict 100.json 200.json 400.json 800.json {width} {args}"
    ));
    [100, 200, 400, 800]
        .into_iter()
        .zip([10, 20, 30, 40])
        .fold(run, |run, (requests, seconds)| {
            let snapshot = served(snapshot(sites, requests).as_bytes(), requests, seconds);
            run.file(&format!("{requests}.json"), snapshot)
        })
}

/// A snapshot as DHAT alone writes it.
pub(crate) fn snapshot(sites: &[Site], requests: u64) -> String {
    let (mut points, mut frames) = (String::new(), String::new());
    for (at, site) in sites.iter().enumerate() {
        let (bytes, blocks) = (site.live)(requests);
        let (comma, inner, outer) = (if at == 0 { "" } else { "," }, 2 * at, 2 * at + 1);
        let _ = write!(
            points,
            r#"{comma}{{"tb":{bytes},"tbk":{blocks},"eb":{bytes},"ebk":{blocks},"fs":[{inner},{outer}]}}"#
        );
        let [inner, outer] = site.frames;
        let _ = write!(frames, r#"{comma}"{inner}","{outer}""#);
    }
    dhat(&points, &frames)
}
