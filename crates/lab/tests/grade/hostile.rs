//! Programs that do harm, or would: each is graded 0 on its lab with the reason, and nothing of it is left.

use std::fs;

use crate::{Desk, FILE, FIRST, edited};

/// So long that no machine is so busy that an honest build or run meets them.
const LIMITS: [&str; 4] = ["--build-limit", "1800", "--run-limit", "600"];

#[test]
fn what_does_harm_costs_its_lab_and_harms_nothing() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("secret.rs"), "the other's work").unwrap();
    let secret = secret.path().join("secret.rs").display().to_string();

    hand_in(&desk, &secret);

    let class = desk.grade_all(&[&["--jobs", "3", "--accept-reference"][..], &LIMITS].concat());

    class.finds(
        "compiles-not",
        "build-failed",
        "no function or associated item named `nev`",
    );
    class.finds(
        "deletes-the-feature",
        "contract-broken",
        "size must be at least 10000",
    );
    class.finds("loops", "contract-broken", "did not answer within 10 s");
    // Whichever is first: its own heap ceiling, the grader's limit, or, on a busy machine, the end of patience.
    let allocates = class.grade("allocates");
    let said = allocates["reason"].as_str().unwrap();
    assert!(
        [
            "heap came to its ceiling",
            "more memory",
            "did not answer within 10 s"
        ]
        .iter()
        .any(|why| said.contains(why)),
        "{allocates:#}"
    );
    assert_eq!(allocates["points"], 0.0);
    class.finds(
        "allocates-at-once",
        "contract-broken",
        "heap came to its ceiling",
    );
    class.finds("panics", "contract-broken", "my mistake");
    class.finds(
        "leaves",
        "contract-broken",
        "the server ended with exit status: 0",
    );
    class.finds("floods-the-disk", "stopped", "disk");
    class.finds("writes-one-large-file", "stopped", "disk");
    class.finds("forks", "stopped", "processes and threads");
    class.finds("starts-threads", "stopped", "processes and threads");
    class.finds("is-unsafe", "build-failed", "unsafe");
    let included = class.grade("includes-without-end");
    assert_eq!(included["points"], 0.0, "{included:#}");
    let read = class.grade("reads-what-others-did");
    assert_eq!(read["points"], 0.0);
    assert!(!read.to_string().contains("the other's work"), "{read:#}");
    assert_eq!(class.sheet("panics")["confinement"], serde_json::json!([]));
}

#[test]
fn what_never_ends_is_ended() {
    let Some(desk) = Desk::new() else {
        return;
    };
    desk.hands_in_at_start(
        "loops-at-the-start",
        "    if true { loop { std::thread::yield_now(); } }",
    );
    desk.hands_in("computes-for-ever", FILE, &format!(
        "{}\n#[allow(long_running_const_eval)]\nconst NEVER: () = loop {{}};\nconst _: () = NEVER;\n",
        desk.solution()
    ));
    for (name, limit, why) in [
        (
            "loops-at-the-start",
            ["--build-limit", "1800", "--run-limit", "5"],
            "the server was ended: it ran for more than 5 s",
        ),
        (
            "computes-for-ever",
            ["--build-limit", "5", "--run-limit", "5"],
            "the compiler was ended: it ran for more than 5 s",
        ),
    ] {
        let sheet = desk.grade_one(name, &limit);
        let grade = &sheet["labs"][0];
        assert_eq!(
            (&grade["status"], &grade["points"]),
            (&"stopped".into(), &0.0.into()),
            "{grade:#}"
        );
        assert_eq!(grade["reason"], why);
    }
}

/// A submission for each harm; `secret` is the path of a file that is none of theirs.
fn hand_in(desk: &Desk, secret: &str) {
    desk.hands_in(
        "compiles-not",
        FILE,
        &edited(&desk.solution(), "Vec::new()", "Vec::nev()"),
    );
    desk.hands_in(
        "deletes-the-feature",
        FILE,
        &edited(
            &desk.solution(),
            "size: references.len()",
            "size: references.len() - 1",
        ),
    );
    desk.hands_in_with("loops", "    loop { std::hint::spin_loop(); }");
    desk.hands_in_with(
        "allocates",
        "    let mut all = Vec::new();\n    if true { loop { all.push(vec![1_u8; 1 << 28]); } }",
    );
    desk.hands_in_with(
        "allocates-at-once",
        "    std::hint::black_box(vec![0_u8; 1 << 45]);",
    );
    desk.hands_in_with("panics", "    if true { panic!(\"my mistake\"); }");
    desk.hands_in_with("leaves", "    if true { std::process::exit(0); }");
    desk.hands_in_with(
        "floods-the-disk",
        "    for n in 0.. { std::fs::write(std::env::temp_dir().join(format!(\"flood-{n}\")), vec![1; 1 << 24]).unwrap(); }",
    );
    desk.hands_in_with(
        "writes-one-large-file",
        "    use std::io::Write as _;\n    \
         let mut file = std::fs::File::create(std::env::temp_dir().join(\"flood\")).unwrap();\n    \
         if true { loop { file.write_all(&[1; 1 << 16]).unwrap(); } }",
    );
    desk.hands_in_with(
        "forks",
        "    let own = std::env::current_exe().unwrap();\n    \
         for _ in 0..2_000 { let _ = std::process::Command::new(&own).args([\"--listen\", \"127.0.0.1:0\"])\n        \
         .stdin(std::process::Stdio::piped()).spawn().map(std::mem::forget); }",
    );
    desk.hands_in_with(
        "starts-threads",
        "    for _ in 0..100_000 { let _ = std::thread::Builder::new().spawn(|| std::thread::park()); }",
    );
    desk.hands_in(
        "is-unsafe",
        FILE,
        &edited(
            &format!(
                "#![allow(unsafe_code)]\n{}",
                desk.solution().replace("//!", "//")
            ),
            FIRST,
            &format!("    unsafe {{ std::ptr::read(std::ptr::null::<u8>()) }};\n{FIRST}"),
        ),
    );
    desk.hands_in(
        "includes-without-end",
        FILE,
        &format!(
            "{}\npub static ALL: &[u8] = include_bytes!(\"/dev/zero\");\n",
            desk.solution()
        ),
    );
    desk.hands_in(
        "reads-what-others-did",
        FILE,
        &format!(
            "{}\nconst _: () = panic!(include_str!(\"{secret}\"));\n",
            desk.solution()
        ),
    );
}
