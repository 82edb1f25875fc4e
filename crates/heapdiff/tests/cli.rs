//! The program, run: its answers, its exit codes, and what it says to bad input.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::{PAIRS, fixture, fixtures};
use tempfile::TempDir;

/// A run of heapdiff in a folder with the fixtures and whatever files the test adds.
struct Run {
    folder: TempDir,
    args: Vec<String>,
}

impl Run {
    fn new(args: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in PAIRS.iter().flat_map(|(before, after)| [before, after]) {
            std::fs::write(folder.path().join(name), fixture(name)).expect("a copy");
        }
        Self {
            folder,
            args: args.split_whitespace().map(str::to_owned).collect(),
        }
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), content).expect("a file");
        self
    }

    fn arg(mut self, arg: &Path) -> Self {
        self.args.push(arg.display().to_string());
        self
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).expect(name)
    }

    /// How many files were begun and left behind.
    fn temporaries(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path()).expect("the folder");
        let names = files.map(|file| file.expect("a file").file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with(".tmp"))
            .count()
    }

    fn output(&self) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_heapdiff"))
            .args(&self.args)
            .current_dir(self.folder.path())
            .output()
            .expect("heapdiff runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    /// Expects success and these texts on standard output.
    fn prints(self, texts: &[&str]) -> String {
        let (code, stdout, stderr) = self.output();
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
        for text in texts {
            assert!(stdout.contains(text), "no {text:?} in:\n{stdout}");
        }
        stdout
    }

    /// Expects exit code 2 and one line on standard error that has these texts.
    fn refuses(self, texts: &[&str]) {
        let (code, stdout, stderr) = self.output();
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for text in texts {
            assert!(stderr.contains(text), "no {text:?} in: {stderr}");
        }
    }
}

/// Expects that a file of this content is refused with these texts, and with its name.
fn refused(content: impl AsRef<[u8]>, texts: &[&str]) {
    Run::new("show bad.json")
        .file("bad.json", content.as_ref())
        .refuses(&["cannot read snapshot bad.json: "]);
    Run::new("compare leak-before.json bad.json")
        .file("bad.json", content)
        .refuses(texts);
}

