//! `cargo lab watch 1`, with a student at a terminal who saves and presses keys, and without one.
#![cfg(target_os = "linux")]

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::mpsc;
use std::{env, iter, thread};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::student::Student;
use crate::{Lab, wait_for};

/// What ends every screen: the cursor is there again, lines wrap, and what was there before is back.
const GIVEN_BACK: &str = "\x1b[?25h\x1b[?7h\x1b[?1049l";

/// A student who watches, at the leaky handler.
fn watching(lab: &Lab) -> Student {
    lab.run(&["start", "1"]).ends_with(0);
    Student::sit_down(lab.command(&["watch", "1"]))
}

/// A desktop without a browser of anybody's: who asks it to open something gets this exit code.
struct Desktop {
    folder: tempfile::TempDir,
}

impl Desktop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn answers(&self, code: u8) {
        let opener = self.folder.path().join("xdg-open");
        let script = format!("#!/bin/sh\necho \"$1\" > \"$0.asked\"\nexit {code}\n");
        fs::write(&opener, script).unwrap();
        fs::set_permissions(opener, Permissions::from_mode(0o700)).unwrap();
    }

    /// What it was asked to open.
    fn was_asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("xdg-open.asked")).unwrap_or_default()
    }

    fn path(&self) -> OsString {
        let others = env::var_os("PATH").unwrap();
        let folders = iter::once(self.folder.path().to_owned()).chain(env::split_paths(&others));
        env::join_paths(folders).unwrap()
    }
}

fn nothing_is_left(lab: &Lab) {
    assert_eq!(lab.servers(), [] as [String; 0]);
}

#[test]
fn a_student_saves_and_sees() {
    let lab = Lab::new();
    let desktop = Desktop::new();
    desktop.answers(0);
    lab.run(&["start", "1"]).ends_with(0);
    let mut watch = lab.command(&["watch", "1"]);
    watch.env("PATH", desktop.path());
    let mut student = Student::sit_down(watch);
    student.sees("\x1b[?1049h");
    student.sees("lab 1: The list that outlives its request");
    student.sees("bytes per request, between");
    student.sees("LEAKING: 83,9");
    student.sees("references.push(Arc::clone(&object));");
    student.sees("from the start: build");
    student.sees("watching crates/fixed-server/src/lab1.rs; not saved yet");

    lab.edit("Vec::new());", "Vec::nev());");
    student.sees("BUILD FAILED");
    student.sees("no function or associated item named `nev` found");
    student.sees("crates/fixed-server/src/lab1.rs:");
    student.presses("h");
    student.sees("hint 1 of 3");
    student.sees("any key goes back");
    student.presses("x");
    student.sees("no function or associated item named `nev` found");

    lab.edit("Vec::nev());", "Vec::new());");
    lab.edit(
        "    Json(Size {\n        size: references.len(),\n    })",
        "    let size = references.len();\n    references.clear();\n    Json(Size { size })",
    );
    student.sees("no site grows with the requests");
    student.sees("FIXED");
    student.sees("from the save: build");
    student.presses("r");
    student.sees("report: .lab/lab1/report.html, in your browser");
    let report = lab.scratch.root().join(".lab/lab1/report.html");
    let page = fs::read_to_string(&report).unwrap();
    for document in ["api/verdict", "api/comparison?base=before"] {
        assert!(page.contains(document), "no {document}");
    }
    wait_for("the browser", || !desktop.was_asked().is_empty());
    assert_eq!(desktop.was_asked().trim(), report.to_str().unwrap());
    desktop.answers(1);
    student.presses("r");
    student.sees("no browser could be opened, open it yourself");

    student.presses("q");
    student.sees(GIVEN_BACK);
    student.sees("FIXED: lab 1");
    assert_eq!(student.leaves(), Some(0));
    nothing_is_left(&lab);
}

