//! What the sites together say about the program.

use super::allow::AllowList;
use super::class::{Class, Doubt};
use super::date::Date;
use super::rate::Rate;
use super::remark::Remark;
use super::sampled;
use super::series;
use super::site::{Point, SiteGrowth};
use crate::error::Error;
use crate::in_app::InApp;
use crate::note::Note;
use crate::profile::Profile;

/// What a series of snapshots shows.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The verdict on the program as a whole.
    pub verdict: Verdict,
    /// The whole heap at each snapshot.
    pub heap: Vec<HeapPoint>,
    /// How each site grew; the largest growth in bytes first.
    pub sites: Vec<SiteGrowth>,
    /// What else a reader should know.
    pub remarks: Vec<Remark>,
}

/// The verdict on a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// At least one site leaks that nobody accepts.
    Leak,
    /// No site leaks, and none is unclear.
    NoLeak,
    /// No site is seen to leak, but some may; the remarks say what to do.
    Inconclusive,
}

/// The heap at one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct HeapPoint {
    /// The snapshot's path, or what else it is called.
    pub label: String,
    /// Requests served by then.
    pub requests: u64,
    /// Live bytes.
    pub live_bytes: u64,
    /// Live blocks.
    pub live_blocks: u64,
    /// The standard error of the live bytes; 0 if they are exact.
    pub live_bytes_error: f64,
    /// The standard error of the live blocks.
    pub live_blocks_error: f64,
    /// The process's resident memory in bytes, if known.
    pub rss_bytes: Option<u64>,
}

/// Fewer snapshots show no course.
const LEAST_SNAPSHOTS: usize = 3;

/// RSS that grew by so much is worth a word, in bytes…
const RSS_GREW: u64 = 2 << 20;
/// …if the heap grew by less than this part of it.
const HEAP_DID_NOT: f64 = 0.25;

/// Requests that are so many times as many have about doubled.
const DOUBLED: f64 = 1.8;

/// Judges snapshots that were taken after so many requests each. They should double from one to the next, and each
/// snapshot be taken at rest: with no request in flight.
///
/// # Errors
/// [`Error::TooFewSnapshots`] below three; [`Error::RequestsDoNotRise`] if the requests are not in ascending order.
pub fn judge(series: &[(u64, &Profile)], in_app: &InApp) -> Result<Judgement, Error> {
    if series.len() < LEAST_SNAPSHOTS {
        return Err(Error::TooFewSnapshots(series.len()));
    }
    for pair in series.windows(2) {
        let ((first, before), (second, after)) = (pair[0], pair[1]);
        if second <= first {
            return Err(Error::RequestsDoNotRise {
                before: before.label.clone(),
                first,
                after: after.label.clone(),
                second,
            });
        }
    }
    let mut sites = series::sites(series, in_app);
    doubt_what_goes_together(&mut sites);
    let heap: Vec<HeapPoint> = series
        .iter()
        .map(|(requests, profile)| HeapPoint::of(*requests, profile))
        .collect();
    let mut remarks: Vec<Remark> = Vec::new();
    for pair in series.windows(2) {
        for note in Note::all(pair[0].1, pair[1].1)
            .into_iter()
            .map(Remark::Pair)
        {
            if !remarks.contains(&note) {
                remarks.push(note);
            }
        }
    }
    remarks.extend(not_doubling(&heap));
    remarks.extend(spread(&sites));
    remarks.extend(rss_only(&heap));
    remarks.extend(unseen(&sites));
    let judgement = Judgement {
        verdict: Verdict::Inconclusive,
        heap,
        sites,
        remarks,
    };
    Ok(judgement.concluded())
}

/// The same after as many requests as the snapshots say themselves.
///
/// # Errors
/// [`Error::RequestsUnknown`] if one does not say; otherwise as [`judge`].
pub fn judge_as_told(series: &[&Profile], in_app: &InApp) -> Result<Judgement, Error> {
    if series.len() < LEAST_SNAPSHOTS {
        return Err(Error::TooFewSnapshots(series.len()));
    }
    let told = |profile: &&Profile| {
        let requests = profile.metadata.requests;
        requests.ok_or_else(|| Error::RequestsUnknown(profile.label.clone()))
    };
    let requests: Result<Vec<u64>, Error> = series.iter().map(told).collect();
    let series: Vec<(u64, &Profile)> = requests?.into_iter().zip(series.iter().copied()).collect();
    judge(&series, in_app)
}

