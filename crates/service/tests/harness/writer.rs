//! The child that writes a snapshot, stopped in the middle of it.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::process::{children_of, wait_for};

/// Stops the writer of `parent` when it is at work: in its private folder, and so bound already to die
/// with its parent. Stopped before that it could do so only once continued.
pub fn stop_writer_of(parent: u32) -> Pid {
    let children = || children_of(parent).into_iter();
    let writer = wait_for("the writer to be at work", || {
        children().map(|(pid, _)| pid).find(|pid| at_work(*pid))
    });
    kill(writer, Signal::SIGSTOP).unwrap();
    wait_for("the writer to stop", || {
        children().find(|child| *child == (writer, 'T'))
    });
    writer
}

fn at_work(process: Pid) -> bool {
    fs::read_link(format!("/proc/{process}/cwd")).is_ok_and(|folder| {
        let name = folder.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(".heapshot-")
    })
}
