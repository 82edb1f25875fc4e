//! What the store knows of its files: an entry each, with an id that stays when the file is renamed, deleted and
//! brought back.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use heapdiff::Side;
use heapdiff::page::Card;

use super::files::{Stamp, label_of};
use super::read::Content;
use crate::error::Error;

/// The entries.
#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) snapshots: Vec<Entry>,
    /// In the order in which they were deleted.
    pub(crate) deleted: Vec<Entry>,
    /// Begins every id, so that those of an earlier panel on the same port are not taken for ours.
    run: String,
    next: u64,
}

/// A file that is or was listed.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) card: Card,
    /// When the snapshot was taken; of one that does not tell, when its file was changed.
    pub(crate) taken: SystemTime,
    /// Given by itself when the panel was started: listed whatever it is, and even if it is gone.
    pub(crate) given: bool,
    /// Not a snapshot, and so not listed.
    pub(crate) foreign: bool,
    pub(crate) stamp: Option<Stamp>,
}

impl Entries {
    pub(crate) fn new(run: String) -> Self {
        Self {
            snapshots: Vec::new(),
            deleted: Vec::new(),
            run,
            next: 0,
        }
    }

    /// What this run of the panel is called.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// A snapshot, whether it is listed or deleted.
    pub(crate) fn entry(&mut self, id: &str) -> Result<&mut Entry, Error> {
        self.snapshots
            .iter_mut()
            .find(|entry| entry.card.id == id && !entry.foreign)
            .ok_or(Error::UnknownSnapshot)
    }

    /// Makes an entry for a file that is not known yet.
    pub(crate) fn add(&mut self, path: &Path, given: bool) -> &mut Entry {
        let entry = self.unread(path, given);
        self.snapshots.push(entry);
        self.snapshots.last_mut().expect("just pushed")
    }

    /// Makes an entry for a file in the trash.
    pub(crate) fn add_deleted(&mut self, path: &Path) {
        let entry = self.unread(path, false);
        self.deleted.push(entry);
    }

    fn unread(&mut self, path: &Path, given: bool) -> Entry {
        self.next += 1;
        Entry {
            card: Card {
                id: format!("{}-{}", self.run, self.next),
                label: label_of(path),
                ..Card::default()
            },
            path: path.to_owned(),
            taken: SystemTime::UNIX_EPOCH,
            given,
            foreign: false,
            stamp: None,
        }
    }

    /// The entry of the file at `path`, if it has one.
    pub(crate) fn at(&mut self, path: &Path) -> Option<&mut Entry> {
        self.snapshots.iter_mut().find(|known| known.path == path)
    }

    /// The entry of the file at `path`, which is made if it has none.
    pub(crate) fn known(&mut self, path: &Path) -> &mut Entry {
        match self.snapshots.iter().position(|known| known.path == path) {
            Some(at) => &mut self.snapshots[at],
            None => self.add(path, false),
        }
    }
}

impl Entry {
    /// The file cannot even be opened.
    pub(crate) fn lose(&mut self, error: io::Error) {
        self.stamp = None;
        self.broken(heapdiff::Error::Io(error).to_string(), None);
    }

    /// The card as it is listed.
    pub(crate) fn listed(&self) -> Card {
        let mut card = self.card.clone();
        if self.stamp.is_none() && card.error.is_none() {
            card.error = Some(UNREAD.to_owned());
        }
        card
    }

    /// The file was read.
    pub(crate) fn learn(&mut self, stamp: Stamp, content: &Content) {
        self.stamp = Some(stamp);
        self.taken = stamp.modified;
        self.foreign = false;
        match content {
            Content::Snapshot(profile) => {
                self.taken = profile.metadata.time.unwrap_or(stamp.modified);
                self.card = short(Card {
                    label: std::mem::take(&mut self.card.label),
                    file_bytes: Some(stamp.bytes),
                    ..Card::of(std::mem::take(&mut self.card.id), &Side::of(profile))
                });
            }
            Content::Broken(why) => self.broken(why.clone(), Some(stamp.bytes)),
            Content::Foreign if self.given => {
                self.broken(heapdiff::Error::NotDhat.to_string(), Some(stamp.bytes));
            }
            Content::Foreign => self.foreign = true,
        }
    }

    fn broken(&mut self, why: String, file_bytes: Option<u64>) {
        self.card = Card {
            id: std::mem::take(&mut self.card.id),
            label: std::mem::take(&mut self.card.label),
            file_bytes,
            error: Some(why),
            ..Card::default()
        };
    }
}

/// What is said of a file that is not read yet.
const UNREAD: &str = "the panel is still reading it";

/// Longest text, and most routes, that a card keeps: it stays in memory, and is sent each time the page asks.
const LONGEST: usize = 1000;
const MOST_ROUTES: usize = 100;

fn short(mut card: Card) -> Card {
    for text in [&mut card.command, &mut card.server].into_iter().flatten() {
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
            text.push('…');
        }
    }
    card.requests_by_route.truncate(MOST_ROUTES);
    card
}
