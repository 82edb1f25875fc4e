//! A server that never stops sending fills neither the driver's memory nor its disk.

use std::fs;

use driver::series::{self, SeriesError};

use crate::server::{Answer, Server};

/// Of a snapshot, in bytes.
const MOST: u64 = 1 << 20;

/// A server whose answer to such a path never ends; others are answered with where a snapshot is.
fn endless(at: &'static str) -> (Server, series::Server) {
    let server = Server::start(move |request| {
        if request.path.starts_with(at) {
            Answer::Endless
        } else {
            Answer::Text(200, r#"{"url":"/heapdump/1.json"}"#.to_owned())
        }
    });
    let heap = series::Server::new(&server.url("")).unwrap();
    (server, heap.with_most_bytes(MOST))
}

#[track_caller]
fn is_too_long(error: &SeriesError) {
    let error = error.to_string();
    assert!(error.contains("longer than 1048576 bytes"), "{error}");
}

#[tokio::test]
async fn an_endless_answer_instead_of_the_health_is_none() {
    let (_server, heap) = endless("/healthz");
    assert_eq!(heap.health().await.unwrap(), None);
}

#[tokio::test]
async fn an_endless_answer_instead_of_a_snapshot_is_refused() {
    let (_server, heap) = endless("/heapdump?");
    is_too_long(&heap.take("name").await.unwrap_err());
}

#[tokio::test]
async fn an_endless_download_is_refused_and_leaves_no_file() {
    let (_server, heap) = endless("/heapdump/1.json");
    let folder = tempfile::tempdir().unwrap();
    let taken = heap.take("name").await.unwrap();
    is_too_long(&heap.fetch(taken, folder.path()).await.unwrap_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
