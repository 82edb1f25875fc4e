//! What the page shows: the documents of `heapdiff::page`, made of the snapshots that are asked for.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use heapdiff::InApp;
use heapdiff::flamegraph::Count;
use heapdiff::source::{self, Source};
use serde::Deserialize;

use super::answer::{Answer, blocking, document, query};
use crate::error::Error;
use crate::page;
use crate::panel::Shared;

#[derive(Deserialize)]
struct Pair {
    base: String,
    snapshot: String,
}

#[derive(Deserialize)]
struct Flames {
    base: Option<String>,
    snapshot: String,
    #[serde(default)]
    count: Counted,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Counted {
    #[default]
    Bytes,
    Blocks,
}

pub(super) async fn summary(shared: web::Data<Shared>, id: web::Path<String>) -> Answer {
    let shared = shared.into_inner();
    let text = blocking(move || {
        let profile = shared.store.profile(&id)?;
        let sources = &mut sources(&shared);
        Ok(page::summary(&profile, &InApp::default(), sources))
    });
    Ok(document(text.await?))
}

pub(super) async fn comparison(shared: web::Data<Shared>, request: HttpRequest) -> Answer {
    let Pair { base, snapshot } = query(&request)?;
    let shared = shared.into_inner();
    let text = blocking(move || {
        let before = shared.store.profile(&base)?;
        let after = shared.store.profile(&snapshot)?;
        let sources = &mut sources(&shared);
        page::comparison(&before, &after, &InApp::default(), sources).map_err(Error::Incomparable)
    });
    Ok(document(text.await?))
}

pub(super) async fn flamegraph(shared: web::Data<Shared>, request: HttpRequest) -> Answer {
    let Flames {
        base,
        snapshot,
        count,
    } = query(&request)?;
    let count = match count {
        Counted::Bytes => Count::Bytes,
        Counted::Blocks => Count::Blocks,
    };
    let store = Arc::clone(&shared.store);
    let svg = blocking(move || {
        let profile = store.profile(&snapshot)?;
        let base = base.map(|base| store.profile(&base)).transpose()?;
        page::flamegraph(base.as_deref(), &profile, &InApp::default(), count)
            .map_err(Error::Incomparable)
    });
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml; charset=utf-8")
        .body(svg.await?))
}

/// Where source files are looked for.
fn sources(shared: &Shared) -> impl FnMut(&str) -> Option<Source> {
    |file| source::find(file, &shared.source_roots)
}
