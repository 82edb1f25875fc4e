//! A process that leaks until its ceiling ends it, watched from outside.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::common::{LONG, example, names_in, read_whole, wait_at_most};

/// What a process may take beyond its ceiling, in bytes: its code, stacks, and what the allocator keeps of freed memory.
pub(crate) const MARGIN: u64 = 32 << 20;

/// A run to come.
pub(crate) struct Leaky {
    command: Command,
    bytes: u64,
    folder: tempfile::TempDir,
}

/// A process that leaks.
pub(crate) struct Leaking {
    pub(crate) process: Child,
    bytes: u64,
    folder: tempfile::TempDir,
}

/// One that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    /// The largest resident memory that was seen, in bytes.
    pub(crate) peak: u64,
    bytes: u64,
    folder: tempfile::TempDir,
}

impl Leaky {
    pub(crate) fn new(mebibytes: u64, arguments: &str) -> Self {
        Self::of(Command::new(example("ceiling")), mebibytes, arguments)
    }

    /// Under a limit of the shell's `ulimit`, as `-d 1024`.
    pub(crate) fn limited(limit: &str, mebibytes: u64, arguments: &str) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")])
            .arg(example("ceiling"));
        Self::of(command, mebibytes, arguments)
    }

    fn of(mut command: Command, mebibytes: u64, arguments: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bytes = mebibytes << 20;
        command
            .current_dir(folder.path())
            .args(["--bytes", &bytes.to_string()])
            .args(arguments.split_whitespace())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Self {
            command,
            bytes,
            folder,
        }
    }

    pub(crate) fn start(mut self) -> Leaking {
        Leaking {
            process: self.command.spawn().unwrap(),
            bytes: self.bytes,
            folder: self.folder,
        }
    }

    pub(crate) fn run(self) -> Ended {
        self.start().ended()
    }
}

impl Leaking {
    /// Waits for its end, and looks at its memory meanwhile: it stands still while the last snapshot is written, so that
    /// the peak is seen.
    pub(crate) fn ended(mut self) -> Ended {
        let status = format!("/proc/{}/status", self.process.id());
        let mut peak = 0;
        let code = wait_at_most(5 * LONG, "the ceiling to end the process", || {
            peak = fs::read_to_string(&status)
                .ok()
                .and_then(|status| high_water_mark(&status))
                .map_or(peak, |now| peak.max(now));
            self.process.try_wait().unwrap()
        });
        let mut said = String::new();
        let mut stderr = self.process.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        Ended {
            code: code.code(),
            said,
            peak,
            bytes: self.bytes,
            folder: self.folder,
        }
    }
}

impl Ended {
    /// It ended as it should, and left a whole snapshot that names `function` at the line that says `marker`.
    #[track_caller]
    pub(crate) fn is_exemplary(&self, function: &str, marker: &str) -> Value {
        let Self { code, said, .. } = self;
        assert_eq!(*code, Some(70), "{said}");
        let snapshots = self.folder.path().join("snapshots");
        let document = read_whole(&snapshots.join("near-limit.json"));
        let hidden = |name: &String| name.starts_with('.');
        assert!(
            !names_in(&snapshots).iter().any(hidden),
            "{:?}",
            names_in(&snapshots)
        );
        assert!(
            self.peak <= self.bytes + MARGIN,
            "{} bytes resident",
            self.peak
        );

        let place = format!("ceiling::{function} (heapshot/examples/ceiling.rs:");
        let line = format!("{place}{}:", line_of(marker));
        assert!(said.contains("ceiling: heap ceiling reached: "), "{said}");
        assert!(said.contains(&format!("asked for at: {place}")), "{said}");
        assert!(
            said.contains("snapshot:     snapshots/near-limit.json\n"),
            "{said}"
        );
        assert!(
            said.ends_with("heapdiff show snapshots/near-limit.json\n"),
            "{said}"
        );
        let named = |frame: &String| frame.contains(&line);
        assert!(frames_of_largest(&document).iter().any(named), "{line}");
        assert!(said.contains(&format!(" MiB at {line}")), "{said}");
        let about = &document["heapshot"]["metadata"]["near_limit"];
        assert_eq!(about["reason"], "end");
        assert_eq!(about["ceiling_bytes"], self.bytes);
        let asked = about["requested_at"].as_array().unwrap();
        assert!(
            asked
                .iter()
                .any(|frame| frame.as_str().unwrap().starts_with(&place)),
            "{about}"
        );
        assert_eq!(document["heapshot"]["metadata"]["server"], "ceiling");
        document
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("snapshots").join(name)
    }
}

/// The frames of the program point that holds most.
fn frames_of_largest(document: &Value) -> Vec<String> {
    let points = document["pps"].as_array().unwrap().iter();
    let largest = points.max_by_key(|point| point["eb"].as_u64()).unwrap();
    let indices = largest["fs"].as_array().unwrap().iter();
    indices
        .map(|index| document["ftbl"][usize::try_from(index.as_u64().unwrap()).unwrap()].clone())
        .map(|frame| frame.as_str().unwrap().to_owned())
        .collect()
}

/// The line of the example that says this.
fn line_of(marker: &str) -> usize {
    let source = include_str!("../../examples/ceiling.rs");
    let at = source.lines().position(|line| line.contains(marker));
    at.expect("the example has this line") + 1
}

/// `VmHWM` of `/proc/PID/status`, in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}