#[test]
fn a_save_during_a_check_starts_over() {
    let lab = Lab::new();
    let mut student = watching(&lab);
    student.sees("✔ contract");
    wait_for("the server", || !lab.servers().is_empty());
    let before = lab.servers();
    lab.edit("size: references.len(),", "size: references.len() - 1,");
    wait_for("its end", || lab.servers() != before);
    // The first check had come to a leak, and is not told.
    student.sees("broken: http://127.0.0.1:"); // more of it may be in the next row
    student.sees("CONTRACT BROKEN");
    let screen = student.has_seen();
    assert!(!screen.contains("LEAKING"), "{screen}");
    student.presses("q");
    student.sees(GIVEN_BACK);
    assert_eq!(student.leaves(), Some(1));
    nothing_is_left(&lab);
}

/// What ends a program at a terminal.
type End = fn(&mut Student);

#[test]
fn however_it_ends_the_terminal_is_as_it_was() {
    let lab = Lab::new();
    let ways: [(&str, End, i32); 4] = [
        ("Ctrl-C", |student| student.presses("\x03"), 130),
        ("SIGTERM", |student| student.is_told(Signal::SIGTERM), 130),
        ("SIGHUP", |student| student.is_told(Signal::SIGHUP), 130),
        ("q", |student| student.presses("q"), 1),
    ];
    for (way, end, code) in ways {
        let mut student = watching(&lab);
        wait_for("the server", || !lab.servers().is_empty());
        let [now, before] = student.settings();
        assert_ne!(now, before, "{way}: keys come one by one");
        end(&mut student);
        student.sees(GIVEN_BACK);
        let [now, before] = student.settings();
        assert_eq!(now, before, "{way}");
        assert_eq!(student.leaves(), Some(code), "{way}");
        nothing_is_left(&lab);
    }
}

#[test]
fn a_smaller_terminal_is_drawn_afresh_and_enter_checks_again() {
    let lab = Lab::new();
    let mut student = Student::sit_down(lab.command(&["watch", "1"]));
    student.sees("NO LEAK");
    student.resizes(80, 24);
    student.sees("lab 1: The list that outlives its request");
    student.sees(&format!("{}\x1b", "─".repeat(80)));
    student.presses("\r");
    student.sees("▸ build");
    student.sees("from Enter: build");
    student.presses("q");
    assert_eq!(student.leaves(), Some(0));
}

#[test]
fn what_stands_in_the_way_is_on_the_screen_and_goes_away_with_it() {
    let lab = Lab::new();
    let manifest = lab.scratch.root().join("Cargo.toml");
    let good = fs::read(&manifest).unwrap();
    fs::write(&manifest, "[workspace").unwrap();
    let mut student = Student::sit_down(lab.command(&["watch", "1"]));
    student.sees("NOT CHECKED");
    student.sees("put right first");
    student.sees("unclosed table");
    fs::write(&manifest, good).unwrap();
    student.presses("\r");
    student.sees("NO LEAK");
    student.presses("q");
    assert_eq!(student.leaves(), Some(0));

    fs::remove_file(lab.file()).unwrap();
    let mut student = Student::sit_down(lab.command(&["watch", "1"]));
    student.sees("cargo lab reset 1");
    assert_eq!(student.leaves(), Some(2));
}

#[test]
fn without_a_terminal_it_is_told_line_by_line() {
    let lab = Lab::new();
    lab.run(&["start", "1"]);
    let mut watch = lab
        .command(&["watch", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (tell, told) = mpsc::channel();
    let stdout = BufReader::new(watch.stdout.take().unwrap());
    let reader = thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    let mut all = String::new();
    let mut reads = |text: &str| {
        loop {
            let line = told.recv_timeout(crate::PATIENCE).unwrap_or_else(|_| {
                panic!("{text:?} was not told:\n{all}");
            });
            all.push_str(&line);
            all.push('\n');
            if line.contains(text) {
                return;
            }
        }
    };
    reads("LEAKING: lab 1");
    reads("watching crates/fixed-server/src/lab1.rs");
    lab.edit("size: references.len(),", "size: references.len() - 1,");
    reads("CONTRACT BROKEN: lab 1");
    reads("watching crates/fixed-server/src/lab1.rs");
    let pid = Pid::from_raw(i32::try_from(watch.id()).unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    assert_eq!(watch.wait().unwrap().code(), Some(130));
    reader.join().unwrap();
    assert!(!all.contains('\x1b'), "{all}");
    nothing_is_left(&lab);
}
