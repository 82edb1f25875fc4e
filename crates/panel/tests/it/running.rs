//! The panel under test: runs in a thread until dropped, with a folder of its own; and a client for it.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use panel::{Config, Panel, ServerConfig, Servers};
use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime;
use tokio::sync::oneshot;

use crate::harness::{Answer, LONG, names_in, wait_for};

/// A running panel.
pub(crate) struct Running {
    pub(crate) url: String,
    /// What it watches.
    pub(crate) folder: TempDir,
    pub(crate) home: PathBuf,
    pub(crate) servers: Servers,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    /// On a folder that is empty yet.
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    /// On that folder and the server at this URL.
    pub(crate) fn on(server: &str) -> Self {
        Self::with(|config| config.servers.push(ServerConfig::new(server).unwrap()))
    }

    /// With a configuration that differs from the usual one.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            folders: vec![folder.path().to_owned()],
            ..Config::default()
        };
        change(&mut config);
        let panel = Panel::open(config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (servers, home) = (panel.servers(), panel.home().to_owned());
        let (shutdown, told) = oneshot::channel();
        let thread = thread::spawn(move || {
            let told = async { drop(told.await) };
            runtime().block_on(panel.serve(listener, told))
        });
        Self {
            url,
            folder,
            home,
            servers,
            shutdown: Some(shutdown),
            thread: Some(thread),
        }
    }

    /// A file in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into its folder.
    pub(crate) fn put(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    /// What is in its folder, hidden things too.
    pub(crate) fn names(&self) -> Vec<String> {
        names_in(self.folder.path())
    }

    /// A request as the panel's own page makes it.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Request {
        let request = Request::new(method, &format!("{}{path}", self.url));
        match request.method {
            Method::GET => request,
            _ => request.header("origin", &self.url),
        }
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).send()
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(Method::POST, path).body(body).send()
    }

    #[track_caller]
    pub(crate) fn post_json(&self, path: &str, body: &str) -> Answer {
        self.ask(Method::POST, path).json(body).send()
    }

    #[track_caller]
    pub(crate) fn rename(&self, id: &str, label: &str) -> Answer {
        let body = serde_json::json!({ "label": label }).to_string();
        let path = format!("/api/snapshots/{id}");
        self.ask(Method::PATCH, &path).json(&body).send()
    }

    #[track_caller]
    pub(crate) fn delete(&self, id: &str) -> Answer {
        self.ask(Method::DELETE, &format!("/api/snapshots/{id}"))
            .send()
    }

    #[track_caller]
    pub(crate) fn restore(&self, id: &str) -> Answer {
        self.post(&format!("/api/snapshots/{id}/restore"), "")
    }

    /// The whole list.
    #[track_caller]
    pub(crate) fn list(&self) -> Value {
        self.get("/api/snapshots").is(200).json()
    }

    /// The names of the snapshots in the list, in its order.
    #[track_caller]
    pub(crate) fn labels(&self) -> Vec<String> {
        let list = self.list();
        let snapshots = list["snapshots"].as_array().unwrap();
        let labels = snapshots.iter().map(|it| it["label"].as_str().unwrap());
        labels.map(str::to_owned).collect()
    }

    /// A snapshot in the list, by its name.
    #[track_caller]
    pub(crate) fn card(&self, label: &str) -> Value {
        let list = self.list();
        let snapshots = list["snapshots"].as_array().unwrap();
        let found = snapshots.iter().find(|it| it["label"] == label);
        found.unwrap_or_else(|| panic!("{label}: {list}")).clone()
    }

    #[track_caller]
    pub(crate) fn id(&self, label: &str) -> String {
        self.card(label)["id"].as_str().unwrap().to_owned()
    }

    /// Takes a snapshot of the first server.
    #[track_caller]
    pub(crate) fn capture(&self, body: &str) -> Answer {
        self.post_json("/api/servers/0/snapshots", body)
    }

    /// Waits until a snapshot of the first server has come so far.
    pub(crate) fn wait_for_stage(&self, stage: &str) {
        wait_for("the capture", || {
            let capture = &self.list()["servers"][0]["capture"];
            (capture["stage"] == stage && capture["elapsed_ms"].is_u64()).then_some(())
        });
    }

    /// Ends it, and waits until it has.
    pub(crate) fn end(mut self) -> io::Result<()> {
        drop(self.shutdown.take());
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A request, about to be sent.
pub(crate) struct Request {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: Method, url: &str) -> Self {
        Self {
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With this header instead of any of its name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        self.send_for_headers().0
    }

    /// The answer, and its headers, one a line.
    #[track_caller]
    pub(crate) fn send_for_headers(self) -> (Answer, String) {
        let client = Client::builder().no_proxy().timeout(LONG).build().unwrap();
        let question = client.request(self.method, self.url).body(self.body);
        let question = self
            .headers
            .iter()
            .fold(question, |question, (name, value)| {
                question.header(name, value)
            });
        runtime().block_on(async {
            let answer = question.send().await.unwrap();
            let headers = answer.headers().iter();
            let headers =
                headers.map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()));
            let headers = headers.collect();
            let status = answer.status().as_u16();
            let body = answer.bytes().await.unwrap().to_vec();
            (Answer { status, body }, headers)
        })
    }
}

fn runtime() -> runtime::Runtime {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// A snapshot with so many live bytes in one block, after so many requests.
pub(crate) fn snapshot(bytes: u64, requests: u64) -> String {
    serde_json::json!({
        "dhatFileVersion": 2, "mode": "rust-heap", "verb": "Allocated", "bklt": true, "bkacc": false,
        "tu": "µs", "Mtu": "s", "tuth": 10, "cmd": "./shop", "pid": 7, "tg": 1, "te": 9,
        "pps": [{"tb": bytes, "tbk": 1, "tl": 1, "mb": bytes, "mbk": 1, "gb": bytes, "gbk": 1,
                 "eb": bytes, "ebk": 1, "fs": [1, 2]}],
        "ftbl": ["[root]",
                 "0x1: <alloc::vec::Vec<u8>>::push (library/alloc/src/vec/mod.rs:1:2)",
                 "0x2: shop::buy (shop/src/main.rs:3:4)"],
        "heapshot": {"format_version": 1, "time": format!("2026-01-02T03:{:02}:00Z", requests % 60),
                     "uptime_us": 5, "pause_us": 700, "rss_bytes": 4096, "live_bytes": bytes, "live_blocks": 1,
                     "metadata": {"server": "shop", "requests": requests}}
    })
    .to_string()
}

/// The same of a program that does not count its requests.
pub(crate) fn uncounted(bytes: u64) -> String {
    let mut file: Value = serde_json::from_str(&snapshot(bytes, 30)).unwrap();
    let metadata = file["heapshot"]["metadata"].as_object_mut().unwrap();
    metadata.remove("requests").unwrap();
    file.to_string()
}
