//! A tab that looks at the Status view: a connection, read as far as a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::Value;

use crate::harness::LONG;
use crate::running::Running;

/// A connection on which events come.
pub(crate) struct Tab {
    stream: BufReader<TcpStream>,
}

impl Tab {
    /// Looks, and reads nothing yet.
    pub(crate) fn look(panel: &Running, minutes: u8) -> Self {
        let host = panel.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        write!(
            stream,
            "GET /api/status?minutes={minutes} HTTP/1.1\r\nhost: {host}\r\n\r\n"
        )
        .unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// The next event; nothing when there are no more.
    pub(crate) fn next(&mut self) -> Option<Value> {
        let text = self.next_text()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Its text.
    pub(crate) fn next_text(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.stream.read_line(&mut line).unwrap_or(0) > 0 {
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(data.trim_end().to_owned());
            }
            line.clear();
        }
        None
    }

    /// The first event in which there is something.
    #[track_caller]
    pub(crate) fn wait_for<T>(&mut self, what: &str, found: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + LONG;
        while Instant::now() < deadline {
            let event = self.next().expect("the events go on");
            if let Some(found) = found(&event) {
                return found;
            }
        }
        panic!("waited in vain for {what}");
    }

    /// Whether nobody is at the other end any more; it reads nothing to find that out.
    pub(crate) fn is_cut_off(&mut self) -> bool {
        self.stream.get_mut().write_all(b"\r\n").is_err()
    }

    /// How much comes until the connection ends, in bytes.
    pub(crate) fn read_to_end(mut self) -> u64 {
        let (mut all, mut chunk) = (0, vec![0; 1 << 16]);
        while let Ok(read @ 1..) = self.stream.read(&mut chunk) {
            all += read as u64;
        }
        all
    }
}
