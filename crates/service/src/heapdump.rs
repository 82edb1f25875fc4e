//! `GET /heapdump`: takes a snapshot of the running server; `GET /heapdump/NAME.json`: hands it out. Which one is being
//! written, `writing` knows.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HOST};
use actix_web::{Error, HttpRequest, HttpResponse, web};
use heapshot::{Frozen, Metadata, Recorder, Snapshot};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::fs::{File, OpenOptions};
use tokio::sync::oneshot;
use tokio_util::io::ReaderStream;

use crate::answer::{self, failure};
use crate::requests::Requests;
use crate::shell::Shell;

/// Longest name of a snapshot, in characters.
const LONGEST_NAME: usize = 100;

/// How much of a snapshot is in memory while it is handed out, in bytes.
const PIECE: usize = 16 << 10;

#[derive(Debug, Deserialize)]
pub(crate) struct Query {
    name: Option<String>,
    /// `false`: answer as soon as the heap is frozen.
    wait: Option<bool>,
}

/// The answer to whoever asked for a snapshot; `docs/formats.md` tells its keys.
#[derive(Serialize)]
struct Taken<'a> {
    /// A path need not be UTF-8, and JSON must be.
    path: Cow<'a, str>,
    live_bytes: u64,
    live_blocks: u64,
    rss_bytes: Option<u64>,
    requests: u64,
    requests_by_route: &'a BTreeMap<String, u64>,
    pause_us: u64,
    /// This and the next are known once the file is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_bytes: Option<u64>,
    url: String,
}

/// What is known as soon as the heap is frozen: what was served before it, and what is live.
type Known = (Frozen, BTreeMap<String, u64>);

