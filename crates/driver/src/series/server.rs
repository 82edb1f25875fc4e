//! A server as a series knows it: its `/healthz`, and its `/heapdump` with the download of what that took.
//! `docs/formats.md` tells both; with a route of its own, and without `/healthz`, other servers will do.

use std::time::Duration;

use redact::{MASK, Secret, command_line as shown};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::error::SeriesError;
use crate::failure::Failure;

/// A server whose heap can be photographed. Clones are of the same one.
#[derive(Clone, Debug)]
pub struct Server {
    client: Client,
    /// The route for snapshots; `{name}` in it is the snapshot's.
    heapdump: String,
    /// What `heapdump` is relative to.
    base: Url,
    /// Beside the route for snapshots.
    healthz: Url,
    authorization: Option<HeaderValue>,
    /// The same, to be kept out of what the server says.
    token: Option<Secret>,
    /// Longest snapshot that is accepted, in bytes.
    most_bytes: u64,
}

/// What `/healthz` answers, as far as a series needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Health {
    /// Requests served.
    pub requests: u64,
    /// Requests begun and not answered.
    pub in_flight: u64,
    /// The live heap, in bytes.
    pub live_bytes: u64,
    /// Resident memory in bytes, if known.
    pub rss_bytes: Option<u64>,
}

/// A heap that is frozen: its snapshot is taken, and may still be on its way into a file.
#[derive(Debug)]
pub struct Taken {
    /// What the server called it.
    pub(super) name: String,
    pub(super) content: Content,
}

/// Where a snapshot is.
#[derive(Debug)]
pub(super) enum Content {
    /// There to be downloaded.
    At(Url),
    /// The answer was the snapshot itself.
    Here(Vec<u8>),
}

/// What `/heapdump` answers, as far as it is needed.
#[derive(Deserialize)]
struct Answer {
    url: String,
}

/// The route that `docs/formats.md` tells. A server that does not know `wait` answers when the file is there.
const HEAPDUMP: &str = "/heapdump?name={name}&wait=false";

/// How long `/healthz` may take: a server whose threads are all busy answers late.
const HEALTH: Duration = Duration::from_secs(30);

/// How long a snapshot may take, to be frozen or to be fetched.
const SNAPSHOT: Duration = Duration::from_secs(300);

/// How long to wait before a server that is busy with another snapshot is asked again.
const BUSY: Duration = Duration::from_millis(10);

/// How long a connection may be idle and be used again: a server closes those that were idle for seconds, and a question
/// that crosses with that has no answer.
const IDLE: Duration = Duration::from_secs(1);

/// Longest snapshot unless [`Server::with_most_bytes`] says otherwise, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// Longest answer that is read for anything but a snapshot, in bytes: of `/healthz`, or a refusal.
const MOST_WORDS: u64 = 64 << 10;

impl Server {
    /// The server at `url`, whatever its path: its routes are `/heapdump` and `/healthz`.
    ///
    /// # Errors
    /// When it is no URL of plain HTTP.
    pub fn new(url: &str) -> Result<Self, SeriesError> {
        let unusable = |why: String| SeriesError::Route {
            route: shown(url).into_owned(),
            why,
        };
        let base = Url::parse(url).map_err(|error| unusable(error.to_string()))?;
        if base.scheme() != "http" {
            return Err(unusable("only http:// is spoken".to_owned()));
        }
        Self {
            client: client().map_err(|error| SeriesError::Load(error.into()))?,
            heapdump: String::new(),
            healthz: base.clone(),
            base,
            authorization: None,
            token: None,
            most_bytes: MOST_BYTES,
        }
        .with_heapdump(HEAPDUMP)
    }

    /// The server that all of these are of.
    ///
    /// # Errors
    /// When they are of several.
    pub fn of(urls: &[String]) -> Result<Self, SeriesError> {
        let mut servers = urls.iter().map(|url| Self::new(url));
        let first = servers.next().ok_or(crate::LoadError::NoUrl)??;
        for other in servers {
            let other = other?;
            if other.base.origin() != first.base.origin() {
                let name = |server: &Self| server.base.origin().ascii_serialization();
                return Err(SeriesError::Servers {
                    one: name(&first),
                    other: name(&other),
                });
            }
        }
        Ok(first)
    }

