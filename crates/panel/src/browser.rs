//! Shows a page in the user's own browser, when asked to.

use std::io;
use std::process::{Command, Stdio};
use std::thread;

/// Asks the desktop to open `url`, and does not wait. Should that fail later, stderr says so and the URL.
///
/// # Errors
/// When there is nobody to ask: no `xdg-open` (`open` on macOS).
pub fn open_browser(url: &str) -> io::Result<()> {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut child = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{opener}: {error}")))?;
    let url = url.to_owned();
    // It may go on for as long as the browser does; whoever waits for it reaps it.
    thread::spawn(move || match child.wait() {
        Ok(status) if status.success() => {}
        _ => eprintln!("warning: {opener} could not open a browser; open {url} yourself"),
    });
    Ok(())
}
