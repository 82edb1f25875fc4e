//! `check`: each thing that a server can be found to be, with its exit code. What a lab's file may become is in its
//! `mutants.toml`, and `cargo lab verify` proves it.

use crate::Lab;

#[test]
fn the_leaky_server_leaks_at_the_push() {
    let lab = Lab::new();
    let (report, code) = lab.check(&["--server", "leaky"]);
    assert_eq!(report["status"], "leaking", "{report}");
    assert_eq!(code, Some(1));
    let bytes = report["bytes_per_request"].as_f64().unwrap();
    assert!((80_000.0..160_000.0).contains(&bytes), "{report}");
    assert_eq!(report["top_site"]["type"], "Vec<Arc<Redundant>>");
    assert_eq!(report["top_site"]["file"], "leaky-server/src/lab1.rs");
    let leaky = lab.scratch.root().join("crates/leaky-server/src/lab1.rs");
    let leaky = std::fs::read_to_string(leaky).unwrap();
    let line = usize::try_from(report["top_site"]["line"].as_u64().unwrap()).unwrap();
    assert!(
        leaky
            .lines()
            .nth(line - 1)
            .unwrap()
            .contains("references.push(")
    );
}

#[test]
fn the_shipped_fixed_server_is_the_reference() {
    let report = Lab::new().finds(&[], "reference", 0);
    assert_eq!(report["server"], "fixed");
    assert_eq!(report["bytes_per_request"], 0.0);
    assert!(report["top_site"].is_null());
    assert!(report["elapsed_s"].as_f64().unwrap() > report["measure_s"].as_f64().unwrap());
}

#[test]
fn a_fix_of_the_students_own_is_proved() {
    let lab = Lab::new();
    lab.edit("Vec::new()", "Vec::with_capacity(10_000)");
    lab.finds(&[], "fixed", 0);
    lab.run(&[]).ends_with(0).says("proved fixed");
}

#[test]
fn deleting_the_feature_breaks_the_contract() {
    let lab = Lab::new();
    lab.edit("size: references.len()", "size: references.len() - 1");
    lab.breaks_the_contract("size must be at least 10000");

    // The right answer without the work.
    lab.scratch.refresh().unwrap();
    lab.edit("for _ in 0..10_000 {", "for _ in 0..1 {");
    lab.edit(
        "size: references.len()",
        "size: references.len().max(10_000)",
    );
    lab.breaks_the_contract("the work needs 80000 bytes of heap");
}

#[test]
fn a_handler_that_never_answers_breaks_the_contract() {
    let lab = Lab::new();
    lab.run(&["start", "1"]);
    lab.edit(
        "    for _ in",
        "    let _again = REFERENCES.lock();\n    for _ in",
    );
    lab.breaks_the_contract("a lock that it holds");
}

#[test]
fn a_server_that_panics_at_its_start_breaks_the_contract() {
    let lab = Lab::new();
    lab.edit(
        "    config.route(",
        "    assert!(config as *const _ as usize == 0, \"my mistake\");\n    config.route(",
    );
    lab.breaks_the_contract("my mistake");
}

#[test]
fn a_server_that_comes_to_its_heap_ceiling_breaks_the_contract_and_says_where() {
    let lab = Lab::new();
    lab.edit(
        "    for _ in",
        "    std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(300_000_000)));\n    for _ in",
    );
    lab.run(&["check", "1"])
        .ends_with(1)
        .says("CONTRACT BROKEN")
        .says("the server's heap came to its ceiling")
        .says("asked for at: fixed_server::lab1::bloat_my_server (fixed-server/src/lab1.rs:")
        .says("heapdiff show");
}

#[test]
fn one_check_at_a_time() {
    let lab = Lab::new();
    let mut first = lab
        .command(&["check", "1", "--server", "leaky"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    crate::wait_for("the first check's server", || !lab.servers().is_empty());
    lab.run(&["check", "1"])
        .ends_with(2)
        .says("being checked elsewhere");
    assert_eq!(first.wait().unwrap().code(), Some(1));
}

#[test]
fn what_is_saved_during_a_check_is_not_what_was_proved() {
    let lab = Lab::new();
    lab.edit("Vec::new()", "Vec::with_capacity(10_001)");
    let check = lab
        .command(&["check", "1"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    crate::wait_for("the server", || !lab.servers().is_empty());
    let proved = lab.read();
    lab.edit("10_001", "10_002");
    assert_eq!(check.wait_with_output().unwrap().status.code(), Some(0));
    let kept = lab.scratch.root().join(".lab/lab1/proved.rs");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), proved);
    lab.run(&[]).says("in progress");
}

#[test]
fn a_handler_that_panics_breaks_the_contract() {
    let lab = Lab::new();
    lab.edit(
        "    Json(Size {",
        "    assert!(references.is_empty(), \"my mistake\");\n    Json(Size {",
    );
    lab.run(&["check", "1"])
        .ends_with(1)
        .says("CONTRACT BROKEN")
        .says("10,000 references");
}

#[test]
fn what_does_not_compile_is_told_as_the_compiler_tells_it() {
    let lab = Lab::new();
    lab.edit("Vec::new()", "Vec::nev()");
    lab.run(&["check", "1"])
        .ends_with(1)
        .says("no function or associated item named `nev` found")
        .says("crates/fixed-server/src/lab1.rs")
        .says("BUILD FAILED");
    let report = lab.finds(&[], "build-failed", 1);
    assert!(report["bytes_per_request"].is_null());
}

#[test]
fn an_unedited_starter_leaks_or_is_not_started_as_asked() {
    let lab = Lab::new();
    lab.run(&["start", "1"]).ends_with(0);
    assert_eq!(lab.check(&[]).0["status"], "leaking");
    lab.finds(&["--if-changed"], "not-started", 1);
}

#[test]
fn what_stands_in_the_way_is_said_with_what_to_do() {
    let lab = Lab::new();
    lab.run(&["check", "99"])
        .ends_with(2)
        .says("there is no lab 99")
        .says("`cargo lab` lists");
    let no_cargo = crate::Answer::of(
        lab.command(&["check", "1"])
            .env("CARGO", "/no/such/cargo")
            .output()
            .unwrap(),
    );
    no_cargo
        .ends_with(2)
        .says("cannot run cargo")
        .says("install Rust");

    std::fs::write(lab.scratch.root().join("Cargo.toml"), "[workspace").unwrap();
    lab.run(&["check", "1"])
        .ends_with(2)
        .says("put right first");
    lab.scratch.refresh().unwrap();

    std::fs::remove_file(lab.scratch.root().join("labs/lab1/solution.patch")).unwrap();
    lab.run(&["start", "1"])
        .ends_with(2)
        .says("solution.patch")
        .says("git checkout");
}
