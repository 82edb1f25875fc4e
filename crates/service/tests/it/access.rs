//! Who may take and read snapshots.

use reqwest::Method;
use service::Access;

use crate::harness::{Answer, ask, names_in};
use crate::server::Server;

const TOKEN: &str = "0123456789abcdef";

fn get_with(server: &Server, path: &str, header: (&str, &[u8])) -> Answer {
    ask(Method::GET, &server.url(path), &[header])
}

#[test]
fn a_host_that_is_another_machine_gets_no_snapshot() {
    let server = Server::start();
    for host in [
        &b"example.com"[..],
        b"localhost.example.com",
        b"10.0.0.1:3000",
        b"\xffexample.com",
        b"[::1]evil",
        b"[::1]evil:3000",
        b"localhost.",
        b"user@localhost",
        b"localhost:+80",
        b"",
    ] {
        let reason = get_with(&server, "/heapdump?name=a", ("host", host)).refuses(403);
        assert!(
            reason.contains("ask for 127.0.0.1 or localhost"),
            "{reason}"
        );
        get_with(&server, "/heapdump/a.json", ("host", host)).refuses(403);
    }
    assert_eq!(names_in(server.folder.path()), [] as [&str; 0]);
}

#[test]
fn a_host_that_is_this_machine_gets_one_and_its_url_names_that_host() {
    let server = Server::start();
    for host in ["localhost", "localhost:3000", "[::1]:3000"] {
        let header = ("host", host.as_bytes());
        let answer = get_with(&server, "/heapdump?name=a", header).is(200).json();
        assert_eq!(answer["url"], format!("http://{host}/heapdump/a.json"));
    }
}

#[test]
fn a_page_of_another_origin_gets_no_snapshot() {
    let server = Server::start();
    for site in [&b"cross-site"[..], b"same-site", b"\xff"] {
        let reason = get_with(&server, "/heapdump?name=a", ("sec-fetch-site", site)).refuses(403);
        assert!(reason.contains("another origin"), "{reason}");
    }
    assert_eq!(names_in(server.folder.path()), [] as [&str; 0]);
    for site in [&b"none"[..], b"same-origin"] {
        get_with(&server, "/heapdump?name=a", ("sec-fetch-site", site)).is(200);
    }
}

#[test]
fn two_hosts_are_none() {
    let server = Server::start();
    let both: [(&str, &[u8]); 2] = [("host", b"localhost"), ("host", b"example.com")];
    let answer = ask(Method::GET, &server.url("/heapdump?name=a"), &both);
    assert!([400, 403].contains(&answer.status), "{answer:?}");
    assert_eq!(names_in(server.folder.path()), [] as [&str; 0]);
}

#[test]
fn a_script_of_another_origin_gets_no_snapshot_from_a_browser_that_tells_no_site() {
    let server = Server::start();
    for origin in [
        "null",
        "http://example.com",
        "http://localhost:1",
        "http://localhost:3000.evil",
    ] {
        let headers: [(&str, &[u8]); 2] =
            [("host", b"localhost:3000"), ("origin", origin.as_bytes())];
        let reason = ask(Method::GET, &server.url("/heapdump?name=a"), &headers).refuses(403);
        assert!(reason.contains("another origin"), "{reason}");
    }
    let own: [(&str, &[u8]); 2] = [
        ("host", b"localhost:3000"),
        ("origin", b"http://localhost:3000"),
    ];
    ask(Method::GET, &server.url("/heapdump?name=a"), &own).is(200);
}

#[test]
fn a_foreign_host_may_still_use_the_labs_routes() {
    let server = Server::start();
    get_with(&server, "/plain", ("host", b"example.com")).is(200);
    get_with(&server, "/healthz", ("host", b"example.com")).is(200);
}

#[test]
fn a_token_is_asked_for_where_there_is_one() {
    let server = Server::with(|config| config.access = Access::Token(TOKEN.into()));
    for path in ["/heapdump?name=a", "/heapdump/a.json"] {
        let reason = server.get(path).refuses(401);
        assert!(reason.contains("Authorization: Bearer TOKEN"), "{reason}");
    }
    for wrong in [
        "Bearer 0123456789abcdeF",
        "Bearer 0123456789abcdef0",
        "Bearer ",
        "0123456789abcdef",
        "Basic 0123456789abcdef",
    ] {
        let header = ("authorization", wrong.as_bytes());
        get_with(&server, "/heapdump?name=a", header).refuses(401);
    }
    assert_eq!(names_in(server.folder.path()), [] as [&str; 0]);
    server.get("/plain").is(200);
    server.get("/healthz").is(200);
}

#[test]
fn who_has_the_token_may_come_from_anywhere() {
    let server = Server::with(|config| config.access = Access::Token(TOKEN.into()));
    let headers: [(&str, &[u8]); 2] = [
        ("authorization", b"Bearer 0123456789abcdef"),
        ("host", b"example.com"),
    ];
    ask(Method::GET, &server.url("/heapdump?name=a"), &headers).is(200);
    ask(Method::GET, &server.url("/heapdump/a.json"), &headers).is(200);
}
