//! Asks a server for its `/metrics`, and says what is in the way.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode, Url};
use tokio::time::timeout;

use super::exposition::Garbage;
use super::known::Metrics;
use crate::error::Error;
use crate::remote::{ServerConfig, client, trouble};

/// How long an answer may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest answer that is read, in bytes; ours has 5 KB. And of one that says no.
const LONGEST: usize = 4 << 20;
const LONGEST_REASON: usize = 4 << 10;

/// The format that is understood.
const CLASSIC: &str = "text/plain;version=0.0.4";

/// Whom to ask. The connection is kept.
#[derive(Clone, Debug)]
pub struct Scraper {
    client: Client,
    server: ServerConfig,
    url: Url,
    patience: Duration,
}

/// Why there are no metrics. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Nobody answers, or not in time: the server is not running, or stands still.
    #[error("{0}; is it still running?")]
    Gone(String),
    /// The server answers something else than metrics.
    #[error("no /metrics: {0}")]
    Refused(String),
    /// What it answers cannot be read.
    #[error("its /metrics cannot be read: {0}; open it in the browser and look")]
    Garbage(#[from] Garbage),
    /// It answers without an end.
    #[error("its /metrics has more than {} MiB: offer fewer series", LONGEST >> 20)]
    TooLong,
    /// It has metrics, and neither of those that are needed.
    #[error(
        "its /metrics has neither heap_live_bytes nor process_resident_memory_bytes: docs/formats.md tells the names"
    )]
    NothingKnown,
}

impl Trouble {
    /// Whether the server may be running, and only its metrics are amiss.
    pub fn is_of_metrics_alone(&self) -> bool {
        !matches!(self, Self::Gone(_))
    }
}

impl Scraper {
    /// For the server's `/metrics`, with the secret that it may want.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub fn new(server: ServerConfig) -> Result<Self, Error> {
        Ok(Self::with(client(&server)?, server))
    }

    pub(crate) fn with(client: Client, server: ServerConfig) -> Self {
        Self {
            client,
            url: server.route("metrics"),
            server,
            patience: PATIENCE,
        }
    }

    /// Waits so long and no longer for an answer.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks once.
    ///
    /// # Errors
    /// Whatever is in the way.
    pub async fn scrape(&self) -> Result<Metrics, Trouble> {
        let text = timeout(self.patience, self.text()).await;
        let text = text.unwrap_or_else(|_| {
            let waited = format!("no answer within {} ms", self.patience.as_millis());
            Err(Trouble::Gone(waited))
        })?;
        let metrics = Metrics::read(&text)?;
        if metrics.is_of_use() {
            Ok(metrics)
        } else {
            Err(Trouble::NothingKnown)
        }
    }

    async fn text(&self) -> Result<String, Trouble> {
        let gone = |error: &reqwest::Error| Trouble::Gone(trouble::of_connection(error));
        let request = self.client.get(self.url.clone()).header(ACCEPT, CLASSIC);
        let request = self.server.authorize(request);
        let mut answer = request.send().await.map_err(|error| gone(&error))?;
        let status = answer.status();
        let fine = status == StatusCode::OK;
        let most = if fine { LONGEST } else { LONGEST_REASON };
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| gone(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > most {
                break;
            }
        }
        if !fine {
            let shown = |said: &str| self.server.without_secret(said);
            return Err(Trouble::Refused(trouble::of_status(
                "/metrics", status, &body, shown,
            )));
        }
        if body.len() > LONGEST {
            return Err(Trouble::TooLong);
        }
        let text = String::from_utf8_lossy(&body);
        Ok(self.server.without_secret(&text))
    }
}
