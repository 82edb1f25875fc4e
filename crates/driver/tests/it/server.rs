//! A small HTTP server that misbehaves on demand: one thread a connection, port 0, GET only.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does with one request.
pub(crate) enum Answer {
    /// 200 and [`BODY`].
    Good,
    /// Another status, with a body.
    Status(u16, &'static str),
    /// Any status and body.
    Text(u16, String),
    /// Good after so long, while every other connection waits as well.
    Stall(Duration),
    /// None, and the connection stays open.
    Never,
    /// Half of a good one; then the connection is closed.
    CutShort,
    /// 200, and a body until the client has enough.
    Endless,
    /// None; the connection is closed.
    HangUp,
    /// None; all connections and the port are closed.
    Die,
}

/// What a good answer holds.
pub(crate) const BODY: &str = r#"{"size":10000}"#;

/// Running until it is dropped or dies.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    answer: Box<dyn Fn(Request) -> Answer + Send + Sync>,
    paths: Mutex<Vec<String>>,
    connections: Mutex<Vec<TcpStream>>,
    open: AtomicUsize,
    dying: AtomicBool,
    /// Held while an answer is written; a stall holds it longer.
    turn: Mutex<()>,
}

/// A request, and where it stands among all and among those of its connection: 0, 1, 2, …
pub(crate) struct Request {
    pub(crate) number: usize,
    pub(crate) on_connection: usize,
    /// With its query.
    pub(crate) path: String,
    /// The header `Authorization`.
    pub(crate) authorization: Option<String>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            answer: Box::new(answer),
            paths: Mutex::default(),
            connections: Mutex::default(),
            open: AtomicUsize::new(0),
            dying: AtomicBool::new(false),
            turn: Mutex::default(),
        });
        let accepting = Arc::clone(&state);
        thread::spawn(move || accept(&listener, address, &accepting));
        Self { address, state }
    }

    /// One that answers every request well.
    pub(crate) fn good() -> Self {
        Self::start(|_| Answer::Good)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for, sorted.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = self.state.paths.lock().unwrap().clone();
        paths.sort();
        paths
    }

    /// How many requests have come.
    pub(crate) fn requests(&self) -> usize {
        self.state.paths.lock().unwrap().len()
    }

    /// How many connections have ever been opened.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.lock().unwrap().len()
    }

    /// How many of them are open now.
    pub(crate) fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.die(self.address);
    }
}

impl State {
    fn die(&self, address: SocketAddr) {
        self.dying.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(address); // wakes the listener, which then closes
        for connection in self.connections.lock().unwrap().iter() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, address: SocketAddr, state: &Arc<State>) {
    for connection in listener.incoming() {
        if state.dying.load(Ordering::SeqCst) {
            return;
        }
        let connection = connection.unwrap();
        connection.set_nodelay(true).unwrap();
        state
            .connections
            .lock()
            .unwrap()
            .push(connection.try_clone().unwrap());
        state.open.fetch_add(1, Ordering::SeqCst);
        let state = Arc::clone(state);
        thread::spawn(move || {
            let _ = serve(&connection, address, &state); // an error is a connection that has ended
            let _ = connection.shutdown(Shutdown::Both);
            state.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

fn serve(mut connection: &TcpStream, address: SocketAddr, state: &State) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    for on_connection in 0.. {
        let Some((path, authorization)) = read_request(&mut reader)? else {
            return Ok(());
        };
        let number = {
            let mut paths = state.paths.lock().unwrap();
            paths.push(path.clone());
            paths.len() - 1
        };
        let request = Request {
            number,
            on_connection,
            path,
            authorization,
        };
        match (state.answer)(request) {
            Answer::Good => {
                let _turn = state.turn.lock().unwrap();
                write!(connection, "{}{BODY}", head(200, BODY.len()))?;
            }
            Answer::Status(status, body) => {
                // In two pieces, as servers that stream do.
                write!(connection, "{}", head(status, body.len()))?;
                write!(connection, "{body}")?;
            }
            Answer::Text(status, body) => {
                write!(connection, "{}{body}", head(status, body.len()))?;
            }
            Answer::Stall(time) => {
                let _turn = state.turn.lock().unwrap();
                thread::sleep(time);
                write!(connection, "{}{BODY}", head(200, BODY.len()))?;
            }
            Answer::Never => {}
            Answer::CutShort => {
                return write!(connection, "{}{BODY}", head(200, 2 * BODY.len()));
            }
            Answer::Endless => {
                write!(connection, "HTTP/1.1 200 Whatever\r\n\r\n")?;
                loop {
                    connection.write_all(&[b'1'; 1 << 13])?;
                }
            }
            Answer::HangUp => return Ok(()),
            Answer::Die => {
                state.die(address);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Its path and its secret.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<(String, Option<String>)>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let (mut line, mut authorization) = (String::new(), None);
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line)?;
        let secret = line.to_ascii_lowercase().starts_with("authorization: ");
        if secret {
            authorization = Some(line["authorization: ".len()..].trim().to_owned());
        }
    }
    Ok(Some((path, authorization)))
}

fn head(status: u16, length: usize) -> String {
    format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {length}\r\n\r\n")
}
