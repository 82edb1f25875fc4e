//! The servers that are watched: how they are, and new snapshots of them. Any server will do that has a `/heapdump`
//! as `docs/formats.md` tells.

mod capture;
mod config;
mod health;
mod server;
pub(crate) mod trouble;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;

pub(crate) use self::capture::capture;
pub use self::config::ServerConfig;
pub(crate) use self::server::{Server, ServerCard, client};
use crate::error::Error;
use crate::limits::Limits;

/// The servers of a panel. A clone is the same list: whoever has one can watch more servers, and fewer, while the
/// panel runs.
#[derive(Clone, Debug)]
pub struct Servers {
    list: Arc<Mutex<List>>,
    limits: Limits,
}

/// A watched server, for [`Servers::forget`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerId(String);

#[derive(Debug, Default)]
struct List {
    servers: Vec<Arc<Server>>,
    next: usize,
}

impl Servers {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            list: Arc::default(),
            limits,
        }
    }

    /// Watches one more server.
    ///
    /// # Errors
    /// When there can be no HTTP client.
    pub fn watch(&self, server: ServerConfig) -> Result<ServerId, Error> {
        let mut list = self.list();
        let id = list.next.to_string();
        let server = Server::new(id.clone(), server, self.limits)?;
        list.next += 1;
        list.servers.push(Arc::new(server));
        Ok(ServerId(id))
    }

    /// Watches it no longer. Its snapshots stay, and one that is being taken goes on.
    pub fn forget(&self, id: &ServerId) {
        self.list().servers.retain(|server| server.id() != id.0);
    }

    pub(crate) fn all(&self) -> Vec<Arc<Server>> {
        self.list().servers.clone()
    }

    pub(crate) fn get(&self, id: &str) -> Result<Arc<Server>, Error> {
        let list = self.list();
        let server = list.servers.iter().find(|server| server.id() == id);
        server.cloned().ok_or(Error::UnknownServer)
    }

    /// How they are, all asked at once.
    pub(crate) async fn cards(&self) -> Vec<ServerCard> {
        let servers = self.all();
        let mut asked = JoinSet::new();
        for (at, server) in servers.into_iter().enumerate() {
            asked.spawn(async move { (at, server.card().await) });
        }
        let mut cards = asked.join_all().await;
        cards.sort_by_key(|(at, _)| *at);
        cards.into_iter().map(|(_, card)| card).collect()
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
