//! What is looked at of a server's metrics. Of several series of one name (of each route, say) the sum.

use std::collections::BTreeMap;

use super::exposition::{Garbage, declared, samples};
use super::histogram::Histogram;

/// Different statuses that are told apart; a server may say anything in a label. The rest is `other`.
pub const MOST_STATUSES: usize = 40;

/// A server in numbers, at one moment. `None`: it does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Metrics {
    /// `heap_live_bytes`.
    pub live_bytes: Option<u64>,
    /// `heap_live_blocks`.
    pub live_blocks: Option<u64>,
    /// `heap_allocated_bytes_total`: all that was ever allocated, freed or not.
    pub allocated_bytes: Option<u64>,
    /// `heap_allocated_blocks_total`.
    pub allocated_blocks: Option<u64>,
    /// `heap_used_bytes`: the heap as its ceiling counts it.
    pub used_bytes: Option<u64>,
    /// `heap_ceiling_bytes`; a server without a ceiling does not tell one.
    pub ceiling_bytes: Option<u64>,
    /// `heap_snapshots_total`: snapshots that were written.
    pub snapshots: Option<u64>,
    /// `heap_snapshot_failures_total`: those that could not be.
    pub snapshot_failures: Option<u64>,
    /// `heap_snapshot_pause_seconds`: how long nobody could allocate, for each snapshot.
    pub pauses: Option<Histogram>,
    /// `http_requests_total` by its label `status` (or `code`, `status_code`), all routes together.
    pub requests_by_status: Option<BTreeMap<String, u64>>,
    /// `http_requests_in_flight`.
    pub in_flight: Option<u64>,
    /// `http_request_duration_seconds`, all routes together; in seconds.
    pub durations: Option<Histogram>,
    /// `process_resident_memory_bytes`.
    pub rss_bytes: Option<u64>,
    /// `process_cpu_seconds_total`: time of all processors.
    pub cpu_seconds: Option<f64>,
    /// `process_start_time_seconds`, since 1970.
    pub start_time_seconds: Option<f64>,
}

impl Metrics {
    /// Reads the text of `/metrics`; what is not known is passed over.
    ///
    /// # Errors
    /// A line that is none of the format's: then nothing of it can be trusted.
    pub fn read(text: &str) -> Result<Self, Garbage> {
        let mut metrics = Self::default();
        let (mut durations, mut pauses) = (Vec::new(), Vec::new());
        for sample in samples(text) {
            let sample = sample?;
            let value = sample.value;
            let bucket = || Some((sample.label("le")?.parse().ok()?, value));
            match sample.name {
                "heap_live_bytes" => add(&mut metrics.live_bytes, value),
                "heap_live_blocks" => add(&mut metrics.live_blocks, value),
                "heap_allocated_bytes_total" => add(&mut metrics.allocated_bytes, value),
                "heap_allocated_blocks_total" => add(&mut metrics.allocated_blocks, value),
                "heap_used_bytes" => add(&mut metrics.used_bytes, value),
                "heap_ceiling_bytes" => add(&mut metrics.ceiling_bytes, value),
                "heap_snapshots_total" => add(&mut metrics.snapshots, value),
                "heap_snapshot_failures_total" => add(&mut metrics.snapshot_failures, value),
                "heap_snapshot_pause_seconds_bucket" => pauses.extend(bucket()),
                "http_requests_total" => {
                    let labels = ["status", "code", "status_code"];
                    let status = labels.into_iter().find_map(|label| sample.label(label));
                    metrics.count(status.unwrap_or("unknown"), value);
                }
                "http_requests_in_flight" => add(&mut metrics.in_flight, value),
                "http_request_duration_seconds_bucket" => durations.extend(bucket()),
                "process_resident_memory_bytes" => add(&mut metrics.rss_bytes, value),
                "process_cpu_seconds_total" => metrics.cpu_seconds = finite(value),
                "process_start_time_seconds" => metrics.start_time_seconds = finite(value),
                _ => {}
            }
        }
        if declared(text).any(|name| name == "http_requests_total" || name == "http_requests") {
            metrics.requests_by_status.get_or_insert_default(); // none so far
        }
        metrics.durations = Histogram::new(durations);
        metrics.pauses = Histogram::new(pauses);
        Ok(metrics)
    }

