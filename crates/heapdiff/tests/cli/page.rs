//! `heapdiff compare --format html` and `--output`.

use crate::common::{PAIRS, fixtures};
use crate::run::Run;

fn compare(options: &str) -> Run {
    let (before, after) = PAIRS[0];
    Run::new(&format!("compare {before} {after} {options}"))
}

#[test]
fn a_page_goes_to_standard_output_or_to_a_file() {
    let (_, page, _) = compare("--format html").output();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    let run = compare("--format html --output page.html");
    let (code, said, errors) = run.output();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(
        said.starts_with("warning: two different commands"),
        "{said}"
    );
    let written = String::from_utf8(run.read("page.html")).expect("UTF-8");
    assert_eq!(written.len(), page.len());
    assert_eq!(run.temporaries(), 0);
}

#[test]
fn the_head_says_small_amounts_in_small_units() {
    let (_, page, _) = Run::new("compare leak-before.json leak-after.json --format html").output();
    for said in [
        "<strong class=\"amount\">4.3 KiB</strong>",
        "<td>1.4 KiB</td><td>5.8 KiB</td>",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn a_table_and_json_can_go_to_a_file_too() {
    for format in ["table", "json"] {
        let (_, expected, _) = compare(&format!("--format {format} --width 120")).output();
        let run = compare(&format!("--format {format} --width 120 -o answer"));
        assert_eq!(run.output().0, Some(0));
        assert_eq!(String::from_utf8_lossy(&run.read("answer")), expected);
    }
}

#[test]
fn a_page_never_replaces_its_snapshots() {
    let run = compare(&format!("--format html -o {}", PAIRS[0].1));
    let before = run.read(PAIRS[0].1);
    let (code, _, errors) = run.output();
    assert_eq!(code, Some(2));
    assert!(errors.contains("it is the snapshot itself"), "{errors}");
    assert_eq!(run.read(PAIRS[0].1), before);
}

#[test]
fn only_a_page_can_be_opened() {
    compare("--open").refuses(&["--open shows a page", "--format html"]);
}

#[test]
fn a_page_that_cannot_be_written_leaves_nothing_behind() {
    let run = compare("--format html -o no/such/folder/page.html");
    let (code, _, errors) = run.output();
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("cannot write no/such/folder/page.html"),
        "{errors}"
    );
    assert_eq!(run.temporaries(), 0);
}

#[test]
fn the_source_is_in_a_page_where_it_is_found() {
    let found = compare("--format html --source-root").arg(&fixtures());
    let (_, with, _) = found.output();
    let (_, without, _) = compare("--format html").output();
    assert!(with.contains("leak.<mark>push</mark>(object.clone());"));
    assert!(!without.contains("<mark>"));
}
