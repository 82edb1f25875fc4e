//! A report as people read it: the one text that every command prints.

use std::fmt;

use bytesize::ByteSize;
use indicatif::{HumanCount, HumanFloatCount};

use crate::failure::ErrorKind;
use crate::report::{Latency, Report, Stopped};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = HumanCount(self.requests);
        write!(f, "requests     {requests}")?;
        if self.requests < self.planned {
            write!(f, " of {}", HumanCount(self.planned))?;
        }
        write!(f, " sent, {} ok", HumanCount(self.ok))?;
        if self.turned_away > 0 {
            write!(f, ", {} turned away", HumanCount(self.turned_away))?;
        }
        match self.failed() {
            0 => writeln!(f)?,
            failed => writeln!(f, ", {} failed", HumanCount(failed))?,
        }
        write!(f, "connections  {}, ", HumanCount(self.connections as u64))?;
        match self.rate {
            None => writeln!(f, "closed loop")?,
            Some(rate) => writeln!(f, "open loop at {} requests/s", HumanFloatCount(rate))?,
        }
        writeln!(
            f,
            "elapsed      {}",
            Micros(self.elapsed.as_secs_f64() * 1e6)
        )?;
        writeln!(
            f,
            "throughput   {} requests/s",
            Rate(self.requests_per_second)
        )?;
        let received = ByteSize::b(self.bytes_received);
        writeln!(f, "received     {}", received.display().si())?;
        match &self.latency {
            Some(latency) => write_latency(f, latency)?,
            None => writeln!(f, "latency      unknown: no request succeeded")?,
        }
        self.write_errors(f)?;
        self.write_stopped(f)
    }
}

impl Report {
    fn write_errors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            return Ok(());
        }
        writeln!(f, "errors")?;
        for errors in &self.errors {
            let count = HumanCount(errors.count).to_string();
            writeln!(f, "{count:>9} × {}: {}", errors.kind, errors.example)?;
        }
        Ok(())
    }

    fn write_stopped(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.stopped {
            None => return Ok(()),
            Some(Stopped::Interrupted) => "interrupted",
            Some(Stopped::ServerGone) => "gave up",
        };
        let (sent, planned) = (HumanCount(self.requests), HumanCount(self.planned));
        write!(f, "stopped      {why} after {sent} of {planned} requests")?;
        let refused = |kind| self.errors.iter().any(|errors| errors.kind == kind);
        match self.stopped {
            Some(Stopped::ServerGone) if refused(ErrorKind::Refused) => {
                writeln!(f, ": server refuses connections")
            }
            Some(Stopped::ServerGone) => writeln!(f, ": server cannot be reached"),
            Some(Stopped::Interrupted) | None => writeln!(f),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown to three digits")]
fn write_latency(f: &mut fmt::Formatter<'_>, latency: &Latency) -> fmt::Result {
    writeln!(f, "latency")?;
    let rows = [
        ("min", latency.min as f64),
        ("mean", latency.mean),
        ("p50", latency.p50 as f64),
        ("p90", latency.p90 as f64),
        ("p99", latency.p99 as f64),
        ("p99.9", latency.p99_9 as f64),
        ("max", latency.max as f64),
    ];
    for (name, value) in rows {
        writeln!(f, "  {name:<7}{:>11}", Micros(value).to_string())?;
    }
    Ok(())
}

/// A time in microseconds, to three digits, in the unit that suits it.
struct Micros(f64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            micros if micros < 999.5 => return write!(f, "{micros:.0} µs"),
            micros if micros < 999_500.0 => (micros / 1e3, "ms"),
            micros => (micros / 1e6, "s"),
        };
        let decimals = match value {
            value if value < 9.995 => 2,
            value if value < 99.95 => 1,
            _ => 0,
        };
        write!(f, "{value:.decimals$} {unit}")
    }
}

/// Requests per second: whole ones, unless there are few.
struct Rate(f64);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 10.0 {
            return write!(f, "{:.2}", self.0);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and rates are not negative"
        )]
        let whole = self.0.round() as u64;
        write!(f, "{}", HumanCount(whole))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Micros, Rate};
    use crate::failure::ErrorKind;
    use crate::report::{Errors, Latency, Report, Stopped};

    fn report() -> Report {
        Report {
            url: "http://127.0.0.1:3000/".to_owned(),
            urls: vec!["http://127.0.0.1:3000/".to_owned()],
            planned: 20_000,
            requests: 20_000,
            ok: 20_000,
            turned_away: 0,
            errors: vec![],
            elapsed: Duration::from_millis(1234),
            requests_per_second: 16_207.4,
            latency: Some(Latency {
                min: 87,
                mean: 481.5,
                p50: 455,
                p90: 700,
                p99: 1240,
                p99_9: 15_900,
                max: 3_050_000,
            }),
            bytes_received: 280_000,
            connections: 8,
            rate: None,
            seed: 0,
            stopped: None,
        }
    }

    #[test]
    fn a_report_of_a_good_run() {
        assert_eq!(
            report().to_string(),
            "\
requests     20,000 sent, 20,000 ok
connections  8, closed loop
elapsed      1.23 s
throughput   16,207 requests/s
received     280.0 kB
latency
  min          87 µs
  mean        482 µs
  p50         455 µs
  p90         700 µs
  p99        1.24 ms
  p99.9      15.9 ms
  max         3.05 s
"
        );
    }

    #[test]
    fn a_report_of_a_server_that_went_away() {
        let report = Report {
            requests: 1_040,
            ok: 0,
            errors: vec![
                Errors {
                    kind: ErrorKind::Refused,
                    count: 1_038,
                    example: "Connection refused (os error 111)".to_owned(),
                },
                Errors {
                    kind: ErrorKind::Status(503),
                    count: 2,
                    example: "the heap is full".to_owned(),
                },
            ],
            requests_per_second: 0.0,
            latency: None,
            bytes_received: 0,
            rate: Some(12_500.5),
            stopped: Some(Stopped::ServerGone),
            ..report()
        };
        assert_eq!(
            report.to_string(),
            "\
requests     1,040 of 20,000 sent, 0 ok, 1,040 failed
connections  8, open loop at 12,500.5 requests/s
elapsed      1.23 s
throughput   0.00 requests/s
received     0 B
latency      unknown: no request succeeded
errors
    1,038 × connection refused: Connection refused (os error 111)
        2 × HTTP 503: the heap is full
stopped      gave up after 1,040 of 20,000 requests: server refuses connections
"
        );
    }

    #[test]
    fn who_was_turned_away_counts_apart() {
        let report = Report {
            ok: 12_000,
            turned_away: 7_999,
            ..report()
        };
        let first = report.to_string().lines().next().unwrap().to_owned();
        assert_eq!(
            first,
            "requests     20,000 sent, 12,000 ok, 7,999 turned away, 1 failed"
        );
    }

    #[test]
    fn times_are_in_the_unit_that_suits_them() {
        let text = |micros| Micros(micros).to_string();
        assert_eq!(text(0.0), "0 µs");
        assert_eq!(text(999.4), "999 µs");
        assert_eq!(text(999.6), "1.00 ms");
        assert_eq!(text(99_960.0), "100 ms");
        assert_eq!(text(999_600.0), "1.00 s");
        assert_eq!(text(125e6), "125 s");
    }

    #[test]
    fn low_rates_keep_their_fractions() {
        assert_eq!(Rate(0.25).to_string(), "0.25");
        assert_eq!(Rate(12_345.6).to_string(), "12,346");
    }
}
