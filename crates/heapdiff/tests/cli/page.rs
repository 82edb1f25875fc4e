//! `--format html` of `heapdiff compare` and `heapdiff verdict`, and `--output`.

use crate::common::{PAIRS, fixtures};
use crate::run::Run;
use crate::series::{FILLING_CACHE, FULL_CACHE, LABELS, LIST, Site, verdict};

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
#[cfg(unix)]
fn an_answer_in_a_file_is_for_those_who_could_read_any_new_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let run = compare("--format json -o answer");
    let mode = |name: &str| {
        let file = std::fs::metadata(run.folder.path().join(name)).expect("a file");
        file.permissions().mode() & 0o777
    };
    std::fs::write(run.folder.path().join("any"), "").expect("a file");
    assert_eq!(run.output().0, Some(0));
    assert_eq!(mode("answer"), mode("any"));

    std::fs::set_permissions(
        run.folder.path().join("answer"),
        std::fs::Permissions::from_mode(0o664),
    )
    .expect("mine");
    assert_eq!(run.output().0, Some(0));
    assert_eq!(mode("answer"), 0o664, "one that is there stays what it is");
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
    verdict("--open", &[]).refuses(&["--open shows a page", "--format html"]);
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

/// What a page shows before any script runs, without its style and its documents.
fn head(page: &str) -> &str {
    let start = page.find("<section class=\"answer").expect("a head");
    let end = page[start..].find("</section>").expect("its end");
    &page[start..start + end]
}

#[test]
fn a_verdict_as_a_page_exits_as_in_every_format_and_answers_without_a_script() {
    let cases: [(i32, &[Site], &[&str]); 3] = [
        (
            1,
            &[LIST, LABELS],
            &[
                "<strong class=\"amount\">Leak</strong>",
                "<b>1,331</b> bytes per request (<b>582 to 1,424</b>), at <b>2 sites</b>, from <b>100 to 800 requests</b>",
                "leak.<mark>push</mark>(object.clone());",
                "1,048,576 bytes held here, +1,311 bytes per request",
                "1 more leak</summary>",
                "the live heap grew by 909.7 KiB, RSS grew by 683.6 KiB.",
            ],
        ),
        (
            0,
            &[FULL_CACHE],
            &["No leak", "No site grows with the requests"],
        ),
        (
            3,
            &[FILLING_CACHE],
            &[
                "Inconclusive",
                "<b>Note:</b> unclear: HashMap&#60;u64, Page&#62; in",
                "take one more doubling",
            ],
        ),
    ];
    for (code, sites, texts) in cases {
        let run = verdict("--format html --source-root", sites).arg(&fixtures());
        let (exit, page, errors) = run.output();
        assert_eq!((exit, errors.as_str()), (Some(code), ""));
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        for text in texts {
            assert!(head(&page).contains(text), "no {text:?} in {}", head(&page));
        }
    }
}

#[test]
fn the_head_of_a_verdict_is_as_it_always_was() {
    let run = verdict("--format html --source-root", &[LIST, LABELS]).arg(&fixtures());
    insta::assert_snapshot!("verdict_head", head(&run.output().1));
}

#[test]
fn a_verdict_as_a_page_goes_to_a_file_and_the_verdict_to_the_reader() {
    let run = verdict("--format html -o verdict.html", &[LIST]);
    let (code, said, errors) = run.output();
    assert_eq!((code, errors.as_str()), (Some(1), ""));
    assert_eq!(said, "verdict: leak\n");
    let page = String::from_utf8(run.read("verdict.html")).expect("UTF-8");
    for document in [
        "api/verdict",
        "api/comparison?base=before&#38;snapshot=after",
        "api/snapshots/after/summary",
        "api/flamegraph?base=before&#38;snapshot=after&#38;count=bytes",
    ] {
        let embedded = format!("data-url=\"{document}\"");
        assert_eq!(page.matches(&embedded).count(), 1, "{document}");
    }
    assert_eq!(run.temporaries(), 0);
    verdict("--format html -o 200.json", &[LIST]).refuses(&["it is the snapshot itself"]);
}

#[test]
fn the_page_counts_the_requests_that_are_given() {
    let run = verdict("--format html --requests 1,2,4,8", &[LABELS]);
    let (_, page, _) = run.output();
    assert!(
        head(&page).contains("<b>1 to 8 requests</b>"),
        "{}",
        head(&page)
    );
}
