//! The snapshots of a server that is watched, and the verdict on them.

use anyhow::Result;
use heapdiff::Profile;
use heapdiff::verdict::judge;

use super::observation::Snapshots;
use super::watch::Watch;

/// The snapshots so far: one of the beginning, which is counted from and not judged, and the others.
#[derive(Default)]
pub(super) struct Shots {
    begin: Option<Shot>,
    later: Vec<Shot>,
    /// Why there are none.
    pub(super) none: Option<String>,
    /// How many were taken, those before a restart too.
    pub(super) taken: usize,
}

struct Shot {
    profile: Profile,
    /// Requests, by the metrics or the load.
    requests: Option<u64>,
    name: String,
}

impl Shots {
    /// Takes one, if there are any to be had.
    pub(super) async fn take(&mut self, watch: &Watch, requests: Option<u64>) {
        if self.none.is_some() {
            return;
        }
        let name = name(self.taken);
        let taken = async {
            let taken = watch.server.take(&name).await?;
            let snapshot = watch.server.fetch(taken, &watch.folder).await?;
            Ok::<_, anyhow::Error>(heapdiff::files::read(&snapshot.path)?)
        };
        match taken.await {
            Ok(profile) => self.add(profile, requests, name),
            Err(error) => self.none = Some(format!("{error:#}")),
        }
    }

    pub(super) fn add(&mut self, profile: Profile, requests: Option<u64>, name: String) {
        let shot = Shot {
            profile,
            requests,
            name,
        };
        self.taken += 1;
        if self.begin.is_none() {
            self.begin = Some(shot);
        } else {
            self.later.push(shot);
        }
    }

    /// Those of another run are of no use.
    pub(super) fn forget(&mut self) {
        self.begin = None;
        self.later.clear();
    }

    /// Requests at the last one.
    pub(super) fn requests(&self) -> Option<u64> {
        let last = self.later.last().or(self.begin.as_ref());
        last.and_then(|shot| shot.requests)
    }

    /// The verdict on those that were taken after the first, counted from that one.
    pub(super) fn judged(self, watch: &Watch) -> Result<Snapshots> {
        if let Some(why) = self.none {
            return Ok(Snapshots::None(why));
        }
        let Some(begin) = self.begin else {
            return Ok(Snapshots::TooFew);
        };
        let since = |shot: &Shot| {
            let exact = shot
                .profile
                .metadata
                .requests
                .zip(begin.profile.metadata.requests);
            let (now, then) = exact.or(shot.requests.zip(begin.requests))?;
            now.checked_sub(then)
        };
        let mut series: Vec<(u64, &Profile)> = Vec::new();
        let mut files = Vec::new();
        for shot in &self.later {
            let Some(requests) = since(shot) else {
                continue;
            };
            if requests > series.last().map_or(0, |(before, _)| *before) {
                series.push((requests, &shot.profile));
                files.push(format!("{}/{}.json", watch.shown, shot.name));
            }
        }
        if series.len() < 3 {
            return Ok(Snapshots::TooFew);
        }
        Ok(Snapshots::Judged {
            judgement: Box::new(judge(&series, &watch.in_app)?),
            files: files.join(" "),
            requests: series.iter().map(|(requests, _)| *requests).collect(),
        })
    }
}

/// What the snapshots are called, at the server and here.
pub(super) fn name(number: usize) -> String {
    format!("doctor-{number}")
}
