//! A server as a program: reads its options, starts recording, listens, and ends on a signal.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::Arc;

use bytesize::ByteSize;
use heapshot::Recorder;
use nix::sys::socket;
use tokio::signal::unix::{SignalKind, signal};

use crate::ceiling;
use crate::options::{AtLimit, Listen, Options};
use crate::server::{Config, Routes, run};

/// The `main` of a server: `name` as its program is called, and where it listens unless told.
///
/// Exit codes: 0 ended by Ctrl-C, SIGTERM or closed input; 2 it could not start or go on; 70 its heap came to the ceiling.
pub fn main(
    name: &'static str,
    about: &'static str,
    default_listen: &'static str,
    labs: Routes,
) -> ExitCode {
    let options = Options::parse_for(name, about, default_listen);
    match serve(name, labs, &options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{name}: {message}");
            ExitCode::from(2)
        }
    }
}

fn serve(name: &'static str, labs: Routes, options: &Options) -> Result<(), String> {
    if let Listen::Address(address) = options.listen {
        options.access(address)?; // before anybody could connect
    }
    let requests = Arc::default();
    let tally = Arc::default();
    let mut recorder = Recorder::builder().sample_every(options.sample.as_u64());
    if let Some(ceiling) = ceiling::of(options, name, &requests, &tally) {
        ceiling::fasten_belt(options.max_heap)
            .map_err(|error| format!("cannot limit the memory of this process: {error}"))?;
        recorder = recorder.ceiling(ceiling);
    }
    let heap = recorder.start().map_err(|error| error.to_string())?;
    let listener = listen(options)?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let access = options.access(address)?;
    let config = Config {
        server: name,
        snapshots: options.snapshots.clone(),
        workers: options.workers,
        access,
        heap: Some(heap),
        requests,
        tally,
    };
    actix_web::rt::System::new()
        .block_on(async {
            let told = until_told(options.exit_with_stdin)?;
            announce(name, &address.to_string(), options)?;
            run(listener, labs, config, told).await
        })
        .map_err(|error| format!("cannot serve {address}: {error}"))
}

/// The socket that the server accepts connections on.
fn listen(options: &Options) -> Result<TcpListener, String> {
    match options.listen {
        Listen::Address(address) => TcpListener::bind(address).map_err(|error| {
            format!(
                "cannot listen on {address}: {error}; stop what listens there, or choose another with --listen (port 0: any)"
            )
        }),
        Listen::Stdin if options.exit_with_stdin => Err(
            "--listen stdin and --exit-with-stdin need the same standard input: give one of them"
                .to_owned(),
        ),
        Listen::Stdin => listening_stdin().map_err(|error| {
            format!(
                "standard input is no listening TCP socket: {error}; pass one, or give --listen an address"
            )
        }),
    }
}

fn listening_stdin() -> io::Result<TcpListener> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    if !socket::getsockopt(&socket, socket::sockopt::AcceptConn)? {
        return Err(io::Error::other("it does not listen"));
    }
    let listener = TcpListener::from(socket);
    listener.local_addr()?; // a TCP socket has one
    Ok(listener)
}

/// The first line is read by programs: its last word is the server's URL. One write for both lines, so
/// that whoever has read the first may close the pipe.
fn announce(name: &str, address: &str, options: &Options) -> io::Result<()> {
    let ceiling = match (options.max_heap, options.at_limit) {
        (ByteSize(0), _) => "no heap ceiling".to_owned(),
        (max_heap, AtLimit::Exit) => format!("heap ceiling {max_heap}"),
        (max_heap, AtLimit::Shed) => format!("heap ceiling {max_heap}, then 503"),
    };
    let sampled = match options.sample {
        ByteSize(0) => String::new(),
        every => format!(" of samples, one in {every}"),
    };
    let text = format!(
        "{name} listening on http://{address}\n\
         snapshots{sampled} go to {}; {ceiling}; Ctrl-C ends it\n",
        options.snapshots.display()
    );
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Ready on Ctrl-C or SIGTERM, and when asked for, at the end of standard input. Signals are caught from
/// the call on, not from the first poll: whoever was told the server's URL may end it at once.
fn until_told(exit_with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = end_of_stdin(), if exit_with_stdin => {}
        }
    })
}

/// Read on a thread of its own, which the end of the process ends.
async fn end_of_stdin() {
    let (closed, wait) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}
