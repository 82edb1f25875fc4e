//! From what was seen to what it means. A pure function: no clock, no server, no file.

mod latency;

use super::finding::{Finding, Site};
use super::observation::{Observation, Sample, Snapshots};
use heapdiff::verdict::{Remark, Verdict};

/// Requests below which nothing is said: what a server makes once would look like what it makes for each.
pub(super) const LEAST_REQUESTS: u64 = 100;

/// A heap grew if it gained so much, in bytes.
const GREW: u64 = 2 << 20;

/// RSS grew without the heap if it gained so much, in bytes: more than threads and their arenas, buffers, and the names that
/// heapshot keeps from its first snapshot on…
const RSS_GREW: u64 = 8 << 20;
/// …and the heap gained less than this part of it.
const HEAP_DID_NOT: f64 = 0.25;

/// Bytes kept of each request, in both halves, from which metrics alone show growth.
const BYTES_PER_REQUEST: f64 = 64.0;

/// Why there is no verdict on snapshots.
const TOO_FEW: &str = "three are needed, with requests between them";

/// Near the ceiling, at this part of it.
const NEAR: f64 = 0.8;

/// What is the matter, the gravest first; that all is fine, if nothing is.
pub(super) fn judge(seen: &Observation) -> Vec<Finding> {
    let mut findings = Vec::new();
    if seen.restarts > 0 {
        findings.push(Finding::Restarted {
            times: seen.restarts,
        });
    }
    if let Some(why) = &seen.cut_short {
        findings.push(Finding::CutShort { why: why.clone() });
    }
    let Some(course) = Course::of(&seen.samples) else {
        findings.push(Finding::TooLittle {
            requests: Some(0),
            driven: seen.driven,
        });
        return findings;
    };
    let heap = heap(seen, &course);
    let grows = heap.as_ref().is_some_and(Finding::is_growth);
    findings.extend(heap);
    findings.extend(rss(&course, grows));
    findings.extend(latency::grew(&course));
    findings.extend(ceiling(&course, grows, doubling(seen)));
    if findings.is_empty() {
        let no_snapshots = match &seen.snapshots {
            Snapshots::None(why) => Some(why.clone()),
            Snapshots::TooFew => Some(TOO_FEW.to_owned()),
            Snapshots::Judged { .. } => None,
        };
        findings.push(Finding::Fine {
            requests: course.requests,
            live_bytes: course.live.map(|(_, last)| last),
            rss_bytes: course.rss.map(|(_, last)| last),
            no_snapshots,
        });
    }
    findings.sort_by_key(Finding::rank);
    findings
}

/// First and last of what was measured.
struct Course<'a> {
    samples: &'a [Sample],
    seconds: f64,
    /// Requests in between; `None` where nobody counts.
    requests: Option<u64>,
    /// Live bytes.
    live: Option<(u64, u64)>,
    rss: Option<(u64, u64)>,
}

impl<'a> Course<'a> {
    fn of(samples: &'a [Sample]) -> Option<Self> {
        let [first, .., last] = samples else {
            return None;
        };
        let both = |of: fn(&Sample) -> Option<u64>| of(first).zip(of(last));
        let requests = both(|sample| sample.requests);
        Some(Self {
            samples,
            seconds: last.at - first.at,
            requests: requests.map(|(first, last)| last.saturating_sub(first)),
            live: both(|sample| sample.metrics.live_bytes),
            rss: both(|sample| sample.metrics.rss_bytes),
        })
    }

    /// Live bytes kept of each request in the first half of the requests and in the second. The floor of a few samples
    /// counts, for requests in flight hold memory that they give back.
    fn halves(&self) -> Option<[f64; 2]> {
        let quarter = self.samples.len() / 4;
        if quarter == 0 {
            return None;
        }
        let floor = |samples: &[Sample]| {
            let all = samples.iter().map(|sample| sample.metrics.live_bytes);
            all.collect::<Option<Vec<_>>>()?.into_iter().min()
        };
        let middle = self.samples.len() / 2;
        let places = [
            0..quarter,
            middle..middle + quarter,
            self.samples.len() - quarter..self.samples.len(),
        ];
        let floors: Option<Vec<u64>> = places
            .iter()
            .map(|at| floor(&self.samples[at.clone()]))
            .collect();
        let counts: Option<Vec<u64>> = places
            .iter()
            .map(|at| self.samples[at.start].requests)
            .collect();
        let (floors, counts) = (floors?, counts?);
        let rate = |from: usize| {
            let requests = float(counts[from + 1].saturating_sub(counts[from]));
            (float(floors[from + 1]) - float(floors[from])) / requests.max(1.0)
        };
        Some([rate(0), rate(1)])
    }
}

