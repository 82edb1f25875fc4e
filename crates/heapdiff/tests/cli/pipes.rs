//! Pipes and devices, as snapshots and as places for an answer; and writers that are killed.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};

use crate::common::fixture;
use crate::run::Run;

/// Longer than anything takes, on any machine.
const LONG: Duration = Duration::from_secs(120);

fn with_pipe(args: &str) -> Run {
    let run = Run::new(args);
    let path = run.folder.path().join("pipe");
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    run
}

#[test]
fn a_pipe_that_nobody_reads_is_refused_at_once() {
    for command in [
        "flamegraph leak-after.json",
        "export --to pprof leak-after.json",
        "compare leak-before.json leak-after.json --format json",
        "verdict --requests 1,2,3 leak-before.json leak-after.json leak-after.json",
    ] {
        let run = with_pipe(&format!("{command} -o pipe"));
        let pipe = run.folder.path().join("pipe");
        let (done, wait) = mpsc::channel();
        let running = thread::spawn(move || {
            let _ = done.send(run.output());
        });
        let answered = wait.recv_timeout(LONG);
        if answered.is_err() {
            // lets it go, so that it ends
            drop(open(
                &pipe,
                OFlags::RDONLY | OFlags::NONBLOCK,
                Mode::empty(),
            ));
        }
        running.join().expect("it ends");
        let (code, _, stderr) = answered.expect("it does not wait for a reader");
        assert_eq!(code, Some(2), "{command}: {stderr}");
        for text in [
            "cannot write pipe",
            "no program reads from this pipe",
            "start the reader first",
        ] {
            assert!(stderr.contains(text), "{command}: {stderr}");
        }
    }
}

#[test]
fn a_pipe_with_a_reader_and_a_device_get_the_answer() {
    let run = with_pipe("flamegraph leak-after.json -o pipe");
    let path = run.folder.path().join("pipe");
    // Opened before heapdiff looks, and for both: so it neither waits for heapdiff, nor sees an end before it came.
    let mut pipe = File::options()
        .read(true)
        .write(true)
        .open(&path)
        .expect("a pipe");
    let reader = thread::spawn(move || {
        let (mut text, mut part) = (Vec::new(), [0; 4096]);
        while !text.trim_ascii_end().ends_with(b"</svg>") {
            let n = pipe.read(&mut part).expect("a part");
            text.extend_from_slice(&part[..n]);
        }
        String::from_utf8(text).expect("UTF-8")
    });
    let (code, _, stderr) = run.output();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(reader.join().expect("a reader").contains("<svg"));
    assert!(path.exists(), "it is no file that is replaced");

    Run::new("flamegraph leak-after.json -o /dev/stdout").prints(&["<svg", "</svg>"]);
    Run::new("flamegraph leak-after.json -o /dev/null").prints(&[]);
}

#[test]
fn a_snapshot_may_come_through_a_pipe() {
    let run = with_pipe("show pipe");
    let path = run.folder.path().join("pipe");
    let writer = thread::spawn(move || fs::write(path, fixture("leak-after.json")));
    run.prints(&["leak"]);
    writer.join().expect("a writer").expect("written");

    let mut child = Command::new(env!("CARGO_BIN_EXE_heapdiff"))
        .args(["show", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("heapdiff runs");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(&fixture("leak-after.json"))
        .expect("written");
    drop(input);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_writer_that_is_killed_leaves_nothing_behind() {
    for command in [
        "export --to chrome -o out orders-v0-before.json orders-v0-after.json",
        "export --to pprof orders-v0-after.json -o out/heap.pb.gz",
        "flamegraph orders-v0-after.json -o out/a.svg",
        "compare orders-v0-before.json orders-v0-after.json --format json -o out/a.json",
    ] {
        let run = Run::new(command);
        let out = run.folder.path().join("out");
        fs::create_dir(&out).expect("a folder");
        // the system kills it as soon as a file of it is longer than so many blocks
        let status = Command::new("sh")
            .args(["-c", "ulimit -c 0; ulimit -f 2; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_heapdiff"))
            .args(&run.args)
            .current_dir(run.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("a shell");
        assert_eq!(
            status.signal(),
            Some(nix::sys::signal::Signal::SIGXFSZ as i32),
            "{command}"
        );
        let left: Vec<_> = fs::read_dir(&out).expect("it is there").collect();
        assert!(left.is_empty(), "{command}: {left:?}");
    }
}
