//! The server itself: the shell's routes, and around the labs' routes the ceiling and the count.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use heapshot::Recorder;

use crate::access::{self, Access};
use crate::ceiling;
use crate::metrics::{self, Metrics, Tally};
use crate::requests::{self, Requests};
use crate::shell::Shell;
use crate::writing::Writing;
use crate::{health, heapdump};

/// What a server serves: registers its routes. A function pointer, so that actix's generic code is
/// compiled in this crate and a change to a lab's file is built fast.
pub type Routes = fn(&mut web::ServiceConfig);

/// How long requests in flight may take to be answered after `shutdown`: a snapshot with ease.
const GRACE: Duration = Duration::from_secs(5);

/// How a server runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name, for people and for snapshots' metadata.
    pub server: &'static str,
    /// Folder that snapshots are written to.
    pub snapshots: PathBuf,
    /// Worker threads; one per processor unless set.
    pub workers: Option<NonZeroUsize>,
    /// Who may take and read snapshots, and read the metrics.
    pub access: Access,
    /// The recording of this process, which keeps the heap's ceiling if it has one. Without it `/heapdump` answers 501.
    pub heap: Option<Recorder>,
    /// Where the requests are counted.
    pub requests: Arc<Requests>,
    /// Where the snapshots are counted.
    pub tally: Arc<Tally>,
}

/// Serves `labs` on `listener` until `shutdown` is ready, then answers what is in flight and writes the snapshot that is
/// under way to its end, for five seconds each at the most, and returns.
///
/// # Errors
/// When the listener cannot be served.
pub async fn run(
    listener: TcpListener,
    labs: Routes,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let requests = web::Data::from(config.requests);
    let access = web::Data::new(config.access);
    let shell = web::Data::new(Shell {
        server: config.server,
        snapshots: config.snapshots,
        heap: config.heap,
        writing: Writing::default(),
        tally: config.tally,
    });
    let metrics = web::Data::new(Metrics::of(&shell, &requests));
    let shared = shell.clone();

    let app = move || {
        App::new()
            .app_data(shell.clone())
            .app_data(requests.clone())
            .app_data(access.clone())
            .app_data(metrics.clone())
            // Resources, not bare routes: those would hand other methods on to the labs.
            .service(web::resource("/").route(web::get().to(health::index)))
            .service(web::resource("/healthz").route(web::get().to(health::healthz)))
            .service(
                web::resource("/metrics")
                    .wrap(from_fn(access::guard))
                    .route(web::get().to(metrics::show)),
            )
            .service(
                web::scope("/heapdump")
                    .wrap(from_fn(access::guard))
                    .route("", web::get().to(heapdump::take))
                    .route("/{file}", web::get().to(heapdump::download))
                    .default_service(web::to(requests::unrouted)),
            )
            .service(
                web::scope("")
                    .wrap(from_fn(ceiling::shed))
                    .wrap(from_fn(requests::count)) // the outer one: it sees what is turned away, too
                    .configure(labs)
                    .default_service(web::to(requests::unrouted)),
            )
    };
    let mut server = HttpServer::new(app)
        .listen(listener)?
        .disable_signals()
        .shutdown_timeout(GRACE.as_secs());
    if let Some(workers) = config.workers {
        server = server.workers(workers.get());
    }
    let server = server.run();
    let handle = server.handle();
    let serving = actix_web::rt::spawn(server);
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended.map_err(io::Error::other)?,
        () = shutdown => {}
    }
    handle.stop(true).await;
    let ended = serving.await.map_err(io::Error::other)?;
    // Whoever asked for a snapshot and did not wait gets it, too.
    let _ = tokio::time::timeout(GRACE, shared.writing.idle()).await;
    ended
}
