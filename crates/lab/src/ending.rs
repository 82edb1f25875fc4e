//! The end of the lab when a signal tells it to end.
//!
//! The lab's work is a future: dropping it ends all that it has started. A future that computes for long, or that waits
//! in a call of the system, cannot be dropped meanwhile. So a thread of its own waits for the signal, and ends the
//! process itself if the work does not notice within [`GRACE`].

use std::future::pending;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// The exit code of a lab that was told to end.
pub(crate) const INTERRUPTED: u8 = 130;

/// How long the work may take to notice. Two seconds after the signal nothing may be left.
const GRACE: Duration = Duration::from_secs(1);

/// Folders that must not outlive the process.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Whether all that the process has started ends with it.
static TAKES_CHILDREN_ALONG: AtomicBool = AtomicBool::new(false);

/// Starts to listen to signals. The future is ready when the lab is told to end; it never is where the system does not
/// let the lab listen. Signals then end the lab in the system's own way.
pub(crate) fn told() -> impl Future<Output = ()> {
    let (tell, told) = oneshot::channel();
    let listener = thread::Builder::new().name("signals".to_owned());
    #[expect(
        clippy::disallowed_methods,
        reason = "the work that would run its destructors is what does not end"
    )]
    let listener = listener.spawn(move || {
        if listen().is_err() {
            return;
        }
        let _ = tell.send(());
        thread::sleep(GRACE);
        finish();
        process::exit(i32::from(INTERRUPTED));
    });
    async move {
        if listener.is_err() || told.await.is_err() {
            pending::<()>().await;
        }
    }
}

/// All that the process starts is to end with it, orphans of its children among them.
pub(crate) fn take_children_along() {
    TAKES_CHILDREN_ALONG.store(true, Ordering::Relaxed);
}

/// Removes `folder` even if the work is not dropped at the end.
pub(crate) fn remove_at_end(folder: PathBuf) {
    let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
    folders.push(folder);
}

/// Ends what is left of the work.
pub(crate) fn finish() {
    #[cfg(target_os = "linux")]
    if TAKES_CHILDREN_ALONG.load(Ordering::Relaxed) {
        crate::confine::end_all_children();
    }
    let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
    for folder in folders.drain(..) {
        #[cfg(target_os = "linux")]
        let _ = crate::confine::remove(&folder);
        #[cfg(not(target_os = "linux"))]
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Returns when a signal tells the process to end.
fn listen() -> Result<()> {
    // Not the work's runtime, whose threads may all be busy.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("cannot wait for signals")?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        Ok(())
    })
}
