//! What the tests share: waiting for a condition, and looking at a process's children from outside.
#![allow(dead_code, unreachable_pub, clippy::missing_panics_doc)] // each test binary uses its part

pub mod server;
pub mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use serde_json::Value;

/// Longer than anything here takes, however slow the machine.
pub const LONG: Duration = Duration::from_secs(60);

/// Asks until the answer is there.
///
/// # Panics
/// When it does not come within [`LONG`].
pub fn wait_for<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    wait_at_most(LONG, what, ask)
}

/// Asks until the answer is there.
///
/// # Panics
/// When it does not come in time.
pub fn wait_at_most<T>(time: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + time;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// The children of a process, zombies among them, with their state as in `/proc/PID/stat`.
pub fn children_of(parent: u32) -> Vec<(Pid, char)> {
    let threads = fs::read_dir(format!("/proc/{parent}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    lists
        .iter()
        .flat_map(|list| list.split_ascii_whitespace())
        .filter_map(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let state = stat.rsplit_once(") ")?.1.chars().next()?;
            Some((Pid::from_raw(pid.parse().ok()?), state))
        })
        .collect()
}

/// The snapshot, and proof that it is one: its live bytes and blocks are those that its header states, of samples those that
/// were recorded.
pub fn read_whole(path: &Path) -> Value {
    let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(document["dhatFileVersion"], 2);
    let sum = |key: &str| -> u64 {
        let points = document["pps"].as_array().unwrap();
        points
            .iter()
            .map(|point| point[key].as_u64().unwrap())
            .sum()
    };
    let header = &document["heapshot"];
    let [bytes, blocks] = match &header["sampling"] {
        Value::Null => [&header["live_bytes"], &header["live_blocks"]],
        sampling => [&sampling["recorded_bytes"], &sampling["recorded_blocks"]],
    };
    assert_eq!(sum("eb"), bytes.as_u64().unwrap());
    assert_eq!(sum("ebk"), blocks.as_u64().unwrap());
    document
}

/// An example of this crate. Cargo builds examples beside the folder of the test binaries.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    profile.join("examples").join(name)
}

/// What is in a folder, hidden things too.
pub fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
