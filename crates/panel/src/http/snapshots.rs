//! The list of snapshots, and what can be done to one: load, rename, delete, bring back.

use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_core::Stream;
use heapdiff::page::Card;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::answer::{Answer, blocking, body, json, query};
use super::shared::Shared;
use crate::error::Error;
use crate::remote::ServerCard;
use crate::store::{Deleted, Store, wanted};

/// The answer of `GET /api/snapshots`; `docs/formats.md` tells its keys.
#[derive(Serialize)]
struct List {
    snapshots: Vec<Card>,
    servers: Vec<ServerCard>,
    deleted: Vec<Deleted>,
    /// Folders that are not there at the moment.
    missing: Vec<String>,
}

#[derive(Deserialize)]
struct Load {
    label: Option<String>,
}

#[derive(Deserialize)]
struct Rename {
    label: String,
}

pub(super) async fn list(shared: web::Data<Shared>) -> Answer {
    let servers = shared.servers.cards().await;
    let store = Arc::clone(&shared.store);
    let there = Arc::clone(&store);
    let unread = blocking(move || Ok(there.refresh())).await?;
    if !unread.is_empty() {
        // A task of its own: the list does not wait forever, and what was begun is there for the next one.
        let reading = tokio::spawn(read_all(Arc::clone(&store), unread));
        let _ = timeout(PATIENCE, reading).await;
    }
    let (snapshots, deleted, missing) = blocking(move || {
        let (snapshots, deleted) = store.list();
        Ok((snapshots, deleted, store.missing()))
    })
    .await?;
    Ok(json(&List {
        snapshots,
        servers,
        deleted,
        missing,
    }))
}

/// How long the list waits for new files to be read. Those that take longer are in the list, and say that they are read.
const PATIENCE: Duration = Duration::from_secs(3);

async fn read_all(store: Arc<Store>, unread: Vec<(PathBuf, u64)>) {
    for (path, bytes) in unread {
        let turn = store.turn(bytes).await;
        let store = Arc::clone(&store);
        let read = blocking(move || {
            store.look_at(&path);
            drop(turn);
            Ok(())
        });
        if read.await.is_err() {
            return;
        }
    }
}

/// Takes in a file, the body.
pub(super) async fn upload(
    shared: web::Data<Shared>,
    request: HttpRequest,
    mut payload: web::Payload,
) -> Answer {
    let Load { label } = query(&request)?;
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let most = shared.limits.snapshot;
    if announced.is_some_and(|bytes| bytes > most.as_u64()) {
        return Err(Error::TooLarge(most));
    }
    let mut incoming = shared.store.incoming()?;
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut payload).poll_next(context)).await {
        let chunk = chunk.map_err(|error| Error::BadRequest(error.to_string()))?;
        incoming.write(&chunk)?;
    }
    let store = Arc::clone(&shared.store);
    let turn = store.turn(incoming.bytes()).await;
    let card = blocking(move || {
        let kept = store.keep(incoming, &wanted(label.as_deref()));
        drop(turn);
        kept
    })
    .await?;
    Ok(json(&card))
}

pub(super) async fn rename(
    shared: web::Data<Shared>,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    let Rename { label } = body(&request, payload).await?;
    let store = Arc::clone(&shared.store);
    let card = blocking(move || store.rename(&id, &label)).await?;
    Ok(json(&card))
}

pub(super) async fn delete(shared: web::Data<Shared>, id: web::Path<String>) -> Answer {
    let store = Arc::clone(&shared.store);
    blocking(move || store.delete(&id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn restore(shared: web::Data<Shared>, id: web::Path<String>) -> Answer {
    let store = Arc::clone(&shared.store);
    let turn = store.turn(store.bytes_of_deleted(&id)).await;
    let card = blocking(move || {
        let restored = store.restore(&id);
        drop(turn);
        restored
    })
    .await?;
    Ok(json(&card))
}
