//! How well programs of students can be confined on this machine, found out before anything of theirs is built.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use nix::unistd::geteuid;

use super::limits::{self, Seconds};
use crate::child::Group;
use crate::confine::{self, MemoryFolder, Namespaces, TemporaryFolder, Users};

/// Whether this process has mounts of its own, or why not.
static MOUNTS: OnceLock<Result<(), String>> = OnceLock::new();

/// How long it is given to try.
const TRIAL: Seconds = Seconds { build: 60, run: 60 };

/// What to do where the sandbox cannot be made.
const ADVICE: &str = "Grading needs Linux 6.12 with Landlock (`landlock` among the kernel's `lsm=`) and seccomp. A container must \
    allow the system calls landlock_create_ruleset, landlock_add_rule, landlock_restrict_self and seccomp. If you trust every \
    submission, grade with --without-sandbox";

/// Gives this process mounts of its own, if the system allows it. To be called before there is a second thread.
pub(crate) fn prepare() {
    let _ = MOUNTS.set(confine::own_mounts().map_err(|error| format!("{error:#}")));
}

/// How programs of students are confined.
pub(crate) struct Isolation {
    /// What holds, for people and programs.
    pub(crate) sandbox: Vec<String>,
    /// What is weaker than it should be, a sentence each.
    pub(crate) weaker: Vec<String>,
    pub(super) is_on: bool,
    pub(super) namespaces: Namespaces,
    users: Option<Users>,
    folder: Folder,
}

/// Where runs have their folders.
enum Folder {
    Memory(MemoryFolder),
    Disk(TemporaryFolder),
}

impl Isolation {
    /// Without a sandbox, programs are kept to their limits alone.
    ///
    /// # Errors
    /// When no folder can be made.
    pub(crate) fn off() -> Result<Self> {
        let mut isolation = Self {
            sandbox: Vec::new(),
            weaker: vec![
                "the sandbox is off: programs of students are limited in what they use, not in what they reach"
                    .to_owned(),
            ],
            is_on: false,
            namespaces: Namespaces::None,
            users: Users::new(),
            folder: Folder::Disk(TemporaryFolder::new()?),
        };
        isolation.tell_of_users();
        Ok(isolation)
    }

    /// With all of the sandbox that this machine has; `used` are paths that must stay in reach.
    ///
    /// # Errors
    /// When the part that nothing may run without is missing, with what to do.
    pub(crate) async fn find(used: &[PathBuf]) -> Result<Self> {
        let mounts = MOUNTS.get().cloned();
        let mounts = mounts.unwrap_or_else(|| Err("they were not asked for".to_owned()));
        let mut weaker = Vec::new();
        let in_memory =
            mounts.and_then(|()| MemoryFolder::new(used).map_err(|error| format!("{error:#}")));
        let folder = match in_memory {
            Ok(folder) => Folder::Memory(folder),
            Err(why) => {
                weaker.push(format!(
                    "no file system can be mounted here ({why}): the lab counts what programs write, and may notice late"
                ));
                Folder::Disk(TemporaryFolder::new()?)
            }
        };
        let mut isolation = Self {
            sandbox: vec!["landlock-6".to_owned(), "seccomp".to_owned()],
            weaker,
            is_on: true,
            namespaces: Namespaces::Own,
            users: Users::new(),
            folder,
        };
        isolation.find_namespaces().await?;
        isolation.tell_of_users();
        if isolation.namespaces != Namespaces::None {
            isolation.sandbox.push("namespaces".to_owned());
        }
        if isolation.is_in_memory() {
            isolation.sandbox.push("tmpfs".to_owned());
        }
        Ok(isolation)
    }

    /// The folder that all runs have theirs in.
    pub(super) fn folder(&self) -> &Path {
        match &self.folder {
            Folder::Memory(folder) => folder.path(),
            Folder::Disk(folder) => folder.path(),
        }
    }

    /// Whether each run's folder can be a file system of its own.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(self.folder, Folder::Memory(_))
    }

    /// A user for a run; `None` if it runs as the user that grades.
    ///
    /// # Errors
    /// When all are in use.
    pub(super) fn user(&self) -> Result<Option<u32>> {
        let Some(users) = &self.users else {
            return Ok(None);
        };
        let free = users.free();
        free.map(Some)
            .context("every user id for programs has processes: end those of ids 61184 to 65519")
    }

    /// Tries a server's confinement without a server, with less and less namespaces.
    async fn find_namespaces(&mut self) -> Result<()> {
        let mut reasons = Vec::new();
        for namespaces in [Namespaces::Own, Namespaces::WithProc, Namespaces::None] {
            self.namespaces = namespaces;
            match self.try_it().await? {
                Ok(()) => {
                    self.tell_of_namespaces(reasons.first());
                    return Ok(());
                }
                Err(why) => reasons.push(why),
            }
        }
        // The last trial had the least in its way: what failed there is what is missing.
        let why = reasons.pop().unwrap_or_default();
        bail!("programs of students cannot be confined here: {why}. {ADVICE}")
    }

    async fn try_it(&self) -> Result<Result<(), String>> {
        let report = self.folder().join("trial.json");
        let folder = self.folder().join("trial");
        let confinement = limits::of_the_server(self, self.user()?, &folder, report, TRIAL);
        let run = async || -> io::Result<bool> {
            let mut command = confinement.trial().map_err(io::Error::other)?;
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            Ok(Group::supervised(command)?.wait().await?.success())
        };
        let worked = run().await.context("cannot start the lab's own program")?;
        let ran = confinement.ran().unwrap_or_default();
        Ok(match ran.hindrance {
            None if worked && ran.entered => Ok(()),
            why => Err(why.unwrap_or_else(|| "the trial left no report".to_owned())),
        })
    }

    fn tell_of_namespaces(&mut self, why: Option<&String>) {
        let why = why.map_or("", String::as_str);
        match self.namespaces {
            Namespaces::Own => {}
            Namespaces::WithProc => self.weaker.push(format!(
                "/proc cannot be mounted anew here ({why}): programs of students see this machine's processes"
            )),
            Namespaces::None => self.weaker.push(format!(
                "namespaces cannot be made here ({why}): programs of students see this machine's processes and network"
            )),
        }
    }

    fn tell_of_users(&mut self) {
        if self.users.is_some() {
            self.sandbox.push("user-per-run".to_owned());
        } else if self.namespaces == Namespaces::None || geteuid().is_root() {
            self.weaker.push(
                "no user ids are free for programs of students: they run as the user that grades"
                    .to_owned(),
            );
        }
        // In namespaces of its own a program finds nothing of its user's, and Landlock keeps it from the files.
    }
}
