//! `heapdiff flamegraph` and `export`, and the files they write.

use crate::run::Run;

#[test]
fn a_flame_graph_goes_to_standard_output_or_to_a_file() {
    let orders = "flamegraph orders-v0-before.json orders-v0-after.json";
    let svg = Run::new(orders).prints(&[
        "<svg",
        "Heap growth",
        "orders::handle (orders/src/main.rs:36)",
        "; warning: two different commands<",
    ]);
    let run = Run::new(&format!("{orders} -o d.svg")).file("d.svg", "an older one");
    let (code, stdout, stderr) = run.output();
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(
        stdout.starts_with("warning: two different commands"),
        "{stdout}"
    );
    assert_eq!(run.read("d.svg"), svg.as_bytes());
    assert_eq!(run.temporaries(), 0);
    Run::new("flamegraph leak-after.json --count blocks --title Leaks! --width 600")
        .prints(&["Leaks!", "width=\"600\""]);
    Run::new(&format!(
        "{orders} --format folded --filter handle --in-app alloc"
    ))
    .prints(&["Vec<Arc<Redundant>>::push (src/vec/mod.rs:"]);
    Run::new("flamegraph leak-after.json leak-after.json").prints(&["Nothing grew or shrank"]);
    Run::new("flamegraph leak-after.json --filter nosuchthing").prints(&["No live bytes"]);
    assert_eq!(Run::new(&format!("{orders} --width 5")).output().0, Some(2));
}

#[test]
fn an_export_goes_to_a_file() {
    let run = Run::new("export --to pprof orders-v0-after.json -o heap.pb.gz");
    assert_eq!(run.output(), (Some(0), String::new(), String::new()));
    assert_eq!(run.read("heap.pb.gz")[..2], [0x1f, 0x8b], "gzip");
    Run::new("export --to pprof leak-before.json leak-after.json -o heap.pb.gz")
        .refuses(&["one snapshot, not 2", "-diff_base"]);
    assert_eq!(
        Run::new("export --to pprof leak-after.json").output().0,
        Some(2)
    );
}

#[test]
fn what_cannot_be_written_is_said_and_leaves_nothing_behind() {
    for command in [
        "flamegraph leak-after.json",
        "export --to pprof leak-after.json",
    ] {
        Run::new(&format!("{command} -o no/such/folder.svg"))
            .refuses(&["cannot write no/such/folder.svg: no such folder"]);
        Run::new(&format!("{command} -o .")).refuses(&["cannot write .: it is a directory"]);
        Run::new(&format!("{command} -o ./leak-after.json"))
            .refuses(&["cannot write ./leak-after.json: it is the snapshot itself"]);
    }
    let run = Run::new("flamegraph missing.json -o old.svg").file("old.svg", "an older one");
    run.output();
    assert_eq!(run.read("old.svg"), b"an older one");
    assert_eq!(run.temporaries(), 0);
}

#[test]
fn snapshots_are_exported_to_chrome_into_a_folder_that_is_made() {
    let run = Run::new("export --to chrome -o a/b leak-before.json leak-after.json");
    let folder = run.folder.path().join("a/b");
    let (code, stdout, stderr) = run.output();
    assert_eq!(
        (code, stderr.contains("note: two")),
        (Some(0), true),
        "{stderr}"
    );
    assert!(stdout.contains("a/b/leak-after.heapsnapshot: "), "{stdout}");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("it is there")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["leak-after.heapsnapshot", "leak-before.heapsnapshot"]
    );
    let before = std::fs::read(folder.join("leak-before.heapsnapshot")).expect("a file");
    std::fs::write(folder.join("leak-before.heapsnapshot"), "old").expect("a file");
    run.output();
    let again = std::fs::read(folder.join("leak-before.heapsnapshot")).expect("a file");
    assert!(
        before == again,
        "an old file is replaced, and the same comes out"
    );
}

#[test]
fn one_snapshot_can_be_exported() {
    Run::new("export --to chrome -o . leak-after.json")
        .prints(&["./leak-after.heapsnapshot: ", "Load profile"]);
}

#[test]
fn an_export_of_a_bad_snapshot_leaves_nothing_behind() {
    let run =
        Run::new("export --to chrome -o out leak-before.json bad.json").file("bad.json", "{}");
    let out = run.folder.path().join("out");
    let (code, _, stderr) = run.output();
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("cannot read snapshot bad.json: not a DHAT file"),
        "{stderr}"
    );
    assert!(!out.exists());
}

#[test]
fn an_export_says_what_it_folds_and_refuses_too_few_nodes() {
    let (code, _, stderr) =
        Run::new("export --to chrome --max-nodes 400 -o . orders-v0-after.json").output();
    assert_eq!(code, Some(0));
    assert!(
        stderr.contains("their sizes are exact, their counts are not"),
        "{stderr}"
    );
    Run::new("export --to chrome --max-nodes 1 -o . orders-v0-after.json")
        .refuses(&["needs at least", "give a larger --max-nodes"]);
}

#[test]
fn an_export_to_a_place_that_is_no_folder_is_refused() {
    Run::new("export --to chrome -o leak-before.json leak-after.json")
        .refuses(&["cannot write leak-before.json: "]);
}

#[test]
fn an_export_needs_a_tool_a_snapshot_and_a_folder() {
    for args in [
        "export",
        "export --to chrome -o .",
        "export --to chrome leak-after.json",
        "export -o . leak-after.json",
    ] {
        assert_eq!(Run::new(args).output().0, Some(2), "{args}");
    }
}
