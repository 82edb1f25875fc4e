//! `driver series`: what it asks of a server and in which order, what it leaves on the disk, and what it says.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Driver, Ended, wait_until};
use crate::heap::{HandingOut, Heap, State, Taking, snapshot};
use crate::server::{Answer, Server};

/// Snapshots of a load on `server` after 10, 20 and 40 requests, into `folder`.
fn series(server: &Server, folder: &Path, arguments: &str) -> Driver {
    let arguments = format!(
        "{} --to {} --first 10 --doublings 2 {arguments}",
        server.url("/load/{id}"),
        folder.display()
    );
    Driver::new("series", &arguments)
}

/// What is in a folder, hidden things too.
fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

/// Takes the whole series of such a server.
#[track_caller]
fn complete(heap: Heap, arguments: &str) -> Ended {
    let (server, _) = heap.start();
    let folder = tempfile::tempdir().unwrap();
    let ended = series(&server, folder.path(), arguments).run().code(0);
    assert_eq!(names(&folder), NAMES);
    ended
}

const NAMES: [&str; 3] = [
    "0010-requests.json",
    "0020-requests.json",
    "0040-requests.json",
];

#[test]
fn snapshots_are_taken_each_time_the_requests_have_doubled() {
    let (server, state) = Heap::default().start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    series(&server, folder.path(), "")
        .run()
        .code(0)
        .stdout("  requests     live heap         RSS     pause  snapshot\n")
        .stdout("        10       10.0 kB      5.0 MB    1.2 ms  ")
        .stdout("        40       40.0 kB      5.0 MB    1.2 ms  ")
        .stdout(&format!("\nnext: heapdiff verdict {path}/*.json\n"))
        .quiet();
    assert_eq!(names(&folder), NAMES);
    for (name, requests) in NAMES.into_iter().zip([10, 20, 40]) {
        let content = fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(content, snapshot(Some(requests)));
    }
    assert_eq!(*state.served.lock().unwrap(), 40);
}

#[test]
fn the_load_goes_on_where_it_stopped() {
    let (server, _) = Heap::default().start();
    let folder = tempfile::tempdir().unwrap();
    series(&server, folder.path(), "").run().code(0);
    let mut asked: Vec<u64> = server
        .paths()
        .iter()
        .filter_map(|path| path.strip_prefix("/load/")?.parse().ok())
        .collect();
    asked.sort_unstable();
    assert_eq!(asked, (0..40).collect::<Vec<_>>());
}

