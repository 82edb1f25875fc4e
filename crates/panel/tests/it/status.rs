//! The Status view over HTTP: what tabs are told, what it costs the servers, and who is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use panel::metrics::{Metrics, Scraper, Trouble};
use panel::{Config, ServerConfig};
use reqwest::Method;
use serde_json::Value;

use crate::fake::{Fake, respond};
use crate::harness::{LONG, wait_for};
use crate::running::Running;
use crate::server::Server;
use crate::tab::Tab;

/// Faster than a user's, so that tests need not wait.
const TICK: Duration = Duration::from_millis(20);

/// Events that are waited for.
const EVENTS: usize = 30;

/// More bytes than the system itself may keep for a tab that does not read, on both sides of its connection.
const ENOUGH: usize = 24 << 20;

/// What one of our own servers told once.
const METRICS: &str = include_str!("../metrics/classic.txt");

fn watching(servers: &[&str]) -> Running {
    watching_with(servers, |_| ())
}

fn watching_with(servers: &[&str], change: impl FnOnce(&mut Config)) -> Running {
    Running::with(|config| {
        config.limits.tick = TICK;
        for url in servers {
            config.servers.push(ServerConfig::new(url).unwrap());
        }
        change(config);
    })
}

/// Answers `/metrics` with what is current, which the test changes.
struct Changing {
    fake: Fake,
    answer: Arc<AtomicUsize>,
}