    /// Whether there is anything to watch.
    pub fn is_of_use(&self) -> bool {
        self.live_bytes.is_some() || self.rss_bytes.is_some()
    }

    /// All requests that were answered.
    pub fn requests(&self) -> Option<u64> {
        let counts = self.requests_by_status.as_ref()?.values();
        Some(counts.fold(0, |sum, count| sum.saturating_add(*count)))
    }

    /// Whether the server was started anew since `earlier`: it says so, or what can only rise has fallen.
    pub fn is_another_run(&self, earlier: &Self) -> bool {
        let fell = |now: Option<f64>, before: Option<f64>| now < before && now.is_some();
        let whole = |count: Option<u64>| count.map(float);
        self.start_time_seconds.is_some_and(|now| {
            let before = earlier.start_time_seconds;
            before.is_some_and(|before| (now - before).abs() > START_JITTER)
        }) || fell(self.cpu_seconds, earlier.cpu_seconds)
            || fell(whole(self.requests()), whole(earlier.requests()))
            || fell(whole(self.allocated_bytes), whole(earlier.allocated_bytes))
            || fell(whole(self.snapshots), whole(earlier.snapshots))
    }

    fn count(&mut self, status: &str, value: f64) {
        let Some(value) = natural(value) else {
            return;
        };
        let counts = self.requests_by_status.get_or_insert_default();
        let room = counts.len() < MOST_STATUSES && status.len() <= LONGEST_STATUS;
        let known = room || counts.contains_key(status);
        let status = if known { status } else { "other" };
        let count = counts.entry(status.to_owned()).or_default();
        *count = count.saturating_add(value);
    }
}

/// Longer labels, in bytes, are no statuses.
const LONGEST_STATUS: usize = 32;

/// A process tells when it started in ticks of a hundredth of a second, and some clients reckon that anew each time.
const START_JITTER: f64 = 0.05;

fn add(sum: &mut Option<u64>, value: f64) {
    if let Some(value) = natural(value) {
        *sum = Some(sum.unwrap_or(0).saturating_add(value));
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Amounts are whole and not negative. What is something else is not known.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "finite and not negative; too much becomes the most there is"
)]
fn natural(value: f64) -> Option<u64> {
    (value.is_finite() && value >= 0.0).then_some(value as u64)
}

