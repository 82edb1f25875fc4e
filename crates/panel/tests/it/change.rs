//! Renaming, deleting, and bringing back.

use std::fs;

use crate::running::{Running, snapshot};

fn with_two() -> Running {
    let panel = Running::start();
    panel.put("a.json", &snapshot(1, 1));
    panel.put("b.json", &snapshot(2, 2));
    panel
}

#[test]
fn a_renamed_snapshot_is_the_same_one_in_another_file() {
    let panel = with_two();
    let id = panel.id("a");
    let card = panel.rename(&id, "after the load").is(200).json();
    assert_eq!(
        (&card["id"], &card["label"]),
        (&id.as_str().into(), &"after the load".into())
    );
    assert_eq!(panel.names(), ["after the load.json", "b.json"]);
    assert_eq!(panel.labels(), ["after the load", "b"]);
    assert_eq!(panel.id("after the load"), id);
    panel.rename(&id, "after the load").is(200);
    panel.rename(&id, "a.json").is(200);
    assert_eq!(panel.labels(), ["a", "b"]);
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let panel = with_two();
    let reason = panel.rename(&panel.id("a"), "b").refuses(409);
    assert!(reason.contains("b.json already"), "{reason}");
    panel.put("secret.json", "{}");
    panel.rename(&panel.id("a"), "secret").refuses(409);
    assert_eq!(panel.labels(), ["a", "b"]);
    assert_eq!(fs::read(panel.path("secret.json")).unwrap(), b"{}");
}

#[test]
fn a_name_that_is_no_name_is_refused() {
    let panel = with_two();
    let id = panel.id("a");
    for bad in ["", "../x", "/tmp/x", ".x", "a/b", "..", " "] {
        panel.rename(&id, bad).refuses(400);
    }
    let path = format!("/api/snapshots/{id}");
    let request = || panel.ask(reqwest::Method::PATCH, &path);
    request().body(r#"{"label":"x"}"#).send().refuses(415);
    request().json("{}").send().refuses(400);
    request().json("[").send().refuses(400);
    let long = format!(r#"{{"label":"{}"}}"#, "x".repeat(1 << 20));
    request().json(&long).send().refuses(400);
    assert_eq!(panel.labels(), ["a", "b"]);
}

#[test]
fn a_deleted_snapshot_is_in_the_trash_and_comes_back_as_it_was() {
    let panel = with_two();
    let id = panel.id("a");
    assert_eq!(panel.delete(&id).is(204).text(), "");
    assert_eq!(panel.labels(), ["b"]);
    let list = panel.list();
    assert_eq!(
        list["deleted"],
        serde_json::json!([{"id": id, "label": "a"}])
    );
    assert_eq!(panel.names(), [".deleted", "b.json"]);
    panel.get(&format!("/api/snapshots/{id}/file")).refuses(404);
    panel.delete(&id).refuses(404);

    let card = panel.restore(&id).is(200).json();
    assert_eq!(card, panel.card("a"));
    assert_eq!(card["id"], id.as_str());
    assert_eq!(panel.labels(), ["a", "b"]);
    assert_eq!(panel.list()["deleted"], serde_json::json!([]));
    panel.restore(&id).refuses(404);
}

#[test]
fn what_comes_back_to_a_name_that_is_taken_gets_a_number() {
    let panel = with_two();
    let id = panel.id("a");
    panel.delete(&id).is(204);
    panel.put("a.json", &snapshot(3, 3));
    let second = panel.id("a");
    panel.delete(&second).is(204);
    panel.put("a.json", &snapshot(4, 4));
    assert_eq!(panel.restore(&id).is(200).json()["label"], "a-2");
    assert_eq!(panel.restore(&second).is(200).json()["label"], "a-3");
    assert_eq!(panel.card("a-2")["live_bytes"], 1);
    assert_eq!(panel.card("a-3")["live_bytes"], 3);
    assert_eq!(panel.card("a")["live_bytes"], 4);
}

#[test]
fn what_an_earlier_panel_deleted_can_be_brought_back() {
    let panel = Running::start();
    fs::create_dir(panel.path(".deleted")).unwrap();
    panel.put(".deleted/old.json", &snapshot(1, 1));
    let deleted = panel.list()["deleted"].clone();
    assert_eq!(deleted[0]["label"], "old");
    panel.restore(deleted[0]["id"].as_str().unwrap()).is(200);
    assert_eq!(panel.labels(), ["old"]);
}

#[test]
fn a_file_that_was_given_by_itself_is_deleted_and_comes_back_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    fs::write(&path, snapshot(1, 1)).unwrap();
    let panel = Running::with(|config| config.files = vec![path.clone()]);
    let id = panel.id("a");
    panel.delete(&id).is(204);
    assert!(!path.exists());
    assert_eq!(panel.list()["deleted"][0]["label"], "a");
    panel.restore(&id).is(200);
    assert!(path.exists());
    assert_eq!(panel.labels(), ["a"]);
}

#[test]
fn an_id_that_is_a_path_is_nobodys() {
    let panel = with_two();
    for id in [
        "..",
        "a.json",
        "%2e%2e%2fa.json",
        "..%2f..%2fetc%2fpasswd",
        "0",
    ] {
        panel.rename(id, "x").refuses(404);
        panel.delete(id).refuses(404);
        panel.restore(id).refuses(404);
        panel.get(&format!("/api/snapshots/{id}/file")).refuses(404);
    }
    assert_eq!(panel.names(), ["a.json", "b.json"]);
}
