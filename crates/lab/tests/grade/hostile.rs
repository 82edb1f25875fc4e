//! Programs that do harm, or would: each is graded 0 on its lab with the reason, and nothing of it is left.

use std::fs;

use crate::{Desk, FILE, FIRST, command_lines, edited};

/// Short, so that what never ends ends soon; a build on a busy machine takes a fraction of it.
const LIMITS: [&str; 4] = ["--build-limit", "60", "--run-limit", "90"];

#[test]
fn what_does_harm_costs_its_lab_and_harms_nothing() {
    let desk = Desk::new();
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("secret.rs"), "the other's work").unwrap();
    let secret = secret.path().join("secret.rs").display().to_string();
    let before = temporary_folders();

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
    // On a machine that is busy the limit of the run may come before that of the answer.
    let loops = class.grade("loops");
    let ways = ["did not answer within 10 s", "ran for more than 90 s"];
    let said = loops["reason"].as_str().unwrap();
    assert!(ways.iter().any(|way| said.contains(way)), "{loops:#}");
    assert_eq!(loops["points"], 0.0);
    class.finds("loops-at-the-start", "stopped", "ran for more than 90 s");
    class.finds("allocates", "stopped", "more memory");
    class.finds(
        "allocates-at-once",
        "contract-broken",
        "memory allocation of",
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
    class.finds(
        "computes-for-ever",
        "stopped",
        "the compiler was ended: it ran for more than 60 s",
    );
    let included = class.grade("includes-without-end");
    assert_eq!(included["points"], 0.0, "{included:#}");
    let read = class.grade("reads-what-others-did");
    assert_eq!(read["points"], 0.0);
    if !class.printed.contains("Landlock") {
        assert!(!read.to_string().contains("the other's work"), "{read:#}");
    }

    let left: Vec<_> = command_lines()
        .into_iter()
        .filter(|line| line.contains("leaklab-grade-") || line.contains("confined"))
        .collect();
    assert_eq!(left, [] as [String; 0], "still running");
    assert_eq!(temporary_folders(), before, "temporary folders are left");
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
    desk.hands_in_at_start(
        "loops-at-the-start",
        "    if true { loop { std::thread::yield_now(); } }",
    );
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
    desk.hands_in("computes-for-ever", FILE, &format!(
        "{}\n#[allow(long_running_const_eval)]\nconst NEVER: () = loop {{}};\nconst _: () = NEVER;\n",
        desk.solution()
    ));
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

/// Those of graders, which other tests may have, too, but not at the same time.
fn temporary_folders() -> Vec<String> {
    let entries = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names
        .filter(|name| name.starts_with("leaklab-grade-"))
        .collect();
    names.sort();
    names
}
