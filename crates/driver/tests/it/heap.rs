//! A server whose heap can be photographed, as `docs/formats.md` tells and otherwise.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::server::{Answer, Request, Server};

/// What it does when it is asked for something that is not the load.
pub(crate) struct Heap {
    /// `/healthz` tells what a series needs.
    pub(crate) healthz: bool,
    /// The answer of `/heapdump`, in place of the usual one, by the number of the question.
    pub(crate) taking: Taking,
    /// The answer of a download, in place of the usual one.
    pub(crate) handing_out: HandingOut,
    /// The answer to the load's requests, by their number.
    pub(crate) load: fn(u64) -> Answer,
}

pub(crate) type Taking = fn(usize) -> Option<Answer>;
pub(crate) type HandingOut = fn(&State, &str) -> Option<Answer>;

/// What has happened.
#[derive(Default)]
pub(crate) struct State {
    /// Requests of the load.
    pub(crate) served: Mutex<u64>,
    /// Snapshots by their names.
    pub(crate) snapshots: Mutex<HashMap<String, String>>,
    /// `Authorization` of each question that is not the load.
    pub(crate) secrets: Mutex<Vec<(String, Option<String>)>>,
    asked: Mutex<usize>,
}

impl Default for Heap {
    fn default() -> Self {
        Self {
            healthz: true,
            taking: |_| None,
            handing_out: |_, _| None,
            load: |_| Answer::Good,
        }
    }
}

impl Heap {
    pub(crate) fn start(self) -> (Server, Arc<State>) {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let server = Server::start(move |request| self.answer(&shared, &request));
        (server, state)
    }

    fn answer(&self, state: &State, request: &Request) -> Answer {
        let path = request.path.as_str();
        if path.starts_with("/load") {
            let mut served = state.served.lock().unwrap();
            *served += 1;
            return (self.load)(*served - 1);
        }
        let secret = (path.to_owned(), request.authorization.clone());
        state.secrets.lock().unwrap().push(secret);
        if path == "/healthz" {
            let served = *state.served.lock().unwrap();
            let health = json!({"requests": served, "in_flight": 0, "live_bytes": 1000 * served});
            return if self.healthz {
                Answer::Text(200, health.to_string())
            } else {
                Answer::Status(404, "no such page")
            };
        }
        if let Some(query) = path.strip_prefix("/heapdump?name=") {
            let name = query.split('&').next().unwrap();
            let number = {
                let mut asked = state.asked.lock().unwrap();
                *asked += 1;
                *asked - 1
            };
            if let Some(answer) = (self.taking)(number) {
                return answer;
            }
            let snapshot = snapshot(Some(*state.served.lock().unwrap()));
            let mut snapshots = state.snapshots.lock().unwrap();
            snapshots.insert(name.to_owned(), snapshot);
            let answer = json!({"url": format!("http://elsewhere.example/heapdump/{name}.json")});
            let status = if query.contains("wait=false") {
                202
            } else {
                200
            };
            return Answer::Text(status, answer.to_string());
        }
        let file = path.strip_prefix("/heapdump/").expect("no other route");
        let name = file.trim_end_matches(".json");
        if let Some(answer) = (self.handing_out)(state, name) {
            return answer;
        }
        match state.snapshots.lock().unwrap().get(name) {
            Some(snapshot) => Answer::Text(200, snapshot.clone()),
            None => Answer::Status(404, "no such snapshot"),
        }
    }
}

/// A DHAT file without a heap, after so many requests.
pub(crate) fn snapshot(requests: Option<u64>) -> String {
    let mut document = json!({"dhatFileVersion": 2, "mode": "rust-heap", "pps": [], "ftbl": []});
    if let Some(requests) = requests {
        document["heapshot"] = json!({
            "live_bytes": 1000 * requests, "live_blocks": requests, "rss_bytes": 5_000_000, "pause_us": 1234,
            "metadata": {"requests": requests},
        });
    }
    document.to_string()
}
