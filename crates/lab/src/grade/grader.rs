//! The grader: a pristine copy of the workspace, into which one file of a student is put at a time.
//!
//! Building is done by one at a time, in the one copy and the one target folder, so that nothing is built twice;
//! measuring, which takes as long, by as many as there are jobs.

use std::env;
use std::fs::{self, File, Permissions, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, chown};
use tokio::sync::{Mutex, OnceCell};

use super::isolation::Isolation;
use super::limits::{self, Seconds};
use super::score::Leak;
use super::statics;
use super::workshop;
use crate::bounded::{self, LastLines};
use crate::catalog::Lab;
use crate::compile::{self, Build, Cargo, Output, Said};
use crate::confine::{self, Confinement};
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
    /// How programs are confined.
    pub(super) isolation: Isolation,
    pub(super) building: Mutex<()>,
    /// What leaks of each lab's starter; measured when it is first asked for.
    pub(super) starters: Vec<OnceCell<Option<Leak>>>,
    /// Bytes of static data of the program as it is shipped.
    pub(super) shipped_statics: Option<u64>,
    runs: AtomicU64,
    _alone: File,
}

/// The folders of one build and one run, until dropped.
pub(super) struct Bench {
    /// The lab's.
    pub(super) outer: PathBuf,
    /// The compiler's.
    pub(super) compiler: PathBuf,
    /// The student's program's.
    pub(super) inner: PathBuf,
    /// Whether `inner` is a file system of its own.
    is_bounded: bool,
    /// Whose program it is.
    user: Option<u32>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        if self.is_bounded {
            confine::unmount(&self.inner);
        }
        let _ = confine::remove(&self.outer);
    }
}