/// Takes a snapshot, replacing one of the same name.
pub(crate) async fn take(
    request: HttpRequest,
    shell: web::Data<Shell>,
    requests: web::Data<Requests>,
    query: Result<web::Query<Query>, Error>,
) -> HttpResponse {
    let query = match query {
        Ok(query) => query,
        Err(error) => return failure(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let Ok(name) = name_for(query.name.as_deref()) else {
        return bad_name();
    };
    let Some(heap) = shell.heap.clone() else {
        return failure(StatusCode::NOT_IMPLEMENTED, "this server records no heap");
    };
    let path = shell.path_of(&name);
    let url = format!("http://{}/heapdump/{name}.json", host(&request));
    let (tell, frozen) = oneshot::channel();
    // It goes on when the client has left or was answered: the writing child lives as long as this thread is at it.
    let written = {
        let path = path.clone();
        web::block(move || write(&heap, &shell, &requests, &name, &path, tell))
    };
    let known = frozen.await; // an error: it failed before
    if query.wait == Some(false)
        && let Ok(known) = &known
    {
        return answer::json(StatusCode::ACCEPTED, &Taken::of(&path, url, known));
    }
    match (written.await, known) {
        (Ok(Ok(shot)), Ok(known)) => {
            let taken = Taken {
                took_us: Some(micros(shot.took)),
                file_bytes: Some(shot.file_bytes),
                ..Taken::of(&path, url, &known)
            };
            answer::json(StatusCode::OK, &taken)
        }
        (Ok(Ok(_)), Err(_)) => unreachable!("what was written was frozen before"),
        (Ok(Err(error)), _) => failure(status_of(&error), &error.to_string()),
        (Err(stopping), _) => failure(StatusCode::SERVICE_UNAVAILABLE, &stopping.to_string()),
    }
}

/// Freezes the heap, says so to `tell`, and writes the snapshot.
fn write(
    heap: &Recorder,
    shell: &Shell,
    requests: &Requests,
    name: &str,
    path: &Path,
    tell: oneshot::Sender<Known>,
) -> Result<Snapshot, heapshot::Error> {
    fs::create_dir_all(&shell.snapshots).map_err(|source| heapshot::Error::Io {
        action: "make the folder",
        path: shell.snapshots.clone(),
        source,
    })?;
    // Counted as late as can be: what is served from here to the fork is in the heap alone.
    let by_route = requests.by_route();
    let metadata = metadata(shell.server, &by_route);
    let mut underway = None;
    let written = heap.snapshot_notifying(path, metadata, |frozen| {
        underway = Some(shell.writing.begin(name)); // before anybody is told
        shell.tally.frozen(frozen.pause);
        let _ = tell.send((*frozen, by_route)); // the client may have left
    });
    shell.tally.ended(written.as_ref().map(drop));
    if let Some(underway) = underway {
        underway.end(written.as_ref().map(drop).map_err(ToString::to_string));
    }
    written
}

/// What a snapshot is told of the server.
pub(crate) fn metadata(server: &str, by_route: &BTreeMap<String, u64>) -> Metadata {
    let total: u64 = by_route.values().sum();
    Metadata::from_iter([
        ("server".to_owned(), server.into()),
        ("requests".to_owned(), total.into()),
        ("requests_by_route".to_owned(), json!(by_route)),
    ])
}

impl<'a> Taken<'a> {
    fn of(path: &'a Path, url: String, (frozen, by_route): &'a Known) -> Self {
        Self {
            path: path.to_string_lossy(),
            live_bytes: frozen.live_bytes,
            live_blocks: frozen.live_blocks,
            rss_bytes: frozen.rss_bytes,
            requests: by_route.values().sum(),
            requests_by_route: by_route,
            pause_us: micros(frozen.pause),
            took_us: None,
            file_bytes: None,
            url,
        }
    }
}

/// Hands out a snapshot that was taken; one that is being written, once it is there.
pub(crate) async fn download(shell: web::Data<Shell>, file: web::Path<String>) -> HttpResponse {
    let Ok(name) = check_name(&file) else {
        return bad_name();
    };
    if let Err(why) = shell.writing.settled(&name).await {
        return failure(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("the snapshot {name} was not written: {why}"),
        );
    }
    match open(&shell.path_of(&name)).await {
        // In pieces: the whole of it in memory would stand in the next snapshot.
        Ok((file, bytes)) => HttpResponse::Ok()
            .content_type("application/json")
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(SizedStream::new(
                bytes,
                ReaderStream::with_capacity(file, PIECE),
            )),
        Err(error) if is_irregular(&error) => failure(
            StatusCode::NOT_FOUND,
            &format!(
                "{name}.json is not a regular file, so it is not a snapshot: take one with another name"
            ),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => failure(
            StatusCode::NOT_FOUND,
            &format!("there is no snapshot {name}: take one with GET /heapdump?name={name}"),
        ),
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A regular file, and its length in bytes. Others may write into the folder: a link is not followed, since it may lead out of
/// it, and a FIFO is not waited for.
async fn open(path: &Path) -> io::Result<(File, u64)> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
        .await?;
    let about = file.metadata().await?; // of what was opened, whatever has its name by now
    if !about.is_file() {
        return Err(Errno::ENXIO.into());
    }
    Ok((file, about.len()))
}

/// What [`open`] says of a link (`ELOOP`; BSDs have `EMLINK`) and of a socket, a device or a folder (`ENXIO`).
fn is_irregular(error: &io::Error) -> bool {
    let irregular = [Errno::ELOOP, Errno::EMLINK, Errno::ENXIO];
    error
        .raw_os_error()
        .is_some_and(|code| irregular.contains(&Errno::from_raw(code)))
}

fn name_for(asked: Option<&str>) -> Result<String, ()> {
    asked.map_or_else(|| Ok(time_based_name()), check_name)
}

/// A name that is a file name and nothing else, without its ending.
fn check_name(name: &str) -> Result<String, ()> {
    let name = name.strip_suffix(".json").unwrap_or(name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = (1..=LONGEST_NAME).contains(&name.len())
        && !name.starts_with('.')
        && name.chars().all(allowed);
    good.then(|| name.to_owned()).ok_or(())
}

/// Without colons, which some file systems refuse: `heapdump-2026-11-22T18-01-02.123456Z`.
fn time_based_name() -> String {
    let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
    format!("heapdump-{}", now.replace(':', "-"))
}

fn host(request: &HttpRequest) -> String {
    let named = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    named.map_or_else(
        || request.app_config().local_addr().to_string(),
        str::to_owned,
    )
}

fn status_of(error: &heapshot::Error) -> StatusCode {
    match error {
        heapshot::Error::Busy => StatusCode::CONFLICT,
        heapshot::Error::Unsupported => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn bad_name() -> HttpResponse {
    failure(
        StatusCode::BAD_REQUEST,
        "a snapshot's name has letters, digits, '-', '_' and '.', does not begin with '.', and is 100 characters at the most",
    )
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{check_name, time_based_name};

    #[test]
    fn a_name_is_a_file_name_and_nothing_else() {
        for good in ["before", "after.json", "a.b-c_9", &time_based_name()] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let long = "x".repeat(101);
        for bad in [
            "", ".", "..", ".hidden", "../x", "a/b", "a\\b", "a b", "é", "a\0", ".json", &long,
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
