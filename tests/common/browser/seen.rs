//! What a page said and asked for.

use std::cell::RefCell;

use serde_json::Value;

use super::page::Page;

/// A message of the console: of `console.…`, of an uncaught error, of a request that failed, of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `SEVERE`, `WARNING`, `INFO` or `DEBUG`
    pub level: String,
    pub text: String,
}

/// The browser tells everything once.
#[derive(Default)]
pub struct Seen {
    messages: RefCell<Vec<Message>>,
    requests: RefCell<Vec<String>>,
}

impl Page {
    /// All that was in the console since the browser started.
    #[track_caller]
    pub fn console(&self) -> Vec<Message> {
        let new = self.wait(self.session.browser_log());
        let new = new.into_iter().map(|entry| Message {
            level: entry.level,
            text: entry.message,
        });
        let mut messages = self.seen.messages.borrow_mut();
        messages.extend(new);
        messages.clone()
    }

    /// The URLs of all requests since the browser started, of the page itself too; `data:` URLs are none.
    #[track_caller]
    pub fn requests(&self) -> Vec<String> {
        let new = self.wait(self.session.get_log("performance"));
        let new = new.iter().filter_map(|entry| requested(&entry.message));
        let mut requests = self.seen.requests.borrow_mut();
        requests.extend(new);
        requests.clone()
    }

    /// The console is empty, whatever the level.
    #[track_caller]
    pub fn said_nothing(&self) -> &Self {
        assert_eq!(self.console(), []);
        self
    }
}

/// The URL, if an event of the DevTools protocol tells of a request.
fn requested(event: &str) -> Option<String> {
    let event: Value = serde_json::from_str(event).expect("an event is JSON");
    let message = &event["message"];
    let (member, url) = match message["method"].as_str()? {
        "Network.requestWillBeSent" => ("request", &message["params"]["request"]["url"]),
        "Network.webSocketCreated" => ("socket", &message["params"]["url"]),
        _ => return None,
    };
    let url = url.as_str().unwrap_or(member);
    (!url.starts_with("data:")).then(|| url.to_owned())
}
