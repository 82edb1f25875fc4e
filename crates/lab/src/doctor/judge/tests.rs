//! Made series, and what is found in them.

use heapdiff::{InApp, Profile};
use panel::metrics::Metrics;

use super::*;

/// A look at a server that has served so many requests, with what else its `/metrics` says.
fn sample(requests: u64, more: &str) -> Sample {
    let text = format!("http_requests_total{{status=\"200\"}} {requests}\n{more}");
    let metrics = Metrics::read(&text).unwrap();
    Sample {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        at: requests as f64 / 100.0,
        requests: metrics.requests(),
        metrics,
    }
}

/// Forty looks, 50 requests apart; what the n-th says.
fn samples(says: impl Fn(u64) -> String) -> Vec<Sample> {
    (0..40).map(|n| sample(50 * n, &says(n))).collect()
}

fn heap(live: u64, rss: u64) -> String {
    format!("heap_live_bytes {live}\nprocess_resident_memory_bytes {rss}\n")
}

/// A snapshot with so many live blocks of a hundred bytes at one line.
fn snapshot(blocks: u64) -> Profile {
    profile(100 * blocks, blocks)
}

/// A snapshot with one block of so many bytes.
fn list(bytes: u64) -> Profile {
    profile(bytes, 1)
}

fn profile(bytes: u64, blocks: u64) -> Profile {
    let json = format!(
        r#"{{"dhatFileVersion":2,"mode":"rust-heap","verb":"Allocated","bklt":true,"bkacc":false,"tu":"µs","Mtu":"s",
        "tuth":10,"cmd":"shop","pid":1,"tg":1,"te":2,"ftbl":["[root]","0x1: shop::cart (src/cart.rs:7:9)"],
        "pps":[{{"tb":{bytes},"tbk":{blocks},"tl":1,"mb":{bytes},"mbk":{blocks},"gb":{bytes},"gbk":{blocks},
        "eb":{bytes},"ebk":{blocks},"fs":[1]}}]}}"#
    );
    Profile::parse(json.as_bytes()).unwrap()
}

/// Snapshots after 100, 200, 400 and 800 requests, with so many blocks in each.
fn judged(blocks: [u64; 4]) -> Snapshots {
    series(&blocks.map(snapshot))
}

fn series(profiles: &[Profile; 4]) -> Snapshots {
    let requests = [100, 200, 400, 800];
    let series: Vec<_> = requests.into_iter().zip(profiles).collect();
    Snapshots::Judged {
        judgement: Box::new(heapdiff::verdict::judge(&series, &InApp::default()).unwrap()),
        files: "a.json b.json".to_owned(),
        requests: requests.to_vec(),
    }
}

fn seen(samples: Vec<Sample>, snapshots: Snapshots) -> Observation {
    Observation {
        samples,
        snapshots,
        driven: false,
        restarts: 0,
        cut_short: None,
    }
}

const LEAK: [u64; 4] = [5000, 10_000, 20_000, 40_000];
const STEADY: [u64; 4] = [5000; 4];

/// The kinds of what is found, and how the doctor exits.
fn found(seen: &Observation) -> (Vec<&'static str>, u8) {
    let findings = judge(seen);
    let told = findings.iter().map(|found| found.told("http://h").kind);
    (told.collect(), super::super::exit(&findings))
}

fn none() -> Snapshots {
    Snapshots::None("HTTP 404".to_owned())
}

#[test]
fn what_neither_grows_nor_slows_is_fine() {
    let flat = samples(|_| heap(10 << 20, 20 << 20));
    assert_eq!(
        found(&seen(flat.clone(), judged(STEADY))),
        (vec!["fine"], 0)
    );
    let by_metrics = seen(flat, none());
    assert_eq!(found(&by_metrics), (vec!["fine"], 0));
    let told = judge(&by_metrics)[0].told("http://h");
    assert!(told.evidence[1].contains("HTTP 404"), "{told:?}");
}

#[test]
fn a_leak_is_told_with_its_line_its_rate_and_when_the_ceiling_comes() {
    let grows = samples(|n| {
        let live = (10 << 20) + n * 250_000;
        heap(live, live + (10 << 20)) + "heap_ceiling_bytes 1e9"
    });
    let seen = seen(grows, judged(LEAK));
    assert_eq!(found(&seen), (vec!["heap-grows", "near-ceiling"], 1));
    let findings = judge(&seen);
    let told: Vec<_> = findings
        .iter()
        .map(|found| found.told("http://h/"))
        .collect();
    assert!(told[0].says.contains("5,000 bytes"), "{told:?}");
    assert_eq!(told[0].site.as_ref().unwrap().place, "src/cart.rs:7:9");
    assert!(
        told[0]
            .next
            .contains("heapdiff verdict a.json b.json --requests 100,200,400,800")
    );
    // 979 MB are left at 5,000 bytes a request, 100 requests a second.
    assert!(
        told[1]
            .says
            .contains("some 200,000 requests more, in 33 min"),
        "{told:?}"
    );
    assert!(told[1].next.contains("http://h/heapdump?name=now"));
}

