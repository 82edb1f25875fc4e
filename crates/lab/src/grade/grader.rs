//! The grader: a pristine copy of the workspace, into which one file of a student is put at a time.
//!
//! Building is done by one at a time, in the one copy and the one target folder, so that nothing is built twice;
//! measuring, which takes as long, by as many as there are jobs.

use std::fs::{self, File, Permissions, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, chown, geteuid};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};

use super::limits::{self, Seconds};
use super::score::Leak;
use super::statics;
use super::workshop;
use crate::bounded::{self, LastLines};
use crate::catalog::Lab;
use crate::compile::{self, Build, Cargo, Output, Said};
use crate::confine::{Confinement, NOBODY};
use crate::ending;
use crate::pristine;
use crate::program::Program;
use crate::repo::{Repo, Server};
use crate::running::Running;
use crate::workbook::Workbook;

/// Free space below which a failure may be the machine's and not the student's.
const SPACE_NEEDED: u64 = 512 << 20;

/// What is kept of a compiler's errors, in bytes: the first ones matter.
const MOST_ERRORS: usize = 64 << 10;

/// For what is shipped, whose grade is known: a machine may be as slow as it is.
const PATIENT: Seconds = Seconds {
    build: 1800,
    run: 600,
};

/// What an instructor chooses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) points: f64,
    pub(crate) accept_reference: bool,
    pub(crate) sandbox: bool,
    pub(crate) seconds: Seconds,
}

/// Grades files of labs.
pub(crate) struct Grader {
    pub(super) repo: Repo,
    pub(super) copy: Repo,
    pub(super) labs: Vec<Lab>,
    pub(super) rules: Rules,
    /// How well programs are confined, in words for whoever reads the grades.
    pub(super) confinement: Vec<String>,
    pub(super) building: Mutex<()>,
    /// What leaks of each lab's starter; measured when it is first asked for.
    pub(super) starters: Vec<OnceCell<Option<Leak>>>,
    /// Bytes of static data of the program as it is shipped.
    pub(super) shipped_statics: Option<u64>,
    compiler_sandboxed: bool,
    server_sandboxed: bool,
    work: TempDir,
    runs: AtomicU64,
    _alone: File,
}

/// The folders of one build and one run.
pub(super) struct Bench {
    /// The lab's.
    pub(super) outer: PathBuf,
    /// The student's program's.
    pub(super) inner: PathBuf,
}

impl Grader {
    /// Makes the copy, builds it, and tries whether what is confined can build and run at all: what fails later is the
    /// student's.
    ///
    /// # Errors
    /// What is in the way, with what to do.
    pub(crate) async fn set_up(repo: &Repo, labs: Vec<Lab>, rules: Rules) -> Result<Self> {
        // What escapes a supervisor becomes the lab's own child, and is ended with it.
        prctl::set_child_subreaper(true).context("cannot become the reaper of orphans")?;
        ending::take_children_along();
        let alone = lock(repo)?;
        let copy = pristine::copy_of(repo, "grade-copy")?;
        let work = tempfile::Builder::new()
            .prefix("leaklab-grade-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir()
            .context("cannot make a temporary folder: set TMPDIR to one with room")?;
        ending::remove_at_end(work.path().to_path_buf());
        let starters = labs.iter().map(|_| OnceCell::new()).collect();
        let mut grader = Self {
            repo: repo.clone(),
            copy,
            labs,
            rules,
            confinement: Vec::new(),
            building: Mutex::new(()),
            starters,
            shipped_statics: None,
            compiler_sandboxed: rules.sandbox,
            server_sandboxed: rules.sandbox,
            work,
            runs: AtomicU64::new(0),
            _alone: alone,
        };
        for lab in Lab::all(&grader.copy)? {
            let book = Workbook::new(&grader.copy, &lab);
            let reference = book.reference()?;
            if book.bytes()? != reference.as_bytes() {
                fs::write(book.path(), reference)?;
            }
        }
        grader.try_the_compiler().await?;
        grader.try_a_server().await?;
        Ok(grader)
    }

    /// Folders of their own for a build and a run.
    pub(super) fn bench(&self) -> Result<Bench> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let outer = self.work.path().join(format!("run-{number}"));
        let inner = outer.join("box");
        let make = || -> Result<()> {
            fs::create_dir_all(&inner)?;
            fs::set_permissions(&outer, Permissions::from_mode(0o711))?;
            fs::set_permissions(&inner, Permissions::from_mode(0o711))?;
            if geteuid().is_root() {
                let nobody = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
                chown(&inner, Some(nobody.0), Some(nobody.1))?;
            }
            Ok(())
        };
        make().with_context(|| format!("cannot make {}", inner.display()))?;
        Ok(Bench { outer, inner })
    }

