//! Ends what takes too long. One timer serves all requests of a connection, one after the other.
//!
//! A timer of its own for each request would wake the event loop for each: tokio writes to an eventfd whenever a timer is
//! due before all others, and that of the only request in flight always is. So the timer is set when it rings, for
//! the request that is under way then, and not when a request begins.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// A limit for each of many waits.
pub(crate) struct Watch {
    limit: Duration,
    /// Rings no later than the wait that is under way must end, for those only ever end later.
    timer: Pin<Box<Sleep>>,
}

impl Watch {
    /// One that lets each wait take `limit`.
    ///
    /// # Panics
    /// Outside of an event loop.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            timer: Box::pin(sleep(limit)),
        }
    }

    /// What comes of `work`; `None` when it takes longer than the limit, and it is dropped then.
    pub(crate) async fn over<F: Future>(&mut self, work: F) -> Option<F::Output> {
        let end = Instant::now().checked_add(self.limit);
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            let Some(end) = end else {
                return Poll::Pending; // beyond what the clock can tell
            };
            while self.timer.as_mut().poll(context).is_ready() {
                if Instant::now() >= end {
                    return Poll::Ready(None);
                }
                self.timer.as_mut().reset(end);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::Watch;

    const LIMIT: Duration = Duration::from_millis(60);

    #[tokio::test]
    async fn each_wait_may_take_the_whole_limit() {
        let mut watch = Watch::new(LIMIT);
        for _ in 0..4 {
            assert_eq!(watch.over(sleep(LIMIT / 3)).await, Some(()));
        }
        let begun = Instant::now();
        assert_eq!(watch.over(pending::<()>()).await, None);
        assert!(begun.elapsed() >= LIMIT);
    }

    #[tokio::test]
    async fn a_wait_after_one_that_took_too_long_has_the_whole_limit_again() {
        let mut watch = Watch::new(LIMIT);
        for _ in 0..2 {
            let begun = Instant::now();
            assert_eq!(watch.over(pending::<()>()).await, None);
            assert!(begun.elapsed() >= LIMIT);
        }
    }

    #[tokio::test]
    async fn a_limit_beyond_the_clock_is_none() {
        let mut watch = Watch::new(Duration::MAX);
        let short = Duration::from_millis(1);
        assert_eq!(watch.over(sleep(short)).await, Some(()));
    }
}
