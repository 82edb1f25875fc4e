//! One question over HTTP, on a connection of its own that is closed with the answer.

use std::fmt;
use std::io::Write;
use std::net::TcpStream;

use reqwest::{Client, Method};
use serde_json::Value;
use tokio::runtime;

use super::process::LONG;

/// What a server answered.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// `GET url`.
#[track_caller]
pub fn get(url: &str) -> Answer {
    ask(Method::GET, url, &[])
}

/// Any question; a header's value may be anything that HTTP allows.
#[track_caller]
pub fn ask(method: Method, url: &str, headers: &[(&str, &[u8])]) -> Answer {
    let client = Client::builder().no_proxy().timeout(LONG).build().unwrap();
    let question = headers
        .iter()
        .fold(client.request(method, url), |question, (name, value)| {
            question.header(*name, *value)
        });
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let answer = question.send().await.unwrap();
        Answer {
            status: answer.status().as_u16(),
            body: answer.bytes().await.unwrap().to_vec(),
        }
    })
}

/// Asks the server at `url` for `path` and does not wait: what comes of it is the caller's to read.
pub fn ask_only(url: &str, path: &str) -> TcpStream {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    stream
}

impl Answer {
    /// Is of this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Is a refusal of this status; the reason it gives.
    #[track_caller]
    pub fn refuses(self, status: u16) -> String {
        let json = self.is(status).json();
        let keys: Vec<_> = json.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["error"]);
        json["error"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(json) => json,
            Err(error) => panic!("{error}: {self:?}"),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.text())
    }
}
