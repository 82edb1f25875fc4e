//! `/heapdump` when all is well: the file, the answer about it, and the way to download it.

use std::fs;

use serde_json::json;

use crate::harness::{get, names_in, read_whole};
use crate::server::Server;

#[test]
fn a_heapdump_writes_the_file_and_says_what_is_in_it() {
    let server = Server::start();
    let answer = server.get("/heapdump?name=before").is(200).json();

    let path = server.snapshot("before.json");
    let document = read_whole(&path);
    assert_eq!(answer["path"], json!(path));
    assert_eq!(answer["url"], server.url("/heapdump/before.json"));
    for key in ["live_bytes", "live_blocks", "rss_bytes", "pause_us"] {
        assert_eq!(answer[key], document["heapshot"][key], "{key}");
    }
    assert_eq!(answer["file_bytes"], fs::metadata(&path).unwrap().len());
    assert!(answer["took_us"].as_u64() > answer["pause_us"].as_u64());
    assert_eq!(names_in(server.folder.path()), ["snapshots"]);
    assert_eq!(names_in(path.parent().unwrap()), ["before.json"]);
}

#[test]
fn its_url_downloads_exactly_that_file() {
    let server = Server::start();
    let answer = server.get("/heapdump?name=before").is(200).json();
    let downloaded = get(answer["url"].as_str().unwrap()).is(200).body;
    assert!(downloaded == fs::read(server.snapshot("before.json")).unwrap());
}

#[test]
fn without_a_name_it_is_named_after_the_time() {
    let server = Server::start();
    let answer = server.get("/heapdump").is(200).json();
    let [name] = &names_in(&server.snapshot(""))[..] else {
        panic!("not one file")
    };
    assert_eq!(answer["path"], json!(server.snapshot(name)));
    let digits: String = name
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(digits, "heapdump-0000-00-00T00-00-00.000000Z.json");
}

#[test]
fn the_same_name_replaces_the_older_snapshot() {
    let server = Server::start();
    server.get("/heapdump?name=again").is(200);
    server.get("/plain").is(200);
    server.get("/heapdump?name=again.json").is(200);
    let document = read_whole(&server.snapshot("again.json"));
    assert_eq!(document["heapshot"]["metadata"]["requests"], 1);
    assert_eq!(names_in(&server.snapshot("")), ["again.json"]);
}

#[test]
fn the_requests_so_far_are_in_the_answer_and_in_the_file() {
    let server = Server::start();
    for path in ["/plain", "/item/1", "/item/2", "/teapot"] {
        server.get(path);
    }
    let answer = server.get("/heapdump?name=a").is(200).json();

    let by_route = json!({"/plain": 1, "/item/{id}": 2, "/teapot": 1});
    let document = read_whole(&server.snapshot("a.json"));
    assert_eq!(
        document["heapshot"]["metadata"],
        json!({"server": "tested", "requests": 4, "requests_by_route": by_route})
    );
    assert_eq!(answer["requests"], 4);
    assert_eq!(answer["requests_by_route"], by_route);
}
