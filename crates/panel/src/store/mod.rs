//! The snapshots: files in folders, seen as they are on disk each time they are listed. What comes in is written
//! whole or not at all; nothing is overwritten, and what is deleted can be brought back.
//!
//! Everything here may block: call it off the async threads.

mod entries;
mod files;
mod name;
mod profiles;
mod read;
mod turn;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytesize::ByteSize;
use heapdiff::Profile;
use heapdiff::page::Card;
use serde::Serialize;

use self::entries::{Entries, Entry};
pub(crate) use self::files::{Incoming, Wanted};
use self::files::{Stamp, TRASH, first_free, label_of, move_to, snapshots_in, trash_of};
use self::profiles::Profiles;
use self::read::{Content, open, parse, read};
use crate::error::Error;

/// The snapshots of a panel.
#[derive(Debug)]
pub(crate) struct Store {
    /// Never empty; new snapshots go to the first.
    folders: Vec<PathBuf>,
    most: ByteSize,
    entries: Mutex<Entries>,
    profiles: Mutex<Profiles>,
    /// Held by the task that reads a large file.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// A snapshot that can be brought back.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    id: String,
    label: String,
}

/// A snapshot's file, to be sent.
pub(crate) struct Download {
    pub(crate) file: fs::File,
    pub(crate) bytes: u64,
    pub(crate) name: String,
}

impl Store {
    /// The `*.json` in `folders`, of which there is at least one, and `files`.
    pub(crate) fn open(
        folders: Vec<PathBuf>,
        files: &[PathBuf],
        most: ByteSize,
    ) -> Result<Self, Error> {
        let real = |path: &PathBuf| {
            fs::canonicalize(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Error::NoSuchPath(path.clone()),
                _ => Error::file("open", path.clone())(error),
            })
        };
        // Folders are named as they were given; their files are known by where they really are.
        let mut unique: Vec<PathBuf> = Vec::new();
        let mut seen = BTreeSet::new();
        for folder in folders {
            if seen.insert(real(&folder)?) {
                unique.push(folder);
            }
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let run = format!("{:x}", now.unwrap_or_default().as_micros());
        let mut entries = Entries::new(run);
        for file in files {
            entries.add(&real(file)?, true);
        }
        Ok(Self {
            folders: unique,
            most,
            entries: Mutex::new(entries),
            profiles: Mutex::default(),
            turn: Arc::default(),
        })
    }

    /// Where new snapshots go.
    pub(crate) fn home(&self) -> &Path {
        &self.folders[0]
    }

    /// Sees what came, went and changed; returns the files that must be read before the list is complete, and their sizes.
    pub(crate) fn refresh(&self) -> Vec<(PathBuf, u64)> {
        let mut entries = self.entries();
        self.look_around(&mut entries);
        let mut unread = Vec::new();
        for entry in &mut entries.snapshots {
            match Stamp::of(&entry.path) {
                Ok(stamp) if entry.stamp == Some(stamp) => {}
                Ok(stamp) => unread.push((entry.path.clone(), stamp.bytes)),
                Err(error) => entry.lose(error),
            }
        }
        unread
    }

    /// Reads a listed file, unless it is known as it is. Nobody else has to wait meanwhile.
    pub(crate) fn look_at(&self, path: &Path) {
        let (file, stamp) = match open(path) {
            Ok(opened) => opened,
            Err(error) => {
                if let Some(entry) = self.entries().at(path) {
                    entry.lose(error);
                }
                return;
            }
        };
        let is_known = |entry: &mut Entry| entry.stamp == Some(stamp);
        if self.entries().at(path).is_none_or(is_known) {
            return;
        }
        let content = read(file, stamp.bytes, self.most);
        if let Some(entry) = self.entries().at(path) {
            entry.learn(stamp, &content);
        }
    }

    /// The snapshots as they are known, oldest first, and those that can be brought back.
    pub(crate) fn list(&self) -> (Vec<Card>, Vec<Deleted>) {
        let entries = self.entries();
        let mut listed: Vec<&Entry> = entries.snapshots.iter().filter(|it| !it.foreign).collect();
        listed.sort_by(|a, b| (a.taken, &a.card.label).cmp(&(b.taken, &b.card.label)));
        let deleted = entries.deleted.iter().map(|entry| Deleted {
            id: entry.card.id.clone(),
            label: entry.card.label.clone(),
        });
        (
            listed.into_iter().map(Entry::listed).collect(),
            deleted.collect(),
        )
    }

