//! Whether a server answers, and what it says of itself: `GET /healthz`, asked seldom.

use std::time::{Duration, Instant};

use reqwest::{Client, Url};
use serde::Deserialize;

use super::trouble;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long an answer is good for. Pages ask for the list every two seconds, and there may be several.
const FRESH: Duration = Duration::from_millis(1500);

/// Longest answer that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// What is known of a server's health.
#[derive(Debug, Default)]
pub(super) struct Health {
    asked: Option<Instant>,
    /// Why it does not answer.
    pub(super) gone: Option<String>,
    pub(super) said: Said,
}

/// What `/healthz` answers, as far as it does.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Said {
    pub(super) server: Option<String>,
    pub(super) requests: Option<u64>,
    pub(super) live_bytes: Option<u64>,
    pub(super) rss_bytes: Option<u64>,
}

impl Health {
    /// Asks, unless that was just done.
    pub(super) async fn refresh(&mut self, client: &Client, url: Url) {
        if self.asked.is_some_and(|asked| asked.elapsed() < FRESH) {
            return;
        }
        let answer = tokio::time::timeout(PATIENCE, ask(client, url)).await;
        self.asked = Some(Instant::now());
        let name = self.said.server.take();
        (self.gone, self.said) = match answer {
            Ok(Ok(said)) => (None, said),
            Ok(Err(error)) => (Some(trouble::of_connection(&error)), Said::default()),
            Err(_) => (
                Some(format!("no answer within {} s", PATIENCE.as_secs())),
                Said::default(),
            ),
        };
        self.said.server = self.said.server.take().or(name);
    }
}

/// Any answer says that the server is up, whether it has a `/healthz` or not.
async fn ask(client: &Client, url: Url) -> Result<Said, reqwest::Error> {
    let mut answer = client.get(url).send().await?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            return Ok(Said::default());
        }
    }
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}
