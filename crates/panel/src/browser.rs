//! Shows a page in the user's own browser, when asked to.

use std::io;
use std::process::{Child, Stdio};
use std::thread;

/// Asks the desktop to open `url`, and does not wait. Should that fail later, stderr says so and the URL.
///
/// # Errors
/// When there is nobody to ask: no `xdg-open` or the like.
pub fn open_browser(url: &str) -> io::Result<()> {
    let shown = url.to_owned();
    open_browser_or(url, move || {
        eprintln!("warning: the browser could not be opened; open {shown} yourself");
    })
}

/// The same for a URL or a file, and calls `failed` on a thread of its own should it fail later.
///
/// # Errors
/// When there is nobody to ask: no `xdg-open` or the like.
pub fn open_browser_or(what: &str, failed: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    for mut opener in open::commands(what) {
        opener
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match opener.spawn() {
            Ok(child) => {
                thread::spawn(move || reap(child, failed));
                return Ok(());
            }
            Err(this) => error = this,
        }
    }
    Err(error)
}

/// It may go on for as long as the browser does.
fn reap(mut child: Child, failed: impl FnOnce()) {
    match child.wait() {
        Ok(status) if status.success() => {}
        _ => failed(),
    }
}
