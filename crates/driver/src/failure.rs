//! Why a request failed: one kind for each cause that asks for a different answer from the reader.

use std::error::Error;
use std::fmt;
use std::io;

use reqwest::StatusCode;
use serde::{Serialize, Serializer};

/// The kinds of failure that a [`Report`](crate::Report) counts. In JSON they are their display texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nothing listens on the port.
    Refused,
    /// No way to the host, or no such host.
    Unreachable,
    /// The server closed or reset the connection before its answer was complete.
    Closed,
    /// No complete answer within the timeout.
    TimedOut,
    /// An answer with a status that is not 2xx. Redirects are not followed.
    Status(u16),
    /// Anything else; the example tells.
    Other,
}

/// One failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// What happened, on one line.
    pub(crate) text: String,
}

/// Longest text of a failure, in characters.
const TEXT_LIMIT: usize = 200;

impl ErrorKind {
    /// Whether the server was never reached.
    pub(crate) fn is_absent(self) -> bool {
        matches!(self, Self::Refused | Self::Unreachable)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("connection refused"),
            Self::Unreachable => f.write_str("host unreachable"),
            Self::Closed => f.write_str("connection closed"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Other => f.write_str("other"),
        }
    }
}

impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Failure {
    /// No complete answer in time.
    pub(crate) fn timed_out() -> Self {
        Self {
            kind: ErrorKind::TimedOut,
            text: "operation timed out".to_owned(),
        }
    }

    /// An answer that is not a success; the start of its body tells why.
    pub(crate) fn status(status: StatusCode, body: &[u8]) -> Self {
        let body = one_line(&String::from_utf8_lossy(body));
        Self {
            kind: ErrorKind::Status(status.as_u16()),
            text: if body.is_empty() {
                status.canonical_reason().unwrap_or("no body").to_owned()
            } else {
                body
            },
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self {
            kind: kind_of(&error),
            text: one_line(&innermost(&error).to_string()),
        }
    }
}

fn kind_of(error: &reqwest::Error) -> ErrorKind {
    use io::ErrorKind as Io;

    if error.is_timeout() {
        return ErrorKind::TimedOut;
    }
    let io = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(Io::ConnectionRefused) => ErrorKind::Refused,
        Some(Io::HostUnreachable | Io::NetworkUnreachable) => ErrorKind::Unreachable,
        Some(
            Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::BrokenPipe
            | Io::NotConnected
            | Io::UnexpectedEof,
        ) => ErrorKind::Closed,
        _ if causes(error).any(is_cut_short) => ErrorKind::Closed,
        // A name that cannot be resolved is no error of the system and has no number. One that has (too
        // many open files) is this machine's fault, not the server's.
        _ if error.is_connect() && io.is_none_or(|io| io.raw_os_error().is_none()) => {
            ErrorKind::Unreachable
        }
        _ => ErrorKind::Other,
    }
}

fn is_cut_short(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<hyper::Error>().is_some_and(|error| {
        error.is_incomplete_message() || error.is_closed() || error.is_canceled()
    })
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The outer errors only say that sending a request failed.
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

/// The first words of a text as it may be shown on a terminal: no control characters, no line breaks.
fn one_line(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TEXT_LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::{ErrorKind, Failure, TEXT_LIMIT};

    fn text(body: &str) -> String {
        Failure::status(StatusCode::SERVICE_UNAVAILABLE, body.as_bytes()).text
    }

    #[test]
    fn the_body_of_an_error_is_its_text_on_one_line() {
        assert_eq!(
            text("heap is full:\r\n  \x1b[2Jretry\n"),
            "heap is full: [2Jretry"
        );
    }

    #[test]
    fn a_status_without_a_body_says_its_name() {
        assert_eq!(text(" \n"), "Service Unavailable");
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let text = text(&"é".repeat(TEXT_LIMIT + 1));
        assert_eq!(text.chars().count(), TEXT_LIMIT + 1);
        assert!(text.ends_with("é…"));
    }

    #[test]
    fn a_kind_is_its_text_in_json() {
        let json = serde_json::to_string(&[ErrorKind::Status(503), ErrorKind::TimedOut]).unwrap();
        assert_eq!(json, r#"["HTTP 503","timed out"]"#);
    }
}