impl Judgement {
    /// The same with the growth that a user accepts: it no longer counts, and a remark says so. Entries that are
    /// expired `today`, or match nothing that leaks, get a remark, too.
    #[must_use]
    pub fn allowing(mut self, list: &AllowList, today: Date) -> Self {
        for entry in &list.entries {
            let to_do = if entry.is_expired(today) {
                entry.expires.map(|on| Remark::Expired {
                    entry: entry.to_string(),
                    on,
                })
            } else if self.accept(entry) {
                None
            } else {
                Some(Remark::Unused {
                    entry: entry.to_string(),
                })
            };
            self.remarks.extend(to_do);
        }
        let allowed = self.sites.iter().filter_map(|site| {
            Some(Remark::Allowed {
                site: site.name(),
                reason: site.allowed.clone()?,
            })
        });
        self.remarks.extend(allowed);
        self.concluded()
    }

    /// The sites that leak and are not allowed, the largest growth first.
    pub fn leaks(&self) -> impl Iterator<Item = &SiteGrowth> {
        self.sites.iter().filter(|site| site.is_leak())
    }

    /// The sites that are unclear and not allowed, the largest growth first.
    pub fn unclear(&self) -> impl Iterator<Item = &SiteGrowth> {
        self.sites.iter().filter(|site| site.is_unclear())
    }

    /// The sites as a reader looks at them: what leaks, what is unclear, what is allowed, then the other classes; of each
    /// the largest growth first.
    pub fn by_class(&self) -> Vec<&SiteGrowth> {
        let mut sites: Vec<_> = self.sites.iter().collect();
        sites.sort_by_key(|site| {
            let rank = match site.class {
                _ if site.allowed.is_some() => 2,
                Class::Leak => 0,
                Class::Unclear => 1,
                _ => 3,
            };
            (rank, site.class)
        });
        sites
    }

    /// From how many requests to how many.
    pub fn requests(&self) -> (u64, u64) {
        match self.heap.as_slice() {
            [first, .., last] => (first.requests, last.requests),
            _ => (0, 0),
        }
    }

    /// Bytes per request at all leaking sites together.
    pub fn bytes_per_request(&self) -> Rate {
        let mut sum = Rate::default();
        for site in self.leaks() {
            sum += site.bytes_per_request;
        }
        sum
    }

    /// Blocks per request, likewise.
    pub fn blocks_per_request(&self) -> Rate {
        let mut sum = Rate::default();
        for site in self.leaks() {
            sum += site.blocks_per_request;
        }
        sum
    }

    /// Marks the sites that an entry accepts; whether there are any.
    fn accept(&mut self, entry: &super::Allow) -> bool {
        let grows = |site: &&mut SiteGrowth| matches!(site.class, Class::Leak | Class::Unclear);
        let mut any = false;
        for site in self.sites.iter_mut().filter(grows) {
            if entry.matches(site) {
                any = true;
                site.allowed.get_or_insert_with(|| entry.reason.clone());
            }
        }
        any
    }

    /// With the verdict that its sites and remarks make, and what to do about what is unclear.
    fn concluded(mut self) -> Self {
        self.remarks
            .retain(|remark| !matches!(remark, Remark::Unclear { .. }));
        let mut doubts: Vec<(Doubt, String, usize)> = Vec::new();
        for site in self.sites.iter().filter(|site| site.is_unclear()) {
            let Some(doubt) = site.doubt else { continue };
            match doubts.iter_mut().find(|(known, ..)| *known == doubt) {
                Some((.., more)) => *more += 1,
                None => doubts.push((doubt, site.name(), 0)),
            }
        }
        let is_spread = |remark: &Remark| matches!(remark, Remark::Spread { .. });
        self.verdict = if self.leaks().next().is_some() {
            Verdict::Leak
        } else if !doubts.is_empty() || self.remarks.iter().any(is_spread) {
            Verdict::Inconclusive
        } else {
            Verdict::NoLeak
        };
        let unclear = doubts
            .into_iter()
            .map(|(doubt, site, more)| Remark::Unclear { site, more, doubt });
        self.remarks.splice(0..0, unclear);
        self
    }
}

