//! A check that is going on while the screen is drawn: what happens in it, in order, and how it is ended before its time.

use std::future::pending;
use std::pin::Pin;

use anyhow::Result;
use heapdiff::verdict::Judgement;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::model::{Event, Glance, Point};
use crate::catalog::Lab;
use crate::check::{self, Checked};
use crate::compile::{Output, Said};
use crate::contract::When;
use crate::measure::{Plan, Stage};
use crate::repo::{Repo, Server};

/// A check that is going on, or none.
pub(super) struct Check<'a> {
    work: Option<Pin<Box<dyn Future<Output = Result<Checked>> + 'a>>>,
    events: UnboundedReceiver<Event>,
}

/// What happens during a check, or that it is done.
pub(super) enum Happened {
    Event(Event),
    Done(Box<Result<Checked>>),
}

impl<'a> Check<'a> {
    /// Of the student's file as it is, for what was noticed at `since`.
    pub(super) fn begin(repo: &'a Repo, lab: &'a Lab, since: Instant) -> Self {
        let (sender, events) = unbounded_channel();
        let work = async move {
            let mut hear = |said: Said| drop(sender.send(Event::Said(said)));
            let mut see = |stage: Stage<'_>| {
                if let Some(event) = event(&stage, since) {
                    let _ = sender.send(event);
                }
            };
            let (plan, output) = (Plan::UntilCertain, Output::To(&mut hear));
            check::check_watched(repo, lab, Server::Fixed, plan, output, &mut see).await
        };
        Self {
            work: Some(Box::pin(work)),
            events,
        }
    }

    /// Ends what is going on, with all that it started.
    pub(super) fn end(&mut self) {
        self.work = None;
    }

    /// What happens next, in the order in which it does. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Happened {
        let Some(work) = &mut self.work else {
            return pending().await;
        };
        let result = tokio::select! {
            biased;
            Some(event) = self.events.recv() => return Happened::Event(event),
            result = work => result,
        };
        // What it told in its last moments comes first.
        if let Ok(event) = self.events.try_recv() {
            self.work = Some(Box::pin(async { result }));
            return Happened::Event(event);
        }
        self.work = None;
        Happened::Done(Box::new(result))
    }
}

fn event(stage: &Stage<'_>, since: Instant) -> Option<Event> {
    Some(match stage {
        Stage::Boot => Event::Built(since.elapsed()),
        // It follows the build, which is told.
        Stage::Contract(When::BeforeLoad) => return None,
        Stage::Contract(When::AfterLoad) => Event::AskedAgain,
        Stage::Load { target, .. } => Event::Load(*target),
        Stage::Glance(health) => Event::Glance(Glance {
            requests: health.requests,
            live_bytes: health.live_bytes,
            rss_bytes: health.rss_bytes,
        }),
        Stage::Shot { shot, so_far } => Event::Shot(
            Point {
                requests: shot.requests,
                live_bytes: shot.profile.totals.live_bytes,
            },
            so_far.map(Judgement::bytes_per_request),
        ),
    })
}
