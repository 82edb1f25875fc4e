//! `start`, `hint`, `solution`, `reset`, and the list: nothing of the student's is lost on the way.

use crate::Lab;

/// What the lab keeps of the student's, content by content.
fn kept(lab: &Lab) -> Vec<String> {
    let folder = lab.scratch.root().join(".lab/lab1");
    let mut kept: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    kept.sort();
    kept
}

#[test]
fn start_solution_and_reset_keep_what_they_overwrite() {
    let lab = Lab::new();
    let reference = lab.read();
    let leaky = lab.scratch.root().join("crates/leaky-server/src/lab1.rs");
    let leaky = std::fs::read_to_string(leaky).unwrap();

    lab.run(&["start", "1"])
        .ends_with(0)
        .says(".lab/lab1/reference.rs");
    assert_eq!(lab.read(), leaky);
    assert_eq!(kept(&lab), [reference.as_str()]);

    lab.write("my first work");
    lab.run(&["solution", "1", "--apply"])
        .ends_with(0)
        .says("What you had there is kept in .lab/lab1/own-");
    assert_eq!(lab.read(), reference);

    lab.write("my second work");
    lab.run(&["reset", "1"]).ends_with(0).says(".lab/lab1/own-");
    assert_eq!(lab.read(), reference);

    let kept = kept(&lab);
    assert!(kept.contains(&"my first work".to_owned()), "{kept:?}");
    assert!(kept.contains(&"my second work".to_owned()), "{kept:?}");
    lab.run(&["reset", "1"])
        .ends_with(0)
        .says("nothing was changed");
}

#[test]
fn each_hint_tells_more_and_the_solution_comes_last() {
    let lab = Lab::new();
    lab.run(&["hint", "1"])
        .ends_with(0)
        .says("hint 1 of 3")
        .says("cargo lab hint 1");
    lab.run(&["hint", "1"]).ends_with(0).says("hint 2 of 3");
    lab.run(&["hint", "1"])
        .ends_with(0)
        .says("hint 3 of 3")
        .says("cargo lab solution 1");
    lab.run(&["hint", "1"]).ends_with(0).says("hint 3 of 3");
    lab.run(&["hint", "1", "--number", "1"])
        .ends_with(0)
        .says("hint 1 of 3");
    lab.run(&["hint", "1", "--number", "4"]).ends_with(2);
    lab.run(&["solution", "1"])
        .ends_with(0)
        .says("-static REFERENCES")
        .says("--apply");
}

#[test]
fn the_list_says_where_the_student_is_and_what_is_next() {
    let lab = Lab::new();
    lab.run(&[])
        .ends_with(0)
        .says("not started")
        .says("Next: cargo lab 1");
    lab.run(&["start", "1"]);
    lab.run(&[])
        .ends_with(0)
        .says("started: the leaky handler is in place");
    lab.write("my work");
    lab.run(&[]).ends_with(0).says("in progress");
}

#[test]
fn every_lab_is_handed_out_hinted_and_taken_back() {
    for number in [2, 3, 6] {
        let lab = Lab::numbered(number);
        let reference = lab.read();
        let n = number.to_string();
        lab.run(&[]).says(&format!("lab {number}  "));
        lab.run(&["start", &n]).ends_with(0);
        assert_eq!(lab.read(), lab.starter());
        lab.run(&["hint", &n]).ends_with(0).says("hint 1 of 3");
        lab.run(&["hint", &n, "--number", "3"])
            .ends_with(0)
            .says(&format!("cargo lab solution {n}"));
        lab.run(&["solution", &n, "--apply"]).ends_with(0);
        assert_eq!(lab.read(), reference);
        lab.run(&["start", &n]).ends_with(0);
        lab.run(&["reset", &n]).ends_with(0);
        assert_eq!(lab.read(), reference);
    }
}
