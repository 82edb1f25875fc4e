//! Files that are not as they should be: no text, missing, or edited by mistake. The lab says what is wrong and where, and
//! whatever its advice overwrites is kept first, byte for byte.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::student::Student;
use crate::{Answer, Lab};

/// Work with one byte that is not UTF-8, in line 3.
fn spoil(lab: &Lab) -> Vec<u8> {
    let starter = lab.starter();
    let (first, rest) = starter.split_at(starter.find("use ").unwrap());
    let work = [first.as_bytes(), b"// caf\xe9\n", rest.as_bytes()].concat();
    fs::write(lab.file(), &work).unwrap();
    work
}

/// The copies in the lab's folder that begin with `stem`.
fn copies(lab: &Lab, stem: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(lab.scratch.root().join(".lab/lab1"));
    let paths = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut copies: Vec<_> = paths
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(stem)
        })
        .collect();
    copies.sort();
    copies
}

fn short<'a>(lab: &Lab, path: &'a Path) -> &'a str {
    path.strip_prefix(lab.scratch.root())
        .unwrap()
        .to_str()
        .unwrap()
}

#[test]
fn a_byte_that_is_no_text_is_told_with_its_place_and_a_copy() {
    let lab = Lab::new();
    let work = spoil(&lab);
    fs::set_permissions(lab.file(), Permissions::from_mode(0o600)).unwrap();
    for _ in 0..2 {
        let answer = lab.run(&["check", "1"]).ends_with(1).says("BUILD FAILED");
        let answer = answer
            .says("crates/fixed-server/src/lab1.rs: byte ")
            .says(", line 3, is not UTF-8 (0xe9)")
            .says("Mend it in your editor");
        let copies = copies(&lab, "own-");
        assert_eq!(copies.len(), 1, "the same bytes are kept once");
        assert_eq!(fs::read(&copies[0]).unwrap(), work);
        assert_eq!(
            fs::metadata(&copies[0]).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let answer = answer.says(short(&lab, &copies[0]));
        let said = answer.stdout + &answer.stderr;
        assert!(!said.contains("git checkout"), "{said}");
    }
    let report = lab.finds(&[], "build-failed", 1);
    assert!(
        report["reason"].as_str().unwrap().contains("line 3"),
        "{report}"
    );
    assert_eq!(
        fs::read(lab.file()).unwrap(),
        work,
        "the file stays as it is"
    );
    lab.run(&[]).ends_with(0).says("in progress");
}

#[test]
fn what_is_no_text_is_overwritten_only_with_a_copy() {
    for command in [
        ["start", "1", ""],
        ["reset", "1", ""],
        ["solution", "1", "--apply"],
    ] {
        let lab = Lab::new();
        let work = spoil(&lab);
        let args: Vec<_> = command.into_iter().filter(|arg| !arg.is_empty()).collect();
        let answer = lab.run(&args).ends_with(0);
        let copies = copies(&lab, "own-");
        answer.says(&format!(
            "What you had there is kept in {}",
            short(&lab, &copies[0])
        ));
        assert_eq!(fs::read(&copies[0]).unwrap(), work, "{command:?}");
        let expected = if command[0] == "start" {
            lab.starter()
        } else {
            reference(&lab)
        };
        assert_eq!(lab.read(), expected, "{command:?}");
    }
}

/// The shipped file, from the workspace itself.
fn reference(lab: &Lab) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = format!("crates/fixed-server/src/lab{}.rs", lab.number);
    fs::read_to_string(workspace.join(file)).unwrap()
}

#[test]
fn a_student_who_watches_sees_which_byte_and_mends_it() {
    let lab = Lab::new();
    spoil(&lab);
    let mut student = Student::sit_down(lab.command(&["watch", "1"]));
    student.sees("BUILD FAILED");
    student.sees("is not UTF-8");
    lab.write(&reference(&lab));
    student.sees("NO LEAK");
    // And what is spoilt while somebody watches is noticed.
    spoil(&lab);
    student.sees("BUILD FAILED");
    student.presses("q");
    assert_eq!(student.leaves(), Some(1));
}

