//! The contract: the route still does its job, under concurrent requests. Deleting the feature is no fix.

use std::time::Duration;

use payload::{Generator, Sample};
use tokio::task::JoinSet;

use crate::catalog::{Ask, Contract, Lab};
use crate::running::Running;

/// How often each client asks all that the contract has.
const ROUNDS: usize = 5;

/// How long an answer may take: a handler that waits for itself never gives one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// When the contract is checked. What clients send differs, so that nothing is known to the service from before.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// Of a service that has just started.
    BeforeLoad,
    /// Of one that has had its load: what was to be bounded must not have stopped working at its bound.
    AfterLoad,
}

impl When {
    /// Of the first client's values; the load's are as small as its counts of requests.
    fn seed(self) -> u64 {
        match self {
            Self::BeforeLoad => 1_000_000,
            Self::AfterLoad => 2_000_000,
        }
    }
}

/// Asks the route from as many clients at once as the lab's load has connections.
///
/// # Errors
/// In words, when an answer is not as the contract says.
pub(crate) async fn check(server: &Running, lab: &Lab, when: When) -> Result<(), String> {
    let mut clients = JoinSet::new();
    for seed in (when.seed()..).take(lab.load.connections) {
        let (client, url) = (server.client().clone(), server.url().to_owned());
        let contract = lab.contract.clone();
        clients.spawn(async move {
            for sample in Generator::new(seed).take(ROUNDS) {
                for ask in &contract.ask {
                    put(&client, &url, ask, &sample, contract.status).await?;
                }
            }
            Ok(())
        });
    }
    while let Some(outcome) = clients.join_next().await {
        outcome.unwrap_or_else(|error| Err(error.to_string()))?;
    }
    Ok(())
}

/// Asks for a path and query once, and for nothing more than success.
///
/// # Errors
/// In words, when there is none.
pub(crate) async fn spike(server: &Running, path: &str) -> Result<(), String> {
    let url = format!("{}{path}", server.url());
    let answer = server.client().get(&url).timeout(PATIENCE).send();
    let fault = |error: reqwest::Error| format!("{url} did not answer: {error}");
    let answer = answer.await.map_err(fault)?;
    let status = answer.status();
    let body = answer.text().await.map_err(fault)?;
    if status.is_success() {
        return Ok(());
    }
    Err(format!("{url} answered {}: {body}", status.as_u16()))
}

/// Whether the heap shows that the route does its work: each request allocates for it, or the service holds
/// the memory for it and uses it again.
///
/// # Errors
/// In words, when there is neither.
pub(crate) fn check_work(
    contract: &Contract,
    bytes_per_request: u64,
    largest_held: u64,
) -> Result<(), String> {
    let needed = contract.needs_bytes;
    if bytes_per_request >= needed || largest_held >= needed {
        return Ok(());
    }
    Err(format!(
        "the work needs {needed} bytes of heap; a request allocates {bytes_per_request}, and no line of the service \
         holds more than {largest_held} to use again"
    ))
}

async fn put(
    client: &reqwest::Client,
    server: &str,
    ask: &Ask,
    sample: &Sample,
    wanted: u16,
) -> Result<(), String> {
    let url = format!("{server}{}", ask.path(sample));
    let fault = |error: reqwest::Error| {
        if error.is_timeout() {
            let seconds = PATIENCE.as_secs();
            return format!(
                "{url} did not answer within {seconds} s: does it wait for a lock that it holds?"
            );
        }
        format!("{url} did not answer: {error}")
    };
    let answer = client
        .get(&url)
        .timeout(PATIENCE)
        .send()
        .await
        .map_err(fault)?;
    let status = answer.status().as_u16();
    let body = answer.text().await.map_err(fault)?;
    if status != wanted {
        return Err(format!(
            "{url} answered {status} instead of {wanted}: {body}"
        ));
    }
    ask.judge(sample, &body)
        .map_err(|wrong| format!("{url} {wrong}"))
}

#[cfg(test)]
mod tests {
    use super::check_work;
    use crate::catalog::Contract;

    #[test]
    fn the_heap_shows_whether_the_work_is_done() {
        let contract = Contract {
            says: String::new(),
            status: 200,
            ask: Vec::new(),
            busy: None,
            clients: None,
            rounds: None,
            needs_bytes: 80_000,
            rss_bytes: None,
        };
        assert!(check_work(&contract, 80_000, 0).is_ok());
        assert!(check_work(&contract, 100, 80_000).is_ok());
        assert!(check_work(&contract, 79_999, 79_999).is_err());
    }
}
