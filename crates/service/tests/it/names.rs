//! Names of snapshots come from strangers: none leads out of the folder, and none that is refused
//! leaves a trace.

use std::fs;

use crate::harness::names_in;
use crate::server::Server;

#[test]
fn a_name_that_is_no_plain_file_name_is_refused_and_nothing_is_written() {
    let server = Server::start();
    let long = "x".repeat(101);
    for name in [
        "../x",
        "..%2fx",
        "%2e%2e%2fx",
        "a/b",
        "a%2fb",
        "a%5cb",
        "/etc/x",
        ".hidden",
        "..",
        "",
        ".json",
        "a%00",
        "a%0ab",
        "a+b",
        "%ff",
        "%c3%a9",
        &long,
    ] {
        let reason = server.get(&format!("/heapdump?name={name}")).refuses(400);
        assert!(reason.contains("a snapshot's name has letters"), "{reason}");
    }
    assert_eq!(names_in(server.folder.path()), [] as [&str; 0]);
}

#[test]
fn the_longest_name_is_taken() {
    let server = Server::start();
    let name = "x".repeat(100);
    server.get(&format!("/heapdump?name={name}")).is(200);
    server.get(&format!("/heapdump/{name}.json")).is(200);
}

#[test]
fn two_names_are_refused_with_the_reason() {
    let server = Server::start();
    let reason = server.get("/heapdump?name=a&name=b").refuses(400);
    assert!(reason.contains("duplicate field `name`"), "{reason}");
}

#[test]
fn a_download_does_not_leave_the_folder() {
    let server = Server::start();
    fs::create_dir(server.snapshot("")).unwrap();
    fs::write(server.snapshot(".hidden.json"), "secret").unwrap();
    fs::write(server.folder.path().join("outside.json"), "secret").unwrap();
    for name in [
        "..%2foutside.json",
        "%2e%2e%2foutside.json",
        "..%5coutside.json",
        ".hidden.json",
        "%ff",
    ] {
        server.get(&format!("/heapdump/{name}")).refuses(400);
    }
    server.get("/heapdump/snapshots/outside.json").refuses(404);
}

#[test]
fn a_snapshot_that_there_is_not_is_told_with_how_to_take_it() {
    let server = Server::start();
    let reason = server.get("/heapdump/before.json").refuses(404);
    assert!(reason.contains("GET /heapdump?name=before"), "{reason}");
}
