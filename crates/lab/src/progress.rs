//! A measurement as a bar on the terminal: how far its load is, with the live heap beside RSS.

use bytesize::ByteSize;
use driver::series::Health;
use driver::{Bar, Progress};

use crate::measure::Stage;

/// Shows the load that is under way, if any.
#[derive(Default)]
pub(crate) struct OnBar {
    bar: Option<Bar>,
}

impl OnBar {
    pub(crate) fn see(&mut self, stage: &Stage<'_>) {
        match stage {
            Stage::Load {
                requests, progress, ..
            } => self.load(*requests, progress),
            Stage::Glance(health) => self.glance(*health),
            Stage::Boot | Stage::Contract(_) => self.bar = None,
            Stage::Shot { .. } => {} // the next load may be under way
        }
    }

    /// A load begins.
    pub(crate) fn load(&mut self, requests: u64, progress: &Progress) {
        self.bar = None; // two at once would draw over each other
        self.bar = Some(Bar::start(progress, requests));
    }

    /// Its message.
    pub(crate) fn glance(&mut self, health: Health) {
        if let Some(bar) = &self.bar {
            bar.set_message(memory(health.live_bytes, health.rss_bytes));
        }
    }
}

/// Live heap beside RSS, in words.
pub(crate) fn memory(live_bytes: u64, rss_bytes: Option<u64>) -> String {
    let live = ByteSize::b(live_bytes).display().si();
    match rss_bytes {
        Some(rss) => format!("live heap {live}, RSS {}", ByteSize::b(rss).display().si()),
        None => format!("live heap {live}"),
    }
}
