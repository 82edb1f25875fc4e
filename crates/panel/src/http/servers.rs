//! `POST /api/servers/{id}/snapshots`: a new snapshot of a running server.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::answer::{Answer, body, json};
use super::shared::Shared;
use crate::error::Error;
use crate::remote;
use crate::store::wanted;

#[derive(Deserialize)]
struct Asked {
    label: Option<String>,
}

/// Answers when the snapshot is taken, fetched and read; `api/snapshots` tells how far it is meanwhile.
pub(super) async fn capture(
    shared: web::Data<Shared>,
    id: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    let asked: Asked = body(&request, payload).await?;
    let server = shared.servers.get(&id)?;
    let label = wanted(asked.label.as_deref());
    let capture = remote::capture(server, Arc::clone(&shared.store), label);
    // A task of its own: should the page be closed meanwhile, the snapshot is there when it is opened again.
    let captured = tokio::spawn(capture).await;
    Ok(json(&captured.unwrap_or(Err(Error::Ending))?))
}
