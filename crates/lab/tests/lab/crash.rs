//! The crash: the leaky server really ends, at its line, and the fixed one really does not.

use std::fs;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::{Answer, Lab, wait_for};

/// Small and short: the list cannot double from 32 to 64 MiB.
const SMALL: [&str; 4] = ["crash", "1", "--max-heap=64MiB", "--rounds=1"];

fn crash(lab: &Lab, more: &[&str]) -> Answer {
    lab.run(&[&SMALL, more].concat())
}

#[test]
fn the_leaky_server_ends_where_its_list_would_double_and_the_fixed_one_answers_that_request() {
    let lab = Lab::new();
    let page = lab.scratch.root().join("own/page.html");
    let answer = crash(&lab, &["--format=json", "--to", page.to_str().unwrap()]).ends_with(0);
    let told: Value = serde_json::from_str(&answer.stdout).unwrap();
    let [leaky, fixed] = [&told["servers"][0], &told["servers"][1]];
    // 4,194,304 references are 32 MiB. The 420th request comes to 4,200,000.
    assert_eq!(
        (&leaky["requests"], &fixed["requests"]),
        (&419.into(), &420.into()),
        "{told}"
    );
    assert_eq!(leaky["end"]["exit_code"], 70);
    let words = leaky["end"]["last_words"].as_str().unwrap();
    assert!(
        words.contains("heap ceiling reached: 64.0 MiB allowed"),
        "{words}"
    );
    assert_eq!(
        (&fixed["end"], &fixed["holds"]),
        (&Value::Null, &"the shipped solution".into())
    );
    assert!(
        fixed["live_bytes"]["last"].as_u64() < Some(2 << 20),
        "{fixed}"
    );

    let jumps = leaky["jumps"].as_array().unwrap();
    let at = |jump: &Value| (jump["request"].as_u64(), jump["power"].as_u64());
    let last = jumps.iter().rev().take(3).map(at).collect::<Vec<_>>();
    let doubled = |request, power| (Some(request), Some(power));
    assert_eq!(last, [doubled(210, 24), doubled(105, 23), doubled(53, 22)]);
    let of_fixed = fixed["jumps"].as_array().unwrap().iter();
    let late = of_fixed.filter(|jump| jump["request"].as_u64() > Some(100));
    assert_eq!(
        late.count(),
        0,
        "but for what it makes at its start: {fixed}"
    );

    let dead = &told["post_mortem"];
    let site = &dead["top_site"];
    assert_eq!(site["type"], "Vec<Arc<Redundant>>");
    assert_eq!(
        (&site["file"], &site["line"]),
        (&"leaky-server/src/lab1.rs".into(), &20.into())
    );
    assert!(dead["share"].as_f64() > Some(0.9));
    let excerpt = dead["excerpt"].as_str().unwrap();
    assert!(
        excerpt.contains("references.push(Arc::clone(&object));"),
        "{excerpt}"
    );

    let html = fs::read_to_string(&page).unwrap();
    assert_eq!(
        html.matches("<svg").count(),
        4,
        "latency and memory, of both"
    );
    assert!(!html.contains("<script") && !html.contains("src=") && !html.contains("url("));
    assert_eq!(lab.servers(), [] as [String; 0]);
}

#[test]
fn a_fixed_server_that_leaks_crashes_as_well() {
    let lab = Lab::new();
    lab.run(&["start", "1"]).ends_with(0);
    let answer = crash(&lab, &[]);
    let answer = answer
        .ends_with(1)
        .says("BOTH CRASHED")
        .says("the starter, unchanged");
    answer
        .says("lab1.rs:20:20")
        .says("Where the heap of leaky-server grew at once");
}

#[test]
fn what_has_no_crash_and_what_makes_no_sense_is_said() {
    let lab = Lab::new();
    let refused = |args: &[&str], why: &str| {
        lab.run(args).ends_with(2).says(why);
    };
    refused(&["crash", "7"], "lab 7 has no crash to show");
    refused(&["crash", "99"], "there is no lab 99");
    refused(&["crash", "--max-heap", "0"], "a crash needs a ceiling");
    refused(&["crash", "--max-heap", "much"], "--max-heap");
    refused(&["crash", "--rounds", "0"], "--rounds");
    refused(&["crash", "--to", "docs"], "is a folder");
}

#[test]
fn an_interrupted_crash_takes_its_server_with_it() {
    let lab = Lab::new();
    let mut crash = lab
        .command(&["crash", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the server", || !lab.servers().is_empty());
    kill(
        Pid::from_raw(i32::try_from(crash.id()).unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    assert_eq!(crash.wait().unwrap().code(), Some(130));
    assert_eq!(lab.servers(), [] as [String; 0]);
}
