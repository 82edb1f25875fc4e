//! The contract: the route still does its job, under concurrent requests. Deleting the feature is no fix.

use std::time::Duration;

use payload::{Generator, Sample};
use reqwest::header::RETRY_AFTER;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::ask::shown;
use crate::bounded;
use crate::catalog::{Ask, Contract, Lab};
use crate::running::Running;

/// How often each client asks all that the contract has, unless the contract says.
const ROUNDS: usize = 5;

/// How long an answer may take: a handler that waits for itself never gives one. So long, too, a client is patient
/// with a service that says "not now", or that does its work in the background.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Longest answer, in bytes; the labs' have some hundreds.
const MOST_BODY: usize = 256 << 10;

/// How often a client looks whether what is done in the background is done.
const GLANCE: Duration = Duration::from_millis(50);

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

/// Asks the routes from many clients at once, as many as the lab's load has connections unless the contract says.
///
/// # Errors
/// In words, when an answer is not as the contract says.
pub(crate) async fn check(server: &Running, lab: &Lab, when: When) -> Result<(), String> {
    let contract = &lab.contract;
    let mut clients = JoinSet::new();
    for seed in (when.seed()..).take(contract.clients.unwrap_or(lab.load.connections)) {
        let client = Client {
            http: server.client().clone(),
            server: server.url().to_owned(),
            contract: contract.clone(),
        };
        clients.spawn(async move {
            let rounds = client.contract.rounds.unwrap_or(ROUNDS);
            for sample in Generator::new(seed).take(rounds) {
                for ask in &client.contract.ask {
                    client.put(ask, &sample).await?;
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
    let mut answer = answer.await.map_err(fault)?;
    let status = answer.status();
    let body = bounded::body(&mut answer, MOST_BODY).await.map_err(fault)?;
    let body = body.map_err(|words| format!("{url} {words}"))?;
    if status.is_success() {
        return Ok(());
    }
    Err(format!(
        "{url} answered {}: {}",
        status.as_u16(),
        shown(&body)
    ))
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

/// One that asks, again and again.
struct Client {
    http: reqwest::Client,
    server: String,
    contract: Contract,
}

/// Why an answer is not the one that was wanted.
enum Wrong {
    /// The service says that it cannot just now, and when to ask again.
    NotNow(Duration),
    /// It is another, for a reason in words that follow the URL.
    Other(String),
}

impl Client {
    /// Asks until the answer is as it must be, as far as the contract lets it be asked again.
    async fn put(&self, ask: &Ask, sample: &Sample) -> Result<(), String> {
        let url = format!("{}{}", self.server, ask.path(sample));
        let deadline = Instant::now() + PATIENCE;
        let seconds = PATIENCE.as_secs();
        loop {
            let wrong = match self.put_once(&url, ask, sample).await {
                Ok(()) => return Ok(()),
                Err(wrong) => wrong,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            match wrong {
                Wrong::NotNow(after) if after < left => sleep(after).await,
                Wrong::NotNow(_) => {
                    return Err(format!(
                        "{url} said \"not now\" for {seconds} s: nobody is served any more"
                    ));
                }
                Wrong::Other(_) if ask.eventually && GLANCE < left => sleep(GLANCE).await,
                Wrong::Other(words) if ask.eventually => {
                    return Err(format!("{url}, asked for {seconds} s, {words}"));
                }
                Wrong::Other(words) => return Err(format!("{url} {words}")),
            }
        }
    }

    async fn put_once(&self, url: &str, ask: &Ask, sample: &Sample) -> Result<(), Wrong> {
        let fault = |error: reqwest::Error| {
            Wrong::Other(if error.is_timeout() {
                let seconds = PATIENCE.as_secs();
                format!("did not answer within {seconds} s: does it wait for a lock that it holds?")
            } else {
                format!("did not answer: {error}")
            })
        };
        let request = self.http.get(url).timeout(PATIENCE);
        let mut answer = request.send().await.map_err(fault)?;
        let status = answer.status().as_u16();
        let wanted = ask.status.unwrap_or(self.contract.status);
        let retry_after = answer.headers().get(RETRY_AFTER).cloned();
        let body = bounded::body(&mut answer, MOST_BODY).await.map_err(fault)?;
        let body = body.map_err(Wrong::Other)?;
        if status == wanted {
            return ask.judge(sample, &body).map_err(Wrong::Other);
        }
        if self.contract.busy != Some(status) {
            return Err(Wrong::Other(format!(
                "answered {status} instead of {wanted}: {}",
                shown(&body)
            )));
        }
        // RFC 9110, 10.2.3; of its two forms the lab wants the simple one.
        let seconds = retry_after
            .as_ref()
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        match seconds {
            Some(seconds) => Err(Wrong::NotNow(seconds)),
            None => Err(Wrong::Other(format!(
                "answered {status} without a Retry-After in seconds: when may its client ask again?"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use payload::Generator;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::{Client, check_work};
    use crate::catalog::Contract;

    fn contract(text: &str) -> Contract {
        toml::from_str(&format!("says = ''\nstatus = 200\n{text}")).unwrap()
    }

    /// Puts a contract's only ask to a service that gives these answers, one after the other and the last again and
    /// again: a status line, perhaps a header, and the body.
    async fn put(text: &str, answers: &'static [(&str, &str)]) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let last = answers.last().unwrap();
            for (head, body) in answers.iter().chain(std::iter::repeat(last)) {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let client = Client {
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            server,
            contract: contract(text),
        };
        let sample = Generator::new(7).next().unwrap();
        client.put(&client.contract.ask[0], &sample).await
    }

    const ASK: &str = "busy = 503\n[[ask]]\npath = '/job'\nstatus = 202\nequals.done = true";

    #[tokio::test]
    async fn who_is_told_not_now_asks_again_when_told() {
        const NOT_NOW: (&str, &str) = ("503 Not now\r\nretry-after: 0", "");
        const ANSWERS: &[(&str, &str)] = &[NOT_NOW, NOT_NOW, ("202 Yes", "{\"done\":true}")];
        assert_eq!(put(ASK, ANSWERS).await, Ok(()));
    }

    #[tokio::test]
    async fn not_now_must_say_when_and_must_be_what_the_contract_knows() {
        let reason = put(ASK, &[("503 Not now", "")]).await.unwrap_err();
        assert!(reason.contains("without a Retry-After"), "{reason}");
        let longer = &[("503 Not now\r\nretry-after: 11", "")];
        let reason = put(ASK, longer).await.unwrap_err();
        assert!(reason.contains("nobody is served any more"), "{reason}");
        let reason = put(ASK, &[("500 No", "")]).await.unwrap_err();
        assert!(reason.contains("answered 500 instead of 202"), "{reason}");
    }

    #[tokio::test]
    async fn what_is_to_be_so_eventually_is_asked_again() {
        let eventually = format!("{ASK}\neventually = true");
        let answers = &[
            ("202 Yes", "{\"done\":false}"),
            ("202 Yes", "{\"done\":true}"),
        ];
        assert!(put(ASK, answers).await.is_err());
        assert_eq!(put(&eventually, answers).await, Ok(()));
    }

    #[test]
    fn the_heap_shows_whether_the_work_is_done() {
        let contract = contract("ask = []\nneeds_bytes = 80_000");
        assert!(check_work(&contract, 80_000, 0).is_ok());
        assert!(check_work(&contract, 100, 80_000).is_ok());
        assert!(check_work(&contract, 79_999, 79_999).is_err());
    }
}
