//! However the lab ends, nothing that it started goes on.
#![cfg(target_os = "linux")]

use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{Lab, wait_for};

/// A check of the leaky server, at the moment at which its server runs.
fn with_a_running_server(lab: &Lab) -> Child {
    let check = lab
        .command(&["check", "1", "--server", "leaky"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the server", || !lab.servers().is_empty());
    check
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

#[test]
fn an_interrupted_lab_takes_its_server_with_it() {
    let lab = Lab::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut check = with_a_running_server(&lab);
        kill(pid(&check), signal).unwrap();
        assert_eq!(check.wait().unwrap().code(), Some(130), "{signal}");
        assert_eq!(lab.servers(), [] as [String; 0], "{signal}");
    }
}

#[test]
fn the_server_of_a_killed_lab_ends_by_itself() {
    let lab = Lab::new();
    let mut check = with_a_running_server(&lab);
    check.kill().unwrap();
    check.wait().unwrap();
    wait_for("the server to end", || lab.servers().is_empty());
}
