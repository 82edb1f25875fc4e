//! The snapshot that is being written, and those that could not be: so that whoever was told that the heap is frozen
//! can wait for the file, and never gets an older one of the same name instead.

use std::collections::VecDeque;

use tokio::sync::watch;

/// Failures that are remembered; of older ones whoever cared has heard.
const MOST: usize = 64;

/// Shared by all who ask for snapshots.
#[derive(Debug, Default)]
pub(crate) struct Writing {
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Its name; there is one at a time.
    now: Option<String>,
    /// Names whose last snapshot was not written, and why; the latest last.
    failed: VecDeque<(String, String)>,
}

/// A snapshot that is being written, until it is said how that ended.
pub(crate) struct Underway<'a> {
    writing: &'a Writing,
    ended: Option<Result<(), String>>,
}

impl Writing {
    /// The heap is frozen, and the snapshot `name` is being written from now on.
    pub(crate) fn begin(&self, name: &str) -> Underway<'_> {
        self.state.send_modify(|state| {
            state.failed.retain(|(failed, _)| failed != name);
            state.now = Some(name.to_owned());
        });
        Underway {
            writing: self,
            ended: None,
        }
    }

    /// Waits while the snapshot `name` is being written.
    ///
    /// # Errors
    /// Why the last snapshot of this name was not written, if it was not.
    pub(crate) async fn settled(&self, name: &str) -> Result<(), String> {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| state.now.as_deref() != Some(name));
        let Ok(state) = settled.await else {
            return Ok(()); // the sender is in `self`
        };
        match state.failed.iter().find(|(failed, _)| failed == name) {
            Some((_, why)) => Err(why.clone()),
            None => Ok(()),
        }
    }

    /// Waits while any snapshot is being written.
    pub(crate) async fn idle(&self) {
        let mut state = self.state.subscribe();
        let _ = state.wait_for(|state| state.now.is_none()).await;
    }
}

impl Underway<'_> {
    /// It is written, or will not be.
    pub(crate) fn end(mut self, outcome: Result<(), String>) {
        self.ended = Some(outcome);
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let ended = self.ended.take();
        let ended = ended.unwrap_or_else(|| Err("the thread that wrote it panicked".to_owned()));
        self.writing.state.send_modify(|state| {
            let name = state.now.take();
            if let (Some(name), Err(why)) = (name, ended) {
                state.failed.push_back((name, why));
                let excess = state.failed.len().saturating_sub(MOST);
                state.failed.drain(..excess);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Writing};

    #[tokio::test]
    async fn failures_are_told_until_the_next_of_that_name_and_do_not_pile_up() {
        let writing = Writing::default();
        for number in 0..=MOST {
            let underway = writing.begin(&format!("n{number}"));
            underway.end(Err("disk full".to_owned()));
        }
        assert_eq!(writing.settled("n0").await, Ok(()), "forgotten");
        assert_eq!(writing.settled("n1").await, Err("disk full".to_owned()));
        writing.begin("n1").end(Ok(()));
        assert_eq!(writing.settled("n1").await, Ok(()));
    }

    #[tokio::test]
    async fn whoever_ends_without_a_word_has_failed() {
        let writing = Writing::default();
        drop(writing.begin("a"));
        assert!(writing.settled("a").await.unwrap_err().contains("panicked"));
        writing.idle().await;
    }
}
