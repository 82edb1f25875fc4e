//! An axum service whose heap can be photographed while it runs: the three lines that heapshot needs,
//! a route that takes a snapshot, and one that hands it out. The lab's servers use actix-web; this one shows that heapshot
//! does not care.
//!
//! ```text
//! cargo run --release --example axum_server -- 127.0.0.1:3002
//! curl 127.0.0.1:3002/remember/tea
//! curl 127.0.0.1:3002/spell/tea
//! curl '127.0.0.1:3002/heapdump?name=after'
//! ```
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use heapshot::{Metadata, Recorder};
use serde_json::json;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

#[derive(Clone)]
struct App {
    heap: Recorder,
    words: Arc<Mutex<Vec<String>>>,
    /// Requests served; a snapshot says it, so that growth can be told per request.
    requests: Arc<AtomicU64>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let heap = Recorder::start()?;
    let address = std::env::args().nth(1);
    let listener =
        tokio::net::TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0")).await?;
    println!("listening on http://{}", listener.local_addr()?);

    let app = App {
        heap,
        words: Arc::default(),
        requests: Arc::default(),
    };
    let router = Router::new()
        .route("/remember/{word}", get(remember))
        .route("/spell/{word}", get(spell))
        .route("/heapdump", get(heapdump))
        .route("/heapdump/{name}", get(download))
        .with_state(app);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn remember(State(app): State<App>, Path(word): Path<String>) -> String {
    let mut words = app.words.lock().expect("nobody panics with the lock");
    words.push(word);
    app.requests.fetch_add(1, Ordering::Relaxed);
    format!("{} words, {:?}\n", words.len(), app.heap.live())
}

/// Keeps nothing.
async fn spell(State(app): State<App>, Path(word): Path<String>) -> String {
    let letters: Vec<String> = word.chars().map(|letter| letter.to_string()).collect();
    app.requests.fetch_add(1, Ordering::Relaxed);
    format!("{}\n", letters.join("-"))
}

/// `GET /heapdump?name=NAME`. A snapshot blocks its thread until the file is written, so it gets one that may be blocked.
/// Its answer is what the Memory panel and `driver series` want to know: where the snapshot can be downloaded.
async fn heapdump(
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<String, (StatusCode, String)> {
    let name = query.get("name").map_or("heapdump", String::as_str);
    let path = file(name)?;
    let mut metadata = Metadata::new();
    let words = app.words.lock().expect("nobody panics with the lock").len();
    metadata.insert("words".to_owned(), words.into());
    let requests = app.requests.load(Ordering::Relaxed);
    metadata.insert("requests".to_owned(), requests.into());
    let shot = tokio::task::spawn_blocking(move || app.heap.snapshot_with(path, metadata))
        .await
        .expect("a snapshot does not panic")
        .map_err(|error| match error {
            heapshot::Error::Busy => (StatusCode::CONFLICT, error.to_string()),
            error => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        })?;
    let answer = json!({
        "live_bytes": shot.live_bytes,
        "path": shot.path,
        "url": format!("/heapdump/{name}.json"),
    });
    Ok(format!("{answer}\n"))
}

/// `GET /heapdump/NAME.json`.
async fn download(Path(name): Path<String>) -> Result<Vec<u8>, (StatusCode, String)> {
    let path = file(name.trim_end_matches(".json"))?;
    let content = tokio::fs::read(path).await;
    content.map_err(|error| (StatusCode::NOT_FOUND, error.to_string()))
}

/// A client never chooses a path, only a name.
fn file(name: &str) -> Result<PathBuf, (StatusCode, String)> {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Ok(PathBuf::from(format!("{name}.json")));
    }
    Err((
        StatusCode::BAD_REQUEST,
        "letters, digits and - only\n".to_owned(),
    ))
}
