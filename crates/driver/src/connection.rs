//! One connection to the server: sends a request, reads the answer to its last byte. When to send, and
//! what to make of the outcome, is decided elsewhere.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Request, Response, Url, redirect, retry};

use crate::failure::{ErrorKind, Failure};
use crate::watch::Watch;

/// A client of its own for each connection, which keeps one alive at the most, makes the number of
/// connections exact; a shared pool opens more whenever a request comes before an idle one is back.
pub(crate) struct Connection {
    client: Client,
    /// Over each request. The client's own timeout would set a timer for each.
    watch: Watch,
    last_answer: Option<Instant>,
}

/// A connection that rested for so long may just have been closed by a server that tired of it.
const RESTED: Duration = Duration::from_secs(1);

/// How much of an error's body is kept, in bytes.
const BODY_KEPT: usize = 1024;

impl Connection {
    /// One whose requests may take `timeout` each. Panics outside of an event loop.
    pub(crate) fn new(timeout: Duration) -> reqwest::Result<Self> {
        let client = Client::builder()
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(None)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .user_agent(concat!("leaklab-driver/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            client,
            watch: Watch::new(timeout),
            last_answer: None,
        })
    }

    /// Sends `GET url`; the length of the answer's body in bytes when its status is 2xx.
    pub(crate) async fn get(&mut self, url: Url) -> Result<u64, Failure> {
        let rested = self.last_answer.is_some_and(|at| at.elapsed() >= RESTED);
        let mut answer = self.try_get(url.clone()).await;
        // The server may have closed a resting connection while the request was on its way: no fault of
        // either side, and RFC 9112 (9.3.1) has clients send a GET again.
        if rested && matches!(&answer, Err(failure) if failure.kind == ErrorKind::Closed) {
            answer = self.try_get(url).await;
        }
        self.last_answer = Some(Instant::now());
        answer
    }

    /// Lets the client take its connection back before the next request asks for it; it would open a second one
    /// otherwise.
    pub(crate) async fn settle(&self) {
        let mut behind_all_that_can_go_on = false;
        // `yield_now` of tokio has the event loop ask the system for news each time, which is a call for each request.
        poll_fn(|context| {
            if behind_all_that_can_go_on {
                return Poll::Ready(());
            }
            behind_all_that_can_go_on = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    async fn try_get(&mut self, url: Url) -> Result<u64, Failure> {
        let Self { client, watch, .. } = self;
        let answer = async { read(client.execute(Request::new(Method::GET, url)).await?).await };
        let in_time = watch.over(answer).await;
        in_time.unwrap_or_else(|| Err(Failure::timed_out()))
    }
}

async fn read(mut response: Response) -> Result<u64, Failure> {
    let status = response.status();
    let (mut length, mut start) = (0, Vec::new());
    while let Some(chunk) = response.chunk().await? {
        length += chunk.len() as u64;
        if !status.is_success() && start.len() < BODY_KEPT {
            start.extend_from_slice(&chunk[..chunk.len().min(BODY_KEPT)]);
        }
    }
    if status.is_success() {
        Ok(length)
    } else {
        Err(Failure::status(status, &start))
    }
}