#[expect(clippy::cast_precision_loss, reason = "to tell which is more")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Metrics {
        Metrics::read(text).expect("metrics")
    }

    #[test]
    fn all_that_our_own_server_tells_is_known() {
        let metrics = read(include_str!("../../tests/metrics/classic.txt"));
        assert_eq!(metrics.live_bytes, Some(554_836));
        assert_eq!(metrics.live_blocks, Some(1173));
        assert_eq!(metrics.allocated_bytes, Some(1_088_738));
        assert_eq!(metrics.allocated_blocks, Some(2607));
        assert_eq!(metrics.used_bytes, Some(1_302_096));
        assert_eq!(metrics.ceiling_bytes, Some(1 << 30));
        assert_eq!(metrics.snapshots, Some(1));
        assert_eq!(metrics.snapshot_failures, Some(0));
        assert_eq!(metrics.requests(), Some(4));
        let statuses = metrics.requests_by_status.as_ref().expect("statuses");
        assert_eq!(statuses["200"], 3);
        assert_eq!(statuses["404"], 1);
        assert_eq!(metrics.in_flight, Some(0));
        assert_eq!(metrics.rss_bytes, Some(13_004_800));
        assert_eq!(metrics.cpu_seconds, Some(0.01));
        assert_eq!(metrics.start_time_seconds, Some(1_795_561_769.08));
        let durations = metrics.durations.as_ref().expect("durations");
        assert_eq!((durations.count(), durations.buckets().len()), (3.0, 17));
        assert_eq!(durations.quantile(0.5), Some(0.000_375));
        assert_eq!(metrics.pauses.as_ref().map(Histogram::count), Some(1.0));
        assert!(!metrics.is_another_run(&metrics));
        let open = read(include_str!("../../tests/metrics/openmetrics.txt"));
        assert_eq!(open.requests_by_status, metrics.requests_by_status);
        assert_eq!(open.durations, metrics.durations);
    }

    #[test]
    fn somebody_elses_server_tells_less_and_is_of_use() {
        let metrics = read(
            "process_resident_memory_bytes 4.2e7\nprocess_cpu_seconds_total 1.5\n\
             http_requests_total{method=\"get\",code=\"200\"} 5\nhttp_requests_total{method=\"post\",code=\"200\"} 2\n\
             go_goroutines 7",
        );
        assert!(metrics.is_of_use());
        assert_eq!(metrics.rss_bytes, Some(42_000_000));
        assert_eq!(metrics.requests(), Some(7));
        assert_eq!(metrics.live_bytes, None);
        assert_eq!(metrics.durations, None);
        assert!(!read("go_goroutines 7").is_of_use());
    }

    #[test]
    fn no_request_so_far_is_zero_requests_and_not_an_unknown_number() {
        for declared in ["http_requests_total", "http_requests"] {
            let text = format!("# TYPE {declared} counter\nheap_live_bytes 1\n");
            assert_eq!(read(&text).requests(), Some(0));
        }
        assert_eq!(read("heap_live_bytes 1").requests(), None);
    }

    #[test]
    fn what_cannot_be_an_amount_is_not_known() {
        for bad in ["NaN", "+Inf", "-1"] {
            let metrics = read(&format!("heap_live_bytes {bad}\nheap_ceiling_bytes {bad}"));
            assert_eq!((metrics.live_bytes, metrics.ceiling_bytes), (None, None));
        }
        assert_eq!(read("heap_live_bytes 1e300").live_bytes, Some(u64::MAX));
        assert!(Metrics::read("heap_live_bytes 1\n<html>").is_err());
    }

    #[test]
    fn statuses_without_end_are_added_up_as_others() {
        let lines = (0..5000).map(|n| format!("http_requests_total{{status=\"x{n}\"}} 1\n"));
        let metrics = read(&lines.collect::<String>());
        let statuses = metrics.requests_by_status.as_ref().expect("statuses");
        assert_eq!(statuses.len(), MOST_STATUSES + 1);
        assert_eq!(metrics.requests(), Some(5000));
        let long = format!("http_requests_total{{status=\"{}\"}} 3", "2".repeat(5000));
        let statuses = read(&long).requests_by_status.expect("statuses");
        assert_eq!(statuses, BTreeMap::from([("other".to_owned(), 3)]));
    }

    #[test]
    fn a_run_is_another_one_if_it_says_so_or_its_counters_fell() {
        let another = |before: &str, now: &str| read(now).is_another_run(&read(before));
        let start = |at: &str| format!("process_start_time_seconds {at}");
        assert!(another(&start("100.5"), &start("101.2")));
        assert!(!another(&start("100.50"), &start("100.51")));
        for counter in [
            "process_cpu_seconds_total",
            "http_requests_total",
            "heap_allocated_bytes_total",
            "heap_snapshots_total",
        ] {
            let (less, more) = (format!("{counter} 5"), format!("{counter} 6"));
            assert!(another(&more, &less), "{counter}");
            assert!(!another(&less, &more), "{counter}");
            assert!(!another(&less, "other 1") && !another("other 1", &less));
        }
        assert!(!another("heap_live_bytes 9", "heap_live_bytes 1"));
    }
}