#[test]
fn a_file_that_is_missing_is_put_back_by_what_the_lab_advises() {
    let lab = Lab::new();
    fs::remove_file(lab.file()).unwrap();
    lab.run(&["check", "1"])
        .ends_with(2)
        .says("`cargo lab start 1`");
    lab.run(&["start", "1"]).ends_with(0);
    assert_eq!(lab.read(), lab.starter());
    fs::remove_file(lab.file()).unwrap();
    lab.run(&["reset", "1"]).ends_with(0);
    assert_eq!(lab.read(), reference(&lab));
}

#[test]
fn a_fix_in_the_leaky_server_is_moved_by_the_commands_that_the_lab_gives() {
    let lab = Lab::new();
    let leaky = lab.scratch.root().join("crates/leaky-server/src/lab1.rs");
    let shipped = lab.starter();
    let fix = format!("{shipped}// my fix\n");
    for command in [
        &["check", "1"][..],
        &["start", "1"],
        &["reset", "1"],
        &["solution", "1", "--apply"],
    ] {
        fs::write(&leaky, &fix).unwrap();
        let before = lab.read();
        let answer = lab
            .run(command)
            .ends_with(2)
            .says("crates/leaky-server/src/lab1.rs is not as it was shipped")
            .says("git checkout -- crates/leaky-server/src/lab1.rs")
            .says("Your file is crates/fixed-server/src/lab1.rs");
        assert_eq!(fs::read_to_string(&leaky).unwrap(), fix, "{command:?}");
        assert_eq!(lab.read(), before, "{command:?}");
        assert_eq!(copies(&lab, "leaky-").len(), 1);

        // As the lab says, line by line; the copy of the workspace is no clone, and so git has no say.
        fs::write(&leaky, &shipped).unwrap();
        let said = answer.stderr;
        let typed = said
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with("cp "))
            .unwrap();
        lab.run(&["start", "1"]).ends_with(0);
        let mut words = typed.split(' ');
        let status = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(lab.scratch.root())
            .status();
        assert!(status.unwrap().success());
        assert_eq!(lab.read(), fix, "{command:?}");
    }
    fs::write(&leaky, &fix).unwrap();
    lab.run(&[])
        .ends_with(0)
        .says("its files are not as they should be");
}

#[test]
fn what_is_no_text_in_a_shipped_file_is_kept_before_git_takes_it() {
    let lab = Lab::new();
    for (file, stem) in [
        ("crates/leaky-server/src/lab1.rs", "leaky-"),
        ("labs/lab1/solution.patch", "solution-"),
    ] {
        let path = lab.scratch.root().join(file);
        let shipped = fs::read(&path).unwrap();
        let edited = [&shipped[..], b"\xff"].concat();
        fs::write(&path, &edited).unwrap();
        let answer: Answer = lab.run(&["start", "1"]).ends_with(2);
        let copies = copies(&lab, stem);
        assert_eq!(fs::read(&copies[0]).unwrap(), edited);
        answer
            .says(&format!("{file} is not text: byte "))
            .says(short(&lab, &copies[0]))
            .says(&format!("git checkout -- {file}"));
        fs::write(&path, &shipped).unwrap();
    }
}

#[test]
fn a_leaky_server_that_does_not_compile_is_told_with_its_file_and_a_copy() {
    let lab = Lab::new();
    let leaky = lab.scratch.root().join("crates/leaky-server/src/lab2.rs");
    let broken = fs::read_to_string(&leaky).unwrap() + "fn broken( {\n";
    fs::write(&leaky, &broken).unwrap();
    let answer = lab.run(&["check", "1", "--server", "leaky"]).ends_with(1);
    answer
        .says("BUILD FAILED")
        .says("crates/leaky-server/src/lab2.rs is not as it was shipped")
        .says(".lab/lab2/leaky-");
    assert_eq!(fs::read_to_string(&leaky).unwrap(), broken);
}
