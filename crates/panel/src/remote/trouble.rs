//! What went wrong with a server, in words, and what to do about it.

use std::error::Error;
use std::io;
use std::iter::successors;

use reqwest::StatusCode;
use serde::Deserialize;

/// Longest reason of a server that is passed on, in characters.
const LONGEST: usize = 300;

/// Why there is no answer.
pub(crate) fn of_connection(error: &reqwest::Error) -> String {
    use io::ErrorKind as Io;

    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let io = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(Io::ConnectionRefused) => "connection refused".to_owned(),
        Some(Io::HostUnreachable | Io::NetworkUnreachable) => "host unreachable".to_owned(),
        Some(
            Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::BrokenPipe
            | Io::NotConnected
            | Io::UnexpectedEof,
        ) => "connection closed".to_owned(),
        _ => match causes(error).last() {
            Some(cause) => one_line(&cause.to_string()),
            None => one_line(&error.to_string()),
        },
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(error.source(), |&cause| cause.source())
}

/// What an answer of a route means that is no success, and what to do. The body is the server's, and told as `shown` makes it.
pub(crate) fn of_status(
    route: &str,
    status: StatusCode,
    body: &[u8],
    shown: impl Fn(&str) -> String,
) -> String {
    let said = reason(body, shown).map_or(String::new(), |reason| format!(" ({reason})"));
    match status {
        StatusCode::UNAUTHORIZED => {
            format!("it wants a token{said}: set LEAKLAB_TOKEN, or give it with --token TOKEN")
        }
        StatusCode::FORBIDDEN => format!("it refuses{said}: name it as it wants to be named"),
        StatusCode::NOT_FOUND => {
            format!("it has no {route} there{said}: docs/formats.md tells what a server must offer")
        }
        StatusCode::CONFLICT => {
            format!("another snapshot of it is under way{said}: try again when that is done")
        }
        StatusCode::NOT_IMPLEMENTED => format!("it cannot take snapshots{said}"),
        StatusCode::SERVICE_UNAVAILABLE => {
            format!("it is shutting down or overloaded{said}: try again later")
        }
        status if status.is_redirection() => {
            format!(
                "it redirects ({status}), which is not followed: give the address where it really is"
            )
        }
        status => format!("it answered {status}{said}: its own log may tell more"),
    }
}

/// The reason in a body: `{"error": "…"}`, or else its beginning.
fn reason(body: &[u8], shown: impl Fn(&str) -> String) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let text = match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => refusal.error,
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    // Before it is cut, or a part of a secret might be left.
    Some(one_line(&shown(&text))).filter(|text| !text.is_empty())
}

fn one_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let printable = line.chars().filter(|c| !c.is_control());
    printable.take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_reason_is_passed_on_as_one_line() {
        let said = of_status(
            "/heapdump",
            StatusCode::NOT_IMPLEMENTED,
            br#"{"error":"records no heap"}"#,
            str::to_owned,
        );
        assert_eq!(said, "it cannot take snapshots (records no heap)");
        let said = of_status(
            "/heapdump",
            StatusCode::INTERNAL_SERVER_ERROR,
            b"\x1b[31mno\nmore",
            str::to_owned,
        );
        assert!(said.contains("([31mno)"), "{said}");
        let long = of_status(
            "/heapdump",
            StatusCode::BAD_GATEWAY,
            &[b'x'; 5000],
            str::to_owned,
        );
        assert!(long.len() < 400, "{}", long.len());
    }

    #[test]
    fn a_secret_is_hidden_where_the_reason_is_cut_and_where_json_escapes_it() {
        let hide = |said: &str| said.replace("hunter\"2", "TOKEN");
        let body = format!(r#"{{"error":"{}hunter\"2"}}"#, "x".repeat(LONGEST - 3));
        let said = of_status("/heapdump", StatusCode::BAD_GATEWAY, body.as_bytes(), hide);
        assert!(said.contains("xTOK") && !said.contains("hun"), "{said}");
    }
}
