//! A page of another site, in the same browser. (What is refused, header by header: `tests/it/guard.rs`.)

use std::fs;

use serde_json::json;

use crate::browser::Page;
use crate::running::{Running, snapshot};

#[test]
fn another_sites_page_can_neither_read_nor_change_anything() {
    let panel = Running::start();
    panel.put("mine.json", &snapshot(1000, 1));
    let path = format!("{}/api/snapshots", panel.url);
    let Some(page) = Page::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("evil.html"),
        "<!doctype html><title>Another site</title>",
    )
    .unwrap();
    page.goto_file(&folder.path().join("evil.html"));

    let fetch = "try { return (await fetch(arguments[0], arguments[1])).type } catch (error) { return 'refused' }";
    let of = |path: &str, options: serde_json::Value| {
        page.js_async::<String>(fetch, &[json!(path), options])
    };
    assert_eq!(of(&path, json!({})), "refused");
    let one = format!("{path}/{}", panel.id("mine"));
    assert_eq!(of(&one, json!({ "method": "DELETE" })), "refused");
    // sent without asking, and answered with a refusal that the page cannot read
    let blind = json!({ "method": "POST", "mode": "no-cors", "body": snapshot(1, 1) });
    of(&path, blind);
    assert_eq!(panel.labels(), ["mine"]);

    let frame = "const frame = document.createElement('iframe');
        frame.src = arguments[0];
        document.body.append(frame);
        await new Promise(done => { frame.onload = done; setTimeout(done, 3000); });
        try { return frame.contentDocument?.body?.innerText ?? 'refused' } catch { return 'refused' }";
    assert_eq!(
        page.js_async::<String>(frame, &[json!(panel.url)]),
        "refused"
    );
    assert!(
        page.console()
            .iter()
            .any(|it| it.text.contains("frame-ancestors") || it.text.contains("403"))
    );
}
