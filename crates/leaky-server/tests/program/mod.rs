//! A server as a program, for the tests of both: started in a folder of its own with an environment of
//! its own, killed and reaped when dropped.
#![allow(dead_code, unreachable_pub)] // each server's tests use their part

pub mod does;
pub mod load;
pub mod reports;
pub mod series;
pub mod shop;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::harness::{Answer, ask_only, get, wait_for};

/// In its folder: what a program says on stderr.
const LOG: &str = "stderr.log";

/// A program about to be started.
pub struct Launch {
    command: Command,
    folder: TempDir,
}

/// A running server.
pub struct Program {
    pub url: String,
    process: Child,
    stdin: Option<ChildStdin>,
    folder: TempDir,
}

impl Launch {
    /// With arguments separated by spaces, and nothing of this process's environment.
    pub fn new(program: &str, arguments: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments.split_whitespace())
            .env_clear()
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command, folder }
    }

    /// One more argument, which may hold spaces, or be no UTF-8.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts a server, which says where it listens.
    pub fn start(mut self) -> Program {
        self.command.stderr(Stdio::inherit());
        self.spawn()
    }

    /// Starts a server whose messages can be read; see [`Program::said`].
    pub fn start_heard(mut self) -> Program {
        let log = File::create(self.folder.path().join(LOG)).unwrap();
        self.command.stderr(log);
        self.spawn()
    }

    fn spawn(mut self) -> Program {
        let mut process = self.command.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line.trim_end().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://"), "{line:?}");
        Program {
            url,
            stdin: process.stdin.take(),
            process,
            folder: self.folder,
        }
    }

    /// Runs to its end, which must come by itself.
    pub fn run(mut self) -> Output {
        self.command.output().unwrap()
    }

    /// Does not start and ends with code 2; what it says about that.
    #[track_caller]
    pub fn refuses(self) -> String {
        let output = self.run();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Program {
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        get(&format!("{}{path}", self.url))
    }

    /// Asks for all of these at once, each on a connection of its own; the heads of the answers, in small letters.
    pub fn burst(&self, paths: impl Iterator<Item = String>) -> Vec<String> {
        let asked: Vec<_> = paths.map(|path| ask_only(&self.url, &path)).collect();
        asked.into_iter().map(head).collect()
    }

    /// A file in the folder that it runs in.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it has said on stderr, if it was started to be heard.
    pub fn said(&self) -> String {
        fs::read_to_string(self.path(LOG)).unwrap()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.id().try_into().unwrap()), signal).unwrap();
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// How it ends, which it was told to.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        wait_for("the server to end", || self.process.try_wait().unwrap())
    }

    /// The sizes that `/bloatMyServer` answers to so many clients with so many requests each, in order of
    /// size.
    pub fn sizes(&self, clients: usize, requests: usize) -> Vec<u64> {
        let mut sizes: Vec<u64> = thread::scope(|scope| {
            let client = || {
                (0..requests)
                    .map(|_| self.get("/bloatMyServer").is(200).json())
                    .map(|json| json["size"].as_u64().unwrap())
                    .collect::<Vec<_>>()
            };
            let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
            let all = clients.into_iter().map(|client| client.join().unwrap());
            all.flatten().collect()
        });
        sizes.sort_unstable();
        sizes
    }
}

/// The head of an answer.
fn head(answer: TcpStream) -> String {
    let lines = BufReader::new(answer).lines().map(Result::unwrap);
    let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    head.join("\n").to_lowercase()
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
