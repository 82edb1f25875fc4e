//! The server that is measured: the shell and the leaky labs, as they are shipped, and a route that does nothing but
//! allocate. Each program of it has an allocator of its own.

use std::io::{self, Read};
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use heapshot::Recorder;
use service::{Access, Config};

/// What the route allocates: as many small blocks, all live at once.
const BLOCKS: usize = 20_000;

/// Serves on a port of the system's choice until standard input ends. The first line that it prints has its URL.
pub fn serve(heap: Option<Recorder>) -> ExitCode {
    match run(heap) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the measured server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(heap: Option<Recorder>) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on http://{}", listener.local_addr()?);
    let config = Config {
        server: "measured",
        snapshots: std::env::temp_dir(), // none is taken
        workers: NonZeroUsize::new(1),
        access: Access::Loopback,
        heap,
        requests: Arc::default(),
        tally: Arc::default(),
    };
    actix_web::rt::System::new().block_on(async {
        let (closed, wait) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
            let _ = closed.send(());
        });
        service::run(listener, routes, config, async {
            let _ = wait.await;
        })
        .await
    })
}

fn routes(config: &mut ServiceConfig) {
    leaky_server::labs(config);
    config.route("/manyBlocks", web::get().to(many_blocks));
}

async fn many_blocks() -> String {
    let blocks: Vec<Box<[usize; 4]>> = (0..BLOCKS).map(|n| Box::new([n; 4])).collect();
    let blocks = std::hint::black_box(blocks);
    blocks.len().to_string()
}