    /// The folders that are not there at the moment, as they were given.
    pub(crate) fn missing(&self) -> Vec<String> {
        let missing = self.folders.iter().filter(|folder| !folder.is_dir());
        missing.map(|folder| folder.display().to_string()).collect()
    }

    /// A snapshot, parsed, and what it is called.
    pub(crate) fn open_snapshot(&self, id: &str) -> Result<(Card, Arc<Profile>), Error> {
        let (path, card) = self.place(id)?;
        let profile = self.profile(id, &path, &card.label)?;
        Ok((card, profile))
    }

    fn profile(&self, id: &str, path: &Path, label: &str) -> Result<Arc<Profile>, Error> {
        let unreadable = |why: String| Error::Unreadable {
            label: label.to_owned(),
            why,
        };
        let (file, stamp) =
            open(path).map_err(|error| unreadable(heapdiff::Error::Io(error).to_string()))?;
        if let Some(profile) = self.profiles().get(id, stamp) {
            return Ok(profile);
        }
        let profile = match read(file, stamp.bytes, self.most) {
            Content::Snapshot(profile) => Arc::new(profile.labelled(label)),
            Content::Broken(why) => return Err(unreadable(why)),
            Content::Foreign => return Err(unreadable(heapdiff::Error::NotDhat.to_string())),
        };
        self.profiles().put(id, stamp, &profile);
        Ok(profile)
    }

    /// A snapshot's file.
    pub(crate) fn download(&self, id: &str) -> Result<Download, Error> {
        let (path, card) = self.place(id)?;
        let (file, stamp) = open(&path).map_err(Error::file("read", &path))?;
        Ok(Download {
            file,
            bytes: stamp.bytes,
            name: format!("{}.json", name::clean(&card.label)),
        })
    }

    /// A file to write a new snapshot into.
    pub(crate) fn incoming(&self) -> Result<Incoming, Error> {
        Incoming::new(self.home(), self.most)
    }

    /// Keeps what came in, if it is a snapshot.
    pub(crate) fn keep(&self, incoming: Incoming, wanted: &Wanted) -> Result<Card, Error> {
        let (bytes, most) = (incoming.bytes(), self.most);
        let profile = parse(incoming.read_back()?, bytes, most).map_err(Error::NotASnapshot)?;
        let mut entries = self.entries();
        let path = incoming.publish(&self.real_home()?, wanted)?;
        let stamp = Stamp::of(&path).map_err(Error::file("read", &path))?;
        let entry = entries.known(&path);
        entry.learn(stamp, &Content::Snapshot(Box::new(profile)));
        Ok(entry.card.clone())
    }

    /// A name under which a server may write a snapshot for this panel: no other panel uses it.
    pub(crate) fn capture_name(&self, server: &str) -> String {
        format!("panel-{}-{server}", self.entries().run())
    }

    /// Takes over the file that a server wrote for this panel since `asked`, if it wrote it into one of our folders.
    pub(crate) fn adopt(
        &self,
        name: &str,
        bytes: Option<u64>,
        asked: SystemTime,
        wanted: &Wanted,
    ) -> Result<Option<Card>, Error> {
        for folder in self.real_folders() {
            let written = folder.join(format!("{name}.json"));
            let Ok((file, stamp)) = open(&written) else {
                continue;
            };
            if stamp.modified < asked || bytes.is_some_and(|bytes| bytes != stamp.bytes) {
                continue;
            }
            let content = read(file, stamp.bytes, self.most);
            let why = match &content {
                Content::Snapshot(_) => None,
                Content::Broken(why) => Some(why.clone()),
                Content::Foreign => Some(heapdiff::Error::NotDhat.to_string()),
            };
            if let Some(why) = why {
                let label = name.to_owned();
                return Err(Error::Unreadable { label, why });
            }
            let mut entries = self.entries();
            let path = first_free(&folder, wanted, |path| move_to(&written, path))
                .map_err(Error::file("rename", &written))?;
            if let Some(known) = entries.at(&written) {
                known.path.clone_from(&path);
                known.card.label = label_of(&path);
            }
            let entry = entries.known(&path);
            entry.learn(stamp, &content);
            return Ok(Some(entry.card.clone()));
        }
        Ok(None)
    }

