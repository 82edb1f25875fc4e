//! What the tests share: waiting for a condition, and looking at a process's children from outside.
#![allow(dead_code, unreachable_pub, clippy::missing_panics_doc)] // each test binary uses its part

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Longer than anything here takes, however slow the machine.
pub const LONG: Duration = Duration::from_secs(60);

/// Asks until the answer is there.
///
/// # Panics
/// When it does not come within [`LONG`].
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
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
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let mut fields = stat.rsplit_once(") ")?.1.split(' ');
            let state = fields.next()?.chars().next()?;
            let is_child = fields.next()?.parse() == Ok(parent);
            is_child.then_some((Pid::from_raw(pid), state))
        })
        .collect()
}

/// The child that writes a snapshot, stopped in the middle of it.
pub fn stop_writer_of(parent: u32) -> Pid {
    let pid = wait_for("the writing child", || {
        children_of(parent).first().map(|(pid, _)| *pid)
    });
    kill(pid, Signal::SIGSTOP).unwrap();
    wait_for("the child to stop", || {
        children_of(parent).contains(&(pid, 'T')).then_some(())
    });
    pid
}

/// The snapshot, and proof that it is one: its live bytes and blocks are those that its header states.
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
    assert_eq!(
        sum("eb"),
        document["heapshot"]["live_bytes"].as_u64().unwrap()
    );
    assert_eq!(
        sum("ebk"),
        document["heapshot"]["live_blocks"].as_u64().unwrap()
    );
    document
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
