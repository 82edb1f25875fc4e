//! However a run ends, nothing goes on that a student's program has started.

use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{Desk, FILE, command_lines, programs_of};

/// How long `sleep` sleeps, so that it is known by its command line.
const ASLEEP: &str = "86397";

/// Longer than a cold build of a server takes.
const PATIENCE: Duration = Duration::from_secs(600);

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}

fn running(text: &str) -> Vec<String> {
    let lines = command_lines().into_iter();
    lines.filter(|line| line.contains(text)).collect()
}

#[test]
fn grandchildren_in_sessions_of_their_own_end_with_the_run() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in_at_start(
        "starts-sleepers",
        &format!(
            "    let _ = std::process::Command::new(\"sh\")\n        \
             .args([\"-c\", \"setsid sleep {ASLEEP} & setsid sh -c 'sleep {ASLEEP} & sleep {ASLEEP}' & touch asleep; sleep 0.2\"])\n        \
             .current_dir(std::env::temp_dir()).spawn().and_then(|mut sh| sh.wait());",
        ),
    );
    // Where the kernel's sandbox is on, no sleeper can be started at all.
    let sheet = desk.grade_one("starts-sleepers", &["--without-sandbox"]);
    let grade = &sheet["labs"][0];
    assert_eq!(grade["status"], "passed", "{sheet:#}");
    assert_eq!(grade["notes"][0], "uses std::process");
    assert!(
        sheet["confinement"].to_string().contains("sandbox is off"),
        "{sheet:#}"
    );
    assert_eq!(running(ASLEEP), [] as [String; 0]);
}

/// A grader whose student's server spins, at the moment at which it does.
fn with_a_running_server(desk: &Desk) -> Child {
    let folder = desk.folder("spins");
    let mut grader = desk
        .command(&["--submission", folder.to_str().unwrap(), "--lab", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Its supervisor, and the server itself.
    wait_for("the server", || {
        assert_eq!(grader.try_wait().unwrap(), None, "the grader has ended");
        running(&format!(
            "leaklab-grade-{}/run-{STUDENTS}/fixed-server --max-heap",
            grader.id()
        ))
        .len()
            > 1
    });
    grader
}

/// The number of the student's run: the compiler and the server are tried first.
const STUDENTS: u32 = 2;

#[test]
fn an_ended_grader_takes_what_it_runs_with_it() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in_at_start(
        "spins",
        "    if true { loop { std::thread::yield_now(); } }",
    );
    for signal in [Signal::SIGINT, Signal::SIGKILL] {
        let mut grader = with_a_running_server(&desk);
        let id = grader.id();
        kill(Pid::from_raw(i32::try_from(grader.id()).unwrap()), signal).unwrap();
        let code = grader.wait().unwrap().code();
        if signal == Signal::SIGINT {
            assert_eq!(code, Some(130));
            assert_eq!(programs_of(id), [] as [String; 0]);
        }
        // Of a grader that was killed the supervisors end what they look after.
        wait_for("the server's end", || programs_of(id).is_empty());
        // Its folders were mounts of its own, which go with it however it ends.
        assert_eq!(desk.left(), [] as [String; 0], "after {signal}");
        assert!(
            !Path::new("/dev/shm")
                .join(format!("leaklab-grade-{id}"))
                .exists()
        );
    }
}

#[test]
fn what_is_in_the_graders_way_is_nobodys_grade() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in("somebody", FILE, "");
    let folder = desk.folder("somebody");
    let folder = folder.to_str().unwrap();
    for (args, cargo, why) in [
        (
            vec!["--submission", folder],
            "/no/such/cargo",
            "install Rust",
        ),
        (
            vec!["--submission", "/no/such/folder"],
            "",
            "there is no submission",
        ),
        (
            vec!["--submissions", folder],
            "",
            "there is no submission in",
        ),
        (
            vec!["--submission", folder, "--lab", "99"],
            "",
            "there is no lab 99",
        ),
        (
            vec!["--submission", folder, "--points=-1"],
            "",
            "number of points",
        ),
    ] {
        let mut command = desk.command(&args);
        if !cargo.is_empty() {
            command.env("CARGO", cargo);
        }
        let output = command.output().unwrap();
        let said = crate::said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(why) && output.stdout.is_empty(),
            "{args:?}: {said}"
        );
    }
}
