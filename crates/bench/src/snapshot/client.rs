//! Requests over one connection of their own, and the probe: one request every few milliseconds, whatever the last one took.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Time from one probe to the next.
const BEAT: Duration = Duration::from_millis(3);

/// Longer than any answer takes.
const LONGEST: Duration = Duration::from_secs(600);

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    /// Connects to the server at `url`: `http://127.0.0.1:PORT`.
    pub(crate) fn connect(url: &str) -> Result<Self> {
        let host = url.trim_start_matches("http://").to_owned();
        let stream =
            TcpStream::connect(&host).with_context(|| format!("cannot connect to {url}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LONGEST))?;
        Ok(Self {
            stream: BufReader::new(stream),
            host,
        })
    }

    /// Asks for a path, and returns the answer's body.
    pub(crate) fn get(&mut self, path: &str) -> Result<Vec<u8>> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.host);
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            ensure!(
                self.stream.read_line(&mut line)? > 0,
                "the server hung up on {path}"
            );
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().context("in content-length")?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        ensure!(
            status == "200",
            "{path} was answered with {status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(body)
    }
}

/// A thread that asks for `/healthz` until it is ended.
#[derive(Debug)]
pub(crate) struct Probe {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Vec<Asked>>>>,
}

/// One request of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// When it was due.
    pub(crate) due: Instant,
    /// From then until its answer.
    pub(crate) took: Duration,
}

impl Probe {
    pub(crate) fn start(url: &str) -> Result<Self> {
        let mut client = Client::connect(url)?;
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            let mut asked = Vec::new();
            let mut due = Instant::now();
            while !told.load(Ordering::Relaxed) {
                client.get("/healthz")?;
                let now = Instant::now();
                asked.push(Asked {
                    due,
                    took: now - due,
                });
                // Those that were due meanwhile waited for the same.
                while due <= now {
                    due += BEAT;
                }
                thread::park_timeout(due - now);
            }
            Ok(asked)
        });
        Ok(Self {
            ends,
            thread: Some(thread),
        })
    }

    /// All its requests.
    pub(crate) fn end(mut self) -> Result<Vec<Asked>> {
        self.ends.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("it is ended once")?;
        thread
            .join()
            .unwrap_or_else(|_| anyhow::bail!("the probe panicked"))
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

/// The longest answer to a request that was due while this lasted, or just before.
pub(crate) fn worst(asked: &[Asked], from: Instant, until: Instant) -> Option<Duration> {
    asked
        .iter()
        .filter(|asked| asked.due <= until && asked.due + asked.took >= from)
        .map(|asked| asked.took)
        .max()
}

#[cfg(test)]
mod tests {
    use super::{Asked, worst};
    use std::time::{Duration, Instant};

    #[test]
    fn what_was_answered_before_or_asked_later_does_not_count() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let asked = |due, took| Asked {
            due: start + ms(due),
            took: ms(took),
        };
        let all = [asked(0, 50), asked(95, 10), asked(100, 7), asked(300, 90)];
        let between = |from, until| worst(&all, start + ms(from), start + ms(until));
        assert_eq!(between(100, 200), Some(ms(10)));
        assert_eq!(between(150, 200), None);
    }
}