    /// Snapshots are asked for at `route`, a path of this server or a URL of another port: `/debug/heap?file={name}`,
    /// `{name}` being the snapshot's. The answer is an object with `url`, as `docs/formats.md` tells, or the snapshot
    /// itself. `/healthz` is looked for beside it.
    ///
    /// # Errors
    /// When it is none of plain HTTP.
    pub fn with_heapdump(mut self, route: &str) -> Result<Self, SeriesError> {
        route.clone_into(&mut self.heapdump);
        let url = self.heapdump_url("name")?;
        self.healthz = url.join("healthz").map_err(|error| self.unusable(&error))?;
        self.healthz.set_query(None);
        Ok(self)
    }

    /// With the secret that its `/heapdump` wants, as `Authorization: Bearer TOKEN`.
    ///
    /// # Errors
    /// When a header cannot hold it.
    pub fn with_token(mut self, token: &str) -> Result<Self, SeriesError> {
        let good = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let header = good.then(|| HeaderValue::try_from(format!("Bearer {token}")));
        let Some(Ok(mut header)) = header else {
            return Err(SeriesError::Token);
        };
        header.set_sensitive(true);
        self.authorization = Some(header);
        self.token = Some(token.into());
        Ok(self)
    }

    /// With snapshots of at most so many bytes. A longer answer is refused while it is read, so that a server which
    /// never stops sending fills neither memory nor disk.
    #[must_use]
    pub fn with_most_bytes(mut self, most_bytes: u64) -> Self {
        self.most_bytes = most_bytes;
        self
    }

    /// The same server with connections of its own: those of a client belong to the event loop that opened them.
    pub(crate) fn with_own_connections(&self) -> reqwest::Result<Self> {
        Ok(Self {
            client: client()?,
            ..self.clone()
        })
    }

    /// Where it is asked how it is.
    pub fn healthz(&self) -> &str {
        self.healthz.as_str()
    }

    /// How it is now; `None` if it does not tell what a series needs.
    ///
    /// # Errors
    /// When it does not answer at all.
    pub async fn health(&self) -> Result<Option<Health>, SeriesError> {
        let asked = async {
            let answer = self.client.get(self.healthz.clone()).timeout(HEALTH);
            let mut answer = answer.send().await?;
            let good = answer.status().is_success();
            let body = body(&mut answer, MOST_WORDS).await?;
            Ok(good
                .then_some(body)
                .flatten()
                .and_then(|body| serde_json::from_slice(&body).ok()))
        };
        asked
            .await
            .map_err(|error: reqwest::Error| no_answer(&self.healthz, error))
    }

    /// Freezes the heap, for a snapshot called `name`. Waits for another one that is under way.
    ///
    /// # Errors
    /// When it cannot: the server's reason, and what to do.
    pub async fn take(&self, name: &str) -> Result<Taken, SeriesError> {
        let url = self.heapdump_url(name)?;
        let deadline = Instant::now() + SNAPSHOT;
        loop {
            let mut answer = self.get(&url).await?;
            let status = answer.status();
            let is_good = status.is_success();
            let most = if is_good { self.most_bytes } else { MOST_WORDS };
            let body = body(&mut answer, most)
                .await
                .map_err(|error| no_answer(&url, error))?;
            if is_good {
                let body = body.ok_or_else(|| too_long(&url, most))?;
                return Ok(Taken {
                    name: name.to_owned(),
                    content: content(&url, body)?,
                });
            }
            if status != StatusCode::CONFLICT || Instant::now() >= deadline {
                return Err(self.refused(&url, status, &body.unwrap_or_default()));
            }
            sleep(BUSY).await;
        }
    }

