//! What a lab's file is worth. `docs/instructors.md` has the same rules for people.

use serde::Serialize;

/// What a lab's file is found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    /// It keeps its contract and does not leak.
    Passed,
    /// It keeps its contract, and even the longest series does not tell whether it leaks: to be looked at.
    Inconclusive,
    /// It keeps its contract and leaks, or holds what nobody uses.
    Leaking,
    Holding,
    ContractBroken,
    BuildFailed,
    /// It passed a limit: of time, memory, disk or processes.
    Stopped,
    /// It is there, and is not such that it is read.
    Refused,
    /// It is missing, or as it was handed out.
    NotStarted,
}

impl Mark {
    /// All, the best first.
    pub(crate) const ALL: [Self; 9] = [
        Self::Passed,
        Self::Inconclusive,
        Self::Leaking,
        Self::Holding,
        Self::ContractBroken,
        Self::BuildFailed,
        Self::Stopped,
        Self::Refused,
        Self::NotStarted,
    ];

    /// As programs read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Inconclusive => "inconclusive",
            Self::Leaking => "leaking",
            Self::Holding => "holding",
            Self::ContractBroken => "contract-broken",
            Self::BuildFailed => "build-failed",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::NotStarted => "not-started",
        }
    }

    /// As people do.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Inconclusive => "not certain",
            Self::Leaking => "leaking",
            Self::Holding => "holds memory",
            Self::ContractBroken => "contract broken",
            Self::BuildFailed => "does not compile",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::NotStarted => "not started",
        }
    }
}

/// What leaks of a file, or of the file that a student starts from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Leak {
    pub(crate) bytes_per_request: f64,
    /// Functions that it leaks in; `None` where memory is held until nobody asks, for no snapshot tells whose that is.
    pub(crate) functions: Option<usize>,
}

/// The points of a lab, of `most`.
///
/// Whoever passes has all. Whoever leaks less than the starter has up to half of them, by what is gone: of a lab with one
/// leak by bytes per request, of one with several by the functions that leak no more. It is told in tenths, so that a
/// measurement that differs by a few bytes is worth the same.
pub(crate) fn points(mark: Mark, most: f64, leaks: Option<(&Leak, &Leak)>, several: bool) -> f64 {
    match (mark, leaks) {
        (Mark::Passed, _) => most,
        (Mark::Leaking, Some((left, starter))) => {
            let gone = if !several {
                1.0 - left.bytes_per_request / starter.bytes_per_request.max(f64::MIN_POSITIVE)
            } else if let (Some(left), Some(all)) = (left.functions, starter.functions) {
                #[expect(clippy::cast_precision_loss, reason = "a handful of functions")]
                let share = left as f64 / all.max(1) as f64;
                1.0 - share
            } else {
                0.0
            };
            let tenths = (gone.clamp(0.0, 1.0) * 10.0).round();
            most / 2.0 * tenths / 10.0
        }
        _ => 0.0,
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "tenths of points are told exactly")]
mod tests {
    use super::*;

    fn leak(bytes_per_request: f64, functions: usize) -> Leak {
        Leak {
            bytes_per_request,
            functions: Some(functions),
        }
    }

    #[test]
    fn only_who_passes_has_all_and_who_leaks_as_before_has_nothing() {
        let same = (&leak(1000.0, 1), &leak(1000.0, 1));
        assert_eq!(points(Mark::Passed, 10.0, None, false), 10.0);
        assert_eq!(points(Mark::Leaking, 10.0, Some(same), false), 0.0);
        assert_eq!(points(Mark::Leaking, 10.0, None, false), 0.0);
        for mark in Mark::ALL.into_iter().filter(|mark| *mark != Mark::Passed) {
            assert_eq!(points(mark, 10.0, None, false), 0.0, "{mark:?}");
        }
    }

    #[test]
    fn what_is_gone_of_a_leak_is_worth_up_to_half() {
        let starter = leak(1000.0, 1);
        let worth = |left| points(Mark::Leaking, 10.0, Some((&leak(left, 1), &starter)), false);
        assert_eq!(worth(500.0), 2.5);
        assert_eq!(worth(507.0), 2.5, "a few bytes make no difference");
        assert_eq!(worth(1.0), 5.0);
        assert_eq!(worth(5000.0), 0.0, "more than before");
    }

    #[test]
    fn of_several_leaks_each_counts_the_same_whatever_its_size() {
        let starter = leak(1000.0, 4);
        let worth = |left| points(Mark::Leaking, 8.0, Some((&left, &starter)), true);
        assert_eq!(worth(leak(999.0, 2)), 2.0);
        assert_eq!(worth(leak(1.0, 4)), 0.0);
        let nobody_knows_whose = Leak {
            bytes_per_request: 500.0,
            functions: None,
        };
        assert_eq!(worth(nobody_knows_whose), 0.0);
    }
}
