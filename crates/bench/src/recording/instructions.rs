//! Instructions that the server executes for a request, counted by `valgrind --tool=callgrind`. On a busy machine they differ
//! by some per cent at the most, by how often a thread is woken, where times waver by more than what is asked. What the system
//! does for the server is not in them, nor how long an instruction takes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use driver::Load;

use super::side::Side;
use super::{Programs, ROUTES, Route};
use crate::hammer::{answered, event_loop};
use crate::program::Server;
use crate::table::Table;

/// The sides that are counted, those first that others are told against.
const SIDES: [Side; 4] = [Side::Plain, Side::Dhat, Side::Sampled, Side::Exact];

/// Counts, if valgrind is here.
pub(super) fn table(programs: &Programs, sides: &[Side]) -> Result<Option<Table>> {
    if !Side::Valgrind.is_here(programs) {
        return Ok(None);
    }
    let mut head = vec!["recorded by".to_owned()];
    for route in &ROUTES {
        head.extend([format!("{}, of plain", route.path), "of dhat".to_owned()]);
    }
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let mut table = Table::new(
        "instructions",
        "What it costs to record the heap, in instructions for a request",
        &head,
    );
    let sides = SIDES.iter().filter(|side| sides.contains(side));
    let mut counted: Vec<(Side, Vec<f64>)> = Vec::new();
    for side in sides {
        eprintln!("instructions: {}", side.name());
        let of_route = |route: &Route| {
            let few = side.share_of(route.counted, route.allocates);
            let least = count(programs, *side, route, few)?;
            let most = count(programs, *side, route, 3 * few)?;
            #[expect(clippy::cast_precision_loss, reason = "for a ratio")]
            Ok(most.saturating_sub(least) as f64 / (2 * few) as f64)
        };
        let counts = ROUTES.iter().map(of_route).collect::<Result<Vec<_>>>();
        counted.push((*side, counts.with_context(|| side.name())?));
    }
    let of = |wanted: Side| counted.iter().find(|(side, _)| *side == wanted);
    for (side, counts) in &counted {
        let mut cells = vec![side.name().to_owned()];
        for (route, count) in counts.iter().enumerate() {
            for base in [Side::Plain, Side::Dhat] {
                let base = of(base).map(|(_, counts)| counts[route]);
                cells.push(base.map_or_else(|| "—".to_owned(), |base| ratio(count / base)));
            }
        }
        table.row(cells);
    }
    table.note(
        "Counted by valgrind --tool=callgrind in the server's own process, the system's work not included: no times. A fast \
         side's differ by some per cent from one count to the next, by how often a thread is woken. The difference of two runs of different length, over the requests that one has more.",
    );
    Ok(Some(table))
}

/// With two decimals: more are not the same twice.
fn ratio(ratio: f64) -> String {
    if ratio < 0.1 {
        format!("{ratio:.3}")
    } else {
        format!("{ratio:.2}")
    }
}

/// Instructions of a whole server that answers so many requests.
fn count(programs: &Programs, side: Side, route: &Route, requests: u64) -> Result<u64> {
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let log = folder.path().join("log");
    let program = side.command(programs, folder.path())?;
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--log-file={}", log.display()))
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(folder.path());
    let server = Server::spawn(command)?;
    // A server that takes long over an answer takes its connection for dead: then each request has one of its own.
    let (loads, each) = if route.allocates {
        (requests, 1)
    } else {
        (1, requests)
    };
    let load = Load {
        requests: each,
        connections: 1,
        timeout: Duration::from_secs(300),
        ..Load::new(server.at(route.path))
    };
    let runtime = event_loop()?;
    for _ in 0..loads {
        runtime.block_on(answered(&load))?;
    }
    let status = server.end()?;
    ensure!(status.success(), "valgrind ended with {status}");
    collected(&log)
}

/// Reads `==123== Collected : 456`.
fn collected(log: &Path) -> Result<u64> {
    let text = fs::read_to_string(log).context("valgrind has written no log")?;
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    let number = line.and_then(|(_, number)| number.trim().parse().ok());
    number.with_context(|| format!("callgrind does not say what it has counted:\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn what_callgrind_has_counted_is_in_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        std::fs::write(&log, "==7== Events    : Ir\n==7== Collected : 86361891\n").unwrap();
        assert_eq!(collected(&log).unwrap(), 86_361_891);
        std::fs::write(&log, "==7== nothing\n").unwrap();
        assert!(collected(&log).is_err());
    }
}