impl Verdict {
    /// As programs read it: `leak`, `no-leak`, `inconclusive`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::NoLeak => "no-leak",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl HeapPoint {
    fn of(requests: u64, profile: &Profile) -> Self {
        Self {
            label: profile.label.clone(),
            requests,
            live_bytes: profile.totals.live_bytes,
            live_blocks: profile.totals.live_blocks,
            live_bytes_error: profile.totals.live_bytes_error(),
            live_blocks_error: profile.totals.live_blocks_error(),
            rss_bytes: profile.metadata.rss_bytes,
        }
    }
}

/// A list and the blocks in it end together, and the blocks show it first; see [`Class`].
fn doubt_what_goes_together(sites: &mut [SiteGrowth]) {
    let file = |site: &SiteGrowth| site.site.frame.file().map(str::to_owned);
    let counted = |site: &&SiteGrowth| !site.grows_in_place && site.site.in_app;
    let keeps_rate: Vec<_> = sites
        .iter()
        .filter(counted)
        .filter(|site| site.class == Class::Leak)
        .map(file)
        .collect();
    let slower: Vec<_> = sites
        .iter()
        .filter(counted)
        .filter(|site| site.class != Class::Leak && grew_to_the_end(&site.points))
        .filter(|site| !sampled::is_rough(&site.points)) // what chance makes slower is no witness
        .map(file)
        .collect();
    for site in sites {
        let file = file(site);
        let alone = file.is_none() || keeps_rate.contains(&file) || !slower.contains(&file);
        if site.grows_in_place && site.class == Class::Leak && !alone {
            site.class = Class::Unclear;
            site.doubt = Some(Doubt::Together);
        }
    }
}

/// Fewer blocks more in the last window are not what a list holds.
const NEIGHBOURS: u64 = 5;

/// Whether there were blocks more in each of the last two windows, in number worth speaking of.
fn grew_to_the_end(points: &[Point]) -> bool {
    let [.., first, second, third] = points else {
        return false;
    };
    let blocks = [first, second, third].map(|point| point.counters.live_blocks);
    blocks[1] > blocks[0] && blocks[2] >= blocks[1] + NEIGHBOURS
}

fn not_doubling(heap: &[HeapPoint]) -> Option<Remark> {
    let requests = |pair: &[HeapPoint]| (pair[0].requests, pair[1].requests);
    let short =
        |(from, to): &(u64, u64)| super::trend::float(*to) < DOUBLED * super::trend::float(*from);
    let requests = heap.windows(2).map(requests).find(short)?;
    Some(Remark::NotDoubling { requests })
}

/// Many sites may each grow too little to be named, and together as a leak does.
fn spread(sites: &[SiteGrowth]) -> Option<Remark> {
    let mut rest = sites
        .iter()
        .filter(|site| !matches!(site.class, Class::Leak | Class::Unclear));
    let mut sum = rest.next()?.points.clone();
    for site in rest {
        for (sum, point) in sum.iter_mut().zip(&site.points) {
            sum.counters.plus(&point.counters);
        }
    }
    let (class, _) = Class::of(&sum, false);
    (class == Class::Leak).then(|| Remark::Spread {
        bytes_per_request: Rate::of_bytes(&sum).estimate,
    })
}

/// How much growth the samples cannot show: the largest error of a site in the user's own code that is called steady.
fn unseen(sites: &[SiteGrowth]) -> Option<Remark> {
    let hidden: Vec<f64> = sites
        .iter()
        .filter(|site| site.site.in_app && site.is_within_error())
        .filter_map(|site| {
            let [from, .., to] = site.points.as_slice() else {
                return None;
            };
            let requests = super::trend::float(to.requests - from.requests);
            Some(sampled::SURE * sampled::error(from, to) / requests)
        })
        .collect();
    let bytes_per_request = hidden.iter().copied().fold(0.0, f64::max);
    (!hidden.is_empty()).then_some(Remark::BelowSampling {
        sites: hidden.len(),
        bytes_per_request,
    })
}

fn rss_only(heap: &[HeapPoint]) -> Option<Remark> {
    let (first, last) = (heap.first()?, heap.last()?);
    let rss_bytes = last.rss_bytes?.checked_sub(first.rss_bytes?)?;
    let heap_bytes = last.live_bytes.cast_signed() - first.live_bytes.cast_signed();
    let heap_grew = super::trend::float(heap_bytes.max(0).unsigned_abs());
    let only = rss_bytes >= RSS_GREW && heap_grew < HEAP_DID_NOT * super::trend::float(rss_bytes);
    only.then_some(Remark::RssOnly {
        rss_bytes,
        heap_bytes,
    })
}
