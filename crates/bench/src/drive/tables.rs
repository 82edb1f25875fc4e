//! What was measured of the driver, as tables.

use std::time::Duration;

use anyhow::{Context, Result};

use super::measure::Paced;
use super::plain::{ONE_IN, SLOW, USUAL};
use super::tool::{Said, Tool};
use crate::ratio::{Ratio, median};
use crate::table::Table;

/// Results of all tools at so many connections on so many processors.
pub(super) struct Beside {
    pub(super) cores: String,
    pub(super) connections: usize,
    /// Of each tool, round by round; the driver's are the first.
    pub(super) said: Vec<Vec<Said>>,
}

/// How fast: requests per second, and the driver's as a part of the others'.
pub(super) fn speed(name: &str, title: &str, tools: &[Tool], rows: &[Beside]) -> Result<Table> {
    let mut head = vec!["connections".to_owned()];
    head.extend(tools.iter().map(|tool| format!("{}/s", tool.name())));
    let others = tools.iter().skip(1);
    head.extend(others.map(|tool| format!("driver ÷ {}", tool.name())));
    let heads: Vec<&str> = head.iter().map(String::as_str).collect();
    let mut table = Table::new(name, title, &heads);
    for Beside {
        cores,
        connections,
        said,
    } in rows
    {
        let rates: Vec<Vec<f64>> = said
            .iter()
            .map(|rounds| rounds.iter().map(|said| said.rate).collect())
            .collect();
        let mut row = vec![format!("{connections}, {cores}")];
        for rates in &rates {
            row.push(format!("{:.0}", median(rates).context("no round")?));
        }
        for other in &rates[1..] {
            let ratio = Ratio::of(&rates[0], other).context("a tool had no answer")?;
            row.push(ratio.to_string());
        }
        table.row(row);
    }
    table.note("Server and tools share the processors that the first column names. wrk has a thread for each of them, as oha does; the driver has one.");
    Ok(table)
}

/// Whether the percentiles agree, on a server of known latency.
pub(super) fn percentiles(tools: &[Tool], said: &[Vec<Said>]) -> Result<Table> {
    let ms = |time: Duration| format!("{}", time.as_millis());
    let mut table = Table::new(
        "percentiles",
        "Latencies of a server whose latency is known",
        &["", "p50 ms", "p99 ms"],
    );
    table.row(["the server waits".to_owned(), ms(USUAL), ms(SLOW)]);
    for (tool, rounds) in tools.iter().zip(said) {
        let of = |pick: fn(&Said) -> f64| {
            median(&rounds.iter().map(pick).collect::<Vec<_>>()).context("no round")
        };
        table.row([
            tool.name().to_owned(),
            format!("{:.2}", of(|said| said.p50)?),
            format!("{:.2}", of(|said| said.p99)?),
        ]);
    }
    table.note(format!("One in {ONE_IN} answers is a slow one; the timers of the server tick in milliseconds. 8 connections, closed loop; medians of the rounds."));
    Ok(table)
}

/// Whether `--rate` is kept.
pub(super) fn rates(asked: &[u64], rounds: &[Vec<Paced>]) -> Result<Table> {
    let mut table = Table::new(
        "rates",
        "The driver at a rate",
        &["asked/s", "achieved ÷ asked", "p50 ms", "p99 ms"],
    );
    for (&rate, rounds) in asked.iter().zip(rounds) {
        let of = |pick: fn(&Paced) -> f64| rounds.iter().map(pick).collect::<Vec<_>>();
        #[expect(clippy::cast_precision_loss, reason = "rates are small")]
        let wanted = vec![rate as f64; rounds.len()];
        let ratio = Ratio::of(&of(|paced| paced.achieved), &wanted).context("no round")?;
        table.row([
            rate.to_string(),
            format!("{ratio:.4}"),
            format!("{:.2}", median(&of(|paced| paced.p50)).context("no round")?),
            format!("{:.2}", median(&of(|paced| paced.p99)).context("no round")?),
        ]);
    }
    table.note("Requests that were sent over the time until the last answer, on a plain server. Latency counts from when a request was due.");
    Ok(table)
}

/// What memory it takes.
pub(super) fn memory(peaks: &[(u64, Option<u64>)]) -> Table {
    let mut table = Table::new(
        "memory",
        "The driver's peak of resident memory",
        &["requests", "MiB"],
    );
    for (requests, peak) in peaks {
        #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
        let mib = |bytes: u64| format!("{:.2}", bytes as f64 / f64::from(1 << 20));
        table.row([
            requests.to_string(),
            peak.map_or_else(|| "unknown".to_owned(), mib),
        ]);
    }
    table
}
