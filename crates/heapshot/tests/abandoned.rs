//! What a process that was killed in the middle of a snapshot leaves, and who removes it.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use common::server::{Server, read_all};
use common::writer::stop_writer_of;
use common::{children_of, names_in, read_whole, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{geteuid, mkfifo};

#[test]
fn the_next_snapshot_of_any_server_clears_what_a_kill_left_and_leaves_what_another_is_writing() {
    let mut killed = Server::start();
    let folder = Rc::clone(&killed.folder);
    let _never_answered = killed.ask("/heapdump?name=killed");
    stop_writer_of(killed.process.id());
    let left = private_folders(folder.path());
    assert_eq!(left.len(), 1, "{left:?}");
    let mode = fs::metadata(&left[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    killed.process.kill().unwrap();
    killed.process.wait().unwrap();
    wait_for("its writer to die", || {
        children_of(killed.process.id()).is_empty().then_some(())
    });
    assert!(left[0].exists(), "nobody could remove it");

    let slow = Server::start_in(&folder);
    let answer = slow.ask("/heapdump?name=slow");
    let writer = stop_writer_of(slow.process.id());
    wait_for("the slow one to have its turn", || {
        (!left[0].exists()).then_some(())
    });
    let held = private_folders(folder.path());
    assert_eq!(held.len(), 1, "{held:?}");

    let quick = Server::start_in(&folder);
    assert!(read_all(quick.ask("/heapdump?name=quick")).starts_with("HTTP/1.1 200"));
    assert_eq!(private_folders(folder.path()), held, "it is being written");
    kill(writer, Signal::SIGCONT).unwrap();
    assert!(read_all(answer).starts_with("HTTP/1.1 200"));
    read_whole(&folder.path().join("slow.json"));
    assert_eq!(names_in(folder.path()), ["quick.json", "slow.json"]);
}

#[test]
fn what_only_looks_like_a_private_folder_stays() {
    let server = Server::start();
    let folder = server.folder.path();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("dhat-heap.json"), "theirs").unwrap();
    let at = |name: &str| folder.join(name);
    let make = |name: &str, mode| fs::DirBuilder::new().mode(mode).create(at(name)).unwrap();

    symlink(outside.path(), at(".heapshot-1-a-link00")).unwrap();
    symlink("nowhere", at(".heapshot-1-a-link01")).unwrap();
    mkfifo(&at(".heapshot-1-a-fifo00"), Mode::S_IRWXU).unwrap();
    fs::write(at(".heapshot-1-a-file00"), "a file").unwrap();
    make(".heapshot-1-a-mine00", 0o700); // has something that no snapshot has
    fs::write(at(".heapshot-1-a-mine00/notes.txt"), "mine").unwrap();
    fs::write(at(".heapshot-1-a-mine00/dhat-heap.json"), "mine").unwrap();
    make(".heapshot-backup", 0o700); // another name
    make(".heapshot-1-a-open00", 0o700);
    fs::set_permissions(
        at(".heapshot-1-a-open00"),
        fs::Permissions::from_mode(0o777),
    )
    .unwrap();
    // Another user's, which root could remove.
    if geteuid().is_root() {
        make(".heapshot-1-a-user00", 0o700);
        chown(at(".heapshot-1-a-user00"), Some(65534), None).unwrap();
    }
    // A real one whose stand-in for the program is a link that leads out.
    make(".heapshot-1-a-real00", 0o700);
    symlink(outside.path(), at(".heapshot-1-a-real00/program")).unwrap();
    let before = names_in(folder);

    // What a snapshot of a process that is gone has left, in the names of now and of older versions.
    for name in [".heapshot-1-a-dead00", ".heapshot-1-dead00"] {
        make(name, 0o755);
        fs::write(at(name).join("dhat-heap.json"), "half").unwrap();
        fs::write(at(name).join("1.so"), "a library").unwrap();
        fs::create_dir(at(name).join("program")).unwrap();
        symlink(outside.path(), at(name).join("program/shop")).unwrap();
    }
    assert!(read_all(server.ask("/heapdump?name=a")).starts_with("HTTP/1.1 200"));

    let mut expected = before;
    expected.push("a.json".to_owned());
    assert_eq!(names_in(folder), expected);
    let theirs = fs::read_to_string(outside.path().join("dhat-heap.json"));
    assert_eq!(theirs.unwrap(), "theirs");
    assert!(at(".heapshot-1-a-mine00/dhat-heap.json").exists());
}

fn private_folders(folder: &Path) -> Vec<PathBuf> {
    let names = names_in(folder).into_iter();
    let private = names.filter(|name| name.starts_with(".heapshot-"));
    private.map(|name| folder.join(name)).collect()
}
