//! `GET /api/snapshots`: the folder as it is on disk.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::running::{Running, snapshot};

#[test]
fn an_empty_panel_has_an_empty_list() {
    let panel = Running::start();
    assert_eq!(
        panel.list(),
        json!({"snapshots": [], "servers": [], "deleted": [], "missing": []})
    );
}

#[test]
fn a_snapshot_is_listed_with_what_it_says_of_itself() {
    let panel = Running::start();
    let file = snapshot(5000, 30);
    panel.put("before.json", &file);
    let mut card = panel.card("before");
    let id = card["id"].take();
    assert!(id.as_str().is_some_and(|id| !id.contains("before")), "{id}");
    let expected = json!({
        "id": null, "label": "before", "time": "2026-01-02T03:30:00.000000Z", "requests": 30, "live_bytes": 5000,
        "live_blocks": 1, "rss_bytes": 4096, "pause_us": 700, "uptime_us": 5, "server": "shop", "command": "./shop",
        "file_bytes": file.len(), "error": null
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&card[key], value, "{key}");
    }
}

#[test]
fn the_list_is_the_folder_as_it_is_now() {
    let panel = Running::start();
    panel.put("b.json", &snapshot(1, 1));
    assert_eq!(panel.labels(), ["b"]);
    let id = panel.id("b");
    panel.put("a.json", &snapshot(2, 2));
    assert_eq!(panel.labels(), ["b", "a"], "oldest first");
    panel.put("b.json", &snapshot(33, 3));
    assert_eq!(panel.card("b")["live_bytes"], 33);
    assert_eq!(panel.id("b"), id, "the same snapshot, taken again");
    fs::remove_file(panel.path("b.json")).unwrap();
    assert_eq!(panel.labels(), ["a"]);
    panel.get(&format!("/api/snapshots/{id}/file")).refuses(404);
}

#[test]
fn a_snapshot_that_cannot_be_read_is_listed_with_the_reason() {
    let panel = Running::start();
    let whole = snapshot(1, 1);
    panel.put("cut.json", &whole[..whole.len() / 2]);
    panel.put("empty.json", "");
    for (label, why) in [("cut", "cut short"), ("empty", "the file is empty")] {
        let card = panel.card(label);
        assert!(card["error"].as_str().unwrap().contains(why), "{card}");
        assert_eq!(card["live_bytes"], Value::Null);
        let path = format!("/api/snapshots/{}/summary", panel.id(label));
        assert!(panel.get(&path).refuses(422).contains(why));
    }
    panel.put("cut.json", &whole);
    assert_eq!(panel.card("cut")["error"], Value::Null);
}

#[test]
fn what_is_not_a_snapshot_is_not_listed() {
    let panel = Running::start();
    panel.put("package.json", r#"{"name":"app","version":"1.0.0"}"#);
    panel.put("tsconfig.json", "{ // with comments\n}");
    panel.put("notes.txt", &snapshot(1, 1));
    panel.put(".hidden.json", &snapshot(1, 1));
    fs::create_dir(panel.path("folder.json")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let secret = elsewhere.path().join("secret.json");
    fs::write(&secret, snapshot(1, 1)).unwrap();
    symlink(&secret, panel.path("link.json")).unwrap();
    assert_eq!(panel.labels(), [] as [&str; 0]);
}

#[test]
fn a_file_above_the_limit_is_listed_and_not_read() {
    let panel = Running::with(|config| config.limits.snapshot = bytesize::ByteSize::b(100));
    panel.put("large.json", &snapshot(1, 1));
    let card = panel.card("large");
    assert!(
        card["error"]
            .as_str()
            .unwrap()
            .contains("larger than 100 B"),
        "{card}"
    );
}

#[test]
fn a_file_that_was_given_by_itself_is_listed_whatever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    fs::write(path("a.json"), snapshot(1, 1)).unwrap();
    fs::write(path("package.json"), "{}").unwrap();
    fs::write(path("other.json"), snapshot(1, 2)).unwrap();
    let panel = Running::with(|config| {
        config.files = vec![path("a.json"), path("package.json")];
    });
    assert_eq!(panel.card("a")["error"], Value::Null);
    let why = panel.card("package")["error"].clone();
    assert!(why.as_str().unwrap().contains("not a DHAT file"), "{why}");
    assert_eq!(panel.labels().len(), 2);
    fs::remove_file(path("a.json")).unwrap();
    let why = panel.card("a")["error"].clone();
    assert!(why.as_str().unwrap().contains("no such file"), "{why}");
}

#[test]
fn a_folder_that_is_gone_for_a_moment_is_said_to_be_missing() {
    let panel = Running::start();
    panel.put("a.json", &snapshot(1, 1));
    let away = panel.folder.path().with_extension("away");
    fs::rename(panel.folder.path(), &away).unwrap();
    let list = panel.list();
    assert_eq!(list["snapshots"], json!([]));
    assert_eq!(list["missing"], json!([panel.folder.path()]));
    fs::rename(&away, panel.folder.path()).unwrap();
    assert_eq!(panel.labels(), ["a"]);
    assert_eq!(panel.list()["missing"], json!([]));
}

#[test]
fn what_is_not_there_and_what_takes_another_method_is_told() {
    let panel = Running::start();
    panel.get("/nowhere").refuses(404);
    panel.get("/assets/nothing.js").refuses(404);
    panel.get("/assets/..%2f..%2fCargo.toml").refuses(404);
    panel.post("/api/comparison", "").refuses(405);
    panel.get("/api/servers/0/snapshots").refuses(405);
    panel
        .post_json("/api/servers/0/snapshots", "{}")
        .refuses(404);
}
