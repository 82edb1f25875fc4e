//! A server that answers as the test says, to the byte: what no real one would.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Answers every connection's one request in a thread of its own, until the process ends.
pub(crate) struct Fake {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// `answer` gets the request's head, and the connection; what it does not write is not sent.
    pub(crate) fn start(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, seen, answer) =
                    (stream.unwrap(), Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let head = head_of(&stream);
                    seen.lock().unwrap().push(head.clone());
                    answer(&head, &mut stream);
                });
            }
        });
        Self { url, requests }
    }

    /// Answers `/heapdump` with this status and body, and everything else with 404.
    pub(crate) fn heapdump(status: &'static str, body: &'static str) -> Self {
        Self::start(move |head, stream| {
            if head.starts_with("GET /heapdump?") {
                respond(stream, status, body);
            } else {
                respond(stream, "404 Not Found", "nothing here");
            }
        })
    }

    /// The heads of the requests so far that begin like this.
    pub(crate) fn requests(&self, begin: &str) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let like = requests.iter().filter(|head| head.starts_with(begin));
        like.cloned().collect()
    }
}

pub(crate) fn respond(stream: &mut TcpStream, status: &str, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

fn head_of(stream: &TcpStream) -> String {
    let mut head = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        head += &line;
        head.push('\n');
    }
    head
}