/// Whether the heap grows with the requests: by the snapshots' verdict, or, where there are none, by the metrics.
fn heap(seen: &Observation, course: &Course<'_>) -> Option<Finding> {
    let few = course
        .requests
        .is_none_or(|requests| requests < LEAST_REQUESTS);
    let too_little = || Finding::TooLittle {
        requests: course.requests,
        driven: seen.driven,
    };
    match &seen.snapshots {
        _ if few => Some(too_little()),
        Snapshots::Judged {
            judgement,
            files,
            requests,
        } => match judgement.verdict {
            Verdict::NoLeak => None,
            Verdict::Leak => {
                let leak = judgement.leaks().next()?;
                let heap = &judgement.heap;
                Some(Finding::HeapGrows {
                    bytes_per_request: judgement.bytes_per_request(),
                    sites: judgement.leaks().count(),
                    site: Site::of(leak),
                    requests: judgement.requests(),
                    live_bytes: (heap.first()?.live_bytes, heap.last()?.live_bytes),
                    files: files.clone(),
                    counts: requests.clone(),
                })
            }
            Verdict::Inconclusive => Some(Finding::HeapMayGrow {
                why: judgement
                    .remarks
                    .iter()
                    .filter(|remark| !matches!(remark, Remark::RssOnly { .. }))
                    .map(ToString::to_string)
                    .collect(),
                site: judgement.unclear().next().map(Site::of),
                files: files.clone(),
                counts: requests.clone(),
            }),
        },
        Snapshots::None(why) => by_metrics(course, why),
        Snapshots::TooFew => by_metrics(course, TOO_FEW),
    }
}

/// Whether the heap grows, without snapshots.
fn by_metrics(course: &Course<'_>, why: &str) -> Option<Finding> {
    let why = why.to_owned();
    match (course.live, course.halves()) {
        (None, _) => Some(Finding::HeapUnknown { why }),
        (Some((first, last)), Some(halves))
            if halves.iter().all(|rate| *rate >= BYTES_PER_REQUEST)
                && last.saturating_sub(first) >= GREW / 8 =>
        {
            Some(Finding::HeapGrowsSomewhere {
                bytes_per_request: halves,
                live_bytes: (first, last),
                why,
            })
        }
        // Once, or in steps, as a list does that doubles; nobody can tell from so little.
        (Some((first, last)), _)
            if last.saturating_sub(first) >= GREW
                && float(last.saturating_sub(first))
                    >= BYTES_PER_REQUEST * course.requests.map_or(0.0, float) =>
        {
            Some(Finding::HeapGrew {
                live_bytes: (first, last),
                why,
            })
        }
        _ => None,
    }
}

/// Whether RSS grew and the heap did not.
fn rss(course: &Course<'_>, heap_grows: bool) -> Option<Finding> {
    let (before, after) = course.rss?;
    let grew = after.saturating_sub(before);
    let (live_before, live_after) = course.live?;
    let heap = live_after.saturating_sub(live_before);
    let alone = grew >= RSS_GREW && float(heap) < HEAP_DID_NOT * float(grew);
    (alone && !heap_grows).then_some(Finding::RssAlone {
        rss_bytes: (before, after),
        live_bytes: (live_before, live_after),
    })
}

/// The collection that grows in place and leaks most, if one does: its room in bytes, and how much it takes per request.
fn doubling(seen: &Observation) -> Option<(u64, f64)> {
    let Snapshots::Judged { judgement, .. } = &seen.snapshots else {
        return None;
    };
    let leak = judgement
        .leaks()
        .next()
        .filter(|leak| leak.grows_in_place)?;
    let room = leak.points.last()?.counters.live_bytes;
    let rate = leak.bytes_per_request.estimate;
    (rate > 0.0 && room > 0).then_some((room, rate))
}

/// How far the heap is from its ceiling: of one that grows always; of one that does not, if it is near.
fn ceiling(course: &Course<'_>, grows: bool, doubling: Option<(u64, f64)>) -> Option<Finding> {
    let [first, .., last] = course.samples else {
        return None;
    };
    let ceiling = last.metrics.ceiling_bytes?;
    let used = |sample: &Sample| sample.metrics.used_bytes.or(sample.metrics.live_bytes);
    let (before, now) = (used(first)?, used(last)?);
    let left = float(ceiling.saturating_sub(now));
    let gained = float(now.saturating_sub(before));
    // How many times as long as it was watched.
    let mut times = (grows && gained > 0.0).then(|| left / gained);
    let mut last_room = None;
    if let (Some(times), Some((room, rate)), Some(requests)) =
        (&mut times, doubling, course.requests)
    {
        // It asks for twice its room as soon as it is full, and may be full now.
        let mut fits = room;
        let others = now - room.min(now);
        while let Some(twice) = fits.checked_mul(2)
            && others.saturating_add(twice) <= ceiling
        {
            fits = twice;
        }
        *times = times.min(float(fits - room) / rate / float(requests.max(1)));
        last_room = Some(fits);
    }
    let is_near = float(now) >= NEAR * float(ceiling);
    (grows || is_near).then(|| Finding::NearCeiling {
        used_bytes: now,
        ceiling_bytes: ceiling,
        requests_left: course
            .requests
            .zip(times)
            .map(|(all, times)| float(all) * times),
        seconds_left: times.map(|times| course.seconds * times),
        last_room,
    })
}

#[expect(clippy::cast_precision_loss, reason = "bytes and requests, below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