impl Changing {
    /// Each answer is a status and a body; an empty status closes the connection.
    fn start(answers: Vec<(&'static str, String)>) -> Self {
        let answer = Arc::new(AtomicUsize::new(0));
        let current = Arc::clone(&answer);
        let fake = Fake::start(move |head, stream| {
            let (status, body) = &answers[current.load(Ordering::SeqCst)];
            match head.starts_with("GET /metrics ") {
                true if status.is_empty() => {}
                true => respond(stream, status, body),
                false => respond(stream, "404 Not Found", ""),
            }
        });
        Self { fake, answer }
    }

    fn is_now(&self, answer: usize) {
        self.answer.store(answer, Ordering::SeqCst);
    }
}

fn state(event: &Value) -> &str {
    event["servers"][0]["state"].as_str().unwrap_or_default()
}

/// What is told to have happened, the first thing first.
fn events(event: &Value) -> Vec<String> {
    let events = event["servers"][0]["events"].as_array().unwrap();
    let events = events.iter().rev();
    events
        .map(|it| it["what"].as_str().unwrap().to_owned())
        .collect()
}

fn scrape(url: &str) -> Result<Metrics, Trouble> {
    let scraper = Scraper::new(ServerConfig::new(url).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(scraper.scrape())
}

#[test]
fn what_our_own_server_tells_is_read_from_it() {
    let server = Server::start();
    server.get("/plain").is(200);
    let before = scrape(&server.url).unwrap();
    server.get("/plain").is(200);
    let after = scrape(&server.url).unwrap();
    assert!(after.live_bytes > Some(0) && after.live_blocks > Some(0));
    assert!(after.rss_bytes > Some(1 << 20) && after.cpu_seconds.is_some());
    assert!(after.allocated_bytes > before.allocated_bytes);
    assert_eq!(after.requests(), before.requests().map(|it| it + 1));
    let (before, after) = (before.durations.unwrap(), after.durations.unwrap());
    let window = after.since(&before).expect("the same server, later");
    assert!((window.count() - 1.0).abs() < 1e-9);
    assert!(window.quantile(0.99).is_some_and(|p99| p99 > 0.0));
}

#[test]
fn a_tab_is_told_each_server_with_its_charts_and_their_numbers() {
    let fakes = [(); 2].map(|()| Changing::start(vec![("200 OK", METRICS.to_owned())]));
    let panel = watching(&[&fakes[0].fake.url, &fakes[1].fake.url]);
    let mut tab = Tab::look(&panel, 5);
    let told = tab.wait_for("both servers", |event| {
        let servers = event["servers"].as_array().unwrap();
        let up = servers.iter().filter(|it| it["state"] == "up").count();
        (up == 2).then(|| event.clone())
    });
    assert_eq!(told["kind"], "status");
    assert_eq!(told["minutes"], 5);
    for (server, fake) in told["servers"].as_array().unwrap().iter().zip(&fakes) {
        assert_eq!(server["url"], fake.fake.url);
        assert_eq!(server["statuses"]["404"], 1);
        assert_eq!(server["snapshots"], 1);
        let charts = server["charts"].as_array().unwrap();
        assert_eq!(charts.len(), 7);
        let memory = &charts[0];
        assert_eq!(memory["values"][0]["name"], "live heap");
        assert_eq!(memory["values"][0]["now"], "541.8 KiB");
        assert_eq!(memory["values"][2]["name"], "ceiling");
        assert_eq!(memory["values"][2]["beside"], "0.1 % used");
        assert!(memory["svg"].as_str().unwrap().starts_with("<svg"));
    }
}

#[test]
fn many_tabs_cost_a_server_one_question_a_tick_and_are_told_the_same() {
    let server = Changing::start(vec![("200 OK", METRICS.to_owned())]);
    let panel = watching(&[&server.fake.url]);
    let asked = || server.fake.requests("GET /metrics ").len();
    let before_all = asked();
    let mut tabs: Vec<Tab> = (0..20).map(|_| Tab::look(&panel, 1)).collect();
    for tab in &mut tabs {
        tab.next().unwrap();
    }
    let before = asked();
    let told: Vec<Vec<String>> = thread::scope(|scope| {
        let reading = tabs.iter_mut().map(|tab| {
            scope.spawn(move || {
                let events = (0..EVENTS).map(|_| tab.next_text().unwrap());
                events.collect::<Vec<_>>()
            })
        });
        let reading: Vec<_> = reading.collect();
        reading.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let after = asked();
    // Twenty tabs that cost a question each would ask twenty times as often. How many ticks there are for so many events is the
    // machine's affair: a busy one leaves ticks out, and tells tabs several times of one answer.
    let (least, most) = (after - before_all, after - before);
    assert!(
        least >= 1 && most < 3 * EVENTS,
        "{most} to {least} questions for {EVENTS} events of 20 tabs"
    );
    let same = told[1..]
        .iter()
        .filter(|events| events.iter().any(|event| told[0].contains(event)));
    assert_eq!(same.count(), 19, "tabs of one range are told the very same");
}

#[test]
fn a_tab_that_does_not_read_is_dropped_and_the_others_are_told() {
    let fakes = [(); 8].map(|()| Changing::start(vec![("200 OK", METRICS.to_owned())]));
    let urls: Vec<&str> = fakes.iter().map(|it| it.fake.url.as_str()).collect();
    let panel = watching(&urls);
    let mut slow = Tab::look(&panel, 1);
    let mut quick = Tab::look(&panel, 1);
    let mut told = 0;
    while told < ENOUGH {
        told += quick.next_text().expect("the quick one is told all").len();
    }
    // nobody waits for it to read
    wait_for("its end", || slow.is_cut_off().then_some(()));
    let seen = slow.read_to_end();
    assert!(
        seen < 2 * ENOUGH as u64 / 3,
        "{seen} bytes were kept for it"
    );
    quick.next().expect("the quick one is told on");
    let mut again = Tab::look(&panel, 1);
    assert_eq!(
        again.next().unwrap()["servers"].as_array().unwrap().len(),
        8
    );
}

#[test]
fn a_server_that_dies_or_restarts_is_told_and_picked_up_again() {
    let run = |start: &str| METRICS.replace("1795561769.08", start);
    let server = Changing::start(vec![
        ("200 OK", METRICS.to_owned()),
        ("", String::new()),
        ("200 OK", run("1795561999.5")),
        ("404 Not Found", "gone fishing".to_owned()),
    ]);
    let panel = watching(&[&server.fake.url]);
    let mut tab = Tab::look(&panel, 1);
    let wait = |tab: &mut Tab, wanted: &'static str| {
        tab.wait_for(wanted, |event| {
            (state(event) == wanted).then(|| event.clone())
        })
    };
    assert!(events(&wait(&mut tab, "up")).is_empty());
    server.is_now(1);
    let gone = wait(&mut tab, "gone");
    let detail = gone["servers"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("is it still running?"), "{detail}");
    assert_eq!(events(&gone), ["gone"]);
    assert!(!gone["servers"][0]["charts"].as_array().unwrap().is_empty());
    server.is_now(0);
    assert_eq!(events(&wait(&mut tab, "up")), ["gone", "back"]);
    server.is_now(1);
    wait(&mut tab, "gone");
    server.is_now(2);
    let all = ["gone", "back", "gone", "restarted"];
    assert_eq!(events(&wait(&mut tab, "up")), all);
    server.is_now(3);
    let amiss = wait(&mut tab, "no-metrics");
    assert_eq!(events(&amiss).last().unwrap(), "no metrics");
    server.is_now(2);
    assert_eq!(events(&wait(&mut tab, "up")).last().unwrap(), "back");
}

#[test]
fn metrics_that_are_none_are_told_with_what_to_do() {
    for (status, body, says) in [
        ("404 Not Found", "nope", "it has no /metrics there (nope)"),
        ("401 Unauthorized", "", "--token TOKEN"),
        ("200 OK", "<!doctype html>\n", "line 1"),
        ("200 OK", "up 1\n", "heap_live_bytes"),
        ("200 OK", "heap_live_bytes NaN\n", "heap_live_bytes"),
        ("302 Found", "", "it redirects"),
    ] {
        let server = Changing::start(vec![(status, body.to_owned())]);
        let panel = watching(&[&server.fake.url]);
        let told = Tab::look(&panel, 1).wait_for(says, |event| {
            (state(event) == "no-metrics").then(|| event["servers"][0].clone())
        });
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{detail}");
        assert_eq!(told["charts"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn metrics_without_an_end_are_given_up_and_a_silent_server_holds_up_no_other() {
    let endless = Fake::start(|_, stream| {
        use std::io::Write as _;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&b"a 1\n".repeat(1 << 14)).is_ok() {}
    });
    let silent = Fake::start(|_, _| thread::park_timeout(LONG));
    let fine = Changing::start(vec![("200 OK", METRICS.to_owned())]);
    assert_eq!(scrape(&endless.url), Err(Trouble::TooLong));
    let panel = watching(&[&silent.url, &fine.fake.url]);
    let mut tab = Tab::look(&panel, 1);
    let told = tab.wait_for("the silent one", |event| {
        assert_ne!(state(event), "up");
        (state(event) == "gone").then(|| event.clone())
    });
    assert_eq!(told["servers"][1]["state"], "up");
    let detail = told["servers"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("no answer within 2000 ms"), "{detail}");
    let asked = fine.fake.requests("GET /metrics ").len();
    assert!(asked > silent.requests("GET /metrics ").len());
}

#[test]
fn somebody_elses_server_is_shown_as_far_as_it_tells() {
    let body = "process_resident_memory_bytes 4.2e7\nhttp_requests_total{code=\"200\"} 7\n";
    let server = Changing::start(vec![("200 OK", body.to_owned())]);
    let panel = watching(&[&server.fake.url]);
    let told = Tab::look(&panel, 1).wait_for("two readings", |event| {
        let charts = event["servers"][0]["charts"].as_array()?;
        charts.get(2)?["svg"].is_string().then(|| charts.clone())
    });
    assert!(told[0]["svg"].is_string());
    let memory: Vec<_> = told[0]["values"].as_array().unwrap().iter().collect();
    assert!(
        memory
            .iter()
            .any(|it| it["name"] == "RSS" && it["now"] == "40.1 MiB")
    );
    let missing = "It does not tell: its /metrics has no http_request_duration_seconds.";
    assert_eq!(told[3]["missing"], missing);
    assert!(told[3]["svg"].is_null());
}

#[test]
fn the_secret_goes_to_metrics_and_is_shown_nowhere() {
    let server = Fake::start(|head, stream| {
        respond(stream, "403 Forbidden", &format!("you said {head}"));
    });
    let panel = watching_with(&[], |config| {
        let server = ServerConfig::new(&server.url).unwrap();
        config
            .servers
            .push(server.with_token("hunter2hunter2").unwrap());
    });
    let mut tab = Tab::look(&panel, 1);
    let told = tab.wait_for("the refusal", |event| {
        (state(event) == "no-metrics").then(|| event.to_string())
    });
    assert!(!told.contains("hunter2"), "{told}");
    let asked = server.requests("GET /metrics ").concat();
    assert!(asked.contains("authorization: Bearer hunter2hunter2"));
}

#[test]
fn servers_that_come_and_go_are_followed() {
    let panel = watching(&[]);
    let mut tab = Tab::look(&panel, 1);
    assert_eq!(tab.next().unwrap()["servers"].as_array().unwrap().len(), 0);
    let server = Changing::start(vec![("200 OK", METRICS.to_owned())]);
    let id = panel
        .servers
        .watch(ServerConfig::new(&server.fake.url).unwrap())
        .unwrap();
    tab.wait_for("it", |event| {
        (event["servers"][0]["state"] == "up").then_some(())
    });
    panel.servers.forget(&id);
    tab.wait_for("nobody", |event| {
        event["servers"]
            .as_array()
            .unwrap()
            .is_empty()
            .then_some(())
    });
}

#[test]
fn nobody_elses_page_is_told_and_a_range_that_there_is_not_is_refused() {
    let panel = watching(&[]);
    for (name, value) in [
        ("origin", "http://example.com"),
        ("sec-fetch-site", "cross-site"),
        ("host", "example.com"),
    ] {
        let ask = panel.ask(Method::GET, "/api/status?minutes=1");
        ask.header(name, value).send().is(403);
    }
    for query in ["", "?minutes=2", "?minutes=x", "?minutes=-1"] {
        panel.get(&format!("/api/status{query}")).is(400);
    }
    panel.post("/api/status?minutes=1", "").is(405);
}

#[test]
fn a_panel_that_ends_does_not_wait_for_its_tabs() {
    let server = Changing::start(vec![("200 OK", METRICS.to_owned())]);
    let panel = watching(&[&server.fake.url]);
    let mut tab = Tab::look(&panel, 1);
    tab.next().unwrap();
    panel.end().unwrap();
    while tab.next().is_some() {}
}

#[test]
fn what_the_panel_took_of_a_server_is_told_with_it() {
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    let server = Fake::start(move |head, stream| {
        if head.starts_with("GET /heapdump?") {
            respond(stream, "200 OK", r#"{"url":"/file"}"#);
        } else if head.starts_with("GET /file ") {
            let n = count.fetch_add(1, Ordering::SeqCst) + 1;
            respond(stream, "200 OK", &crate::running::snapshot(n, n));
        } else {
            respond(stream, "404 Not Found", "");
        }
    });
    let panel = watching(&[&server.url]);
    let ids: Vec<Value> = (0..3)
        .map(|_| panel.capture("{}").is(200).json()["id"].clone())
        .collect();
    let told = &panel.list()["servers"][0]["taken"];
    assert_eq!(*told, Value::from(ids[1..].to_vec()));
}
