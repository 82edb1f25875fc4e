//! The panel as a program: listens, says where, and ends when it is told to.

use std::fs;
use std::future::Future;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use printable::printable;
use tokio::signal::unix::{SignalKind, signal};

use crate::browser::open_browser;
use crate::error::Error;
use crate::options::Options;
use crate::panel::{Config, Panel};

/// The `main` of the panel.
///
/// Exit codes: 0 ended by Ctrl-C, SIGTERM, a closed terminal or closed input; 2 it could not start or go on.
pub fn main(options: &Options) -> ExitCode {
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("panel: {}", printable(&error.to_string()));
            ExitCode::from(2)
        }
    }
}

fn serve(options: &Options) -> Result<(), Error> {
    let config = options.config()?;
    let watched = watched(&config);
    let listener = options.bind()?;
    let cannot = |action| move |error| Error::System { action, error };
    let address = listener.local_addr().map_err(cannot("tell the address"))?;
    let panel = Panel::open(config)?;
    // The server has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot("start"))?;
    runtime.block_on(async {
        let told = until_told(options.exit_with_stdin).map_err(cannot("catch signals"))?;
        let url = format!("http://{address}");
        announce(&url, &watched, &panel).map_err(cannot("say where it listens"))?;
        if options.open
            && let Err(error) = open_browser(&url)
        {
            eprintln!("warning: cannot open a browser ({error}); open {url} yourself");
        }
        panel.serve(listener, told).await.map_err(cannot("serve"))
    })
}

/// The first line is read by programs: its last word is the panel's URL. One write for both lines, so that
/// whoever has read the first may close the pipe.
fn announce(url: &str, watched: &str, panel: &Panel) -> io::Result<()> {
    let home = panel.home().display();
    let kept = if panel.is_home_private() {
        format!("new snapshots go to {home}, which is removed at the end")
    } else {
        format!("new snapshots go to {home}")
    };
    let what = format!("{watched}; {kept}; Ctrl-C ends it");
    let text = format!("panel listening on {url}\n{}\n", printable(&what));
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn watched(config: &Config) -> String {
    let servers = config.servers.iter().map(|server| server.url().to_owned());
    let paths = config.folders.iter().chain(&config.files);
    let all: Vec<String> = servers
        .chain(paths.map(|path| path.display().to_string()))
        .collect();
    if all.is_empty() {
        "it is empty, and snapshots can be loaded into it".to_owned()
    } else {
        format!("it watches {}", all.join(", "))
    }
}

/// Ready on Ctrl-C or SIGTERM, when the terminal is closed, and when asked for, at the end of standard input. Signals are
/// caught from the call on, not from the first poll: whoever was told the panel's URL may end it at once.
fn until_told(exit_with_stdin: bool) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = (!ignores_hangup())
        .then(|| signal(SignalKind::hangup()))
        .transpose()?;
    Ok(async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hung_up => {}
            () = end_of_stdin(), if exit_with_stdin => {}
        }
    })
}

/// Whether it was started to outlive its terminal, as by nohup: to catch the signal would undo that.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & (1 << (SignalKind::hangup().as_raw_value() - 1)) != 0)
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