    pub(super) fn compiler(&self, bench: &Bench, seconds: Seconds) -> Confinement {
        limits::of_the_compiler(
            &self.copy,
            &bench.inner,
            bench.outer.join("compiler.json"),
            seconds,
            self.compiler_sandboxed,
        )
    }

    pub(super) fn server(&self, bench: &Bench, seconds: Seconds) -> Confinement {
        limits::of_the_server(
            &bench.inner,
            bench.outer.join("server.json"),
            seconds,
            self.server_sandboxed,
        )
    }

    /// # Errors
    /// When there is so little space that a failure may be the machine's.
    pub(super) fn has_space(&self) -> Result<()> {
        for folder in [self.work.path(), self.copy.root()] {
            let about = nix::sys::statvfs::statvfs(folder)
                .with_context(|| format!("cannot ask for the space in {}", folder.display()))?;
            #[allow(clippy::useless_conversion, reason = "its width is the platform's")]
            let free = u64::from(about.blocks_available()) * u64::from(about.fragment_size());
            ensure!(
                free >= SPACE_NEEDED,
                "there are {} MiB left in {}: make room for {} MiB",
                free >> 20,
                folder.display(),
                SPACE_NEEDED >> 20
            );
        }
        Ok(())
    }

    /// The copy as it is shipped is built as a user would, and once more as a student's file will be.
    async fn try_the_compiler(&mut self) -> Result<()> {
        if matches!(build_as_shipped(&self.copy).await?, Build::Failed { .. }) {
            bail!(
                "the workspace itself does not compile; the compiler says why above. `git status` lists what was changed in it: put that \
                 right, or grade from another clone"
            );
        }
        loop {
            let lab = self.labs.first().context("there is a lab")?;
            let book = Workbook::new(&self.copy, lab);
            fs::write(book.path(), book.reference()?)?; // newer than what was built of it
            let bench = self.bench()?;
            let confinement = self.compiler(&bench, PATIENT);
            let (built, words) = build(&self.copy, &bench, &confinement).await;
            let ran = confinement.ran().unwrap_or_default();
            match built {
                Ok(Build::Ready { .. }) if ran.sandboxed || !self.compiler_sandboxed => {
                    return Ok(());
                }
                Ok(Build::Ready { .. }) => {
                    self.compiler_sandboxed = false;
                    self.confinement.push(
                        "this kernel has no Landlock (Linux 6.12), or not all of it".to_owned(),
                    );
                    return Ok(());
                }
                _ if self.compiler_sandboxed => {
                    self.compiler_sandboxed = false;
                    self.confinement.push(
                        "the compiler does not run in the kernel's sandbox here, and reads what the lab may read"
                            .to_owned(),
                    );
                }
                other => {
                    let lines = words.lines.text().unwrap_or_default();
                    let why = ran.hindrance.unwrap_or(words.errors + &lines);
                    let why = other
                        .err()
                        .map_or(why.clone(), |error| format!("{error:#}\n{why}"));
                    bail!("the workspace as it is shipped cannot be built within limits: {why}");
                }
            }
        }
    }

