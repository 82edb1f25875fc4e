//! What the page shows: the documents of `heapdiff::page`, made of the snapshots that are asked for.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use heapdiff::flamegraph::Count;
use heapdiff::flamegraph::svg::{self, Picture};
use heapdiff::source::Finder;
use heapdiff::verdict::judge_as_told;
use heapdiff::{InApp, Options, Profile, View, compare, inventory, page};
use serde::Deserialize;

use super::answer::{Answer, blocking, document, query};
use super::shared::Shared;
use crate::error::Error;
use crate::store::Store;

#[derive(Deserialize)]
struct Pair {
    base: String,
    snapshot: String,
}

/// A series: ids with commas between.
#[derive(Deserialize)]
struct Series {
    snapshots: String,
}

/// Snapshots of a series at the most: all of them are in memory at once.
const MOST: usize = 24;

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
    let store = Arc::clone(&shared.store);
    let bytes = store.bytes_of([id.as_str()]);
    let text = in_turn(&store, bytes, move || {
        let (card, profile) = shared.store.open_snapshot(&id)?;
        let model = inventory(&profile, &Options::default());
        let sources = Finder::new(shared.source_roots.clone());
        Ok(page::summary(model, &card, &|file| sources.find(file)))
    });
    Ok(document(text.await?))
}

pub(super) async fn comparison(shared: web::Data<Shared>, request: HttpRequest) -> Answer {
    let Pair { base, snapshot } = query(&request)?;
    let shared = shared.into_inner();
    let store = Arc::clone(&shared.store);
    let bytes = store.bytes_of([base.as_str(), snapshot.as_str()]);
    let text = in_turn(&store, bytes, move || {
        let (before, base) = shared.store.open_snapshot(&base)?;
        let (after, snapshot) = shared.store.open_snapshot(&snapshot)?;
        let model = compare(&base, &snapshot, &Options::default()).map_err(Error::Incomparable)?;
        let sources = Finder::new(shared.source_roots.clone());
        let find = |file: &str| sources.find(file);
        Ok(page::comparison(model, &before, &after, &find))
    });
    Ok(document(text.await?))
}

/// The verdict on a series, in the order in which it is asked for.
pub(super) async fn verdict(shared: web::Data<Shared>, request: HttpRequest) -> Answer {
    let Series { snapshots } = query(&request)?;
    let ids: Vec<String> = snapshots.split(',').map(str::to_owned).collect();
    if ids.len() > MOST {
        return Err(Error::LongSeries(ids.len(), MOST));
    }
    let shared = shared.into_inner();
    let store = Arc::clone(&shared.store);
    let bytes = store.bytes_of(ids.iter().map(String::as_str));
    let text = in_turn(&store, bytes, move || {
        let open = |id: &String| Ok(shared.store.open_snapshot(id)?.1);
        let profiles: Vec<Arc<Profile>> = ids.iter().map(open).collect::<Result<_, Error>>()?;
        let series: Vec<&Profile> = profiles.iter().map(Arc::as_ref).collect();
        let judgement = judge_as_told(&series, &InApp::default()).map_err(Error::NoSeries)?;
        let sources = Finder::new(shared.source_roots.clone());
        Ok(page::growth(&judgement, &|file| sources.find(file)))
    });
    Ok(document(text.await?))
}

/// Of one snapshot what it holds, of two what grew and what shrank.
pub(super) async fn flamegraph(shared: web::Data<Shared>, request: HttpRequest) -> Answer {
    let Flames {
        base,
        snapshot,
        count,
    } = query(&request)?;
    let picture = Picture::bare(match count {
        Counted::Bytes => Count::Bytes,
        Counted::Blocks => Count::Blocks,
    });
    let store = Arc::clone(&shared.store);
    let bytes = store.bytes_of(base.iter().chain([&snapshot]).map(String::as_str));
    let drawn = in_turn(&shared.store, bytes, move || {
        let (_, snapshot) = store.open_snapshot(&snapshot)?;
        let (options, all) = (Options::default(), View::default());
        let Some(base) = base else {
            let model = inventory(&snapshot, &options);
            return Ok(svg::of_inventory(&model, &all, &picture));
        };
        let (_, base) = store.open_snapshot(&base)?;
        let model = compare(&base, &snapshot, &options).map_err(Error::Incomparable)?;
        Ok(svg::of_comparison(&model, &all, &picture))
    });
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml; charset=utf-8")
        .body(drawn.await?))
}

/// Does what reads files of so many bytes, off the async threads; if they are large, not beside others of their kind.
async fn in_turn<T: Send + 'static>(
    store: &Arc<Store>,
    bytes: u64,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let turn = store.turn(bytes).await;
    blocking(move || {
        let done = work();
        drop(turn);
        done
    })
    .await
}
