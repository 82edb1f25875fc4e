//! `/healthz` and `/`.

use heapshot::Live;

use crate::server::{Server, recorder};

#[test]
fn healthz_tells_requests_heap_and_rss() {
    let server = Server::start();
    server.get("/plain").is(200);
    let held = vec![1_u8; 10_000_000];
    let Live { bytes, blocks } = recorder().live();
    let health = server.health();
    drop(held);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["server"], "tested");
    assert_eq!(health["requests"], 1);
    assert_eq!(health["in_flight"], 0);
    let number = |key: &str| health[key].as_u64().unwrap();
    assert!(number("live_bytes").abs_diff(bytes) < 1_000_000, "{health}");
    assert!(number("live_blocks").abs_diff(blocks) < 1000, "{health}");
    assert!(number("rss_bytes") >= number("live_bytes"), "{health}");
}

#[test]
fn the_first_page_lists_the_routes_of_the_shell() {
    let server = Server::start();
    let page = server.get("/").is(200).text();
    for route in [
        "GET /heapdump?name=NAME",
        "GET /heapdump/NAME.json",
        "GET /healthz",
        "GET /metrics",
    ] {
        assert!(page.contains(route), "{page}");
    }
    assert!(page.starts_with("tested\n"), "{page}");
    let panel = format!("panel {}\n", server.url);
    assert!(page.ends_with(&panel), "{page}");
}