    async fn try_a_server(&mut self) -> Result<()> {
        loop {
            let bench = self.bench()?;
            let Build::Ready { program, .. } = build_as_shipped(&self.copy).await? else {
                bail!("the workspace as it is shipped does not compile");
            };
            self.shipped_statics = statics::of(program.path());
            let confinement = self.server(&bench, PATIENT);
            let program = Program::confined(program.path(), confinement.clone());
            let tried = match Running::start(&program, Server::Fixed, &bench.inner).await {
                Ok(server) => {
                    let tried = server.snapshot_at_rest("probe").await;
                    server.stop().await;
                    tried.map(|_| ())
                }
                Err(error) => Err(error),
            };
            let ran = confinement.ran().unwrap_or_default();
            let sandboxed = self.server_sandboxed;
            match tried {
                Ok(()) => {
                    self.confinement.extend(in_words(sandboxed, ran.sandboxed));
                    return Ok(());
                }
                Err(_) if sandboxed => self.server_sandboxed = false,
                Err(error) => {
                    let why = ran.hindrance.unwrap_or_default();
                    return Err(error.context(format!(
                        "the server as it is shipped does not run within limits: {why}"
                    )));
                }
            }
        }
    }
}

/// What a build said.
#[derive(Default)]
pub(super) struct Words {
    /// The compiler's errors.
    pub(super) errors: String,
    /// The last lines of cargo, and of a compiler that could not say it in its own way.
    pub(super) lines: LastLines,
}

/// Builds the copy as a student's file is built, and returns what was said, too.
pub(super) async fn build(
    copy: &Repo,
    bench: &Bench,
    confinement: &Confinement,
) -> (Result<Build>, Words) {
    let mut words = Words::default();
    let variables = workshop::variables(copy, bench, confinement.sandbox.is_some());
    let env = match variables {
        Ok(env) => env,
        Err(error) => return (Err(error), words),
    };
    let mut listen = |said: Said| match said {
        Said::Diagnostic {
            error: true,
            rendered,
        } => {
            let rendered = console::strip_ansi_codes(&rendered);
            bounded::append(&mut words.errors, &rendered, MOST_ERRORS);
        }
        Said::Diagnostic { error: false, .. } => {}
        Said::Line(line) => words.lines.push(line),
    };
    let cargo = Cargo {
        program: Program::confined(compile::cargo(), confinement.clone()),
        flags: &["--offline", "--locked"],
        env,
    };
    let mut output = Output::To(&mut listen);
    let built = compile::compile_with(&cargo, copy, Server::Fixed, &mut output).await;
    (built, words)
}

/// Builds the copy as it is shipped, as a user would.
async fn build_as_shipped(copy: &Repo) -> Result<Build> {
    let (name, value) = workshop::NOT_INCREMENTAL;
    let cargo = Cargo {
        program: Program::free(compile::cargo()),
        flags: &[],
        env: vec![(name, value.into())],
    };
    compile::compile_with(&cargo, copy, Server::Fixed, &mut Output::Terminal).await
}

/// What is not as it should be.
fn in_words(asked: bool, is: bool) -> Vec<String> {
    let mut words = Vec::new();
    if !is {
        let why = if asked {
            "this kernel has not all of Landlock"
        } else {
            "the kernel's sandbox is off"
        };
        words.push(format!(
            "{why}: programs of students are limited in what they use, less in what they reach"
        ));
    }
    if !geteuid().is_root() {
        words.push(
            "not run as root: programs of students run as the user that grades, not as nobody"
                .to_owned(),
        );
    }
    words
}

/// Keeps others from grading in this workspace until dropped: they would get each other's files.
fn lock(repo: &Repo) -> Result<File> {
    let folder = repo.root().join(".lab");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("grade.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "this workspace is grading already: wait until that is done, or use --jobs, or another clone"
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).context(format!("cannot lock {}", path.display()))
        }
    }
}
