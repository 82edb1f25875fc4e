//! `cargo lab 1`: the tour without questions, and the exercise with a student at a terminal.

use std::net::TcpStream;

use serde_json::{Value, json};

use crate::Lab;
use crate::student::Student;

/// A snapshot's or a server's names in the panel's list.
fn names(url: &str, of: &str, key: &str) -> Vec<String> {
    let list = ask(reqwest::Method::GET, &format!("{url}/api/snapshots"), "");
    let entries = list[of].as_array().unwrap_or_else(|| panic!("{list}"));
    let names = entries.iter().map(|entry| entry[key].as_str());
    names.map(|name| name.unwrap().to_owned()).collect()
}

/// Asks the panel, as its page would.
fn ask(method: reqwest::Method, url: &str, body: &'static str) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, url).body(body);
        let request = request
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json");
        let answer = request.send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    })
}

#[test]
fn the_tour_shows_both_comparisons_and_ends_well() {
    let lab = Lab::new();
    let answer = lab
        .run(&["1", "--yes"])
        .ends_with(0)
        .says("LEAKING")
        .says("NO LEAK");
    let tables: Vec<&str> = answer.stdout.split("Constructor").skip(1).collect();
    let [leaky, fixed] = tables.as_slice() else {
        panic!("two comparisons are shown:\n{}", answer.stdout)
    };
    let first_row: Vec<&str> = leaky.lines().skip(1).take(2).collect();
    assert!(
        first_row[0].starts_with("Vec<Arc<Redundant>>"),
        "{first_row:?}"
    );
    assert!(
        first_row[1].contains("leaky-server/src/lab1.rs:"),
        "{first_row:?}"
    );
    assert!(
        answer
            .stdout
            .contains("references.push(Arc::clone(&object));")
    );
    // The same list: made for each request, and none of it kept.
    let mut rows = fixed.lines();
    let list = rows
        .find(|row| row.starts_with("Vec<Arc<Redundant>>"))
        .unwrap();
    let numbers: Vec<&str> = list.split_whitespace().collect();
    assert_eq!(numbers[1..6], ["0"; 5], "{fixed}");
    assert_eq!(lab.servers(), [] as [String; 0]);
    assert!(!answer.stdout.contains("browser"), "{}", answer.stdout);
}

#[test]
fn a_tour_on_a_fixed_server_that_leaks_ends_badly() {
    let lab = Lab::new();
    lab.run(&["start", "1"]);
    lab.run(&["1", "--yes"]).ends_with(1);
}

#[test]
fn a_student_is_guided_from_the_leak_to_the_proof() {
    let lab = Lab::new();
    let mut student = Student::sit_down(lab.command(&["1"]));
    student.sees("Press Enter to build and start the server.");
    student.types("");
    student.sees("1. The first snapshot");
    let panel = student.reads("The same in the browser, if you like: ");
    student.sees("Predict: by how many megabytes");
    assert_eq!(names(&panel, "servers", "name"), ["leaky-server"]);
    assert_eq!(names(&panel, "snapshots", "label"), ["before"]);
    let own = format!("{panel}/api/servers/0/snapshots");
    let own = ask(reqwest::Method::POST, &own, "{}");
    assert_eq!(own["label"], "snapshot-1", "{own}");
    student.types("5");
    student.sees("throughput");
    student.sees("You said 5 MB; it grew by 67.");
    student.sees("Vec<Arc<Redundant>>");
    student.sees("67,108,864 bytes held here");
    assert_eq!(
        student.reads("In the browser: "),
        format!("{panel}, select `after`, then Comparison.")
    );
    let labels = names(&panel, "snapshots", "label");
    assert_eq!(labels, ["before", "snapshot-1", "after"]);
    assert_eq!(names(&panel, "servers", "name"), [] as [&str; 0]);
    student.sees("Press Enter when you have read the table.");
    student.types("");
    student.sees("5. Which line leaks?");
    student.types("1000");
    student.sees("That is not the number of a line");
    student.types("17");
    student.sees("Not this one");
    student.types("h");
    student.sees("hint 1 of 3");
    student.types("8");
    student.sees("the list is a `static`");
    student.sees("now holds the leaky handler");

    student.sees("waiting for you to save");
    lab.edit("Vec::new());", "Vec::nev());");
    student.sees("BUILD FAILED");
    student.sees("waiting for you to save");
    lab.edit("Vec::nev());", "Vec::new());");
    student.sees("LEAKING");
    student.sees("waiting for you to save");
    lab.edit(
        "REFERENCES.lock().expect(\"no handler panics\")",
        "Vec::with_capacity(10_000)",
    );
    lab.edit(
        "static REFERENCES: Mutex<Vec<Arc<Redundant>>> = Mutex::new(Vec::new());\n\n",
        "",
    );
    lab.edit("{Arc, Mutex}", "Arc");
    student.sees("FIXED: lab 1");
    student.sees("Proved");
    student.sees("7. What you take along");
    student.sees("The number of the answer");
    student.types("9");
    student.sees("Not that one");
    for _ in 0..3 {
        student.sees("The number of the answer");
        student.types("");
    }
    student.sees("0 of 3 at the first try");
    assert_eq!(student.leaves(), Some(0));
    lab.run(&[]).ends_with(0).says("quiz: 0 of 3");
    assert_eq!(lab.servers(), [] as [String; 0]);
    let address = panel.trim_start_matches("http://");
    assert!(TcpStream::connect(address).is_err(), "the panel goes on");
}

#[test]
fn a_snapshot_that_the_student_renames_is_still_the_labs() {
    let lab = Lab::new();
    let mut student = Student::sit_down(lab.command(&["1"]));
    student.types("");
    let panel = student.reads("The same in the browser, if you like: ");
    let list = ask(reqwest::Method::GET, &format!("{panel}/api/snapshots"), "");
    let id = list["snapshots"][0]["id"].as_str().unwrap();
    let renamed = ask(
        reqwest::Method::PATCH,
        &format!("{panel}/api/snapshots/{id}"),
        r#"{"label":"at the start"}"#,
    );
    assert_eq!(renamed["label"], json!("at the start"));
    student.types("");
    student.sees("It grew by 67.");
    student.sees("Vec<Arc<Redundant>>");
    student.sees("when you have read the table");
    student.types("");
    student.sees("The number of the line");
    student.types("q");
    assert_eq!(student.leaves(), Some(1));
}

#[test]
fn the_panel_alone_is_a_verb_of_the_lab() {
    let lab = Lab::new();
    lab.run(&["panel", "--exit-with-stdin", "labs"])
        .ends_with(0)
        .says("panel listening on http://127.0.0.1:")
        .says("it watches labs");
    lab.run(&["panel", "nowhere"])
        .ends_with(2)
        .says("there is no nowhere");
}

#[test]
fn a_wrong_answer_three_times_is_told() {
    let lab = Lab::new();
    let mut student = Student::sit_down(lab.command(&["1"]));
    student.types("\n\n"); // start, and no guess
    student.sees("It grew by 67.");
    student.sees("when you have read the table");
    student.types("");
    student.sees("The number of the line");
    for wrong in ["none", "1", "17"] {
        student.types(wrong);
    }
    student.sees("It is this one:");
    student.sees("waiting for you to save");
    student.types("s");
    student.sees("-static REFERENCES");
    student.types("q");
    assert_eq!(student.leaves(), Some(1));
}
