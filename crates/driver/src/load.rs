//! What to send, and how hard. Sending it is `run`'s job.

use std::time::Duration;

use crate::error::LoadError;
use crate::targets::Targets;

/// A load to put on a server. [`run`](crate::run) checks it before it sends anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Where to: plain HTTP. May hold [`payload::Template`]'s placeholders in its path and query:
    /// `http://127.0.0.1:3000/search?q={word}&user={user}`.
    pub url: String,
    /// How many requests in all, at least 1.
    pub requests: u64,
    /// How many connections, each with one request in flight; at least 1.
    pub connections: usize,
    /// `None`: a closed loop, every connection sends its next request when the last one is answered.
    /// `Some`: an open loop at so many requests per second in all; latency then counts from the moment
    /// at which a request *should* have been sent, so that a stall shows in all whom it kept waiting.
    pub rate: Option<f64>,
    /// Fixes what the placeholders become.
    pub seed: u64,
    /// How long a request may take, from sending it to the last byte of its answer.
    pub timeout: Duration,
}

impl Load {
    /// 1000 requests to `url` over 8 connections in a closed loop, seed 0, 30 s for each.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            requests: 1000,
            connections: 8,
            rate: None,
            seed: 0,
            timeout: Duration::from_secs(30),
        }
    }

    /// Checks everything; what it returns yields the URLs to ask for.
    pub(crate) fn check(&self) -> Result<Targets, LoadError> {
        if self.requests == 0 {
            return Err(LoadError::NoRequests);
        }
        if self.connections == 0 {
            return Err(LoadError::NoConnections);
        }
        if let Some(rate) = self.rate
            && !(rate.is_finite() && rate > 0.0)
        {
            return Err(LoadError::Rate(rate));
        }
        if self.timeout.is_zero() {
            return Err(LoadError::NoTimeout);
        }
        Targets::parse(&self.url, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Load, LoadError};

    #[test]
    fn the_defaults_are_usable() {
        Load::new("http://127.0.0.1:3000/").check().unwrap();
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        let good = || Load::new("http://127.0.0.1:3000/");
        let refused = |load: Load| load.check().unwrap_err();
        assert!(matches!(
            refused(Load {
                requests: 0,
                ..good()
            }),
            LoadError::NoRequests
        ));
        assert!(matches!(
            refused(Load {
                connections: 0,
                ..good()
            }),
            LoadError::NoConnections
        ));
        assert!(matches!(
            refused(Load {
                timeout: Duration::ZERO,
                ..good()
            }),
            LoadError::NoTimeout
        ));
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let rate = Some(rate);
            assert!(matches!(
                refused(Load { rate, ..good() }),
                LoadError::Rate(_)
            ));
        }
    }
}
