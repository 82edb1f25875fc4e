//! What exists is opened without waiting for anybody.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::thread;

use atomic_file::{open_regular, write_through};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// A folder with one of each kind; opening the pipe in the usual way would wait forever.
fn one_of_each() -> (TempDir, impl Fn(&str) -> PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_owned();
    let path = move |name: &str| at.join(name);
    fs::write(path("file"), "content").unwrap();
    fs::create_dir(path("folder")).unwrap();
    std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
    mknodat(
        CWD,
        path("pipe"),
        FileType::Fifo,
        Mode::RUSR | Mode::WUSR,
        0,
    )
    .unwrap();
    drop(UnixListener::bind(path("socket")).unwrap());
    (folder, path)
}

#[test]
fn only_a_regular_file_is_opened_to_be_read() {
    let (_folder, path) = one_of_each();
    let mut content = String::new();
    let mut file = open_regular(&path("file")).unwrap();
    file.read_to_string(&mut content).unwrap();
    assert_eq!(content, "content");
    for other in ["folder", "link", "pipe", "socket"] {
        let error = open_regular(&path(other)).unwrap_err();
        assert_eq!(
            error.kind(),
            io::ErrorKind::InvalidInput,
            "{other}: {error}"
        );
    }
    let error = open_regular(&path("nothing")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_pipe_without_a_reader_is_refused_and_one_with_a_slow_reader_takes_all() {
    let (_folder, path) = one_of_each();
    let error = write_through(&path("pipe")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotConnected, "{error}");

    let content = vec![7; 1 << 20]; // more than a pipe holds
    let mut reader = {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        File::options()
            .read(true)
            .custom_flags(flags)
            .open(path("pipe"))
            .unwrap()
    };
    let mut writer = write_through(&path("pipe")).unwrap();
    rustix::fs::fcntl_setfl(&reader, rustix::fs::OFlags::empty()).unwrap();
    let written = content.clone();
    let writing = thread::spawn(move || writer.write_all(&written));
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    writing.join().unwrap().unwrap();
    assert!(read == content);
}

#[test]
fn a_device_is_written_to() {
    write_through("/dev/null".as_ref())
        .unwrap()
        .write_all(b"x")
        .unwrap();
}

#[test]
fn a_disk_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    let nothing = rustix::fs::makedev(7, 4000); // no such loop device
    let made = mknodat(CWD, &disk, FileType::BlockDevice, Mode::WUSR, nothing);
    if made == Err(rustix::io::Errno::PERM) {
        assert!(std::env::var_os("CI").is_none(), "only root makes devices");
        println!("SKIPPED: only root makes devices");
        return;
    }
    made.unwrap();
    let error = write_through(&disk).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
}
