//! The sandbox as a class meets it: real graders, as root and as an ordinary user, and what its folder's limit holds against.

use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

use nix::unistd::geteuid;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use serde_json::{Value, json};

use crate::common::cannot_run;
use crate::{Desk, FILE, edited, said};

/// So long that no machine is so busy that an honest build or run meets them.
const LIMITS: [&str; 5] = [
    "--build-limit",
    "1800",
    "--run-limit",
    "600",
    "--accept-reference",
];

/// Ends a server at its start with what it could do and should not have been able to.
const ATTACKS: &str = r#"
    let mut through: Vec<&str> = Vec::new();
    let mut attack = |what, succeeds: bool| if succeeds { through.push(what) };
    attack("read another's work", std::fs::read("VICTIM/lab1.rs").is_ok());
    attack("read the key", std::fs::read("WORKSPACE/labs/lab1/lab.toml").is_ok());
    attack("read the users", std::fs::read("/etc/passwd").is_ok());
    attack("list a home", std::fs::read_dir("HOME").is_ok());
    for folder in ["/tmp", "/var/tmp", "/dev/shm", "VICTIM", "WORKSPACE"] {
        attack("write elsewhere", std::fs::write(format!("{folder}/attack"), "x").is_ok());
    }
    attack("run sh", std::process::Command::new("sh").arg("-c").arg(":").status().is_ok());
    attack("connect", std::net::TcpStream::connect("ADDRESS").is_ok());
    attack("listen", std::net::TcpListener::bind("127.0.0.1:0").is_ok());
    attack("use UDP", std::net::UdpSocket::bind("127.0.0.1:0").is_ok());
    attack("connect by path", std::os::unix::net::UnixStream::connect("VICTIM/socket").is_ok());
    attack("read the grader", std::fs::read("/proc/GRADER/cmdline").is_ok());
    let sockets = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    attack("see sockets", sockets.lines().count() > 1);
    let own = std::process::id().to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    attack("see processes", names.any(|name| name.parse::<u32>().is_ok() && name != own && name != "1"));
    assert!(through.is_empty(), "got through: {through:?}");
"#;

/// Harms whoever it can reach, for as long as it runs.
const HARM: &str = r#"
    std::thread::spawn(|| {
        for n in 0.. {
            let _ = std::process::Command::new("kill").args(["-9", "-1"]).status();
            let own = std::env::current_exe().unwrap();
            let _ = std::process::Command::new(own).arg("--help").spawn().map(std::mem::forget);
            let file = std::env::temp_dir().join(format!("flood-{n}"));
            let _ = std::fs::write(file, vec![1; 1 << 22]);
        }
    });
"#;

fn is_grading_well(desk: &Desk, users: bool) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let victim = desk.folder("victim");
    let solution = desk.solution();
    desk.hands_in(
        "victim",
        FILE,
        &edited(&solution, "Vec::new()", "Vec::with_capacity(10_000)"),
    );
    let _socket = std::os::unix::net::UnixListener::bind(victim.join("socket")).unwrap();
    let attacks = ATTACKS
        .replace("VICTIM", victim.to_str().unwrap())
        .replace("WORKSPACE", desk.scratch.root().to_str().unwrap())
        .replace("HOME", &std::env::var("HOME").unwrap_or_default())
        .replace("ADDRESS", &listener.local_addr().unwrap().to_string())
        .replace("GRADER", &std::process::id().to_string());
    desk.hands_in_at_start("attacks", &attacks);
    desk.hands_in_at_start("hostile", HARM);

    let class = desk.grade_all(&[&["--jobs", "3"][..], &LIMITS].concat());

    class.finds("victim", "passed", "");
    // It attacks at its start, and serves well if nothing got through.
    class.finds("attacks", "passed", "");
    class.finds("hostile", "stopped", "was ended");
    let mut sandbox = vec![
        "landlock-6",
        "seccomp",
        "user-per-run",
        "namespaces",
        "tmpfs",
    ];
    if !users {
        sandbox.retain(|part| *part != "user-per-run");
    }
    let sheet = class.sheet("victim");
    assert_eq!(sheet["confinement"], json!([]), "{sheet:#}");
    assert_eq!(sheet["sandbox"], json!(sandbox), "{sheet:#}");
    let printed = &class.printed;
    assert!(
        printed.contains(&format!("sandbox: {}\n", sandbox.join(", "))),
        "{printed}"
    );
    assert!(!printed.contains("confinement:"), "{printed}");
}

#[test]
fn beside_a_hostile_submission_the_others_have_their_points() {
    let Some(desk) = Desk::new() else {
        return;
    };
    is_grading_well(&desk, geteuid().is_root());
}

#[test]
fn the_sandbox_is_as_strong_for_an_ordinary_user() {
    if geteuid().is_root() && Command::new("unshare").arg("--version").output().is_err() {
        return cannot_run("util-linux's unshare is missing");
    }
    let Some(desk) = Desk::new() else {
        return;
    };
    is_grading_well(&desk.of_an_ordinary_user(), false);
}

