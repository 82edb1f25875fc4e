//! What came of the requests so far: counts, failures by kind, the histogram of latencies.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::failure::{ErrorKind, Failure};
use crate::report::{Errors, Latency};

/// Grows with each request's outcome.
pub(crate) struct Tally {
    ok: u64,
    turned_away: u64,
    failed: u64,
    /// The status that turns away.
    accept: Option<u16>,
    bytes: u64,
    failures: BTreeMap<ErrorKind, (u64, String)>,
    /// Of the successful requests, in microseconds.
    latencies: Histogram<u64>,
    /// Failures to reach the server since one was last reached.
    absences: u64,
}

/// A value is off by one in a thousand at the most.
const SIGNIFICANT_DIGITS: u8 = 3;

impl Tally {
    /// An answer with the status `accept` is no failure.
    pub(crate) fn new(accept: Option<u16>) -> Self {
        Self {
            ok: 0,
            turned_away: 0,
            failed: 0,
            accept,
            bytes: 0,
            failures: BTreeMap::new(),
            latencies: Histogram::new(SIGNIFICANT_DIGITS).expect("between 0 and 5 digits"),
            absences: 0,
        }
    }

    /// Counts one; whether it was an answer.
    pub(crate) fn record(&mut self, outcome: Result<u64, Failure>, latency: Duration) -> bool {
        match outcome {
            Ok(bytes) => {
                self.ok += 1;
                self.bytes += bytes;
                self.absences = 0;
                let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
                self.latencies
                    .record(micros)
                    .expect("the histogram resizes itself");
                true
            }
            Err(Failure {
                kind: ErrorKind::Status(status),
                ..
            }) if self.accept == Some(status) => {
                self.turned_away += 1;
                self.absences = 0;
                true
            }
            Err(Failure { kind, text }) => {
                self.failed += 1;
                self.absences = if kind.is_absent() {
                    self.absences + 1
                } else {
                    0
                };
                self.failures.entry(kind).or_insert((0, text)).0 += 1;
                false
            }
        }
    }

    pub(crate) fn ok(&self) -> u64 {
        self.ok
    }

    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away
    }

    pub(crate) fn done(&self) -> u64 {
        self.ok + self.turned_away + self.failed
    }

    /// Bytes of the successful answers' bodies.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Failures to reach the server, in a row, up to now.
    pub(crate) fn absences(&self) -> u64 {
        self.absences
    }

    /// The most frequent kind first.
    pub(crate) fn errors(&self) -> Vec<Errors> {
        let mut errors: Vec<_> = self
            .failures
            .iter()
            .map(|(&kind, (count, text))| Errors {
                kind,
                count: *count,
                example: text.clone(),
            })
            .collect();
        errors.sort_by_key(|errors| std::cmp::Reverse(errors.count));
        errors
    }

    /// `None` when no request succeeded.
    pub(crate) fn latency(&self) -> Option<Latency> {
        let histogram = &self.latencies;
        (!histogram.is_empty()).then(|| Latency {
            min: histogram.min(),
            mean: histogram.mean(),
            p50: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            p99_9: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Tally;
    use crate::failure::{ErrorKind, Failure};

    fn failure(kind: ErrorKind, text: &str) -> Result<u64, Failure> {
        Err(Failure {
            kind,
            text: text.to_owned(),
        })
    }

    #[test]
    fn each_kind_keeps_its_count_and_its_first_text() {
        let mut tally = Tally::new(None);
        tally.record(failure(ErrorKind::Closed, "gone"), Duration::ZERO);
        tally.record(failure(ErrorKind::Status(500), "first"), Duration::ZERO);
        tally.record(failure(ErrorKind::Status(500), "second"), Duration::ZERO);
        let errors = tally.errors();
        assert_eq!(errors[0].kind, ErrorKind::Status(500));
        assert_eq!((errors[0].count, errors[0].example.as_str()), (2, "first"));
        assert_eq!((errors[1].count, errors[1].example.as_str()), (1, "gone"));
        assert_eq!(tally.done(), 3);
    }

    #[test]
    fn any_answer_ends_a_row_of_absences() {
        let mut tally = Tally::new(None);
        tally.record(failure(ErrorKind::Refused, ""), Duration::ZERO);
        tally.record(failure(ErrorKind::Unreachable, ""), Duration::ZERO);
        assert_eq!(tally.absences(), 2);
        tally.record(failure(ErrorKind::Status(503), ""), Duration::ZERO);
        assert_eq!(tally.absences(), 0);
    }

    #[test]
    fn what_is_turned_away_is_an_answer_that_counts_apart() {
        let mut tally = Tally::new(Some(503));
        tally.record(failure(ErrorKind::Refused, ""), Duration::ZERO);
        assert!(tally.record(failure(ErrorKind::Status(503), "later"), Duration::ZERO));
        assert!(!tally.record(failure(ErrorKind::Status(500), "no"), Duration::ZERO));
        assert!(tally.record(Ok(1), Duration::ZERO));
        assert_eq!(
            (
                tally.ok(),
                tally.turned_away(),
                tally.done(),
                tally.absences()
            ),
            (1, 1, 4, 0)
        );
        assert_eq!(tally.errors().len(), 2);
    }

    #[test]
    fn latencies_are_those_of_successful_requests_to_three_digits() {
        let mut tally = Tally::new(None);
        assert!(tally.latency().is_none());
        tally.record(failure(ErrorKind::Refused, ""), Duration::ZERO);
        for millis in 1..=1000 {
            tally.record(Ok(3), Duration::from_millis(millis));
        }
        let latency = tally.latency().unwrap();
        let near = |value: u64, micros: u64| value.abs_diff(micros) * 1000 <= micros;
        assert!(near(latency.min, 1_000) && near(latency.max, 1_000_000));
        assert!(near(latency.p50, 500_000) && near(latency.p99, 990_000));
        assert_eq!(tally.bytes(), 3000);
    }

    #[test]
    fn hours_fit_into_the_histogram() {
        let mut tally = Tally::new(None);
        tally.record(Ok(0), Duration::from_secs(7200));
        assert!(tally.latency().unwrap().max >= 7_200_000_000);
    }
}
