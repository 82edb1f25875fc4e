//! What the handlers share.

use std::path::PathBuf;
use std::sync::Arc;

use crate::limits::Limits;
use crate::remote::Servers;
use crate::status::Monitor;
use crate::store::Store;

/// A panel as its handlers see it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Arc<Store>,
    pub(crate) servers: Servers,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) source_roots: Vec<PathBuf>,
    pub(crate) limits: Limits,
}