#[test]
fn a_list_that_doubles_ends_the_server_when_it_would_no_longer_fit() {
    // 64 MB after 800 requests. Twice that fits below 200 MB, four times that does not.
    let doubles = [8, 16, 32, 64].map(|megabytes| list(megabytes * 1_000_000));
    let used = |n: u64| 70_000_000 * (n + 1) / 40;
    let grows = samples(|n| heap(used(n), used(n)) + "heap_ceiling_bytes 200e6");
    let findings = judge(&seen(grows, series(&doubles)));
    let told: Vec<_> = findings
        .iter()
        .map(|found| found.told("http://h"))
        .collect();
    assert_eq!(told[1].kind, "near-ceiling");
    // At 80,000 bytes a request at the soonest.
    assert!(told[1].says.contains("some 800 requests more"), "{told:?}");
    assert!(told[1].evidence[1].contains("doubles its room"), "{told:?}");
}

#[test]
fn rss_that_grows_alone_is_no_leak() {
    let spike = samples(|n| heap(10 << 20, (20 << 20) + n * 500_000));
    assert_eq!(found(&seen(spike, judged(STEADY))), (vec!["rss-alone"], 0));
    let both = samples(|n| heap((10 << 20) + n * 500_000, (20 << 20) + n * 500_000));
    assert_eq!(found(&seen(both, judged(LEAK))).0, ["heap-grows"]);
}

#[test]
fn latency_that_grows_with_the_heap_is_told_and_one_that_grows_alone_is_not() {
    // The first twenty looks find requests within 1 ms, the others within 5.
    let slower = |live: fn(u64) -> u64| {
        samples(move |n| {
            let (fast, all) = (50 * n.min(20), 50 * n);
            let bucket = "http_request_duration_seconds_bucket";
            let live = heap(live(n), 100 << 20);
            format!(
                "{live}{bucket}{{le=\"0.001\"}} {fast}\n{bucket}{{le=\"0.005\"}} {all}\n{bucket}{{le=\"+Inf\"}} {all}"
            )
        })
    };
    let growing = slower(|n| (10 << 20) + n * 500_000);
    let (kinds, code) = found(&seen(growing, judged(LEAK)));
    assert_eq!((kinds, code), (vec!["heap-grows", "slower"], 1));
    let alone = slower(|_| 10 << 20);
    assert_eq!(found(&seen(alone, judged(STEADY))).0, ["fine"]);
    // a small heap that got warm
    let warm = slower(|n| (200 << 10) + n * 2_000);
    assert_eq!(found(&seen(warm, judged(STEADY))).0, ["fine"]);
}

#[test]
fn without_snapshots_growth_in_both_halves_is_growth_and_a_step_is_not_certain() {
    let grows = samples(|n| heap((10 << 20) + n * 50_000, 30 << 20));
    assert_eq!(
        found(&seen(grows, none())),
        (vec!["heap-grows-somewhere"], 3)
    );
    let step = samples(|n| heap(if n < 15 { 10 << 20 } else { 14 << 20 }, 30 << 20));
    assert_eq!(found(&seen(step.clone(), none())), (vec!["heap-grew"], 3));
    assert_eq!(
        found(&seen(step, Snapshots::TooFew)),
        (vec!["heap-grew"], 3)
    );
    let little = samples(|n| heap((10 << 20) + 1000 * n, 30 << 20));
    assert_eq!(found(&seen(little, none())), (vec!["fine"], 0));
}

#[test]
fn what_fills_is_left_open() {
    let fills = samples(|_| heap(10 << 20, 20 << 20));
    let seen = seen(fills, judged([5000, 10_000, 20_000, 31_000]));
    assert_eq!(found(&seen), (vec!["heap-may-grow"], 3));
    let told = judge(&seen)[0].told("http://h");
    assert!(
        told.evidence.len() > 1 && told.next.contains("--for 2m"),
        "{told:?}"
    );
}

#[test]
fn too_little_traffic_says_how_to_get_some() {
    let few: Vec<_> = (0..10)
        .map(|n| sample(5 * n, &heap(1 << 20, 2 << 20)))
        .collect();
    let few = seen(few, Snapshots::TooFew);
    assert_eq!(found(&few), (vec!["too-little"], 3));
    let told = judge(&few)[0].told("http://h");
    assert!(
        told.next.contains("--drive") && told.evidence[0].contains("45 requests"),
        "{told:?}"
    );
    assert_eq!(
        found(&seen(Vec::new(), Snapshots::TooFew)),
        (vec!["too-little"], 3)
    );
}

#[test]
fn a_server_without_its_heap_in_the_metrics_and_without_snapshots_is_not_judged() {
    let rss = samples(|n| format!("process_resident_memory_bytes {}", (20 << 20) + n * 500_000));
    assert_eq!(found(&seen(rss, none())), (vec!["heap-unknown"], 3));
}

#[test]
fn a_restart_and_a_load_that_failed_leave_it_open() {
    let flat = samples(|_| heap(10 << 20, 20 << 20));
    let seen = Observation {
        restarts: 1,
        cut_short: Some("HTTP 500".to_owned()),
        ..seen(flat, judged(STEADY))
    };
    assert_eq!(found(&seen), (vec!["restarted", "cut-short"], 3));
}

#[test]
fn a_heap_that_is_near_its_ceiling_is_told_although_it_does_not_grow() {
    let near = samples(|_| heap(90 << 20, 100 << 20) + "heap_ceiling_bytes 100e6");
    assert_eq!(
        found(&seen(near, judged(STEADY))),
        (vec!["near-ceiling"], 0)
    );
}
