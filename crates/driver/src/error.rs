//! What makes a load unusable, each with what to give instead.

use std::io;

use payload::UnknownPlaceholder;

/// A [`Load`](crate::Load) that cannot be sent. Everything that happens while sending is in the
/// [`Report`](crate::Report) instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Not a URL, or one without a host.
    #[error("cannot use URL {url}: {reason}; give one like http://127.0.0.1:3000/path")]
    Url {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A URL, but not of plain HTTP.
    #[error(
        "cannot use URL {url}: its scheme is {scheme:?}, this driver speaks plain http:// only"
    )]
    Scheme {
        /// The URL as given.
        url: String,
        /// Its scheme.
        scheme: String,
    },
    /// The URL names a placeholder that there is not.
    #[error("cannot use URL {url}: {source}")]
    Placeholder {
        /// The URL as given.
        url: String,
        /// The placeholder.
        source: UnknownPlaceholder,
    },
    /// Nowhere to send to.
    #[error("nowhere to send to: give a URL like http://127.0.0.1:3000/path")]
    NoUrl,
    /// No requests asked for.
    #[error("nothing to send: the number of requests must be at least 1")]
    NoRequests,
    /// No connections to send over.
    #[error("nothing to send over: the number of connections must be at least 1")]
    NoConnections,
    /// A rate that is not a positive, finite number.
    #[error("cannot send {0} requests/s: the rate must be a positive number")]
    Rate(f64),
    /// A status to accept that is none, or a success.
    #[error("cannot accept status {0} besides 2xx: give one from 300 to 599, such as 503")]
    Accept(u16),
    /// A timeout of nothing.
    #[error("every request would time out: the timeout must be longer than zero")]
    NoTimeout,
    /// No thread or event loop to be had from the system.
    #[error("cannot start sending: {0}")]
    Start(#[from] io::Error),
    /// No HTTP client to be had.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}
