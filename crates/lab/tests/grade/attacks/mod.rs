//! Attacks on all that a program of a student must not reach, as a table. Inside of the sandbox each is refused; outside of it
//! each gets through, which shows that the table attacks something.

mod attacker;

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::unistd::geteuid;
use serde_json::{Value, json};

use crate::common::cannot_run;
use crate::landlock;
use attacker::LAWFUL;

/// Who is attacked.
const TARGETS: &str = "ATTACK";

/// The hidden attacker of this test program.
const ATTACKER: &str = "attacks::attacker::the_attacker_itself";

/// A user for a run, as the grader takes one.
const USER: u32 = 61_300;

/// Somebody who is not root.
const ORDINARY: u32 = 61_301;

/// All that there is to attack; gone when dropped.
struct Victims {
    folder: tempfile::TempDir,
    tcp: TcpListener,
    _path: UnixListener,
    _name: UnixListener,
    sleeper: Child,
}

impl Drop for Victims {
    fn drop(&mut self) {
        let _ = self.sleeper.kill();
        let _ = self.sleeper.wait();
    }
}

impl Victims {
    /// Their files and their process are those of `user`.
    fn of(user: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        open_to_all(folder.path());
        for name in ["submission", "box", "outer"] {
            fs::create_dir(at(name)).unwrap();
            open_to_all(&at(name));
        }
        fs::write(at("submission/lab1.rs"), "the other's work").unwrap();
        if geteuid().is_root() {
            // Its rights are then the program's to change, as far as only its user counts.
            let id = Some(user);
            std::os::unix::fs::chown(at("submission/lab1.rs"), id, id).unwrap();
        }
        fs::copy(env::current_exe().unwrap(), at("outer/attacker")).unwrap();
        let path = UnixListener::bind(at("socket")).unwrap();
        open_to_all(&at("socket"));
        let name = SocketAddr::from_abstract_name(at("abstract").to_str().unwrap()).unwrap();
        let mut sleeper = Command::new("sleep");
        sleeper.arg("600");
        if geteuid().is_root() {
            sleeper.uid(user).gid(user);
        }
        Self {
            tcp: TcpListener::bind("127.0.0.1:0").unwrap(),
            _path: path,
            _name: UnixListener::bind_addr(&name).unwrap(),
            sleeper: sleeper.spawn().unwrap(),
            folder,
        }
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn targets(&self) -> String {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        json!({
            "folder": self.at(""),
            "workspace": workspace.canonicalize().unwrap(),
            "home": env::var_os("HOME").map(PathBuf::from),
            "tcp": self.tcp.local_addr().unwrap().to_string(),
            "sleeper": self.sleeper.id(),
            "grader": std::process::id(),
        })
        .to_string()
    }

    /// The attacks that get through from within the confinement of a graded server.
    fn attacked_from_inside(&self, namespaces: &str, user: Option<u32>, grader: u32) -> Report {
        let confinement = json!({
            "limits": {
                "seconds": 120, "resident_bytes": 1_u64 << 31, "address_bytes": null,
                "file_bytes": 1 << 25, "folder_bytes": 1 << 28, "tasks": 200,
            },
            "sandbox": { "read": [], "write": [self.at("box")], "execute": [self.at("outer/attacker")] },
            "namespaces": namespaces,
            "user": user,
            "is_tool": false,
            "folder": self.at("box"),
            "folder_is_bounded": false,
            "report": self.at("outer/report.json"),
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command
            .args(["confined", "supervise", &confinement.to_string(), "--"])
            .arg(self.at("outer/attacker"));
        if geteuid().is_root() && grader != 0 {
            command.uid(grader).gid(grader);
        }
        let found = self.attack(command);
        let ran: Value =
            serde_json::from_slice(&fs::read(self.at("outer/report.json")).unwrap()).unwrap();
        assert_eq!(ran["entered"], true, "{ran:#} {found:?}");
        found
    }

    fn attack(&self, mut command: Command) -> Report {
        let output = command
            .args([
                "--ignored",
                "--exact",
                ATTACKER,
                "--nocapture",
                "--test-threads=1",
            ])
            .env(TARGETS, self.targets())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = |word: &str| -> Vec<String> {
            let lines = said.lines().filter_map(|line| line.strip_prefix(word));
            lines.map(str::to_owned).collect()
        };
        let report = Report {
            through: lines("THROUGH "),
            refused: lines("REFUSED "),
            lawful: lines("LAWFUL "),
        };
        assert!(
            !report.lawful.is_empty(),
            "the attacker did not run: {}",
            crate::said(&output)
        );
        report
    }
}

/// What became of the attacks.
#[derive(Debug)]
struct Report {
    through: Vec<String>,
    refused: Vec<String>,
    lawful: Vec<String>,
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

#[test]
fn every_attack_from_inside_of_the_sandbox_is_refused() {
    if !landlock::can_grade() {
        return;
    }
    let own = geteuid().as_raw();
    // As root with a user for the run; as somebody else; and where namespaces are missing.
    let mut graders = vec![("own", None, own), ("none", None, own)];
    if own == 0 {
        graders = vec![
            ("own", Some(USER), 0),
            ("with-proc", Some(USER), 0),
            ("none", Some(USER), 0),
            ("own", None, ORDINARY),
            ("with-proc", None, ORDINARY),
        ];
    }
    for (namespaces, user, grader) in graders {
        // The victim of signals is a process of the same user: nothing but the sandbox protects it.
        let victims = Victims::of(user.unwrap_or(grader));
        let report = victims.attacked_from_inside(namespaces, user, grader);
        // Without a /proc of its own a program sees what is public of other processes, and the grade says so.
        let seen: &[&str] = match namespaces {
            "own" => &[],
            "with-proc" => &["see other processes", "read the grader's command line"],
            _ => &[
                "see other processes",
                "read /proc/net/unix",
                "read the grader's command line",
            ],
        };
        let through: Vec<_> = report
            .through
            .iter()
            .filter(|attack| !seen.contains(&attack.as_str()))
            .collect();
        assert_eq!(
            through,
            [] as [&String; 0],
            "namespaces {namespaces}, user {user:?}, grader {grader}"
        );
        assert_eq!(report.lawful, LAWFUL, "{namespaces} {user:?} {grader}");
        println!(
            "namespaces: {namespaces}, user: {user:?}, grader: {grader}\n  {}",
            report.refused.join("\n  ")
        );
    }
}

#[test]
fn outside_of_the_sandbox_the_attacks_get_through() {
    if !geteuid().is_root() {
        return cannot_run("some of the attacks need root where there is no sandbox");
    }
    let victims = Victims::of(0);
    let report = victims.attack(Command::new(victims.at("outer/attacker")));
    assert_eq!(report.refused, [] as [String; 0]);
    assert!(report.through.len() > 30, "{report:#?}");
}
