//! Shows a page in the user's own browser, when asked to.

use std::io;
use std::process::{Child, Stdio};
use std::thread;

/// Asks the desktop to open `url`, and does not wait. Should that fail later, stderr says so and the URL.
///
/// # Errors
/// When there is nobody to ask: no `xdg-open` or the like.
pub fn open_browser(url: &str) -> io::Result<()> {
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for mut opener in open::commands(url) {
        opener
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match opener.spawn() {
            Ok(child) => {
                let url = url.to_owned();
                thread::spawn(move || reap(child, &url));
                return Ok(());
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// It may go on for as long as the browser does.
fn reap(mut child: Child, url: &str) {
    match child.wait() {
        Ok(status) if status.success() => {}
        _ => eprintln!("warning: the browser could not be opened; open {url} yourself"),
    }
}
