//! The server under test: runs in a thread until dropped, with a folder of its own.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use heapshot::{AtLimit, Ceiling, Recorder};
use serde_json::Value;
use service::{Access, Config};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::harness::{Answer, ask_only, get, wait_for};
use crate::labs;

/// Bytes that this process may hold; more than all tests but those of the ceiling come to.
pub(crate) const CEILING: u64 = 512 << 20;

/// A running server. There is one at a time, as there is one recorder a process.
pub(crate) struct Server {
    pub(crate) url: String,
    /// Where `snapshots` is or will be.
    pub(crate) folder: TempDir,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    _turn: MutexGuard<'static, ()>,
}

/// The recorder of this process. What is recorded adds up over all tests, and is written with each
/// snapshot: short stacks keep that quick.
pub(crate) fn recorder() -> Recorder {
    static HEAP: OnceLock<Recorder> = OnceLock::new();
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let start = || {
        let folder = FOLDER.get_or_init(|| tempfile::tempdir().unwrap());
        let ceiling = Ceiling::new(CEILING, folder.path().join("near-limit.json"));
        let builder = Recorder::builder().frames(4);
        let shedding = builder.ceiling(ceiling.at_limit(AtLimit::Shed));
        shedding.start().unwrap()
    };
    HEAP.get_or_init(start).clone()
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    /// With a configuration that differs from the usual one.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            server: "tested",
            snapshots: folder.path().join("snapshots"),
            workers: 2.try_into().ok(),
            access: Access::Loopback,
            heap: Some(recorder()),
            requests: Arc::default(),
            tally: Arc::default(),
        };
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (shutdown, told) = oneshot::channel();
        let thread = thread::spawn(|| {
            let told = async { drop(told.await) };
            actix_web::rt::System::new().block_on(service::run(
                listener,
                labs::routes,
                config,
                told,
            ))
        });
        Self {
            url,
            folder,
            shutdown: Some(shutdown),
            thread: Some(thread),
            _turn: turn,
        }
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        get(&self.url(path))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// A client that asks and does not wait.
    pub(crate) fn ask_only(&self, path: &str) -> TcpStream {
        ask_only(&self.url, path)
    }

    #[track_caller]
    pub(crate) fn health(&self) -> Value {
        self.get("/healthz").is(200).json()
    }

    #[track_caller]
    pub(crate) fn wait_for_in_flight(&self, requests: u64) {
        wait_for("requests in flight", || {
            (self.health()["in_flight"] == requests).then_some(())
        });
    }

    pub(crate) fn snapshot(&self, name: &str) -> PathBuf {
        self.folder.path().join("snapshots").join(name)
    }

    /// Tells it to end, and does not wait.
    pub(crate) fn tell_to_end(&mut self) {
        let shutdown = self.shutdown.take().expect("told once");
        shutdown.send(()).expect("still running");
    }

    /// Waits until it has ended.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.thread.take().expect("ends once").join().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
