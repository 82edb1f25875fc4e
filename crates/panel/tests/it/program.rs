//! The panel as a program: what it says, what it refuses, and how it ends.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Method;
use tempfile::TempDir;

use crate::harness::{get, wait_for};
use crate::running::{Request, snapshot};

/// A panel that runs as a program in a folder of its own, killed and reaped when dropped.
struct Program {
    process: Child,
    url: String,
    second_line: String,
    folder: TempDir,
}

fn command(arguments: &[&str]) -> (Command, TempDir) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_panel"));
    command.args(arguments);
    in_a_folder(command)
}

/// In a folder of its own, with nothing of this process's environment.
fn in_a_folder(mut command: Command) -> (Command, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("snapshots")).unwrap();
    fs::write(folder.path().join("a.json"), snapshot(1, 1)).unwrap();
    command
        .env_clear()
        .env("TMPDIR", folder.path())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    (command, folder)
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).0.output().unwrap()
}

fn start(arguments: &[&str]) -> Program {
    let (command, folder) = command(arguments);
    launch(command, folder)
}

fn launch(mut command: Command, folder: TempDir) -> Program {
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = first
        .strip_prefix("panel listening on ")
        .unwrap()
        .to_owned();
    Program {
        process,
        url,
        second_line: lines.next().unwrap().unwrap(),
        folder,
    }
}

impl Program {
    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.process.id().try_into().unwrap());
        kill(id, signal).unwrap();
    }

    /// The private folders that there are.
    fn private_folders(&self) -> Vec<OsString> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.as_encoded_bytes().starts_with(b"panel-"))
            .collect()
    }

    fn ended(&mut self) -> Option<i32> {
        wait_for("the panel to end", || self.process.try_wait().unwrap()).code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn it_says_where_it_is_what_it_watches_and_where_new_snapshots_go() {
    let panel = start(&["http://127.0.0.1:3000", "snapshots", "a.json"]);
    assert!(panel.url.starts_with("http://127.0.0.1:"), "{}", panel.url);
    assert_eq!(
        panel.second_line,
        "it watches http://127.0.0.1:3000/, snapshots, a.json; new snapshots go to snapshots; Ctrl-C ends it"
    );
    let list = get(&format!("{}/api/snapshots", panel.url)).is(200).json();
    assert_eq!(list["snapshots"][0]["label"], "a");
}

#[test]
fn without_arguments_it_is_empty_and_says_so_and_leaves_nothing() {
    let mut panel = start(&[]);
    let line = panel.second_line.clone();
    assert!(line.contains("snapshots can be loaded into it"), "{line}");
    let (_, rest) = line.split_once("new snapshots go to ").unwrap();
    let (folder, _) = rest.split_once(", which is removed at the end").unwrap();
    Request::new(Method::POST, &format!("{}/api/snapshots", panel.url))
        .header("origin", &panel.url)
        .body(snapshot(1, 1))
        .send()
        .is(200);
    assert!(fs::exists(folder).unwrap());
    panel.signal(Signal::SIGTERM);
    assert_eq!(panel.ended(), Some(0));
    assert!(!fs::exists(folder).unwrap());
}

/// Whether this process ignores SIGHUP; what it starts does then, too.
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    ignored & (1 << (Signal::SIGHUP as i32 - 1)) != 0
}

#[test]
fn it_ends_by_ctrl_c_with_its_terminal_and_with_its_input_when_told_to() {
    for signal in [Signal::SIGINT, Signal::SIGHUP] {
        if signal == Signal::SIGHUP && hangup_is_ignored() {
            eprintln!("SKIPPED: the tests run under nohup, and so would the panel");
            continue;
        }
        let mut panel = start(&[]);
        assert_eq!(panel.private_folders().len(), 1);
        panel.signal(signal);
        assert_eq!(panel.ended(), Some(0), "{signal}");
        assert_eq!(panel.private_folders(), [] as [OsString; 0], "{signal}");
    }
    let mut panel = start(&["--exit-with-stdin"]);
    drop(panel.process.stdin.take());
    assert_eq!(panel.ended(), Some(0));
}

