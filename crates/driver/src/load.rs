//! What to send, and how hard. Sending it is `run`'s job.

use std::time::Duration;

use crate::error::LoadError;
use crate::targets::Targets;

/// A load to put on a server. [`run`](crate::run) checks it before it sends anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Where to, in turn: plain HTTP. Each may hold [`payload::Template`]'s placeholders in its path and query:
    /// `http://127.0.0.1:3000/search?q={word}&user={user}`. At least one.
    pub urls: Vec<String>,
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
    /// How many requests of this load were sent before: URLs and placeholders go on behind them, as if it had never
    /// stopped.
    pub after: u64,
    /// A status that means "not now" and counts as an answer, although it is no 2xx: what a server with backpressure
    /// says.
    pub accept: Option<u16>,
    /// How long a request may take, from sending it to the last byte of its answer.
    pub timeout: Duration,
}

impl Load {
    /// 1000 requests to `url` over 8 connections in a closed loop, seed 0, 30 s for each.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            urls: vec![url.into()],
            requests: 1000,
            connections: 8,
            rate: None,
            seed: 0,
            after: 0,
            accept: None,
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
        if let Some(status) = self.accept
            && !(300..600).contains(&status)
        {
            return Err(LoadError::Accept(status));
        }
        Targets::parse(&self.urls, self.seed, self.after)
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
        for status in [0, 200, 600] {
            let accept = Some(status);
            assert!(matches!(
                refused(Load { accept, ..good() }),
                LoadError::Accept(_)
            ));
        }
        assert!(matches!(
            refused(Load {
                urls: vec![],
                ..good()
            }),
            LoadError::NoUrl
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
