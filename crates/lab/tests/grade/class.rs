//! A class: a grade each, a table and a picture; who has begun nothing has not failed.

use std::fs;

use serde_json::Value;

use crate::{Desk, FILE, edited, read};

#[test]
fn a_class_has_a_grade_each_a_table_and_a_picture() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let (starter, solution) = (desk.starter(), desk.solution());
    let own = edited(&solution, "Vec::new()", "Vec::with_capacity(10_000)");
    desk.hands_in("ada, of course", FILE, &own);
    desk.hands_in("=1+1", FILE, &starter.replace('\n', "\r\n"));
    desk.hands_in("keeps-the-solution", FILE, &solution);
    desk.hands_in("has-nothing", "README.md", "sorry");
    desk.hands_in(
        "half",
        FILE,
        &edited(
            &starter,
            "    Json(Size {",
            "    let length = references.len();\n    references.truncate(length - 5_000);\n    Json(Size {",
        )
        .replace("size: references.len()", "size: length"),
    );
    let hidden = desk.leaky_mutant("the list is emptied only when nobody asks");
    desk.hands_in("hides", FILE, &hidden);
    let clone = "work/crates/fixed-server/src/lab1.rs";
    desk.hands_in("patches", clone, &format!("{starter}\n// my work\n"));
    for (path, text) in [
        ("work/Cargo.toml", "[workspace]"),
        ("work/labs/lab1/lab.toml", "contract = \"none\""),
        ("work/crates/fixed-server/build.rs", "compile_error!()"),
        ("work/crates/fixed-server/src/lib.rs", "compile_error!()"),
        ("work/.cargo/config.toml", "[build]\nrustc = \"false\""),
    ] {
        desk.hands_in("patches", path, text);
    }
    desk.hands_in("links", "other.rs", "");
    std::os::unix::fs::symlink("/etc/passwd", desk.folder("links").join(FILE)).unwrap();

    let class = desk.grade_all(&["--jobs", "2"]);

    class.finds("ada, of course", "passed", "");
    class.finds("=1+1", "not-started", "the one to start from");
    class.finds("keeps-the-solution", "not-started", "--accept-reference");
    class.finds("has-nothing", "not-started", "has no lab1.rs");
    class.finds("links", "refused", "links are not followed");
    class.finds("patches", "leaking", "bytes of every request");
    assert_eq!(class.grade("patches")["points"], 0.0, "as the starter");
    class.finds("hides", "leaking", "until nobody asks");
    let hides = class.grade("hides");
    assert_eq!(hides["points"], 0.0, "no less than the starter: {hides:#}");
    let half = class.grade("half");
    assert_eq!(half["status"], "leaking", "{half:#}");
    let points = half["points"].as_f64().unwrap();
    assert!((2.0..=3.0).contains(&points), "{half:#}");

    let sheet: Value = serde_json::from_str(&read(&class.to.join("patches.json"))).unwrap();
    let not_taken: Vec<_> = sheet["not_taken"].as_array().unwrap().iter().collect();
    assert_eq!(
        not_taken,
        [
            ".cargo/config.toml",
            "Cargo.toml",
            "crates/fixed-server/build.rs",
            "crates/fixed-server/src/lib.rs",
            "labs/lab1/lab.toml"
        ]
    );

    let csv = read(&class.to.join("summary.csv"));
    let lines: Vec<_> = csv.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "submission,lab 1 status,lab 1 points,points,max points,sandbox,confinement"
    );
    for line in [
        "\"ada, of course\",passed,10,10,10,landlock-6 seccomp ",
        "'=1+1,not-started,0,0,10,landlock-6 seccomp ",
        "links,refused,0,0,10,landlock-6 seccomp ",
    ] {
        assert!(lines.iter().any(|found| found.starts_with(line)), "{csv}");
    }
    assert_eq!(
        lines.len(),
        10,
        "a head, eight submissions, and the end: {csv}"
    );

    let svg = read(&class.to.join("results.svg"));
    let picture = roxmltree::Document::parse(&svg).unwrap();
    let titles: Vec<_> = picture
        .descendants()
        .filter(|node| node.has_tag_name("title"))
        .filter_map(|node| node.text())
        .collect();
    for title in ["passed: 1", "leaking: 3", "refused: 1", "not started: 3"] {
        assert!(titles.contains(&title), "{titles:?}");
    }
    assert!(
        class.printed.contains("ada, of course"),
        "{}",
        class.printed
    );
    let names = fs::read_dir(&class.to).unwrap().flatten();
    assert_eq!(names.count(), 10, "eight sheets, the table and the picture");
}
