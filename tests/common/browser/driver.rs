//! One chromedriver for all pages of a test binary, and the end of it and of all browsers it started.
//!
//! A shell stands between: it waits for its standard input to end and then kills its process group, in which are
//! chromedriver and all processes of its browsers. The input ends when the last page is closed, when the test
//! panics, and when the test binary is killed.

use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

/// The shell must not hold the output open: that chromedriver ended is seen by its output's end.
const SUPERVISOR: &str =
    "chromedriver --port=0 </dev/null & exec >/dev/null; read -r _; kill -KILL 0";

const STARTED: &str = "started successfully on port ";

/// A running chromedriver.
pub struct Driver {
    pub url: String,
    supervisor: Child,
    _stdout: BufReader<ChildStdout>,
    /// What chromium keeps outside of its profile goes here, not into the user's home and `/tmp`.
    _home: TempDir,
}

impl Driver {
    /// The one that runs, or a new one; nothing where this machine has none, which is said (and fails in CI).
    pub fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Driver>> = Mutex::new(Weak::new());

        for program in ["chromium", "chromedriver"] {
            if !runs(program) {
                cannot_run(&format!(
                    "there is no {program}: apt-get install chromium chromium-driver"
                ));
                return None;
            }
        }
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let driver = shared.upgrade().unwrap_or_else(|| Arc::new(Self::start()));
        *shared = Arc::downgrade(&driver);
        Some(driver)
    }

    fn start() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR])
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env("XDG_CACHE_HOME", home.path())
            .env("TMPDIR", home.path())
            .env("TZ", "UTC")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let mut stdout = BufReader::new(supervisor.stdout.take().expect("it is piped"));
        let mut said = String::new();
        let port = loop {
            let start = said.len();
            let read = stdout.read_line(&mut said).expect("chromedriver's output");
            assert!(read > 0, "chromedriver did not start: {said}");
            if let Some((_, port)) = said[start..].split_once(STARTED) {
                break port.trim_end().trim_end_matches('.').to_owned();
            }
        };
        Self {
            url: format!("http://127.0.0.1:{port}"),
            supervisor,
            _stdout: stdout,
            _home: home,
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // closes the shell's input first
        let _ = self.supervisor.wait();
    }
}

fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn cannot_run(why: &str) {
    assert!(env::var_os("CI").is_none(), "cannot run: {why}");
    eprintln!("SKIPPED: {why}");
}