impl Grader {
    /// Finds out how programs can be confined, makes the copy, and tries whether it builds and runs when it is confined: what
    /// fails later is the student's. `submissions` is what must stay in reach.
    ///
    /// # Errors
    /// What is in the way, with what to do.
    pub(crate) async fn set_up(
        repo: &Repo,
        labs: Vec<Lab>,
        rules: Rules,
        submissions: &[&Path],
    ) -> Result<Self> {
        // What escapes a supervisor becomes the lab's own child, and is ended with it.
        prctl::set_child_subreaper(true).context("cannot become the reaper of orphans")?;
        ending::take_children_along();
        let alone = lock(repo)?;
        let isolation = if rules.sandbox {
            let mut used = vec![repo.root().to_path_buf()];
            used.extend(
                submissions
                    .iter()
                    .filter_map(|path| path.canonicalize().ok()),
            );
            used.extend(used_by_cargo());
            Isolation::find(&used).await?
        } else {
            Isolation::off()?
        };
        let copy = pristine::copy_of(repo, "grade-copy")?;
        let starters = labs.iter().map(|_| OnceCell::new()).collect();
        let mut grader = Self {
            repo: repo.clone(),
            copy,
            labs,
            rules,
            isolation,
            building: Mutex::new(()),
            starters,
            shipped_statics: None,
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
        let outer = self.isolation.folder().join(format!("run-{number}"));
        let mut bench = Bench {
            compiler: outer.join("compiler"),
            inner: outer.join("box"),
            outer,
            is_bounded: false,
            user: self.isolation.user()?,
        };
        self.make(&mut bench)
            .with_context(|| format!("cannot make {}", bench.inner.display()))?;
        Ok(bench)
    }

    fn make(&self, bench: &mut Bench) -> Result<()> {
        fs::create_dir_all(&bench.inner)?;
        fs::create_dir(&bench.compiler)?;
        // Its program has a user that passes through the outer folder, and owns the inner one.
        fs::set_permissions(&bench.outer, Permissions::from_mode(0o711))?;
        if self.isolation.is_in_memory() {
            let (bytes, files) = limits::SERVER_ROOM;
            confine::bound(&bench.inner, bench.user, bytes, files)?;
            bench.is_bounded = true;
        } else {
            fs::set_permissions(&bench.inner, Permissions::from_mode(0o711))?;
            if let Some(user) = bench.user {
                chown(
                    &bench.inner,
                    Some(Uid::from_raw(user)),
                    Some(Gid::from_raw(user)),
                )?;
            }
        }
        Ok(())
    }

    pub(super) fn compiler(&self, bench: &Bench, seconds: Seconds) -> Confinement {
        limits::of_the_compiler(
            &self.isolation,
            &self.copy,
            &bench.compiler,
            bench.outer.join("compiler.json"),
            seconds,
        )
    }

    pub(super) fn server(&self, bench: &Bench, seconds: Seconds) -> Confinement {
        limits::of_the_server(
            &self.isolation,
            bench.user,
            &bench.inner,
            bench.outer.join("server.json"),
            seconds,
        )
    }

    /// # Errors
    /// When there is so little space that a failure may be the machine's.
    pub(super) fn has_space(&self) -> Result<()> {
        for folder in [self.isolation.folder(), self.copy.root()] {
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
    async fn try_the_compiler(&self) -> Result<()> {
        if matches!(build_as_shipped(&self.copy).await?, Build::Failed { .. }) {
            bail!(
                "the workspace itself does not compile; the compiler says why above. `git status` lists what was changed in it: put that \
                 right, or grade from another clone"
            );
        }
        let lab = self.labs.first().context("there is a lab")?;
        let book = Workbook::new(&self.copy, lab);
        fs::write(book.path(), book.reference()?)?; // newer than what was built of it
        let bench = self.bench()?;
        let confinement = self.compiler(&bench, PATIENT);
        let (built, words) = build(&self.copy, &bench, &confinement).await;
        let said = words.errors + &words.lines.text().unwrap_or_default();
        let why = match built {
            Ok(Build::Ready { .. }) => return Ok(()),
            Ok(Build::Failed { .. }) => said,
            Err(error) => format!("{error:#}\n{said}"),
        };
        bail!(self.in_the_way("cannot be built", &confinement, &why))
    }

    /// The server as it is shipped must start and write a snapshot.
    async fn try_a_server(&mut self) -> Result<()> {
        let bench = self.bench()?;
        let Build::Ready { program, .. } = build_as_shipped(&self.copy).await? else {
            bail!("the workspace as it is shipped does not compile");
        };
        self.shipped_statics = statics::of(program.path());
        let confinement = self.server(&bench, PATIENT);
        let own = program.copy_to(&bench.outer)?;
        let program = Program::confined(own.path(), confinement.clone());
        let tried = match Running::start(&program, Server::Fixed, &bench.inner).await {
            Ok(server) => {
                let tried = server.snapshot_at_rest("probe").await;
                server.stop().await;
                tried.map(|_| ())
            }
            Err(error) => Err(error),
        };
        tried.map_err(|error| {
            anyhow!(self.in_the_way("does not run", &confinement, &format!("{error:#}")))
        })
    }

    /// Why the shipped workspace fails when it is confined. That is never a reason to confine it less.
    fn in_the_way(&self, what: &str, confinement: &Confinement, why: &str) -> String {
        let hindrance = confinement.ran().and_then(|ran| ran.hindrance);
        let why = hindrance.as_deref().unwrap_or(why);
        let advice = if self.isolation.is_on {
            "; grade with --without-sandbox only if you trust every submission"
        } else {
            ""
        };
        format!("the workspace as it is shipped {what} within the grader's limits{advice}: {why}")
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

/// Builds the copy as a student's file is built, and returns what was said as well.
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

/// Folders that cargo reads, writes or finds programs in.
fn used_by_cargo() -> Vec<PathBuf> {
    let named = ["CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR", "HOME"];
    let mut used: Vec<PathBuf> = named
        .iter()
        .filter_map(|name| env::var_os(name).map(PathBuf::from))
        .collect();
    used.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    used.extend(env::current_exe());
    used.extend(env::current_dir());
    used
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
