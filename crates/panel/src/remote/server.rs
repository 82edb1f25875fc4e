//! One server: how it is, and the two requests by which a snapshot of it is had.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::config::ServerConfig;
use super::health::Health;
use super::trouble;
use crate::error::Error;
use crate::limits::Limits;
use crate::metrics::Scraper;

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(5);

/// Longest answer of `/heapdump` that is read, and longest reason, in bytes.
const LONGEST: usize = 64 << 10;

/// Snapshots of a server that are remembered as its own, though another one may have its name: two can be compared.
const REMEMBERED: usize = 2;

/// A server that is watched.
#[derive(Debug)]
pub(crate) struct Server {
    id: String,
    config: ServerConfig,
    client: Client,
    limits: Limits,
    health: tokio::sync::Mutex<Health>,
    capture: Mutex<Option<Capture>>,
    /// The ids of the last snapshots that were taken of it here, the last at the end.
    taken: Mutex<Vec<String>>,
}

/// A server as the page shows it; `docs/formats.md` tells the keys.
#[derive(Debug, Serialize)]
pub(crate) struct ServerCard {
    id: String,
    url: String,
    name: Option<String>,
    state: State,
    detail: Option<String>,
    live_bytes: Option<u64>,
    requests: Option<u64>,
    rss_bytes: Option<u64>,
    capture: Option<CaptureCard>,
    taken: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Up,
    Gone,
}

#[derive(Debug, Serialize)]
struct CaptureCard {
    stage: Stage,
    elapsed_ms: u64,
}

/// How far a snapshot has come.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// The server takes it.
    Asking,
    /// It is on its way here.
    Fetching,
    /// It is being read.
    Reading,
}

#[derive(Debug)]
struct Capture {
    stage: Stage,
    begun: Instant,
}

/// What `/heapdump` answers, as far as it is needed.
#[derive(Debug, Deserialize)]
pub(crate) struct Taken {
    url: String,
    pub(crate) file_bytes: Option<u64>,
}

/// The one capture of a server that is under way; another may begin once this is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Arc<Server>);

/// A client for this server alone, which follows nobody elsewhere.
pub(crate) fn client(server: &ServerConfig) -> Result<Client, Error> {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .build()
        .map_err(|error| Error::Server {
            url: server.url().to_owned(),
            why: format!("there can be no HTTP client: {error}"),
        })
}

impl Server {
    pub(super) fn new(id: String, config: ServerConfig, limits: Limits) -> Result<Self, Error> {
        Ok(Self {
            id,
            client: client(&config)?,
            config,
            limits,
            health: tokio::sync::Mutex::default(),
            capture: Mutex::default(),
            taken: Mutex::default(),
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn url(&self) -> &str {
        self.config.url()
    }

    /// What asks for its metrics.
    pub(crate) fn scraper(&self) -> Scraper {
        Scraper::with(self.client.clone(), self.config.clone())
    }

    /// How it is now.
    pub(crate) async fn card(&self) -> ServerCard {
        let mut health = self.health.lock().await;
        health
            .refresh(&self.client, self.config.route("healthz"))
            .await;
        let said = health.said.clone();
        let capture = self.capture().as_ref().map(|capture| CaptureCard {
            stage: capture.stage,
            elapsed_ms: u64::try_from(capture.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        ServerCard {
            id: self.id.clone(),
            url: self.config.url().to_owned(),
            name: said.server,
            state: match health.gone {
                None => State::Up,
                Some(_) => State::Gone,
            },
            detail: health.gone.clone(),
            live_bytes: said.live_bytes,
            requests: said.requests,
            rss_bytes: said.rss_bytes,
            capture,
            taken: self.taken().clone(),
        }
    }

    /// Begins a capture, if none is under way.
    pub(super) fn begin(self: &Arc<Self>) -> Result<Turn, Error> {
        let mut capture = self.capture();
        if capture.is_some() {
            return Err(Error::Busy(self.config.url().to_owned()));
        }
        *capture = Some(Capture {
            stage: Stage::Asking,
            begun: Instant::now(),
        });
        drop(capture);
        Ok(Turn(Arc::clone(self)))
    }

    /// Lets it take a snapshot called `name`.
    pub(super) async fn take(&self, name: &str) -> Result<Taken, Error> {
        let mut url = self.config.route("heapdump");
        url.query_pairs_mut().append_pair("name", name);
        let asked = async {
            let mut answer = self.send(self.client.get(url)).await?;
            let body = self.short_body(&mut answer).await?;
            serde_json::from_slice(&body).map_err(|_| {
                self.trouble(
                    "its /heapdump answers something else than docs/formats.md tells (no `url`)",
                )
            })
        };
        let waited = self.limits.answer;
        timeout(waited, asked).await.unwrap_or(Err(Error::Slow {
            url: self.config.url().to_owned(),
            what: "it took no snapshot",
            waited,
        }))
    }

    /// Downloads what it took, from this server and no other, whatever host its answer names.
    pub(super) async fn fetch(
        &self,
        taken: &Taken,
        mut write: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let named = self.config.base.join(&taken.url).map_err(|_| {
            self.trouble("its /heapdump answers a `url` that is none; docs/formats.md tells how")
        })?;
        let mut url = self.config.base.clone();
        url.set_path(named.path());
        url.set_query(named.query());
        let waited = self.limits.idle;
        let stalled = || Error::Slow {
            url: self.config.url().to_owned(),
            what: "it sent nothing of its snapshot",
            waited,
        };
        let mut answer = timeout(waited, self.send(self.client.get(url)))
            .await
            .unwrap_or_else(|_| Err(stalled()))?;
        loop {
            let chunk = timeout(waited, answer.chunk())
                .await
                .map_err(|_| stalled())?;
            match chunk.map_err(|error| self.went_away(&error))? {
                Some(chunk) => write(&chunk)?,
                None => return Ok(()),
            }
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let mut answer = self
            .config
            .authorize(request)
            .send()
            .await
            .map_err(|error| self.went_away(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = self.short_body(&mut answer).await.unwrap_or_default();
        let shown = |said: &str| self.config.without_secret(said);
        Err(self.trouble(&trouble::of_status("/heapdump", status, &body, shown)))
    }

    /// The body, as much of it as is ever needed of an answer in words.
    async fn short_body(&self, answer: &mut Response) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while body.len() < LONGEST {
            match answer
                .chunk()
                .await
                .map_err(|error| self.went_away(&error))?
            {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => break,
            }
        }
        body.truncate(LONGEST);
        Ok(body)
    }

    fn went_away(&self, error: &reqwest::Error) -> Error {
        let why = trouble::of_connection(error);
        self.trouble(&format!("no snapshot ({why}); is it still running?"))
    }

    fn trouble(&self, why: &str) -> Error {
        Error::Server {
            url: self.config.url().to_owned(),
            why: self.config.without_secret(why),
        }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<String>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn capture(&self) -> MutexGuard<'_, Option<Capture>> {
        self.capture.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// It is done, and the snapshot has this id.
    pub(super) fn took(&self, id: &str) {
        let mut taken = self.0.taken();
        if taken.len() == REMEMBERED {
            taken.remove(0);
        }
        taken.push(id.to_owned());
    }

    pub(super) fn server(&self) -> &Server {
        &self.0
    }

    /// The capture has come so far.
    pub(super) fn is_now(&self, stage: Stage) {
        if let Some(capture) = self.0.capture().as_mut() {
            capture.stage = stage;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.capture() = None;
    }
}
