//! The snapshots of a series as rows on the terminal, with a bar below while the load runs.

use std::io::{self, Write};

use bytesize::ByteSize;
use driver::Bar;
use driver::series::{Event, Snapshot};
use indicatif::HumanCount;

/// Prints a row for each snapshot as it comes.
pub(crate) struct Table {
    /// Nothing is printed: somebody reads JSON.
    quiet: bool,
    /// Requests after which each snapshot is taken, as far as begun.
    targets: Vec<u64>,
    snapshots: Vec<Snapshot>,
    bar: Option<Bar>,
}

const HEAD: &str = "  requests     live heap         RSS     pause  snapshot";

/// What a snapshot does not say.
const UNKNOWN: &str = "–";

impl Table {
    pub(crate) fn new(quiet: bool) -> Self {
        Self {
            quiet,
            targets: Vec::new(),
            snapshots: Vec::new(),
            bar: None,
        }
    }

    pub(crate) fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Load {
                target,
                requests,
                progress,
            } => {
                self.targets.push(*target);
                self.bar = None; // two at once would draw over each other
                self.bar = Some(Bar::start(progress, *requests));
            }
            Event::Glance(health) => {
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("live heap {}", bytes(Some(health.live_bytes))));
                }
            }
            Event::Snapshot(snapshot) => self.row(snapshot),
            _ => {}
        }
    }

    /// All that came; the bar is gone.
    pub(crate) fn end(self) -> Vec<Snapshot> {
        self.snapshots
    }

    fn row(&mut self, snapshot: &Snapshot) {
        let mut lines = String::new();
        if self.snapshots.is_empty() {
            lines = format!("{HEAD}\n");
        }
        let target = self.targets.get(self.snapshots.len()).copied();
        lines += &row(snapshot, target);
        self.snapshots.push(snapshot.clone());
        if self.quiet {
            return;
        }
        // A reader that has gone (`| head`) has seen all it wanted.
        let print = || drop(io::stdout().write_all(lines.as_bytes()));
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// A snapshot that does not know its requests is shown with those that were sent.
fn row(snapshot: &Snapshot, target: Option<u64>) -> String {
    let count = |count| HumanCount(count).to_string();
    let requests = snapshot.requests.or(target);
    let requests = requests.map_or(UNKNOWN.to_owned(), count);
    #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
    let pause = snapshot.pause_us.map_or(UNKNOWN.to_owned(), |micros| {
        format!("{:.1} ms", micros as f64 / 1e3)
    });
    format!(
        "{requests:>10}  {:>12}  {:>10}  {pause:>8}  {}\n",
        bytes(snapshot.live_bytes),
        bytes(snapshot.rss_bytes),
        snapshot.path.display()
    )
}

fn bytes(bytes: Option<u64>) -> String {
    bytes.map_or(UNKNOWN.to_owned(), |bytes| {
        ByteSize::b(bytes).display().si().to_string()
    })
}
