//! The contract: the route still does its job, under concurrent requests. Deleting the feature is no fix.

use serde_json::Value;
use tokio::task::JoinSet;

use crate::catalog::{Contract, Lab};
use crate::running::Running;

/// Requests one after the other on each connection.
const ROUNDS: usize = 5;

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

/// Whether the bytes that a request allocates, freed or not, show that it does its work.
///
/// # Errors
/// In words, when they are too few.
pub(crate) fn check_work(contract: &Contract, bytes: u64, requests: u64) -> Result<(), String> {
    let each = bytes / requests.max(1);
    if each >= contract.allocates {
        return Ok(());
    }
    Err(format!(
        "a request allocates {each} bytes, and cannot do its work with less than {}",
        contract.allocates
    ))
}

async fn ask(client: &reqwest::Client, url: &str, contract: &Contract) -> Result<(), String> {
    let fault = |error: reqwest::Error| format!("{url} did not answer: {error}");
    let answer = client.get(url).send().await.map_err(fault)?;
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
    fn a_request_that_allocates_too_little_does_not_do_its_work() {
        let contract = Contract {
            says: String::new(),
            status: 200,
            at_least: std::collections::BTreeMap::default(),
            allocates: 80_000,
        };
        assert!(check_work(&contract, 700 * 80_000, 700).is_ok());
        assert!(check_work(&contract, 700 * 79_999, 700).is_err());
        assert!(check_work(&contract, 0, 0).is_err());
    }
}
