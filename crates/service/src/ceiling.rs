//! The heap ceiling of a server: heapshot keeps it; here it is set up from the command line, the labs' routes turn requests
//! away above it, and an outer belt holds what does not pass the allocator.

use std::io;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use bytesize::ByteSize;
use heapshot::{Ceiling, Metadata};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::heapdump;
use crate::metrics::Tally;
use crate::options::{AtLimit, Options};
use crate::requests::{Full, Requests, turn_away};
use crate::shell::Shell;

/// The snapshot that is taken near the ceiling.
const NAME: &str = "near-limit";

/// What may be used beyond the heap and its margin: code, stacks, and a block that is asked for and not granted, which the
/// system reserves for the snapshot to show it.
const BELT: u64 = 512 << 20;

/// The ceiling that the options ask for, of the server of that name; `None` for none.
pub(crate) fn of(
    options: &Options,
    server: &'static str,
    requests: &Arc<Requests>,
    snapshots: &Arc<Tally>,
) -> Option<Ceiling> {
    let ByteSize(bytes) = options.max_heap;
    if bytes == 0 {
        return None;
    }
    let file = options.snapshots.join(format!("{NAME}.json"));
    let requests = Arc::clone(requests);
    let snapshots = Arc::clone(snapshots);
    let ceiling = Ceiling::new(bytes, file)
        .at_limit(match options.at_limit {
            AtLimit::Exit => heapshot::AtLimit::Exit,
            AtLimit::Shed => heapshot::AtLimit::Shed,
        })
        // The thread that comes to the ceiling may be the one that counts a request.
        .metadata(move || match requests.try_by_route() {
            Some(by_route) => heapdump::metadata(server, &by_route),
            None => Metadata::from_iter([("server".to_owned(), server.into())]),
        })
        .on_snapshot(move |taken| {
            if let Ok(shot) = taken {
                snapshots.frozen(shot.pause);
            }
            snapshots.ended(taken.map(drop));
        });
    Some(ceiling)
}

/// Has the system refuse memory of any kind far above the ceiling: memory maps, C libraries, and mistakes of ours. A fork
/// is not held to it: its memory counts for itself.
pub(crate) fn fasten_belt(max_heap: ByteSize) -> io::Result<()> {
    let ByteSize(bytes) = max_heap;
    let belt = bytes
        .saturating_add(Ceiling::margin(bytes))
        .saturating_add(BELT);
    let (soft, hard) = getrlimit(Resource::RLIMIT_DATA)?;
    Ok(setrlimit(Resource::RLIMIT_DATA, belt.min(soft), hard)?)
}

/// Middleware: turns a request away while more is in use than allowed.
pub(crate) async fn shed(
    shell: web::Data<Shell>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let usage = shell.heap.as_ref().and_then(heapshot::Recorder::usage);
    match usage {
        Some(usage) if usage.is_above() => {
            let reason = format!(
                "heap ceiling reached: {} in use, {} allowed (--max-heap); the snapshot {NAME} shows who holds it; restart the server",
                ByteSize::b(usage.bytes),
                ByteSize::b(usage.ceiling)
            );
            Ok(request.into_response(turn_away(Full, StatusCode::SERVICE_UNAVAILABLE, &reason)))
        }
        _ => next.call(request).await,
    }
}