#[test]
fn what_a_program_keeps_of_the_disk_is_bounded_however_it_hides_it() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in_at_start(
        "keeps-deleted-files",
        r#"
    std::thread::spawn(|| {
        for n in 0.. {
            let path = std::env::temp_dir().join(format!("flood-{n}"));
            let Ok(mut file) = std::fs::File::create(&path) else { break };
            let _ = std::fs::remove_file(path);
            let _ = std::io::Write::write_all(&mut file, &vec![1; 1 << 24]);
            std::mem::forget(file);
        }
        loop { std::thread::park(); }
    });
"#,
    );
    desk.hands_in_at_start(
        "nests-deeply",
        r#"
    std::thread::spawn(|| {
        let name = "d".repeat(250);
        std::env::set_current_dir(std::env::temp_dir()).unwrap();
        for _ in 0..60 {
            if std::fs::create_dir(&name).and_then(|()| std::env::set_current_dir(&name)).is_err() { break }
        }
        for n in 0.. {
            if std::fs::write(n.to_string(), vec![1; 1 << 24]).is_err() { break }
        }
        let closed = std::os::unix::fs::PermissionsExt::from_mode(0o0);
        let _ = std::fs::set_permissions(std::env::temp_dir().join(&name), closed);
        loop { std::thread::park(); }
    });
"#,
    );
    // In memory the kernel keeps to the limit; without a sandbox the lab counts. `grade` asserts that nothing is left.
    for without_sandbox in [&[][..], &["--without-sandbox"]] {
        if !without_sandbox.is_empty() {
            // As a grader leaves it that was killed: the next one removes it.
            let orphan = desk.temporary.path().join("leaklab-grade-orphan/run-1/box");
            std::fs::create_dir_all(orphan).unwrap();
        }
        let class = desk.grade_all(&[&LIMITS, without_sandbox].concat());
        for name in ["keeps-deleted-files", "nests-deeply"] {
            class.finds(name, "stopped", "wrote more to the disk than it may");
        }
        assert_eq!(
            class.printed.contains("sandbox is off"),
            !without_sandbox.is_empty()
        );
    }
}

/// A grader's command line and the system calls that it is refused, for the tests below, as JSON.
const GRADER: &str = "GRADER_WITHOUT";

/// A grader on a kernel that refuses it system calls, each with an error number.
fn without(desk: &Desk, calls: &[(i64, i32)]) -> Output {
    desk.hands_in("somebody", "README.md", "sorry");
    let folder = desk.folder("somebody");
    let json = ["--format", "json", "--lab", "1"];
    let grader = desk.command(&[&["--submission", folder.to_str().unwrap()][..], &json].concat());
    let line: Vec<_> = [grader.get_program()]
        .into_iter()
        .chain(grader.get_args())
        .map(|word| word.to_str().unwrap())
        .collect();
    let helper = [
        "--ignored",
        "--exact",
        "sandbox::the_grader_without",
        "--nocapture",
    ];
    Command::new(std::env::current_exe().unwrap())
        .args(helper)
        .current_dir(desk.scratch.root())
        .env(GRADER, json!([line, calls]).to_string())
        .env("TMPDIR", desk.temporary.path())
        .env("CARGO_TARGET_DIR", desk.scratch.target())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn without_landlock_nothing_is_graded_and_the_grader_says_what_to_do() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let output = without(&desk, &[(libc::SYS_landlock_create_ruleset, libc::ENOSYS)]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for expected in [
        "cannot be confined here",
        "Landlock",
        "Linux 6.12",
        "--without-sandbox",
    ] {
        assert!(text.contains(expected), "no {expected:?} in {text}");
    }
    assert!(!text.contains("Compiling"), "it began to build: {text}");
    assert!(!text.contains("\"submission\""), "it graded: {text}");
    assert_eq!(desk.left(), [] as [String; 0]);
}

#[test]
fn without_namespaces_grading_goes_on_and_says_what_is_weaker() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let output = without(&desk, &[(libc::SYS_unshare, libc::EPERM)]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    let sheet = stdout
        .lines()
        .find(|line| line.starts_with("{\"submission\""));
    let sheet: Value = serde_json::from_str(sheet.unwrap()).unwrap();
    let sandbox = sheet["sandbox"].to_string();
    assert!(sandbox.contains("\"landlock-6\",\"seccomp\""), "{sandbox}");
    assert!(
        !sandbox.contains("namespaces") && !sandbox.contains("tmpfs"),
        "{sandbox}"
    );
    let weaker = sheet["confinement"].to_string();
    for expected in [
        "no file system can be mounted here (cannot make a namespace for mounts: EPERM",
        "namespaces cannot be made here (cannot make namespaces: EPERM",
    ] {
        assert!(weaker.contains(expected), "no {expected:?} in {weaker}");
    }
    assert_eq!(desk.left(), [] as [String; 0]);
}

/// Becomes the grader on a kernel that refuses system calls.
#[test]
#[ignore = "the tests above start it"]
fn the_grader_without() {
    let Ok(what) = std::env::var(GRADER) else {
        return; // somebody has asked for every test that is ignored
    };
    let (line, calls): (Vec<String>, Vec<(i64, i32)>) = serde_json::from_str(&what).unwrap();
    for (call, errno) in calls {
        let filter = SeccompFilter::new(
            [(call, Vec::new())].into(),
            SeccompAction::Allow,
            SeccompAction::Errno(errno.cast_unsigned()),
            std::env::consts::ARCH.try_into().unwrap(),
        )
        .unwrap();
        let filter: BpfProgram = filter.try_into().unwrap();
        apply_filter(&filter).unwrap();
    }
    panic!("{}", Command::new(&line[0]).args(&line[1..]).exec());
}