fn dhat(pps: &str, ftbl: &str) -> String {
    format!(r#"{{"dhatFileVersion":2,"mode":"heap","bklt":true,"pps":[{pps}],"ftbl":[{ftbl}]}}"#)
}

#[test]
fn both_snapshots_of_every_pair_can_be_shown_and_compared() {
    for (before, after) in PAIRS {
        Run::new(&format!("show {before}")).prints(&["Live heap by site"]);
        for by in ["site", "type", "stack"] {
            Run::new(&format!("compare {before} {after} --by {by}"))
                .prints(&["exactly heap after − heap before"]);
            Run::new(&format!("compare {after} {before} --by {by}"))
                .prints(&["exactly heap after − heap before"]);
        }
    }
}

#[test]
fn the_first_row_is_the_leak_in_the_users_code() {
    let json =
        Run::new("compare orders-v0-before.json orders-v0-after.json --format json").prints(&[]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let row = &json["rows"][0];
    assert_eq!(
        (&row["type"], &row["file"], &row["line"]),
        (
            &"Vec<Arc<Redundant>>".into(),
            &"orders/src/main.rs".into(),
            &36.into()
        )
    );
    assert_eq!(row["in_app"], true);
    assert_eq!(row["grew_in_place"], row["size_delta"]);
    let sum: i64 = json["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["size_delta"].as_i64().expect("bytes"))
        .sum();
    assert_eq!(json["size_delta"], sum);
}

#[test]
fn the_source_is_quoted_where_it_is_found() {
    let compare = "compare orders-v0-before.json orders-v0-after.json --source-root";
    Run::new(compare).arg(&fixtures()).prints(&[
        "--> orders/src/main.rs:36",
        "leak.push(object.clone());",
        "bytes held here",
    ]);
    assert!(
        !Run::new("compare orders-v0-before.json orders-v0-after.json")
            .prints(&[])
            .contains("-->")
    );
}

#[test]
fn a_snapshot_compared_with_itself_shows_nothing() {
    Run::new("compare leak-after.json leak-after.json").prints(&[
        "Nothing was allocated or freed",
        "Σ Size Delta 0 bytes, Σ # Delta 0 blocks",
    ]);
}

#[test]
fn options_choose_what_is_shown() {
    let orders = "orders-v0-before.json orders-v0-after.json";
    Run::new(&format!("compare {orders} --top 3")).prints(&["--top 26 shows all"]);
    Run::new(&format!("compare {orders} --filter HashMap"))
        .prints(&["HashMap<u64, String>", "other rows left out"]);
    Run::new(&format!("compare {orders} --filter nosuchthing"))
        .prints(&["No row matches \"nosuchthing\""]);
    Run::new(&format!("compare {orders} --in-app dhat --width 80"))
        .prints(&["Not shown at this width"]);
    for sort in ["alloc", "delta", "new", "freed", "churn"] {
        Run::new(&format!("compare {orders} --sort {sort}"))
            .prints(&["Constructor", "… 16 more rows"]);
    }
    assert!(
        Run::new("show leak-after.json --format json --top 1")
            .prints(&["\"rows_hidden\": 1"])
            .contains("grow")
    );
}

#[test]
fn bad_snapshots_are_refused_with_a_reason_and_a_way_on() {
    refused("", &["empty", "take the snapshot again"]);
    refused("\n \t", &["empty"]);
    refused("hello", &["not JSON", "DHAT file"]);
    refused("\u{0}\u{1}\u{1b}[31m", &["not JSON"]);
    refused("{}", &["not a DHAT file"]);
    refused("[1, 2]", &["not a DHAT file"]);
    refused("3", &["not a DHAT file"]);
    refused(r#"{"dhatFileVersion":3}"#, &["version 3", "only version 2"]);
    refused(r#"{"dhatFileVersion":-1}"#, &["version -1"]);
    refused(
        r#"{"dhatFileVersion":2,"mode":"rust-ad-hoc"}"#,
        &["\"rust-ad-hoc\"", "no live heap blocks"],
    );
    refused(
        r#"{"dhatFileVersion":2,"mode":"copy\u001b[2J"}"#,
        &[r"copy\u{1b}[2J"],
    );
    refused(
        r#"{"dhatFileVersion":2,"mode":"heap","bklt":false,"pps":[],"ftbl":[]}"#,
        &["no live blocks"],
    );
    refused(
        r#"{"dhatFileVersion":2,"mode":"heap","bklt":true}"#,
        &["missing field `pps`"],
    );
    refused(&fixture("leak-after.json")[..700], &["cut short"]);
    refused(
        [b"\xff\xfe".as_slice(), &fixture("leak-after.json")].concat(),
        &["not JSON"],
    );
}

#[test]
fn absurd_snapshots_are_refused_too() {
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1,"ebk":1,"fs":[1]}"#, r#""[root]""#),
        &["program point 0", "frame 1", "has 1"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1,"ebk":1,"fs":[99999999999]}"#, ""),
        &["program point 0"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":-1,"ebk":1,"fs":[]}"#, ""),
        &["-1"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1.5,"ebk":1,"fs":[]}"#, ""),
        &["1.5"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"fs":[]}"#, ""),
        &["missing field `eb`"],
    );
    refused(
        dhat(r#"{"tb":1,"tbk":1,"eb":1,"ebk":1}"#, ""),
        &["missing field `fs`"],
    );
    refused(
        dhat(
            r#"{"tb":1,"tbk":1,"eb":18446744073709551616,"ebk":1,"fs":[]}"#,
            "",
        ),
        &["not as DHAT writes it"],
    );
    refused(
        dhat(
            r#"{"tb":9223372036854775808,"tbk":1,"eb":1,"ebk":1,"fs":[]}"#,
            "",
        ),
        &["absurd", "tb"],
    );
    let huge = r#"{"tb":1,"tbk":1,"eb":9223372036854775807,"ebk":1,"fs":[]}"#;
    refused(dhat(&format!("{huge},{huge}"), ""), &["absurd", "eb"]);
    refused(
        format!(
            r#"{{"dhatFileVersion":2,"heapshot":{}"#,
            "[".repeat(100_000)
        ),
        &["recursion limit"],
    );
}

#[test]
fn paths_that_are_no_files_are_refused() {
    Run::new("show missing.json").refuses(&[
        "cannot read snapshot missing.json: no such file",
        "check the path",
    ]);
    Run::new("show .").refuses(&[
        "cannot read snapshot .: it is a directory",
        "one of the snapshot files",
    ]);
}

#[test]
fn names_cannot_send_escape_sequences_to_the_terminal() {
    let hostile = dhat(
        r#"{"tb":1,"tbk":1,"eb":1,"ebk":1,"fs":[0]}"#,
        r#""0x1: evil\u001b[2J\u009b\u202e (evil\u0007.rs:1:1)""#,
    );
    for args in [
        "show evil.json",
        "show evil.json --by stack",
        "show evil.json --format json",
    ] {
        let printed = Run::new(args).file("evil.json", &hostile).prints(&["evil"]);
        assert!(
            printed
                .chars()
                .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
            "{printed:?}"
        );
    }
}

#[test]
fn wrong_usage_exits_with_2_and_help_with_0() {
    assert_eq!(Run::new("compare one.json").output().0, Some(2));
    assert_eq!(
        Run::new("show leak-after.json --by colour").output().0,
        Some(2)
    );
    Run::new("compare --help").prints(&["--in-app <CRATE,…>", "--source-root <DIR>"]);
}

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
fn a_reader_who_stops_early_is_no_failure() {
    let run = Run::new("show orders-v0-after.json --format json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_heapdiff"))
        .args(&run.args)
        .current_dir(run.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("heapdiff runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("heapdiff ends");
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), b"".as_slice())
    );
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
