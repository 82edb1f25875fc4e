//! How a server starts, and when it refuses to.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use reqwest::Method;

use crate::harness::ask;
use crate::{launch, start};

const TOKEN: &str = "0123456789abcdef";

#[test]
fn the_first_line_ends_with_the_url_that_it_answers_at() {
    let server = start("");
    assert!(server.url.starts_with("http://127.0.0.1:"));
    assert!(!server.url.ends_with(":0"));
    assert_eq!(
        server.get("/healthz").is(200).json()["server"],
        "leaky-server"
    );
}

#[test]
fn snapshots_go_to_the_folder_of_that_name_unless_told() {
    let server = start("");
    server.get("/heapdump?name=a").is(200);
    assert!(server.path("snapshots/a.json").exists());

    let server = start("--snapshots deep/er");
    let answer = server.get("/heapdump?name=a").is(200).json();
    assert_eq!(answer["path"], "deep/er/a.json");
    assert!(server.path("deep/er/a.json").exists());
}

#[test]
fn the_environment_tells_what_the_command_line_does_not() {
    let server = launch("")
        .env("LEAKLAB_LISTEN", "127.0.0.1:0")
        .env("LEAKLAB_SNAPSHOTS", "from-environment")
        .env("LEAKLAB_WORKERS", "1")
        .start();
    server.get("/heapdump?name=a").is(200);
    assert!(server.path("from-environment/a.json").exists());
}

#[test]
fn the_command_line_comes_before_the_environment() {
    let server = launch("--listen 127.0.0.1:0 --snapshots told")
        .env("LEAKLAB_LISTEN", "192.0.2.1:1")
        .env("LEAKLAB_SNAPSHOTS", "from-environment")
        .start();
    server.get("/heapdump?name=a").is(200);
    assert!(server.path("told/a.json").exists());
}

/// A server that listens on `stdin`.
fn on_stdin(stdin: impl Into<OwnedFd>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leaky-server"));
    command
        .args(["--listen", "stdin"])
        .args(arguments)
        .stdin(Stdio::from(stdin.into()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn a_server_serves_the_listening_socket_that_its_parent_passes_as_standard_input() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = on_stdin(listener, &[]).spawn().unwrap();
    let mut line = String::new();
    let stdout = server.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let answer = ask(Method::GET, &format!("{url}/healthz"), &[]);
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(line.trim_end(), format!("leaky-server listening on {url}"));
    assert_eq!(answer.is(200).json()["server"], "leaky-server");
}

#[test]
fn a_standard_input_that_does_not_listen_is_refused() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    for (stdin, arguments, why) in [
        (
            OwnedFd::from(File::open("/dev/null").unwrap()),
            [].as_slice(),
            "no listening TCP socket",
        ),
        (
            listener.try_clone().unwrap().into(),
            &["--exit-with-stdin"],
            "give one of them",
        ),
        // The rule for addresses holds for a socket as well.
        (listener.into(), &[], "--allow-remote and --token"),
    ] {
        let output = on_stdin(stdin, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_port_in_use_is_told_with_the_address_and_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let said = launch(&format!("--listen {address}")).refuses();
    assert!(
        said.contains(&format!("cannot listen on {address}")),
        "{said}"
    );
    assert!(said.contains("choose another with --listen"), "{said}");
}

#[test]
fn an_address_that_others_can_reach_is_refused_without_both_flags() {
    for arguments in [
        "--listen 0.0.0.0:0",
        "--listen [::]:0",
        "--listen 192.0.2.1:0",
        "--listen 0.0.0.0:0 --token 0123456789abcdef",
    ] {
        let said = launch(arguments).refuses();
        assert!(
            said.contains("can be reached from other machines"),
            "{said}"
        );
        assert!(said.contains("--allow-remote and --token"), "{said}");
    }
}

#[test]
fn the_environment_cannot_open_what_the_command_line_could_not() {
    let said = launch("").env("LEAKLAB_LISTEN", "0.0.0.0:0").refuses();
    assert!(
        said.contains("can be reached from other machines"),
        "{said}"
    );
    let said = launch("--listen 0.0.0.0:0")
        .env("LEAKLAB_ALLOW_REMOTE", "true")
        .refuses();
    assert!(said.contains("--token"), "{said}");
}

#[test]
fn allow_remote_without_a_token_is_refused() {
    let said = launch("--listen 0.0.0.0:0 --allow-remote").refuses();
    assert!(said.contains("--token <TOKEN>"), "{said}");
}

#[test]
fn a_short_token_is_refused() {
    let said = launch("--listen 127.0.0.1:0 --token short").refuses();
    assert!(
        said.contains("give one of at least 16 characters"),
        "{said}"
    );
}

#[test]
fn with_both_flags_others_may_come_and_the_token_is_asked_for() {
    let server = launch("--listen 0.0.0.0:0 --allow-remote")
        .env("LEAKLAB_TOKEN", TOKEN)
        .start();
    let url = server.url.replace("0.0.0.0", "127.0.0.1") + "/heapdump?name=a";
    ask(Method::GET, &url, &[]).refuses(401);
    let bearer = format!("Bearer {TOKEN}");
    ask(Method::GET, &url, &[("authorization", bearer.as_bytes())]).is(200);
}