    /// Gives a snapshot another name.
    pub(crate) fn rename(&self, id: &str, label: &str) -> Result<Card, Error> {
        let label = name::check(label)?;
        let mut entries = self.entries();
        let entry = entries.entry(id)?;
        let path = entry.path.with_file_name(format!("{label}.json"));
        if path != entry.path {
            move_to(&entry.path, &path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => Error::NameTaken(label.clone()),
                _ => Error::file("rename", &entry.path)(error),
            })?;
        }
        entry.path = path;
        entry.card.label = label;
        let card = entry.card.clone();
        drop(entries);
        self.profiles().forget(id); // it says its name
        Ok(card)
    }

    /// Moves a snapshot to the trash.
    pub(crate) fn delete(&self, id: &str) -> Result<(), Error> {
        let mut entries = self.entries();
        let entry = entries.entry(id)?;
        let from = entry.path.clone();
        let moved = trash_of(from.parent().unwrap_or(Path::new("."))).and_then(|trash| {
            first_free(&trash, &Wanted::Name(entry.card.label.clone()), |path| {
                move_to(&from, path)
            })
        });
        entry.path = moved.map_err(Error::file("delete", &from))?;
        let at = entries.snapshots.iter().position(|it| it.card.id == id);
        if let Some(at) = at {
            let entry = entries.snapshots.remove(at);
            entries.deleted.push(entry);
        }
        drop(entries);
        self.profiles().forget(id);
        Ok(())
    }

    /// Brings a deleted snapshot back; under another name if its own is taken by now.
    pub(crate) fn restore(&self, id: &str) -> Result<Card, Error> {
        let mut entries = self.entries();
        let at = entries.deleted.iter().position(|it| it.card.id == id);
        let at = at.ok_or(Error::UnknownSnapshot)?;
        let deleted = &entries.deleted[at];
        let folder = deleted.path.ancestors().nth(2).unwrap_or(Path::new("."));
        let wanted = Wanted::Name(deleted.card.label.clone());
        let path = first_free(folder, &wanted, |path| move_to(&deleted.path, path))
            .map_err(Error::file("bring back", &deleted.path))?;
        let mut entry = entries.deleted.remove(at);
        entry.card.label = label_of(&path);
        entry.path.clone_from(&path);
        entries.snapshots.push(entry);
        drop(entries);
        self.look_at(&path);
        let mut entries = self.entries();
        let entry = entries.at(&path).ok_or(Error::UnknownSnapshot)?;
        Ok(entry.listed())
    }

    /// Sees what came and went.
    fn look_around(&self, entries: &mut Entries) {
        let folders = self.real_folders();
        let there: BTreeSet<PathBuf> = folders.iter().flat_map(|it| snapshots_in(it)).collect();
        entries
            .snapshots
            .retain(|entry| entry.given || there.contains(&entry.path));
        for path in &there {
            entries.known(path);
        }
        entries
            .deleted
            .retain(|entry| Stamp::of(&entry.path).is_ok());
        for folder in &folders {
            let trash = folder.join(TRASH);
            if !fs::symlink_metadata(&trash).is_ok_and(|about| about.is_dir()) {
                continue;
            }
            let mut found = snapshots_in(&trash);
            found.sort();
            found.retain(|path| entries.deleted.iter().all(|known| known.path != *path));
            for path in found {
                entries.add_deleted(&path);
            }
        }
    }

    /// Where the folders really are; those that are gone for the moment are left out.
    fn real_folders(&self) -> Vec<PathBuf> {
        let real = self.folders.iter().map(fs::canonicalize);
        real.filter_map(Result::ok).collect()
    }

    fn real_home(&self) -> Result<PathBuf, Error> {
        fs::canonicalize(self.home()).map_err(Error::file("write to", self.home()))
    }

    fn place(&self, id: &str) -> Result<(PathBuf, Card), Error> {
        let mut entries = self.entries();
        let entry = entries.entry(id)?;
        Ok((entry.path.clone(), entry.card.clone()))
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn profiles(&self) -> MutexGuard<'_, Profiles> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name for a new snapshot, of what a user or a file says.
pub(crate) fn wanted(label: Option<&str>) -> Wanted {
    match label.map(str::trim).filter(|label| !label.is_empty()) {
        Some(label) => Wanted::Name(name::clean(label)),
        None => Wanted::Numbered,
    }
}
