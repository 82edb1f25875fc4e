//! The attacker: it tries each attack, and prints what came of it. It is a hidden test of this test program, because only that is
//! at hand where the sandbox begins.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sched::{CloneFlags, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::kill;
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use nix::unistd::Pid;
use rustix::process::{Resource, Rlimit, prlimit, setpriority_process};
use serde_json::Value;

use super::TARGETS;

/// What a program does for a good reason.
pub(super) const LAWFUL: [&str; 5] = [
    "write to its own folder",
    "read its own memory map",
    "limit itself",
    "start a thread",
    "talk to itself",
];

#[test]
#[ignore = "the tests above start it, in the sandbox"]
fn the_attacker_itself() {
    let Ok(targets) = env::var(TARGETS) else {
        return; // somebody has asked for every test that is ignored
    };
    let targets: Value = serde_json::from_str(&targets).unwrap();
    let text = |name: &str| targets[name].as_str().unwrap_or("/nowhere").to_owned();
    let process = |name: &str| i32::try_from(targets[name].as_i64().unwrap()).unwrap();
    let folder = PathBuf::from(text("folder"));
    let own = folder.join("box");
    let own = if own.is_dir() { own } else { env::temp_dir() };

    println!(); // libtest has begun a line
    for (what, outcome) in lawful(&own) {
        match outcome {
            Ok(()) => println!("LAWFUL {what}"),
            Err(error) => println!("NOT POSSIBLE {what}: {error:#}"),
        }
    }
    let all = [
        files(&folder, &text("workspace"), &text("home")),
        network(&folder, &text("tcp")),
        processes(process("sleeper"), process("grader")),
        privileges(&own),
    ];
    for (attack, outcome) in all.into_iter().flatten() {
        match outcome {
            Ok(()) => println!("THROUGH {attack}"),
            Err(error) => println!("REFUSED {attack}: {error:#}"),
        }
    }
}

type Attack = (String, anyhow::Result<()>);

fn lawful(own: &Path) -> Vec<Attack> {
    let write = || -> anyhow::Result<()> {
        fs::create_dir_all(own.join("a/b"))?;
        fs::write(own.join("a/b/c"), "text")?;
        fs::rename(own.join("a/b/c"), own.join("c"))?;
        fs::remove_dir_all(own.join("a"))?;
        Ok(())
    };
    let limit = || -> anyhow::Result<()> {
        let now = rustix::process::getrlimit(Resource::Nofile);
        Ok(rustix::process::setrlimit(Resource::Nofile, now)?)
    };
    let start = || -> anyhow::Result<()> {
        std::thread::Builder::new().spawn(|| ())?.join().unwrap();
        Ok(())
    };
    let read = || {
        let map = fs::read_to_string("/proc/self/maps")?;
        anyhow::ensure!(map.contains("attacker"), "{map}");
        Ok(())
    };
    let outcomes = [write(), read(), limit(), start(), talk()];
    LAWFUL
        .iter()
        .map(|what| (*what).to_owned())
        .zip(outcomes)
        .collect()
}

/// As tokio does for signals.
fn talk() -> anyhow::Result<()> {
    let (mut one, mut two) = UnixStream::pair()?;
    one.write_all(b"1")?;
    two.read_exact(&mut [0])?;
    Ok(())
}

fn files(folder: &Path, workspace: &str, home: &str) -> Vec<Attack> {
    let mut all: Vec<Attack> = Vec::new();
    for (what, path) in [
        ("another submission", folder.join("submission/lab1.rs")),
        (
            "the answer key",
            Path::new(workspace).join("labs/lab1/lab.toml"),
        ),
        (
            "the solution",
            Path::new(workspace).join("labs/lab1/solution.patch"),
        ),
        ("the list of users", "/etc/passwd".into()),
    ] {
        all.push((
            format!("read {what}"),
            fs::read(path).map(drop).map_err(Into::into),
        ));
    }
    all.push((
        "list a home folder".to_owned(),
        fs::read_dir(home).map(drop).map_err(Into::into),
    ));
    for place in [
        Path::new("/tmp"),
        Path::new("/var/tmp"),
        Path::new("/dev/shm"),
        folder,
        &folder.join("submission"),
        Path::new(workspace),
    ] {
        let file = place.join(format!("attack-{}", std::process::id()));
        let written = fs::write(&file, "x").map_err(Into::into);
        let _ = fs::remove_file(&file);
        let name = if place.starts_with(folder) {
            place.strip_prefix(folder).unwrap().display().to_string()
        } else if place == Path::new(workspace) {
            "the workspace".to_owned()
        } else {
            place.display().to_string()
        };
        all.push((format!("write to {name:?}"), written));
    }
    let file = folder.join("submission/lab1.rs");
    let rights = fs::set_permissions(&file, fs::Permissions::from_mode(0o644));
    all.push((
        "change the rights of a file".to_owned(),
        rights.map_err(Into::into),
    ));
    let now = nix::sys::time::TimeSpec::UTIME_NOW;
    let follow = nix::sys::stat::UtimensatFlags::FollowSymlink;
    let times = nix::sys::stat::utimensat(nix::fcntl::AT_FDCWD, &file, &now, &now, follow);
    all.push((
        "change the times of a file".to_owned(),
        times.map_err(Into::into),
    ));
    let watch = || -> anyhow::Result<()> {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        add_watch(init(CreateFlags::empty())?, folder, WatchFlags::CREATE)?;
        Ok(())
    };
    all.push(("watch a folder".to_owned(), watch()));
    let sh = Command::new("sh").args(["-c", ":"]).status();
    all.push(("run sh".to_owned(), sh.map(drop).map_err(Into::into)));
    all
}

