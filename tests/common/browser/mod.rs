//! Pages in a real browser, for the tests of whatever shows one: Debian's chromium, spoken to by its chromedriver.
//!
//! - **Blocking.** A test says what a user does, a line at a time; the protocol's futures stay in here.
//! - **As a user finds it.** Elements are found by role and name, as a screen reader announces them.
//! - **Apart.** Every page is a browser of its own with a profile of its own; the chromedriver is shared.
//! - **Leaves nothing.** See [`driver`].
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary uses its part"
)]

mod driver;
mod element;
mod look;
mod page;
mod seen;
mod session;

pub use self::{element::Element, look::Faint, page::Page, seen::Message};
pub use thirtyfour::Key;

use std::thread;
use std::time::{Duration, Instant};

/// How long a page may take until it shows what it should: a busy machine is no failure.
const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until there is something.
///
/// # Panics
/// When the deadline is over.
#[track_caller]
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
