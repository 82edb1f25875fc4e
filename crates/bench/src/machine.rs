//! The machine that was measured on, and the versions of what was measured.

use std::fmt;
use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::workspace::Workspace;

/// Crates whose versions matter to the figures.
const CRATES: [&str; 7] = [
    "actix-web",
    "tokio",
    "hyper",
    "reqwest",
    "serde_json",
    "dhat",
    "criterion",
];

/// What a figure depends on. What cannot be found out is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Processors that this process may use.
    pub processors: usize,
    /// Memory in bytes.
    pub memory: u64,
    /// The operating system and its version.
    pub system: String,
    /// The compiler's version.
    pub rustc: String,
    /// Versions of crates, as `actix-web 4.18.0`.
    pub crates: Vec<String>,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here(workspace: &Workspace) -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (cpu, memory) = (file("/proc/cpuinfo"), file("/proc/meminfo"));
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Self {
            processor: field(&cpu, "model name").unwrap_or_default().to_owned(),
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            memory: field(&memory, "MemTotal")
                .and_then(|text| text.split(' ').next()?.parse().ok())
                .map_or(0, |kib: u64| kib * 1024),
            system: nix::sys::utsname::uname()
                .map(|name| {
                    let [system, release, hardware] =
                        [name.sysname(), name.release(), name.machine()]
                            .map(|part| part.to_string_lossy());
                    // The rest of a release names who built the kernel.
                    let release = release.split('-').next().unwrap_or_default();
                    format!("{system} {release} {hardware}")
                })
                .unwrap_or_default(),
            rustc: first_line(Command::new(rustc).arg("--version")),
            crates: versions(workspace),
        }
    }
}

/// On one line.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "a digit is shown")]
        let memory = self.memory as f64 / f64::from(1 << 30);
        write!(
            f,
            "{}, {} processors, {memory:.0} GiB, {}, {}; {}",
            self.processor,
            self.processors,
            self.system,
            self.rustc,
            self.crates.join(", ")
        )
    }
}

/// The first line that a command prints, of a tool's version; empty if it cannot run.
pub(crate) fn first_line(command: &mut Command) -> String {
    let Ok(output) = command.output() else {
        return String::new();
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
}

/// From the lock file: what was built, and not what was asked for.
fn versions(workspace: &Workspace) -> Vec<String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
    }
    let text = fs::read_to_string(workspace.root().join("Cargo.lock")).unwrap_or_default();
    let Ok(lock) = toml::from_str::<Lock>(&text) else {
        return Vec::new();
    };
    CRATES
        .iter()
        .filter_map(|name| lock.package.iter().find(|package| package.name == *name))
        .map(|Package { name, version }| format!("{name} {version}"))
        .collect()
}