#[test]
fn under_nohup_it_outlives_its_terminal() {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", "trap '' HUP; exec \"$0\""])
        .arg(env!("CARGO_BIN_EXE_panel"));
    let (command, folder) = in_a_folder(shell);
    let mut panel = launch(command, folder);
    panel.signal(Signal::SIGHUP);
    get(&panel.url).is(200);
    panel.signal(Signal::SIGTERM);
    assert_eq!(panel.ended(), Some(0));
}

#[test]
fn what_it_cannot_do_is_refused_with_code_2() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let _still = std::net::TcpListener::bind(&taken);
    for (arguments, says) in [
        (&["nowhere"][..], "there is no nowhere"),
        (&["https://example.com/"], "only http:// is spoken"),
        (&["--listen", "0.0.0.0:0"], "listen on 127.0.0.1 or [::1]"),
        (&["--listen", "nonsense"], "--listen"),
        (&["--listen", "[::]:0"], "not for strangers"),
        (
            &[
                "http://127.0.0.1:1",
                "http://127.0.0.1:2",
                "--token",
                "0123456789abcdef",
            ],
            "URL=TOKEN",
        ),
    ] {
        let output = run(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
        assert!(!stderr.contains("0123456789abcdef"), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn no_path_reaches_the_terminal_raw() {
    const HOSTILE: &str = "evil\u{1b}[2J\u{9b}\u{202e}";
    let output = run(&[HOSTILE]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(r"there is no evil\u{1b}[2J"), "{stderr}");
    let hostile = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
    assert!(!stderr.contains(hostile), "{stderr:?}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(HOSTILE);
    fs::create_dir(&path).unwrap();
    let panel = start(&[path.to_str().unwrap()]);
    assert!(
        panel.second_line.contains(r"evil\u{1b}[2J"),
        "{}",
        panel.second_line
    );
    assert!(
        !panel.second_line.contains(hostile),
        "{:?}",
        panel.second_line
    );
}

#[test]
fn a_port_that_is_taken_is_refused_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output = run(&["--listen", &taken.local_addr().unwrap().to_string()]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("choose another with --listen"), "{stderr}");
}

#[test]
fn a_browser_that_cannot_be_opened_is_no_reason_to_end() {
    let (command, folder) = command(&["--open"]);
    let mut panel = start_with_path(command, folder);
    get(&panel.url).is(200);
    let mut warning = String::new();
    BufReader::new(panel.process.stderr.take().unwrap())
        .read_line(&mut warning)
        .unwrap();
    assert!(warning.contains("cannot open a browser"), "{warning}");
    assert!(warning.contains(&panel.url), "{warning}");
}

#[test]
fn a_browser_is_opened_when_asked_for() {
    let (command, folder) = command(&["--open"]);
    let opener = folder.path().join("xdg-open");
    fs::write(
        &opener,
        "#!/bin/sh\necho \"$1\" > opened.part\n/bin/mv opened.part opened\n",
    )
    .unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o700)).unwrap();
    let note = folder.path().join("opened");
    let panel = start_with_path(command, folder);
    let url = wait_for("the browser", || fs::read_to_string(&note).ok());
    assert_eq!(url.trim(), panel.url);
}

/// A panel that finds no programs but those in its own folder.
fn start_with_path(mut command: Command, folder: TempDir) -> Program {
    command.env("PATH", folder.path());
    launch(command, folder)
}

#[test]
fn its_help_has_examples_and_no_secret() {
    let (mut command, _folder) = command(&["--help"]);
    let output = command.env("LEAKLAB_TOKEN", "0123456789abcdef").output();
    let help = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(
        help.contains("panel http://127.0.0.1:3000 snapshots"),
        "{help}"
    );
    assert!(!help.contains("0123456789abcdef"), "{help}");
}
