//! The Memory panel beside a guided exercise: the student sees in a browser what the lab does in the terminal, and may
//! take snapshots of their own. It never opens a browser by itself.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use panel::{Config, Panel, ServerConfig, ServerId, Servers};
use tokio::sync::oneshot;

/// A panel on a thread of its own; it ends, and has ended, when this is dropped.
pub(crate) struct Beside {
    url: String,
    servers: Servers,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A server that the panel shows until this is dropped: the exercise ends it then, and a server that is gone would
/// only puzzle. Its snapshots stay.
pub(crate) struct Shown<'a> {
    servers: &'a Servers,
    id: ServerId,
}

impl Beside {
    /// A panel on a folder of snapshots, which is made if it is not there.
    pub(crate) fn start(folder: &Path, source_root: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let panel = Panel::open(Config {
            folders: vec![folder.to_owned()],
            source_roots: vec![source_root.to_owned()],
            ..Config::default()
        })?;
        let listener = TcpListener::bind("127.0.0.1:0").context("no port for the panel")?;
        let url = format!("http://{}", listener.local_addr().context("no address")?);
        let servers = panel.servers();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("no runtime for the panel")?;
        let (stop, told) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let told = async { drop(told.await) };
            // The exercise goes on without it; the page says that nobody answers.
            let _ = runtime.block_on(panel.serve(listener, told));
        });
        Ok(Self {
            url,
            servers,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where to open it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Shows the server at `url`.
    pub(crate) fn show(&self, url: &str) -> Result<Shown<'_>> {
        let id = self.servers.watch(ServerConfig::new(url)?)?;
        Ok(Shown {
            servers: &self.servers,
            id,
        })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.servers.forget(&self.id);
    }
}
