//! Files that are large or dense, and files that have become something else: nobody waits for them.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::harness::wait_for;
use crate::running::{Running, snapshot};

/// A file whose parts take far more memory than DHAT's do: a list in what heapshot adds.
fn dense(bytes: usize) -> String {
    let whole = snapshot(1, 1);
    let head = whole.replacen("\"metadata\"", "\"x\":[X0],\"metadata\"", 1);
    head.replacen('X', &"0,".repeat(bytes / 2), 1)
}

/// A snapshot that takes its time: many lines that are no frame of any stack.
fn large(bytes: usize) -> String {
    let whole = snapshot(5000, 3);
    let line = "\"0x1: <alloc::vec::Vec<shop::Order> as core::clone::Clone>::clone (shop/src/order.rs:7:9)\",";
    whole
        .replacen(
            "\"[root]\"",
            &(line.repeat(bytes / line.len()) + "\"[root]\""),
            1,
        )
        .replacen("\"fs\":[1,2]", "\"fs\":[0]", 1)
}

#[test]
fn a_dense_file_is_refused_wherever_it_comes_from_and_says_why() {
    let panel = Running::start();
    let file = dense(8 << 20);
    let reason = panel.post("/api/snapshots?label=x", &file).refuses(422);
    for text in ["too large", "of memory, the limit", "heapdiff --max-memory"] {
        assert!(reason.contains(text), "{reason}");
    }
    assert_eq!(panel.names(), [] as [&str; 0]);

    panel.put("dense.json", &file);
    panel.put("good.json", &snapshot(7, 1));
    assert_eq!(panel.card("good")["live_bytes"], 7);
    let card = wait_for("it to be read", || {
        let card = panel.card("dense");
        let why = card["error"].as_str()?.to_owned();
        (!why.contains("still reading")).then_some(why)
    });
    assert!(card.contains("too large"), "{card}");
    let path = format!("/api/snapshots/{}/summary", panel.id("dense"));
    assert!(panel.get(&path).refuses(422).contains("too large"));
}

#[test]
fn while_a_large_file_is_read_others_are_answered() {
    let panel = Running::start();
    panel.put("good.json", &snapshot(7, 1));
    let summary = format!("/api/snapshots/{}/summary", panel.id("good"));
    panel.put("large.json", &large(32 << 20));
    let listed = AtomicBool::new(false);
    thread::scope(|scope| {
        // more than the panel has threads
        for _ in 0..24 {
            scope.spawn(|| {
                panel.list();
                listed.store(true, Ordering::Relaxed);
            });
        }
        let mut answered = 0;
        while !listed.load(Ordering::Relaxed) {
            panel.get(&summary).is(200);
            answered += 1;
        }
        // a list waits for a file that is read, and nothing else does
        assert!(answered >= 5, "{answered} answers before the first list");
    });
    let card = wait_for("it to be read", || {
        let card = panel.card("large");
        card["error"].is_null().then_some(card)
    });
    assert_eq!(card["live_bytes"], 5000);
}

#[test]
fn what_has_become_a_pipe_a_link_or_a_folder_is_told_and_never_waited_for() {
    let panel = Running::start();
    let names = ["pipe.json", "link.json", "folder.json"];
    for name in names.into_iter().chain(["good.json"]) {
        panel.put(name, &snapshot(7, 1));
    }
    let ids = names.map(|name| panel.id(name.trim_end_matches(".json")));
    let good = panel.id("good");
    for name in names {
        fs::remove_file(panel.path(name)).unwrap();
    }
    mkfifo(&panel.path("pipe.json"), Mode::S_IRWXU).unwrap();
    symlink("/etc/passwd", panel.path("link.json")).unwrap();
    fs::create_dir(panel.path("folder.json")).unwrap();
    // as the page would, which has the old list
    for id in ids {
        for path in [
            format!("/api/snapshots/{id}/file"),
            format!("/api/snapshots/{id}/summary"),
            format!("/api/flamegraph?snapshot={id}"),
            format!("/api/comparison?base={id}&snapshot={good}"),
            format!("/api/verdict?snapshots={good},{id},{good}"),
        ] {
            let answer = panel.get(&path);
            assert!(
                (400..=599).contains(&answer.status),
                "{path}: {}",
                answer.status
            );
            let reason = answer.json()["error"].to_string();
            assert!(reason.contains("not a regular file"), "{path}: {reason}");
        }
    }
    assert_eq!(panel.labels(), ["good"]);
}
