//! `POST /api/snapshots`: a file that is dropped onto the page.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use bytesize::ByteSize;

use crate::harness::wait_for;
use crate::running::{Running, snapshot};

#[test]
fn a_snapshot_is_kept_whole_and_private_and_can_be_downloaded() {
    let panel = Running::start();
    let file = snapshot(5000, 3);
    let card = panel.post("/api/snapshots?label=before.json", &file);
    let card = card.is(200).json();
    assert_eq!(card["label"], "before");
    assert_eq!(card["live_bytes"], 5000);
    assert_eq!(card, panel.card("before"));
    assert_eq!(panel.names(), ["before.json"]);
    let about = fs::metadata(panel.path("before.json")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);

    let path = format!("/api/snapshots/{}/file", panel.id("before"));
    let (answer, headers) = panel.ask(reqwest::Method::GET, &path).send_for_headers();
    assert_eq!(answer.is(200).text(), file);
    assert!(
        headers.contains("content-disposition: attachment; filename=\"before.json\""),
        "{headers}"
    );
}

#[test]
fn what_is_no_snapshot_is_refused_and_nothing_of_it_is_kept() {
    let panel = Running::start();
    let whole = snapshot(1, 1);
    for (bad, why) in [
        ("", "empty"),
        ("{}", "not a DHAT file"),
        ("hello", "not JSON"),
        (&whole[..whole.len() - 5], "cut short"),
    ] {
        let reason = panel.post("/api/snapshots?label=x", bad).refuses(422);
        assert!(reason.contains(why), "{reason}");
    }
    assert_eq!(panel.names(), [] as [&str; 0]);
}

#[test]
fn a_file_above_the_limit_is_refused_whether_it_says_so_or_not() {
    let panel = Running::with(|config| config.limits.snapshot = ByteSize::b(100));
    let large = snapshot(1, 1);
    let reason = panel.post("/api/snapshots", &large).refuses(413);
    assert!(reason.contains("larger than 100 B"), "{reason}");

    let mut stream = TcpStream::connect(panel.url.trim_start_matches("http://")).unwrap();
    let host = panel.url.trim_start_matches("http://");
    write!(
        stream,
        "POST /api/snapshots HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n",
        panel.url,
        large.len()
    )
    .unwrap();
    let mut answer = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert_eq!(panel.names(), [] as [&str; 0]);
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let panel = Running::start();
    let host = panel.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /api/snapshots HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncontent-length: 1000\r\n\r\n{{",
        panel.url
    )
    .unwrap();
    let incoming = || {
        // this process is the panel, and what comes in has no name
        let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let mut open = open.filter_map(|fd| fs::read_link(fd.path()).ok());
        open.any(|path| path.starts_with(panel.folder.path()))
    };
    wait_for("the upload to begin", || incoming().then_some(()));
    assert_eq!(panel.labels(), [] as [&str; 0]);
    assert_eq!(panel.names(), [] as [&str; 0]);
    drop(stream);
    wait_for("the upload to end", || (!incoming()).then_some(()));
    assert_eq!(panel.names(), [] as [&str; 0]);
}

#[test]
fn a_name_that_is_taken_gets_a_number_and_nothing_is_overwritten() {
    let panel = Running::start();
    for bytes in [1, 2, 3] {
        panel
            .post("/api/snapshots?label=a", &snapshot(bytes, bytes))
            .is(200);
    }
    assert_eq!(panel.labels(), ["a", "a-2", "a-3"]);
    assert_eq!(panel.card("a")["live_bytes"], 1);
    panel.post("/api/snapshots", &snapshot(4, 4)).is(200);
    assert_eq!(panel.labels()[3], "snapshot-1");
}

#[test]
fn a_name_that_is_a_path_leads_nowhere() {
    let panel = Running::start();
    for label in ["../../x", "%2e%2e%2fx", "/etc/x", "..%5cx", "x%00", ".x"] {
        let path = format!("/api/snapshots?label={label}");
        panel.post(&path, &snapshot(1, 1)).is(200);
    }
    assert_eq!(panel.labels().len(), 6);
    let names = panel.names();
    assert!(names.iter().all(|name| name.starts_with('x')), "{names:?}");
}

#[test]
fn a_hundred_at_once_are_a_hundred_snapshots() {
    let panel = Running::start();
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                panel
                    .post("/api/snapshots?label=a", &snapshot(10, 1))
                    .is(200);
            });
        }
    });
    let mut labels = panel.labels();
    labels.sort();
    labels.dedup();
    assert_eq!(labels.len(), 100);
    assert_eq!(panel.names().len(), 100);
}

#[test]
fn without_a_folder_they_are_in_a_private_one_that_is_gone_at_the_end() {
    let panel = Running::with(|config| config.folders.clear());
    panel
        .post("/api/snapshots?label=a", &snapshot(1, 1))
        .is(200);
    assert_eq!(panel.labels(), ["a"]);
    let home = panel.home.clone();
    let about = fs::metadata(&home).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o700);
    panel.end().unwrap();
    assert!(!home.exists());
}
