//! Which request is sent next, and when: at once in a closed loop, on the beat in an open one.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem};

use reqwest::Url;
use tokio::sync::Semaphore;

use crate::targets::Targets;

/// The right to send one request.
pub(crate) struct Ticket {
    pub(crate) url: Url,
    /// When it should be sent, from which its latency counts. In a closed loop that is now.
    pub(crate) due: Instant,
}

/// Hands out so many tickets and no more. Once [closed](Self::close) it hands out none.
pub(crate) struct Tickets {
    queue: Mutex<Queue>,
    beat: Option<Beat>,
    total: u64,
    /// Closed when no further ticket will be given. In an open loop it has a permit for each request
    /// whose time has come, so that a request which finds all connections busy waits in it.
    gate: Semaphore,
}

/// Opens the gate on each beat, from a thread of its own: the event loop's timers tick in milliseconds,
/// and being late by one would look like a slow server.
pub(crate) struct Pacer {
    tickets: Arc<Tickets>,
    thread: Option<JoinHandle<()>>,
}

struct Queue {
    targets: Targets,
    issued: u64,
}

#[derive(Clone, Copy)]
struct Beat {
    start: Instant,
    /// Requests per second.
    rate: f64,
}

impl Tickets {
    /// `total` tickets; with a `rate` the first is due now and so many follow per second.
    pub(crate) fn new(targets: Targets, total: u64, rate: Option<f64>) -> Self {
        let start = Instant::now();
        Self {
            queue: Mutex::new(Queue { targets, issued: 0 }),
            total,
            beat: rate.map(|rate| Beat { start, rate }),
            gate: Semaphore::new(0),
        }
    }

    /// The next ticket, once it is due; `None` when there are no more.
    pub(crate) async fn next(&self) -> Option<Ticket> {
        match self.beat {
            Some(_) => self.gate.acquire().await.ok()?.forget(),
            None if self.gate.is_closed() => return None,
            None => {}
        }
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let number = queue.issued;
        if number == self.total {
            return None;
        }
        queue.issued += 1;
        if queue.issued == self.total {
            self.close();
        }
        let url = queue.targets.next();
        let due = self.beat.and_then(|beat| beat.due(number));
        Some(Ticket {
            url,
            due: due.unwrap_or_else(Instant::now),
        })
    }

    /// No more tickets for anyone, waiting or yet to come.
    pub(crate) fn close(&self) {
        self.gate.close();
    }
}

impl Pacer {
    /// Starts to beat for `tickets`; does nothing for those of a closed loop.
    pub(crate) fn start(tickets: &Arc<Tickets>) -> io::Result<Self> {
        let thread = tickets
            .beat
            .map(|beat| {
                let tickets = Arc::clone(tickets);
                thread::Builder::new()
                    .name("driver-pacer".to_owned())
                    .spawn(move || keep_the_beat(&tickets, beat))
            })
            .transpose()?;
        Ok(Self {
            tickets: Arc::clone(tickets),
            thread,
        })
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.tickets.close();
        if let Some(thread) = mem::take(&mut self.thread) {
            thread.thread().unpark();
            let _ = thread.join(); // it cannot panic
        }
    }
}

impl Beat {
    /// When request `number` is due; `None` when that is beyond what the clock can tell.
    fn due(self, number: u64) -> Option<Instant> {
        #[expect(clippy::cast_precision_loss, reason = "2^53 requests take centuries")]
        let offset = Duration::try_from_secs_f64(number as f64 / self.rate).ok()?;
        self.start.checked_add(offset)
    }
}

/// So many permits are given at once, before the pacer looks whether the gate is still open.
const BATCH: usize = 1024;

fn keep_the_beat(tickets: &Tickets, beat: Beat) {
    let mut number = 0;
    while number < tickets.total {
        let (now, mut ripe) = (Instant::now(), 0);
        let next = loop {
            match beat.due(number) {
                Some(due) if due <= now && number < tickets.total && ripe < BATCH => {
                    number += 1;
                    ripe += 1;
                }
                next => break next,
            }
        };
        if tickets.gate.is_closed() {
            return;
        }
        if ripe > 0 {
            // All at once: each call wakes the event loop, and this thread is always a little late.
            tickets.gate.add_permits(ripe);
        } else if let Some(next) = next {
            thread::park_timeout(next - now);
        } else {
            thread::park(); // beyond what the clock can tell
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::{Beat, Pacer, Tickets};
    use crate::targets::Targets;

    fn tickets(total: u64, rate: Option<f64>) -> Arc<Tickets> {
        let targets = Targets::parse(&["http://127.0.0.1/{id}".to_owned()], 0, 0).unwrap();
        Arc::new(Tickets::new(targets, total, rate))
    }

    #[tokio::test]
    async fn a_closed_loop_hands_out_all_tickets_at_once() {
        let tickets = tickets(2, None);
        assert_eq!(tickets.next().await.unwrap().url.path(), "/0");
        assert_eq!(tickets.next().await.unwrap().url.path(), "/1");
        assert!(tickets.next().await.is_none());
    }

    #[tokio::test]
    async fn an_open_loop_hands_out_each_ticket_on_its_beat() {
        let tickets = tickets(4, Some(200.0));
        let _pacer = Pacer::start(&tickets).unwrap();
        let mut dues = Vec::new();
        while let Some(ticket) = tickets.next().await {
            assert!(ticket.due <= Instant::now());
            dues.push(ticket.due);
        }
        let gaps: Vec<_> = dues.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps, [Duration::from_millis(5); 3]);
    }

    #[tokio::test]
    async fn a_pacer_that_cannot_keep_up_gives_all_that_is_due() {
        let total = 3 * super::BATCH as u64 + 1;
        let tickets = tickets(total, Some(1e9));
        let _pacer = Pacer::start(&tickets).unwrap();
        let mut dues = Vec::new();
        while let Some(ticket) = tickets.next().await {
            assert!(ticket.due <= Instant::now());
            dues.push(ticket.due);
        }
        assert_eq!(dues.len() as u64, total);
        assert!(dues.is_sorted());
    }

    #[tokio::test]
    async fn a_pacer_that_is_dropped_closes_the_gate_however_long_its_beat() {
        let tickets = tickets(2, Some(1e-9));
        let pacer = Pacer::start(&tickets).unwrap();
        assert!(tickets.next().await.is_some());
        drop(pacer);
        assert!(tickets.next().await.is_none());
    }

    #[test]
    fn a_beat_beyond_the_clock_is_never_due() {
        let beat = Beat {
            start: Instant::now(),
            rate: f64::MIN_POSITIVE,
        };
        assert!(beat.due(0).is_some());
        assert!(beat.due(1).is_none());
    }
}
