//! Servers that go away in the midst of it, and the panel that goes away itself.

use std::sync::Mutex;
use std::sync::mpsc;

use crate::browser::wait_for;
use crate::fake::{Fake, respond};
use crate::running::{Running, snapshot};
use crate::{alert, open};

#[test]
fn a_server_that_goes_away_mid_snapshot_is_told_and_the_panel_goes_on() {
    let (go, told) = mpsc::channel::<()>();
    let told = Mutex::new(told);
    let server = Fake::start(move |head, stream| {
        if head.starts_with("GET /heapdump?") {
            let _ = told.lock().unwrap().recv(); // and then closes the connection
        } else {
            respond(
                stream,
                "200 OK",
                r#"{"server":"shop","live_bytes":1,"live_blocks":1,"requests":5}"#,
            );
        }
    });
    let panel = Running::on(&server.url);
    panel.put("before.json", &snapshot(1000, 1));
    let Some(page) = open(&panel) else { return };
    let take = page.the("button", "Take snapshot");
    take.click();
    page.the("progressbar", "Taking a snapshot");
    wait_for("the stage", || {
        page.the("region", "Servers")
            .text()
            .contains("asking the server")
            .then_some(())
    });
    assert_eq!(take.attribute("aria-disabled").as_deref(), Some("true"));
    page.screenshot("panel-taking-1000");

    go.send(()).unwrap();
    let said = alert(&page, "No snapshot of shop");
    page.screenshot("panel-gone-1000");
    assert!(
        said.contains("connection closed") || said.contains("went away"),
        "{said}"
    );
    wait_for("the button", || {
        (take.attribute("aria-disabled").as_deref() == Some("false")).then_some(())
    });
    assert!(page.all("progressbar", "").is_empty());
    assert_eq!(panel.labels(), ["before"]);

    panel.put("after.json", &snapshot(3000, 2));
    page.the("button", "Rename after");
    page.the("tab", "Comparison").click();
    wait_for("the comparison", || {
        page.the("tabpanel", "Comparison")
            .text()
            .contains("+2,000")
            .then_some(())
    });
    let messages = page.console();
    let expected = |text: &str| text.contains("/api/servers/0/snapshots") && text.contains("502");
    assert!(
        messages.len() == 1 && expected(&messages[0].text),
        "{messages:#?}"
    );
}

#[test]
fn a_server_that_is_gone_is_marked_and_cannot_be_asked() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let panel = Running::on(&url);
    let Some(page) = open(&panel) else { return };
    wait_for("it is marked", || {
        page.the("region", "Servers")
            .text()
            .contains("gone")
            .then_some(())
    });
    let take = page.the("button", "Take snapshot");
    assert_eq!(take.attribute("aria-disabled").as_deref(), Some("true"));
    take.click();
    assert!(page.all("progressbar", "").is_empty());
    page.said_nothing();
}

#[test]
fn the_page_says_when_the_panel_itself_does_not_answer() {
    let panel = Running::start();
    panel.put("before.json", &snapshot(1000, 1));
    let Some(page) = open(&panel) else { return };
    page.the("heading", "before");
    panel.end().unwrap();
    alert(&page, "does not answer");
    page.the("heading", "before");
    let unexpected: Vec<_> = page
        .console()
        .into_iter()
        .filter(|it| !it.text.contains("ERR_CONNECTION_REFUSED"))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}
