//! A new snapshot of a server: it is asked to take one, which is then fetched and read.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heapdiff::page::Card;
use tokio::task::spawn_blocking;

use super::server::{Server, Stage};
use crate::error::Error;
use crate::store::{Store, Wanted};

/// How much a file system's clock may be behind the system's.
const SLACK: Duration = Duration::from_secs(1);

/// Takes a snapshot of `server`. Whatever goes wrong, nothing of it is kept, and the next one may be taken.
///
/// The server writes each under the same name, which is this panel's own: so there is one more file on its side and
/// not one for each. If it writes into a folder that the panel watches, that file is taken over, and nothing fetched.
pub(crate) async fn capture(
    server: Arc<Server>,
    store: Arc<Store>,
    wanted: Wanted,
) -> Result<Card, Error> {
    let turn = server.begin()?;
    let server = turn.server();
    let asked = SystemTime::now() - SLACK;
    let name = store.capture_name(server.id());
    let taken = server.take(&name).await?;

    let (there, label, bytes) = (Arc::clone(&store), wanted.clone(), taken.file_bytes);
    let reads = store.turn(bytes.unwrap_or(u64::MAX)).await;
    let adopted = blocking(move || {
        let adopted = there.adopt(&name, bytes, asked, &label);
        drop(reads);
        adopted
    })
    .await?;
    if let Some(card) = adopted {
        turn.took(&card.id);
        return Ok(card);
    }

    turn.is_now(Stage::Fetching);
    let mut incoming = store.incoming()?;
    server.fetch(&taken, |chunk| incoming.write(chunk)).await?;
    turn.is_now(Stage::Reading);
    let reads = store.turn(incoming.bytes()).await;
    let card = blocking(move || {
        let kept = store.keep(incoming, &wanted);
        drop(reads);
        kept
    })
    .await?;
    turn.took(&card.id);
    Ok(card)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(work).await.unwrap_or(Err(Error::Ending))
}
