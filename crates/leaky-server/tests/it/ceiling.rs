//! The heap ceiling of a server that leaks: it ends with a message and a snapshot, or turns requests away.

use driver::{Load, Progress};

use crate::harness::{names_in, wait_for};
use crate::launch;
use crate::program::Program;
use crate::program::load::{held, live_bytes_in};

const LAB1: &str = "leaky-server/src/lab1.rs";
const LINE: &str = "leaky_server::lab1::bloat_my_server (leaky-server/src/lab1.rs:20:20)\n";

/// More than fit under any ceiling here.
const REQUESTS: u64 = 1000;

fn start(arguments: &str) -> Program {
    launch(&format!("--listen 127.0.0.1:0 {arguments}")).start_heard()
}

/// Asks lab 1's route from eight clients, whatever they are answered.
fn hammer(server: &Program) {
    let load = Load {
        requests: REQUESTS,
        ..Load::new(format!("{}/bloatMyServer", server.url))
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let never = std::future::pending();
    let report = runtime
        .unwrap()
        .block_on(driver::run(&load, &Progress::default(), never));
    assert!(!report.unwrap().all_ok());
}

#[test]
fn it_says_who_holds_the_heap_leaves_the_snapshot_and_exits_with_70() {
    for workers in 1..=2 {
        let mut server = start(&format!("--max-heap 32MiB --workers {workers}"));
        hammer(&server);
        assert_eq!(server.ended().code(), Some(70));

        let said = server.said();
        let first = "leaky-server: heap ceiling reached: 32.0 MiB allowed, 1";
        assert!(said.contains(first), "{said}");
        assert!(said.contains("16.0 MiB more asked for\n"), "{said}");
        assert!(said.contains(&format!("asked for at: {LINE}")), "{said}");
        assert!(
            said.contains(&format!("most of it:   32.0 MiB at {LINE}")),
            "{said}"
        );
        let last = "See who holds it: heapdiff show snapshots/near-limit.json\n";
        assert!(said.ends_with(last), "{said}");

        assert_eq!(names_in(&server.path("snapshots")), ["near-limit.json"]);
        let held = held(&server, "snapshots/near-limit.json");
        assert_eq!(held.rows[0].site.frame.file(), Some(LAB1));
        assert_eq!(live_bytes_in(&held, LAB1) >> 20, 32);
        let metadata = &held.snapshot.metadata;
        assert_eq!(metadata.server.as_deref(), Some("leaky-server"));
        assert!(
            metadata.requests.is_none_or(|served| served > 100),
            "{metadata:?}"
        );
    }
}

#[test]
fn it_turns_requests_away_if_told_and_takes_the_snapshot_in_passing() {
    let server = start("--max-heap 32MiB --at-limit shed");
    hammer(&server);
    let reason = server.get("/bloatMyServer").refuses(503);
    assert!(reason.starts_with("heap ceiling reached: 3"), "{reason}");
    assert!(reason.contains("32.0 MiB allowed"), "{reason}");
    server.get("/healthz").is(200);
    server.get("/heapdump?name=after").is(200);

    wait_for("both snapshots to be counted", || {
        let metrics = server.get("/metrics").is(200).text();
        let mut lines = metrics.lines();
        let taken = lines.find_map(|line| line.strip_prefix("heap_snapshots_total "))?;
        (taken.parse::<u64>().unwrap() >= 2).then_some(())
    });
    wait_for("the snapshot to be told of", || {
        server.said().contains("near-limit.json\n").then_some(())
    });
    let said = server.said();
    let line = LINE.trim_end();
    assert!(
        said.contains("leaky-server: above the heap ceiling: 3"),
        "{said}"
    );
    assert!(said.contains(line), "{said}");
    server.get("/heapdump/near-limit.json").is(200);
    let held = held(&server, "snapshots/near-limit.json");
    assert_eq!(held.rows[0].site.frame.file(), Some(LAB1));
}

#[test]
fn the_system_refuses_memory_of_any_kind_far_above_the_ceiling() {
    let bytes = |mebibytes: u64| (mebibytes << 20).to_string();
    for (arguments, most) in [
        ("--max-heap 64MiB", bytes(64 + 16 + 512)),
        ("", bytes(1024 + 128 + 512)),
        ("--max-heap 0", "unlimited".to_owned()),
    ] {
        let server = start(arguments);
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
        let belt = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max data size"))
            .and_then(|values| values.split_whitespace().next());
        assert_eq!(belt, Some(most.as_str()), "{limits}");
        server.get("/heapdump?name=a").is(200);
    }
}
