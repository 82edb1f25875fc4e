//! A series of snapshots of a server under lab 1's load, and the verdict on it.

use driver::{Load, Progress};
use heapdiff::verdict::{Judgement, judge_as_told};
use heapdiff::{InApp, Profile, files};

use super::Program;

/// After so many requests each; the first is behind the warm-up.
const SCHEDULE: [u64; 4] = [200, 400, 800, 1600];

/// The verdict on snapshots at rest, as `driver series` takes them.
pub fn judge_lab1(program: &Program) -> Judgement {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut load = Load::new(format!("{}/bloatMyServer", program.url));
    let mut profiles = Vec::new();
    for total in SCHEDULE {
        load.requests = total - load.after;
        let report = runtime
            .block_on(driver::run(
                &load,
                &Progress::default(),
                std::future::pending(),
            ))
            .unwrap();
        assert_eq!(report.errors, []);
        load.after = total;
        program.get(&format!("/heapdump?name={total}")).is(200);
        profiles.push(files::read(program.path(&format!("snapshots/{total}.json"))).unwrap());
    }
    let profiles: Vec<&Profile> = profiles.iter().collect();
    judge_as_told(&profiles, &InApp::default()).unwrap()
}
