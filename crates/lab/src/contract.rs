//! The contract: the route still does its job, under concurrent requests. Deleting the feature is no fix.

use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::catalog::{Contract, Lab};
use crate::running::Running;

/// Requests one after the other on each connection.
const ROUNDS: usize = 5;

/// How long an answer may take: a handler that waits for itself never gives one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the route from as many clients at once as the lab's load has connections.
///
/// # Errors
/// In words, when an answer is not as the contract says.
pub(crate) async fn check(server: &Running, lab: &Lab) -> Result<(), String> {
    let url = format!("{}{}", server.url(), lab.route);
    let mut clients = JoinSet::new();
    for _ in 0..lab.load.connections {
        let (client, url, contract) = (server.client().clone(), url.clone(), lab.contract.clone());
        clients.spawn(async move {
            for _ in 0..ROUNDS {
                ask(&client, &url, &contract).await?;
            }
            Ok(())
        });
    }
    while let Some(outcome) = clients.join_next().await {
        outcome.unwrap_or_else(|error| Err(error.to_string()))?;
    }
    Ok(())
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

async fn ask(client: &reqwest::Client, url: &str, contract: &Contract) -> Result<(), String> {
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
        .get(url)
        .timeout(PATIENCE)
        .send()
        .await
        .map_err(fault)?;
    let status = answer.status().as_u16();
    let body = answer.text().await.map_err(fault)?;
    if status != contract.status {
        let wanted = contract.status;
        return Err(format!(
            "{url} answered {status} instead of {wanted}: {body}"
        ));
    }
    if contract.at_least.is_empty() {
        return Ok(());
    }
    let json: Value = serde_json::from_str(&body)
        .map_err(|_| format!("{url} answered something else than JSON: {body}"))?;
    for (member, least) in &contract.at_least {
        match json.get(member).and_then(Value::as_u64) {
            Some(value) if value >= *least => {}
            _ => {
                return Err(format!(
                    "{url} answered {body}: {member} must be at least {least}"
                ));
            }
        }
    }
    Ok(())
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
            at_least: std::collections::BTreeMap::default(),
            needs_bytes: 80_000,
        };
        assert!(check_work(&contract, 80_000, 0).is_ok());
        assert!(check_work(&contract, 100, 80_000).is_ok());
        assert!(check_work(&contract, 79_999, 79_999).is_err());
    }
}
