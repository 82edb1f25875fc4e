//! The panel over HTTP: the page, and its API. `docs/formats.md` tells the API to programs.

mod answer;
mod documents;
mod download;
mod guard;
mod servers;
mod shared;
mod shell;
mod snapshots;
mod status;

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};

use self::guard::Guard;
pub(crate) use self::shared::Shared;

/// The browser of one user asks; what takes long has threads of its own.
const WORKERS: usize = 2;

/// Threads of each worker for what may block: each may hold a snapshot that it parses.
const BLOCKING: usize = 4;

/// How long requests in flight may take to be answered after `shutdown`, in seconds.
const GRACE: u64 = 1;

/// Serves on `listener` until `shutdown` is ready.
pub(crate) async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        let refused = crate::Error::NotLoopback(address.ip());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, refused));
    }
    let monitor = Arc::clone(&shared.monitor);
    let shared = web::Data::from(shared);
    let guard = web::Data::new(Guard::new(address.port()));
    let app = move || {
        App::new()
            .app_data(shared.clone())
            .app_data(guard.clone())
            .configure(routes)
            .default_service(web::to(answer::no_such_route))
            .wrap(from_fn(guard::guard))
    };
    let mut server = HttpServer::new(app)
        .workers(WORKERS)
        .worker_max_blocking_threads(BLOCKING)
        .on_connect(status::remember)
        .listen(listener)?
        .disable_signals()
        .shutdown_timeout(GRACE)
        .run();
    let handle = server.handle();
    // Not spawned: so it runs on any runtime, and ends with whoever waits for it.
    tokio::select! {
        ended = &mut server => return ended,
        () = Arc::clone(&monitor).run() => {}
        () = shutdown => {}
    }
    monitor.tabs.end();
    let (ended, ()) = tokio::join!(server, handle.stop(true));
    ended
}

/// Resources, not bare routes: a method that one does not take is answered 405, and not 404.
fn routes(config: &mut ServiceConfig) {
    let resource = |path: &str| web::resource(path).default_service(web::to(answer::wrong_method));
    config
        .service(resource("/").route(web::get().to(shell::page)))
        .service(resource("/assets/{name}").route(web::get().to(shell::asset)))
        .service(
            resource("/api/snapshots")
                .route(web::get().to(snapshots::list))
                .route(web::post().to(snapshots::upload)),
        )
        .service(
            resource("/api/snapshots/{id}")
                .route(web::patch().to(snapshots::rename))
                .route(web::delete().to(snapshots::delete)),
        )
        .service(resource("/api/snapshots/{id}/restore").route(web::post().to(snapshots::restore)))
        .service(resource("/api/snapshots/{id}/file").route(web::get().to(download::file)))
        .service(resource("/api/snapshots/{id}/summary").route(web::get().to(documents::summary)))
        .service(resource("/api/comparison").route(web::get().to(documents::comparison)))
        .service(resource("/api/verdict").route(web::get().to(documents::verdict)))
        .service(resource("/api/flamegraph").route(web::get().to(documents::flamegraph)))
        .service(resource("/api/servers/{id}/snapshots").route(web::post().to(servers::capture)))
        .service(resource("/api/status").route(web::get().to(status::events)));
}