#[test]
fn a_snapshot_is_written_while_the_next_load_runs() {
    // Handed out once requests have come that are behind it.
    let handing_out = |state: &State, name: &str| {
        let taken: u64 = name[..4].parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while taken < 40 && *state.served.lock().unwrap() <= taken {
            if Instant::now() > deadline {
                return Some(Answer::Status(500, "nobody goes on"));
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        None
    };
    complete(
        Heap {
            handing_out,
            ..Heap::default()
        },
        "",
    );
}

#[test]
fn json_is_one_object_with_all_of_it() {
    let (server, _) = Heap::default().start();
    let folder = tempfile::tempdir().unwrap();
    let json = series(&server, folder.path(), "--json")
        .run()
        .code(0)
        .json();
    let path = folder.path().join(NAMES[1]);
    assert_eq!(
        json["snapshots"][1],
        json!({"path": path, "requests": 20, "live_bytes": 20_000, "live_blocks": 20, "rss_bytes": 5_000_000, "pause_us": 1234})
    );
    assert_eq!(json["loads"][2]["requests"], 20);
    assert_eq!(json["notes"], json!([]));
    assert!(
        json["next"]
            .as_str()
            .unwrap()
            .starts_with("heapdiff verdict ")
    );
}

#[test]
fn a_server_that_knows_neither_healthz_nor_wait_will_do() {
    let heap = Heap {
        healthz: false,
        ..Heap::default()
    };
    complete(heap, "--heapdump /heapdump?name={name}")
        .stdout("/healthz does not tell requests, in_flight and live_bytes: after each load the server was let be");
}

#[test]
fn a_server_may_answer_with_the_snapshot_itself() {
    let taking = |_| Some(Answer::Text(200, snapshot(None)));
    // It does not say how many requests it had served: whoever judges is told.
    complete(
        Heap {
            taking,
            ..Heap::default()
        },
        "",
    )
    .stdout("        20             –           –         –  ")
    .stdout("next: heapdiff verdict --requests 10,20,40 ");
}

#[test]
fn a_server_that_is_busy_with_another_snapshot_is_asked_again() {
    let taking = |number| (number % 3 < 2).then_some(Answer::Status(409, "busy"));
    complete(
        Heap {
            taking,
            ..Heap::default()
        },
        "",
    );
}

#[test]
fn a_file_that_the_server_wrote_there_itself_is_not_copied() {
    let (server, _) = Heap::default().start();
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join(NAMES[0]);
    fs::write(&written, snapshot(Some(10))).unwrap();
    let older = folder.path().join(NAMES[1]);
    fs::write(&older, snapshot(Some(11))).unwrap();
    let number = |path| fs::metadata(path).unwrap().ino();
    let before = number(&written);
    series(&server, folder.path(), "").run().code(0);
    assert_eq!(number(&written), before);
    assert_eq!(fs::read_to_string(older).unwrap(), snapshot(Some(20)));
}

#[test]
fn other_snapshots_in_the_folder_are_not_in_the_next_command() {
    let (server, _) = Heap::default().start();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("boot.json"), "{}").unwrap();
    series(&server, folder.path(), "")
        .run()
        .code(0)
        .stdout("/0010-requests.json ")
        .stdout("/0040-requests.json\n");
}

#[test]
fn a_load_that_fails_ends_the_series_with_what_was_measured() {
    let load = |number| match number {
        15 => Answer::Status(500, "out of cheese"),
        _ => Answer::Good,
    };
    let (server, _) = Heap {
        load,
        ..Heap::default()
    }
    .start();
    let folder = tempfile::tempdir().unwrap();
    series(&server, folder.path(), "")
        .run()
        .code(1)
        .stdout("not every request was answered; the series ends here\n")
        .stdout("1 × HTTP 500: out of cheese");
    assert_eq!(names(&folder), NAMES[..1]);
}

#[test]
fn a_status_that_is_accepted_is_an_answer() {
    let load = |number| match number % 2 {
        0 => Answer::Status(503, "later"),
        _ => Answer::Good,
    };
    complete(
        Heap {
            load,
            ..Heap::default()
        },
        "--accept 503",
    );
}

#[test]
fn a_snapshot_that_cannot_be_had_is_told_and_leaves_no_half_file() {
    let refusals: [(Taking, &str); 4] = [
        (
            |_| Some(Answer::Status(500, "disk full")),
            "HTTP 500: disk full",
        ),
        (
            |_| Some(Answer::Status(401, "who are you")),
            "give its secret in LEAKLAB_TOKEN, or with --token",
        ),
        (
            |_| Some(Answer::Status(404, "no such page")),
            "the server's own route with --heapdump",
        ),
        (
            |_| Some(Answer::Good),
            "neither a snapshot nor an object with its `url`",
        ),
    ];
    for (taking, reason) in refusals {
        let (server, _) = Heap {
            taking,
            ..Heap::default()
        }
        .start();
        let folder = tempfile::tempdir().unwrap();
        series(&server, folder.path(), "")
            .run()
            .code(1)
            .stderr(reason);
        assert!(names(&folder).is_empty());
    }
    let downloads: [(HandingOut, &str); 3] = [
        (
            |_, _| Some(Answer::Status(500, "not written: killed by SIGKILL")),
            "killed by SIGKILL",
        ),
        (|_, _| Some(Answer::CutShort), "connection closed"),
        (|_, _| Some(Answer::Good), "this is no snapshot"),
    ];
    for (handing_out, reason) in downloads {
        let (server, _) = Heap {
            handing_out,
            ..Heap::default()
        }
        .start();
        let folder = tempfile::tempdir().unwrap();
        series(&server, folder.path(), "")
            .run()
            .code(1)
            .stderr(reason);
        assert!(names(&folder).is_empty());
    }
}

#[test]
fn whatever_ends_it_leaves_no_half_file() {
    let signals = [
        (Signal::SIGINT, true),
        (Signal::SIGTERM, true),
        (Signal::SIGKILL, false), // as SIGHUP, which `nohup` would have it ignore
    ];
    for (signal, is_caught) in signals {
        let handing_out = |_: &State, name: &str| match name {
            "0010-requests" => None,
            _ => Some(Answer::Never),
        };
        let (server, state) = Heap {
            handing_out,
            ..Heap::default()
        }
        .start();
        let folder = tempfile::tempdir().unwrap();
        let running = series(&server, folder.path(), "").start();
        wait_until(|| {
            let secrets = state.secrets.lock().unwrap();
            secrets
                .iter()
                .any(|(path, _)| path == "/heapdump/0020-requests.json")
        });
        let ended = running.signal(signal).wait();
        if is_caught {
            ended.code(130).stderr("interrupted");
        }
        assert_eq!(names(&folder), NAMES[..1]);
    }
}

#[test]
fn the_secret_is_sent_for_snapshots_and_for_nothing_else() {
    let (server, state) = Heap::default().start();
    let folder = tempfile::tempdir().unwrap();
    series(&server, folder.path(), "--token open-sesame")
        .run()
        .code(0);
    for (path, secret) in state.secrets.lock().unwrap().iter() {
        let wanted = path
            .starts_with("/heapdump")
            .then_some("Bearer open-sesame");
        assert_eq!(secret.as_deref(), wanted, "{path}");
    }
}

#[test]
fn a_secret_that_a_server_repeats_is_not_printed() {
    // The second is where a message is cut.
    for said in [
        "I do not know Bearer open-sesame",
        "................................................................................................................................................................................................open-sesame",
    ] {
        let server = Server::start(move |_| Answer::Status(403, said));
        let folder = tempfile::tempdir().unwrap();
        series(&server, folder.path(), "--first 10 --token open-sesame")
            .run()
            .does_not_print("open-ses");
    }
}

#[test]
fn a_server_that_has_served_already_goes_on_from_there() {
    let (server, _) = Heap::default().start();
    Driver::new(&server.url("/load"), "--requests 70")
        .run()
        .code(0);
    let folder = tempfile::tempdir().unwrap();
    series(&server, folder.path(), "").run().code(2).stderr(
        "70 requests are served already: let the first snapshot be after more of them, 140 say",
    );
    let arguments = format!("{} --to {}", server.url("/load"), folder.path().display());
    let json = Driver::new("series", &format!("{arguments} --doublings 2 --json"));
    let json = json.run().code(0).json();
    let requests = json["snapshots"].as_array().unwrap().iter();
    let requests: Vec<_> = requests.map(|snapshot| &snapshot["requests"]).collect();
    assert_eq!(requests, [140, 280, 560]);
}

#[test]
fn bad_arguments_are_told_before_anything_is_sent() {
    let (server, state) = Heap::default().start();
    let (other, _) = Heap::default().start();
    let folder = tempfile::tempdir().unwrap();
    let bad = |arguments: &str| series(&server, folder.path(), arguments).run().code(2);
    bad(&other.url("/load")).stderr("a series is of one");
    bad("--heapdump ftp://127.0.0.1/{name}").stderr("only http:// is spoken");
    bad("--token gr\u{fc}n").stderr("visible characters");
    bad("--connections 0").stderr("at least 1");
    bad("--accept 200").stderr("from 300 to 599");
    bad("--to /dev/null/x").stderr("--to");
    let nowhere = format!("{} --to /dev/null/x", server.url("/load"));
    Driver::new("series", &nowhere)
        .run()
        .code(2)
        .stderr("cannot write /dev/null/x");
    Driver::new("series", &server.url("/load"))
        .run()
        .code(2)
        .stderr("--to");
    assert_eq!(*state.served.lock().unwrap(), 0);
}
