//! The panel as a value: opened on servers and folders, then served until it is told to end.

use std::fs;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::error::Error;
use crate::http::{self, Shared};
use crate::limits::Limits;
use crate::remote::{ServerConfig, Servers};
use crate::status::Monitor;
use crate::store::Store;

/// What a panel watches.
#[derive(Debug, Default)]
pub struct Config {
    /// Servers to take snapshots of; [`Servers`] takes more later.
    pub servers: Vec<ServerConfig>,
    /// Folders whose `*.json` are listed. New snapshots go to the first; without one to a private folder, which is
    /// removed at the end.
    pub folders: Vec<PathBuf>,
    /// Single snapshots to list besides.
    pub files: Vec<PathBuf>,
    /// Folders in which source files are looked for; none, no excerpts.
    pub source_roots: Vec<PathBuf>,
    /// What is too large, and what takes too long.
    pub limits: Limits,
}

/// A panel that is open and not served yet.
#[derive(Debug)]
pub struct Panel {
    shared: Arc<Shared>,
    /// Removed at the end, by [`serve`](Self::serve) itself: workers may outlive it by a moment.
    private: Option<TempDir>,
}

impl Panel {
    /// Opens a panel; nothing is read yet.
    ///
    /// # Errors
    /// A folder or file that is not there, or no place for new snapshots.
    pub fn open(config: Config) -> Result<Self, Error> {
        let private = config.folders.is_empty().then(private_folder).transpose()?;
        let own = private.iter().map(|folder| folder.path().to_owned());
        let folders = own.chain(config.folders).collect();
        let store = Store::open(folders, &config.files, config.limits.snapshot)?;
        let servers = Servers::new(config.limits);
        for server in config.servers {
            servers.watch(server)?;
        }
        let shared = Arc::new(Shared {
            store: Arc::new(store),
            monitor: Arc::new(Monitor::new(servers.clone(), config.limits.tick)),
            servers,
            source_roots: config.source_roots,
            limits: config.limits,
        });
        Ok(Self { shared, private })
    }

    /// The servers, to watch more of them or fewer while the panel runs.
    pub fn servers(&self) -> Servers {
        self.shared.servers.clone()
    }

    /// Where new snapshots go.
    pub fn home(&self) -> &Path {
        self.shared.store.home()
    }

    /// Whether [`home`](Self::home) is the panel's own, and goes away with it.
    pub fn is_home_private(&self) -> bool {
        self.private.is_some()
    }

    /// Serves the panel on `listener` until `shutdown` is ready; what is then under way has a second to end. Catches
    /// no signals, and runs on any tokio runtime.
    ///
    /// # Errors
    /// When the listener is not on a loopback address, or cannot be served.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let served = http::serve(listener, Arc::clone(&self.shared), shutdown).await;
        match self.private {
            Some(folder) => served.and(folder.close()),
            None => served,
        }
    }
}

fn private_folder() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("panel-")
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|error| Error::System {
            action: "make a private folder for new snapshots",
            error,
        })
}