fn network(folder: &Path, tcp: &str) -> Vec<Attack> {
    let unix = |name: &str| UnixStream::connect(folder.join(name)).map(drop);
    let by_name = || {
        let name = folder.join("abstract");
        UnixStream::connect_addr(&SocketAddr::from_abstract_name(name.to_str().unwrap())?).map(drop)
    };
    let raw = |family, kind, protocol: Option<SockProtocol>| {
        socket(family, kind, SockFlag::empty(), protocol).map(drop)
    };
    let lines = || -> anyhow::Result<()> {
        let file = fs::File::open("/proc/net/unix")?;
        anyhow::ensure!(BufReader::new(file).lines().count() > 1, "it is empty");
        Ok(())
    };
    vec![
        (
            "connect over TCP".to_owned(),
            TcpStream::connect(tcp).map(drop).map_err(Into::into),
        ),
        (
            "listen on a port".to_owned(),
            TcpListener::bind("127.0.0.1:0")
                .map(drop)
                .map_err(Into::into),
        ),
        (
            "send over UDP".to_owned(),
            UdpSocket::bind("127.0.0.1:0")
                .and_then(|socket| socket.send_to(b"x", tcp))
                .map(drop)
                .map_err(Into::into),
        ),
        (
            "connect to a Unix socket by path".to_owned(),
            unix("socket").map_err(Into::into),
        ),
        (
            "connect to an abstract Unix socket".to_owned(),
            by_name().map_err(Into::into),
        ),
        (
            "listen on a Unix socket".to_owned(),
            UnixListener::bind(folder.join(format!("own-{}", std::process::id())))
                .map(drop)
                .map_err(Into::into),
        ),
        (
            "make a netlink socket".to_owned(),
            raw(
                AddressFamily::Netlink,
                SockType::Raw,
                Some(SockProtocol::NetlinkRoute),
            )
            .map_err(Into::into),
        ),
        (
            "make a raw socket".to_owned(),
            raw(AddressFamily::Inet, SockType::Raw, Some(SockProtocol::Icmp)).map_err(Into::into),
        ),
        ("read /proc/net/unix".to_owned(), lines()),
    ]
}

fn processes(sleeper: i32, grader: i32) -> Vec<Attack> {
    let known = Pid::from_raw(sleeper);
    let process = rustix::process::Pid::from_raw(sleeper);
    let limit = Rlimit {
        current: Some(1 << 20),
        maximum: Some(1 << 20),
    };
    let read = |file: &str| fs::read(format!("/proc/{grader}/{file}")).map(drop);
    let others = || -> anyhow::Result<()> {
        let own = std::process::id().to_string();
        let entries = fs::read_dir("/proc")?.flatten();
        let others = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .filter(|name| *name != own && name != "1");
        anyhow::ensure!(others.count() > 0, "there are none");
        Ok(())
    };
    vec![
        (
            "signal another server".to_owned(),
            kill(known, None).map_err(Into::into),
        ),
        (
            "signal the grader".to_owned(),
            kill(Pid::from_raw(grader), None).map_err(Into::into),
        ),
        (
            "limit another server".to_owned(),
            prlimit(process, Resource::Fsize, limit)
                .map(drop)
                .map_err(Into::into),
        ),
        (
            "slow another server down".to_owned(),
            setpriority_process(process, 19).map_err(Into::into),
        ),
        (
            "trace another server".to_owned(),
            nix::sys::ptrace::seize(known, nix::sys::ptrace::Options::empty()).map_err(Into::into),
        ),
        (
            "read the grader's environment".to_owned(),
            read("environ").map_err(Into::into),
        ),
        (
            "read the grader's command line".to_owned(),
            read("cmdline").map_err(Into::into),
        ),
        ("see other processes".to_owned(), others()),
    ]
}

/// Last, because some of them change what this process sees.
fn privileges(own: &Path) -> Vec<Attack> {
    let fresh = |name: &str| own.join(format!("{name}-{}", std::process::id()));
    let new = |what| unshare(what).map_err(Into::into);
    let mount = || {
        let flags = nix::mount::MsFlags::empty();
        nix::mount::mount(Some("x"), own, Some("tmpfs"), flags, None::<&str>)?;
        nix::mount::umount(own)
    };
    vec![
        (
            "make a link".to_owned(),
            symlink("/etc/passwd", fresh("link")).map_err(Into::into),
        ),
        (
            "make a pipe with a name".to_owned(),
            nix::unistd::mkfifo(&fresh("pipe"), nix::sys::stat::Mode::S_IRWXU).map_err(Into::into),
        ),
        (
            "make a file that is in no folder".to_owned(),
            memfd_create(c"x", MFdFlags::empty())
                .map(drop)
                .map_err(Into::into),
        ),
        ("mount".to_owned(), mount().map_err(Into::into)),
        (
            "change its root".to_owned(),
            nix::unistd::chroot("/").map_err(Into::into),
        ),
        (
            "make a network of its own".to_owned(),
            new(CloneFlags::CLONE_NEWNET),
        ),
        (
            "make mounts of its own".to_owned(),
            new(CloneFlags::CLONE_NEWNS),
        ),
        (
            "make shared memory of its own".to_owned(),
            new(CloneFlags::CLONE_NEWIPC),
        ),
    ]
}
