//! `/heapdump` when it cannot be: the reason is told, and the server goes on.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::harness::{get, names_in, next_writer, wait_for};
use crate::server::Server;

#[test]
fn a_second_asker_is_told_busy_and_the_first_gets_its_snapshot() {
    let server = Server::start();
    let url = server.url("/heapdump?name=first");
    let writer = next_writer();
    let first = thread::spawn(move || get(&url));
    let writer = writer.stopped();
    let reason = server.get("/heapdump?name=second").refuses(409);
    kill(writer, Signal::SIGCONT).unwrap();
    assert!(reason.contains("try again when it is done"), "{reason}");
    first.join().unwrap().is(200);
    assert_eq!(names_in(&server.snapshot("")), ["first.json"]);
}

#[test]
fn an_asker_who_leaves_gets_the_snapshot_nevertheless_and_the_next_is_served() {
    let server = Server::start();
    let writer = next_writer();
    let asker = server.ask_only("/heapdump?name=left");
    let writer = writer.stopped();
    drop(asker);
    kill(writer, Signal::SIGCONT).unwrap();
    wait_for("the snapshot", || {
        server.snapshot("left.json").exists().then_some(())
    });
    wait_for("the next one", || {
        (server.get("/heapdump?name=next").status == 200).then_some(())
    });
}

#[test]
fn a_writer_that_dies_is_reported_and_the_next_one_is_not() {
    let server = Server::start();
    let url = server.url("/heapdump?name=a");
    let writer = next_writer();
    let asker = thread::spawn(move || get(&url));
    kill(writer.stopped(), Signal::SIGKILL).unwrap();
    let reason = asker.join().unwrap().refuses(500);
    assert!(reason.contains("killed by SIGKILL"), "{reason}");
    server.get("/heapdump?name=a").is(200);
}

#[test]
fn without_a_recorder_it_is_not_implemented_and_the_rest_is() {
    let server = Server::with(|config| config.heap = None);
    let reason = server.get("/heapdump?name=a").refuses(501);
    assert!(reason.contains("records no heap"), "{reason}");
    server.get("/plain").is(200);
    assert!(server.health()["live_bytes"].is_null());
    assert_eq!(names_in(server.folder.path()), [] as [&str; 0]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named_and_the_server_goes_on() {
    let server = Server::start();
    let folder = server.folder.path().join("snapshots");
    fs::write(folder, "a file where the folder should be").unwrap();
    let reason = server.get("/heapdump?name=a").refuses(500);
    assert!(reason.contains("cannot make the folder"), "{reason}");
    assert!(reason.contains("snapshots"), "{reason}");
    server.get("/plain").is(200);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_and_the_server_goes_on() {
    let server = Server::with(|config| config.snapshots = "/proc".into());
    let reason = server.get("/heapdump?name=a").refuses(500);
    assert!(reason.contains("/proc"), "{reason}");
    server.get("/plain").is(200);
}

#[test]
fn a_folder_in_the_place_of_the_snapshot_is_left_as_it_is() {
    let server = Server::start();
    fs::create_dir_all(server.snapshot("a.json")).unwrap();
    let reason = server.get("/heapdump?name=a").refuses(500);
    assert!(reason.contains("cannot publish"), "{reason}");
    server.get("/heapdump/a.json").refuses(500);
    assert_eq!(names_in(&server.snapshot("")), ["a.json"]);
}

#[test]
fn only_a_regular_file_of_the_folder_itself_is_handed_out_and_all_else_is_refused_at_once() {
    let server = Server::start();
    let folder = server.snapshot("");
    fs::create_dir_all(&folder).unwrap();
    let outside = server.folder.path().join("secret.json");
    fs::write(&outside, "secret").unwrap();
    fs::write(folder.join("real.json"), "{}").unwrap();
    symlink(&outside, folder.join("out.json")).unwrap();
    symlink("real.json", folder.join("in.json")).unwrap();
    symlink("nowhere", folder.join("dangling.json")).unwrap();
    symlink("loop.json", folder.join("loop.json")).unwrap();
    symlink("/dev/zero", folder.join("zero.json")).unwrap();
    mkfifo(&folder.join("fifo.json"), Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(folder.join("socket.json")).unwrap();
    fs::create_dir(folder.join("folder.json")).unwrap();

    for name in [
        "out", "in", "dangling", "loop", "zero", "fifo", "socket", "folder",
    ] {
        // A server that waited for a writer of the FIFO would not answer at all.
        let reason = server.get(&format!("/heapdump/{name}.json")).refuses(404);
        assert!(reason.contains("not a regular file"), "{name}: {reason}");
    }
    server.get("/heapdump/missing.json").refuses(404);
    assert_eq!(server.get("/heapdump/real.json").is(200).text(), "{}");
    server.get("/heapdump?name=out").is(200);
    assert_eq!(
        fs::read_to_string(outside).unwrap(),
        "secret",
        "the link was replaced"
    );
}
