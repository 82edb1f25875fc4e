//! The tabs that look: each has a short queue of events, and one that does not keep up is dropped. It connects again by
//! itself, and what it is told then is all that it missed.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::web::Bytes;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::range::Range;

/// Events that may wait for a tab. Each is shared, and a tab that is this far behind has seen nothing for seconds.
const QUEUE: usize = 4;

/// Tabs that may look at once.
const MOST: usize = 256;

/// All tabs.
#[derive(Debug, Default)]
pub(crate) struct Tabs {
    all: Mutex<All>,
    came: Notify,
}

#[derive(Debug, Default)]
struct All {
    tabs: Vec<Tab>,
    /// By range, what was told in this tick.
    told: [Option<Bytes>; Range::ALL.len()],
    ended: bool,
}

#[derive(Debug)]
struct Tab {
    range: Range,
    queue: Sender<Bytes>,
    line: Option<Line>,
    /// Whether it was told what is told in this tick.
    served: bool,
}

/// A tab's connection, to be cut: the web server waits for ever to write to one that does not read.
#[derive(Clone, Debug)]
pub(crate) struct Line(pub(crate) Arc<TcpStream>);

/// Why a tab cannot look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The panel is ending.
    Ending,
    /// There are too many.
    Full,
}

impl Tabs {
    /// Lets a tab look. It is told at once, and then whenever there is something new, until the queue ends.
    pub(crate) fn look(
        &self,
        range: Range,
        line: Option<Line>,
    ) -> Result<Receiver<Bytes>, Refused> {
        let mut all = self.all();
        if all.ended {
            return Err(Refused::Ending);
        }
        all.tabs.retain(|tab| !tab.queue.is_closed());
        if all.tabs.len() >= MOST {
            return Err(Refused::Full);
        }
        let (queue, events) = channel(QUEUE);
        all.tabs.push(Tab {
            range,
            queue,
            line,
            served: false,
        });
        drop(all);
        self.came.notify_one();
        Ok(events)
    }

    /// Nobody may look any more: the panel is ending, and must not wait for tabs.
    pub(crate) fn end(&self) {
        let mut all = self.all();
        all.ended = true;
        all.tabs.clear();
    }

    /// Ready when a tab came that was told nothing yet.
    pub(super) async fn somebody_came(&self) {
        self.came.notified().await;
    }

    /// A new tick: what was told is old.
    pub(super) fn forget_what_was_told(&self) {
        let mut all = self.all();
        all.told = Default::default();
        for tab in &mut all.tabs {
            tab.served = false;
        }
    }

    /// The ranges of tabs that were not told in this tick.
    pub(super) fn waiting(&self) -> Vec<Range> {
        let all = self.all();
        let waits = |range: &Range| {
            let mut tabs = all.tabs.iter();
            tabs.any(|tab| tab.range == *range && !tab.served && !tab.queue.is_closed())
        };
        Range::ALL.into_iter().filter(waits).collect()
    }

    /// What was told in this tick.
    pub(super) fn told(&self, range: Range) -> Option<Bytes> {
        self.all().told[range.index()].clone()
    }

    /// Tells all tabs of this range that were not told yet. Those that are gone or do not keep up are dropped.
    pub(super) fn tell(&self, range: Range, event: Bytes) {
        let mut all = self.all();
        all.tabs.retain_mut(|tab| {
            if tab.range != range || tab.served {
                return true;
            }
            tab.served = true;
            let kept = tab.queue.try_send(event.clone()).is_ok();
            if !kept && let Some(Line(line)) = &tab.line {
                let _ = line.shutdown(Shutdown::Both); // it may be closed already
            }
            kept
        });
        all.told[range.index()] = Some(event);
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn a_tab_that_does_not_keep_up_is_dropped_and_the_others_are_told() {
        let tabs = Tabs::default();
        let mut slow = tabs.look(Range::Minute, None).expect("room");
        let mut quick = tabs.look(Range::Minute, None).expect("room");
        for _ in 0..=QUEUE {
            tabs.forget_what_was_told();
            assert_eq!(tabs.waiting(), [Range::Minute]);
            tabs.tell(Range::Minute, event("x"));
            assert!(quick.try_recv().is_ok());
        }
        assert_eq!(tabs.all().tabs.len(), 1);
        let mut waited = 0;
        while slow.try_recv().is_ok() {
            waited += 1;
        }
        assert_eq!(waited, QUEUE, "no more than the queue was ever kept for it");
        assert!(slow.is_closed() && !quick.is_closed());
    }

    #[test]
    fn a_tab_is_told_what_is_of_its_range_once_a_tick() {
        let tabs = Tabs::default();
        let mut minute = tabs.look(Range::Minute, None).expect("room");
        let mut five = tabs.look(Range::Five, None).expect("room");
        assert_eq!(tabs.waiting(), [Range::Minute, Range::Five]);
        tabs.tell(Range::Minute, event("1"));
        tabs.tell(Range::Minute, event("1 again"));
        assert_eq!(minute.try_recv(), Ok(event("1")));
        assert!(minute.try_recv().is_err() && five.try_recv().is_err());
        assert_eq!(tabs.told(Range::Minute), Some(event("1 again")));
        tabs.forget_what_was_told();
        assert_eq!(tabs.told(Range::Minute), None);
    }

    #[test]
    fn tabs_have_a_bound_and_those_that_left_do_not_count() {
        let tabs = Tabs::default();
        let mut all: Vec<_> = (0..MOST)
            .map(|_| tabs.look(Range::Five, None).expect("room"))
            .collect();
        assert_eq!(tabs.look(Range::Five, None).err(), Some(Refused::Full));
        all.pop();
        assert!(tabs.look(Range::Five, None).is_ok());
        tabs.end();
        assert_eq!(tabs.look(Range::Five, None).err(), Some(Refused::Ending));
        assert!(all[0].is_closed());
    }
}
