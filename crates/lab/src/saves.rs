//! Notices that a student saved a file. Two ways together: the system tells of the file's folder at once (editors put a
//! new file in the place of the old one, so the file alone would not do), and a glance now and then is for file systems
//! that do not tell. What counts is the content: a file saved unchanged is no news.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

/// How often the file is looked at, told or not.
const GLANCE: Duration = Duration::from_secs(1);

/// A content that stays the same for so long is whole: editors empty a file before they fill it.
const SETTLED: Duration = Duration::from_millis(20);

/// A file, and what was last seen in it.
pub(crate) struct Saves {
    path: PathBuf,
    seen: Option<Vec<u8>>,
    told: UnboundedReceiver<()>,
    /// Tells until it is dropped. Where there can be none, the glance is left.
    _watcher: Option<RecommendedWatcher>,
}

impl Saves {
    /// Of the file at `path`, from now on.
    pub(crate) fn of(path: PathBuf) -> Self {
        let (tell, told) = unbounded_channel();
        let watcher = watcher(&path, tell);
        Self::told_by(watcher, told, path)
    }

    fn told_by(
        watcher: Option<RecommendedWatcher>,
        told: UnboundedReceiver<()>,
        path: PathBuf,
    ) -> Self {
        let seen = fs::read(&path).ok();
        Self {
            path,
            seen,
            told,
            _watcher: watcher,
        }
    }

    /// Takes what is in the file now for seen.
    pub(crate) fn look(&mut self) {
        self.seen = fs::read(&self.path).ok().or(self.seen.take());
    }

    /// Ready when the file holds something else than was last seen, which is seen then; returns when that was noticed.
    /// May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Instant {
        loop {
            if let Some(noticed) = self.settled().await {
                return noticed;
            }
            // Nobody tells any more when there is no watcher; then the time is up.
            let told = async {
                if self.told.recv().await.is_none() {
                    std::future::pending::<()>().await;
                }
            };
            let _ = timeout(GLANCE, told).await;
        }
    }

    /// When a new content was noticed, once it no longer changes.
    async fn settled(&mut self) -> Option<Instant> {
        let noticed = Instant::now();
        let mut content = self.news()?;
        loop {
            sleep(SETTLED).await;
            let now = self.news()?;
            if now == content {
                self.seen = Some(now);
                return Some(noticed);
            }
            content = now;
        }
    }

    /// What is in the file, if that is new. An editor may be in the middle of replacing it.
    fn news(&self) -> Option<Vec<u8>> {
        let content = fs::read(&self.path).ok()?;
        (self.seen.as_ref() != Some(&content)).then_some(content)
    }
}

/// Tells of what happens in the file's folder, where the system does.
fn watcher(path: &Path, tell: UnboundedSender<()>) -> Option<RecommendedWatcher> {
    let on_event = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| may_be_a_save(event.kind)) {
            let _ = tell.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event).ok()?;
    let folder = path.parent()?;
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}

/// That somebody opened or read a file is no reason to read it: that would never end.
fn may_be_a_save(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than any of these takes.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Runs a test with a file that holds `old`.
    fn with_file<F: Future<Output = ()>>(test: impl FnOnce(PathBuf, Saves) -> F) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab1.rs");
        fs::write(&path, "old").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let saves = Saves::of(path.clone());
        runtime.unwrap().block_on(async {
            timeout(PATIENCE, test(path, saves)).await.unwrap();
        });
    }

    /// As editors do that want the file to be whole at any time.
    fn replace(path: &Path, content: &str) {
        let new = path.with_extension("new");
        fs::write(&new, content).unwrap();
        fs::rename(new, path).unwrap();
    }

    #[test]
    fn a_file_that_is_written_or_replaced_is_noticed() {
        with_file(async |path, mut saves| {
            fs::write(&path, "written").unwrap();
            saves.next().await;
            fs::write(&path, b"no text: \xff").unwrap();
            saves.next().await;
            replace(&path, "replaced");
            saves.next().await;
            assert_eq!(saves.seen.as_deref(), Some(&b"replaced"[..]));
        });
    }

    #[test]
    fn the_system_tells_and_a_glance_does_where_it_does_not() {
        with_file(async |path, mut saves| {
            replace(&path, "told");
            saves.told.recv().await.unwrap();
            saves.next().await;

            let mut saves = Saves::told_by(None, unbounded_channel().1, path.clone());
            // It has looked, and waits, before the file is replaced.
            tokio::join!(saves.next(), async { replace(&path, "seen at a glance") });
            assert_eq!(saves.seen.as_deref(), Some(&b"seen at a glance"[..]));
        });
    }

    #[test]
    fn a_file_saved_unchanged_or_looked_at_is_no_news() {
        with_file(async |path, mut saves| {
            replace(&path, "old");
            assert_eq!(saves.settled().await, None);
            fs::write(&path, "new").unwrap();
            saves.look();
            assert_eq!(saves.settled().await, None);
            fs::remove_file(&path).unwrap();
            assert_eq!(saves.settled().await, None);
        });
    }

    #[test]
    fn what_is_noticed_is_whole() {
        with_file(async |path, mut saves| {
            fs::write(&path, "").unwrap();
            let writer = async {
                fs::write(&path, "all of it").unwrap();
            };
            // The file is empty when it is looked at first, and whole when it is looked at again.
            let (noticed, ()) = tokio::join!(saves.next(), writer);
            assert!(noticed <= Instant::now());
            assert_eq!(saves.seen.as_deref(), Some(&b"all of it"[..]));
        });
    }
}
