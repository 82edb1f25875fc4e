//! A progress bar over a running load, for a terminal. It draws on stderr, and nothing when that is no
//! terminal, so that callers need not ask.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::progress::Progress;

/// Shows requests done, requests per second, time left, errors, and a message of the caller's. Cleared
/// when dropped.
#[derive(Debug)]
pub struct Bar {
    drawn: ProgressBar,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How often it is redrawn.
const PERIOD: Duration = Duration::from_millis(100);

/// What is worth the most comes first: a narrow terminal cuts off the message.
const TEMPLATE: &str =
    "{bar:24} {human_pos}/{human_len}  {throughput} requests/s  ETA {eta}{failed}  {wide_msg}";

impl Bar {
    /// Starts to draw `progress` on its way to `total` requests.
    pub fn start(progress: &Progress, total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let stop = Arc::new(AtomicBool::new(false));
        let thread = if bar.is_hidden() {
            None
        } else {
            bar.set_style(style(progress.clone()));
            let (bar, progress, stop) = (bar.clone(), progress.clone(), Arc::clone(&stop));
            // A bar that cannot be drawn is no reason to fail.
            thread::Builder::new()
                .name("driver-bar".to_owned())
                .spawn(move || draw(&bar, &progress, &stop))
                .ok()
        };
        Self {
            drawn: bar,
            stop,
            thread,
        }
    }

    /// Does `print` while the bar is off the terminal, so that it does not draw over what is printed.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.drawn.suspend(print)
    }

    /// Shows `message` after the numbers, in place of an earlier one.
    pub fn set_message(&self, message: impl Into<String>) {
        self.drawn.set_message(message.into());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join(); // a panic in there has shown itself already
        }
        self.drawn.finish_and_clear();
    }
}

fn draw(bar: &ProgressBar, progress: &Progress, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        bar.set_position(progress.done());
        bar.tick();
        thread::park_timeout(PERIOD);
    }
}

fn style(progress: Progress) -> ProgressStyle {
    ProgressStyle::with_template(TEMPLATE)
        .expect("the template is constant and tested")
        .with_key("throughput", throughput)
        .with_key("failed", move |_: &ProgressState, w: &mut dyn Write| {
            let _ = w.write_str(&failed(progress.failed())); // a string takes any text
        })
}

fn throughput(state: &ProgressState, w: &mut dyn Write) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and rates are not negative"
    )]
    let whole = state.per_sec().round() as u64;
    let _ = write!(w, "{}", HumanCount(whole)); // a string takes any text
}

fn failed(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => "  1 error".to_owned(),
        count => format!("  {} errors", HumanCount(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Bar, failed, style};
    use crate::progress::Progress;

    #[test]
    fn the_template_is_valid() {
        style(Progress::default());
    }

    #[test]
    fn errors_show_once_there_are_any() {
        assert_eq!(failed(0), "");
        assert_eq!(failed(1), "  1 error");
        assert_eq!(failed(1200), "  1,200 errors");
    }

    #[test]
    fn a_bar_that_is_dropped_stops() {
        let bar = Bar::start(&Progress::default(), 10);
        bar.set_message("live heap 8.4 MB");
        drop(bar);
    }
}