    /// Downloads `url`, and hands each part to `write`. Ends with an error at the first part that makes it too long.
    pub(super) async fn download(
        &self,
        url: &Url,
        mut write: impl FnMut(&[u8]) -> Result<(), SeriesError>,
    ) -> Result<(), SeriesError> {
        let mut answer = self.get(url).await?;
        let status = answer.status();
        if !status.is_success() {
            let body = body(&mut answer, MOST_WORDS).await.ok().flatten();
            return Err(self.refused(url, status, &body.unwrap_or_default()));
        }
        let mut left = self.most_bytes;
        while let Some(part) = answer
            .chunk()
            .await
            .map_err(|error| no_answer(url, error))?
        {
            left = left
                .checked_sub(part.len() as u64)
                .ok_or_else(|| too_long(url, self.most_bytes))?;
            write(&part)?;
        }
        Ok(())
    }

    async fn get(&self, url: &Url) -> Result<Response, SeriesError> {
        let mut question = self.client.get(url.clone()).timeout(SNAPSHOT);
        if let Some(authorization) = &self.authorization {
            question = question.header(AUTHORIZATION, authorization);
        }
        question.send().await.map_err(|error| no_answer(url, error))
    }

    fn heapdump_url(&self, name: &str) -> Result<Url, SeriesError> {
        let url = self.base.join(&self.heapdump.replace("{name}", name));
        let url = url.map_err(|error| self.unusable(&error))?;
        if url.scheme() != "http" {
            return Err(self.unusable(&"only http:// is spoken"));
        }
        Ok(url)
    }

    /// What it answered, to be shown: a server that repeats what it was sent must not have the secret printed.
    fn refused(&self, url: &Url, status: StatusCode, body: &[u8]) -> SeriesError {
        // Before it is cut to what is shown, or a part of the secret might be left.
        let body = String::from_utf8_lossy(body);
        let body = match &self.token {
            Some(token) => body.replace(token.expose(), MASK),
            None => body.into_owned(),
        };
        let failure = Failure::status(status, body.as_bytes());
        let to_do = match status {
            StatusCode::UNAUTHORIZED => "; give its secret in LEAKLAB_TOKEN, or with --token",
            StatusCode::NOT_FOUND => "; tell the server's own route with --heapdump",
            StatusCode::CONFLICT => "; who else takes snapshots of it?",
            _ => "",
        };
        SeriesError::Server {
            url: shown(url.as_str()).into_owned(),
            why: format!("{}: {}{to_do}", failure.kind, failure.text),
        }
    }

    fn unusable(&self, why: &dyn std::fmt::Display) -> SeriesError {
        SeriesError::Route {
            route: shown(&self.heapdump).into_owned(),
            why: why.to_string(),
        }
    }
}

fn client() -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("leaklab-driver/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// What an answer to a question for a snapshot holds.
fn content(asked: &Url, body: Vec<u8>) -> Result<Content, SeriesError> {
    // Both are objects; only a snapshot has this key.
    if body
        .windows(16)
        .take(512)
        .any(|start| start == br#""dhatFileVersion"#)
    {
        return Ok(Content::Here(body));
    }
    let named = serde_json::from_slice(&body)
        .ok()
        .and_then(|answer: Answer| asked.join(&answer.url).ok());
    let Some(named) = named else {
        return Err(SeriesError::Server {
            url: shown(asked.as_str()).into_owned(),
            why: "it answers neither a snapshot nor an object with its `url` (docs/formats.md); is there another \
                  route for --heapdump?"
                .to_owned(),
        });
    };
    // From the server that was given, whatever host the answer names: the secret goes there, too.
    let mut url = asked.clone();
    url.set_path(named.path());
    url.set_query(named.query());
    Ok(Content::At(url))
}

/// The body of an answer; `None` if it is longer than `most` bytes, of which no more is read.
async fn body(answer: &mut Response, most: u64) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if (body.len() + part.len()) as u64 > most {
            return Ok(None);
        }
        body.extend_from_slice(&part);
    }
    Ok(Some(body))
}

fn too_long(url: &Url, most: u64) -> SeriesError {
    SeriesError::Server {
        url: shown(url.as_str()).into_owned(),
        why: format!("its answer is longer than {most} bytes, the most that a snapshot may have"),
    }
}

fn no_answer(url: &Url, error: reqwest::Error) -> SeriesError {
    let failure = Failure::from(error);
    SeriesError::Server {
        url: shown(url.as_str()).into_owned(),
        why: format!(
            "{}: {}; is the server still running?",
            failure.kind, failure.text
        ),
    }
}
