//! `heapdiff verdict`: exit codes, requests, the allow-list, and what is refused.

use crate::run::Run;
use crate::series::{FILLING_CACHE, FULL_CACHE, LABELS, LIST, TABLE, snapshot, verdict};

#[test]
fn a_leak_exits_with_1() {
    verdict("", &[LIST, FULL_CACHE]).ends(1, &["LEAK: ", "Vec<Arc<Redundant>>", "bounded"]);
}

#[test]
fn no_leak_exits_with_0() {
    let said = verdict("", &[FULL_CACHE, TABLE]).ends(0, &["NO LEAK", "bounded", "one-time"]);
    assert!(!said.contains("note: unclear"), "{said}");
    verdict("", &[]).ends(0, &["NO LEAK", "No site grew."]);
}

#[test]
fn a_cache_that_fills_is_inconclusive_and_exits_with_3() {
    verdict("", &[FILLING_CACHE]).ends(
        3,
        &[
            "INCONCLUSIVE",
            "note: unclear: HashMap<u64, Page> in",
            "take one more doubling",
        ],
    );
}

#[test]
fn the_leaking_line_is_quoted() {
    let root = crate::common::fixtures();
    verdict("--source-root", &[LIST]).arg(&root).ends(
        1,
        &[
            "--> orders/src/main.rs:36",
            "leak.push(object.clone());",
            "1,048,576 bytes held here, +1,311 bytes per request",
        ],
    );
}

#[test]
fn requests_can_be_given_where_the_snapshots_do_not_say() {
    let files = |args: &str| {
        let run = Run::new(&format!("verdict a.json b.json c.json d.json {args}"));
        run.file("a.json", snapshot(&[LABELS], 0))
            .file("b.json", snapshot(&[LABELS], 100))
            .file("c.json", snapshot(&[LABELS], 200))
            .file("d.json", snapshot(&[LABELS], 400))
    };
    files("--requests 0,100,200,400")
        .ends(1, &["LEAK: 20 bytes per request, at 1 site, from 0 to 400"]);
    files("").refuses(&["a.json does not say how many requests", "--requests"]);
    files("--requests 0,100").refuses(&["--requests has 2 counts for 4 snapshots"]);
    files("--requests 0,100,100,400").refuses(&[
        "must rise",
        "b.json was taken after 100 and c.json after 100",
    ]);
    files("--requests 400,200,100,0").refuses(&["must rise", "in the order they were taken"]);
    assert_eq!(files("--requests 1,2,many").output().0, Some(2));
}

#[test]
fn too_few_snapshots_are_refused() {
    Run::new("verdict leak-before.json leak-after.json --requests 1,2")
        .refuses(&["at least 3 snapshots, not 2", "heapdiff compare"]);
    assert_eq!(Run::new("verdict").output().0, Some(2));
    Run::new("verdict leak-before.json missing.json leak-after.json")
        .refuses(&["cannot read snapshot missing.json"]);
}

#[test]
fn two_runs_and_uneven_windows_get_a_note() {
    Run::new("verdict orders-v0-before.json leak-before.json leak-after.json --requests 1,2,3")
        .ends_in(
            [0, 1, 3],
            &[
                "note: two different commands",
                "note: from 2 to 3 the requests did not double",
            ],
        );
}

#[test]
fn resident_memory_that_grows_alone_is_explained() {
    // the fixtures' RSS grows by a thousand bytes a request
    let run = verdict("--requests 100,200,400,4000", &[TABLE]);
    let last = crate::common::served(snapshot(&[TABLE], 4000).as_bytes(), 4000, 40);
    run.file("800.json", last).ends(
        0,
        &[
            "note: RSS grew by 3.7 MiB, the live heap by +0.0 MiB",
            "no leak of the program's own objects",
        ],
    );
}

const LIST_ALLOWED: &str = r#"
[[allow]]
type = "Vec<Arc<*>>"
file = "src/main.rs"
reason = "shown in the course on purpose"
"#;

#[test]
fn what_is_allowed_does_not_count_and_is_said() {
    verdict("--allow allow.toml", &[LIST])
        .file("allow.toml", LIST_ALLOWED)
        .ends(
            0,
            &[
                "NO LEAK",
                "leak (allowed)",
                "note: allowed: Vec<Arc<Redundant>> in orders::handle",
                "shown in the course on purpose",
            ],
        );
    verdict("--allow allow.toml", &[LIST, LABELS])
        .file("allow.toml", LIST_ALLOWED)
        .ends(1, &["LEAK: 20 bytes per request, at 1 site"]);
}

#[test]
fn an_expired_entry_allows_nothing_and_is_said() {
    let expired = format!("{LIST_ALLOWED}expires = 2020-02-29\n");
    verdict("--allow allow.toml", &[LIST])
        .file("allow.toml", expired)
        .ends(1, &["expired after 2020-02-29", "fix the leak"]);
    let lasting = format!("{LIST_ALLOWED}expires = 9999-12-31\n");
    verdict("--allow allow.toml", &[LIST])
        .file("allow.toml", lasting)
        .ends(0, &["NO LEAK"]);
}

#[test]
fn an_entry_that_matches_nothing_that_leaks_is_said() {
    verdict("--allow allow.toml", &[FULL_CACHE, LABELS])
        .file(
            "allow.toml",
            "[[allow]]\nfunction = '*Pages*::put'\nreason = 'a cache'\n",
        )
        .ends(
            1,
            &["entry for function \"*Pages*::put\" matches no site that leaks: take it out"],
        );
}

#[test]
fn a_bad_allow_list_is_refused() {
    let refused = |list: &str, texts: &[&str]| {
        verdict("--allow allow.toml", &[LIST])
            .file("allow.toml", list)
            .refuses(texts);
    };
    refused(
        "leak:foo",
        &["cannot use the allow-list allow.toml: line 1"],
    );
    refused("[[allow]]\nreason = 'x'", &["entry 1 names no site"]);
    refused(
        "[[allow]]\ntype = 'x'\nreason = ''",
        &["entry 1 has an empty reason"],
    );
    verdict("--allow none.toml", &[LIST])
        .refuses(&["cannot read the allow-list none.toml: no such file"]);
    verdict("--allow .", &[LIST]).refuses(&["it is a directory"]);
    verdict("--allow bad.toml", &[LIST])
        .file("bad.toml", b"\xff")
        .refuses(&["not UTF-8"]);
}

#[test]
fn the_answer_goes_to_a_file_and_the_verdict_to_the_reader() {
    let run = verdict("--format json -o verdict.json", &[FILLING_CACHE]);
    let (code, stdout, stderr) = run.output();
    assert_eq!((code, stderr.as_str()), (Some(3), ""));
    assert!(
        stdout.starts_with("verdict: inconclusive\nnote: unclear: "),
        "{stdout}"
    );
    let written: serde_json::Value =
        serde_json::from_slice(&run.read("verdict.json")).expect("JSON");
    assert_eq!(written["verdict"], "inconclusive");
    verdict("-o 200.json", &[LIST]).refuses(&["cannot write 200.json: it is the snapshot itself"]);
}
