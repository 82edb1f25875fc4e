//! `GET /healthz` and `GET /`: that the server lives, and what it offers.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder, web};
use serde::Serialize;

use crate::answer;
use crate::requests::Requests;
use crate::shell::Shell;

/// The answer of `/healthz`; `docs/formats.md` tells its keys.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    server: &'static str,
    requests: u64,
    in_flight: u64,
    live_bytes: Option<u64>,
    live_blocks: Option<u64>,
    rss_bytes: Option<u64>,
}

/// The state of the server in numbers that cost nothing to read.
pub(crate) async fn healthz(
    shell: web::Data<Shell>,
    requests: web::Data<Requests>,
) -> HttpResponse {
    let live = shell.heap.as_ref().map(heapshot::Recorder::live);
    let in_flight = requests.in_flight(); // before the total: what has landed is counted
    let health = Health {
        status: "ok",
        server: shell.server,
        requests: requests.total(),
        in_flight,
        live_bytes: live.map(|live| live.bytes),
        live_blocks: live.map(|live| live.blocks),
        rss_bytes: heapshot::rss_bytes(),
    };
    answer::json(StatusCode::OK, &health)
}

/// The shell's routes, in words.
pub(crate) async fn index(request: HttpRequest, shell: web::Data<Shell>) -> impl Responder {
    let address = request.app_config().local_addr();
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(format!(
        "{}\n\n\
         GET /heapdump?name=NAME    take a heap snapshot; with &wait=false, be answered as soon as the heap is frozen\n\
         GET /heapdump/NAME.json    download it, once it is written\n\
         GET /healthz               requests, live heap, RSS\n\
         GET /metrics               the same and more, for Prometheus: docs/monitoring\n\n\
         The labs' routes are told in labs/*/README.md. Compare two snapshots with: heapdiff compare BEFORE AFTER\n\
         All of it in a browser, where you can take snapshots and compare them: panel http://{address}\n",
        shell.server
    ))
}
