//! Waiting until a server is at rest: no request in flight, and the live heap settled. What happens at any moment under
//! load is in a snapshot, too, and would be taken for growth.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::SeriesError;
use super::server::Server;

/// How a server was when it was let be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// No request was in flight, and its live heap stayed as it was.
    Settled,
    /// It did not come to rest in time.
    Unsettled,
    /// It does not tell. The driver itself had no request in flight, and waited for [`Rest::UNSEEN`].
    Unseen,
}

/// How long a server may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long nobody has asked when a server is at rest: what is cleared away after the last request is gone by then, and
/// is never in one snapshot and not in the next. The snapshot before is still being written for about so long.
const QUIET: Duration = Duration::from_millis(100);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);

/// Readings of the live heap that differ by less are the same: asking allocates, too.
const SAME_BYTES: u64 = 4096;

impl Rest {
    /// How long a server that does not tell is let be: connections are closed by then, and what is freed late is freed.
    pub const UNSEEN: Duration = Duration::from_millis(500);

    /// Waits until `server` is at rest, half a minute at the most.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn of(server: &Server) -> Result<Self, SeriesError> {
        Self::since(server, None).await
    }

    /// The same of one that answered its last request then.
    pub(super) async fn since(
        server: &Server,
        last_answer: Option<Instant>,
    ) -> Result<Self, SeriesError> {
        let deadline = Instant::now() + PATIENCE;
        let is_quiet = || last_answer.is_none_or(|then| then.elapsed() >= QUIET);
        let Some(mut before) = server.health().await? else {
            sleep(Self::UNSEEN).await;
            return Ok(Self::Unseen);
        };
        while Instant::now() < deadline {
            sleep(LOOK).await;
            let Some(now) = server.health().await? else {
                continue;
            };
            if is_quiet()
                && now.in_flight == 0
                && now.live_bytes.abs_diff(before.live_bytes) < SAME_BYTES
            {
                return Ok(Self::Settled);
            }
            before = now;
        }
        Ok(Self::Unsettled)
    }
}
