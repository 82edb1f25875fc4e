//! What a submission's grades are printed as, for programs. Each is a function of the one [`Sheet`].

use std::fmt::Write as _;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::score::Mark;
use super::sheet::{Grade, Sheet};
use super::text;
use crate::runner_log::{json_without_commands, without_commands};

/// The formats that `--format` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A table to read
    Text,
    /// All that is known, for programs
    Json,
    /// Test results as CI servers show them: one test a lab
    Junit,
    /// Gradescope's results.json
    Gradescope,
    /// The result that GitHub Classroom's reporter reads, appended to `$GITHUB_OUTPUT`
    Classroom,
}

impl Format {
    /// A sheet as this; ends in a line feed. No line of it is a command to a CI server's runner, whatever the sheet says.
    pub(crate) fn render(self, sheet: &Sheet) -> Result<String> {
        let json = |json: serde_json::Result<String>| -> Result<String> {
            Ok(format!("{}\n", json_without_commands(&json?)))
        };
        Ok(match self {
            Self::Text => without_commands(&text::render(sheet)),
            Self::Json => json(serde_json::to_string(sheet))?,
            Self::Junit => junit(sheet),
            Self::Gradescope => json(serde_json::to_string_pretty(&gradescope(sheet)))?,
            Self::Classroom => {
                format!("result={}\n", STANDARD.encode(classroom(sheet).to_string()))
            }
        })
    }
}

/// JUnit's XML: passed, failed, or skipped where nothing was begun.
fn junit(sheet: &Sheet) -> String {
    let count = |of: &dyn Fn(Mark) -> bool| sheet.labs.iter().filter(|g| of(g.status)).count();
    let skipped = count(&|mark| mark == Mark::NotStarted);
    let failures = count(&|mark| !matches!(mark, Mark::Passed | Mark::NotStarted));
    let totals = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{:.3}\"",
        sheet.labs.len(),
        sheet.elapsed_s
    );
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites name=\"cargo lab grade\" {totals}>");
    let name = escape(&sheet.submission);
    let _ = writeln!(xml, "  <testsuite name=\"{name}\" {totals}>");
    xml.push_str("    <properties>\n");
    for (name, values) in [
        ("sandbox", &sheet.sandbox),
        ("confinement", &sheet.confinement),
    ] {
        for value in values {
            let value = escape(value);
            let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{value}\"/>");
        }
    }
    xml.push_str("    </properties>\n");
    for grade in &sheet.labs {
        let _ = writeln!(
            xml,
            "    <testcase classname=\"{name}\" name=\"{}\" time=\"{:.3}\">",
            escape(&title(grade)),
            grade.elapsed_s
        );
        let reason = escape(grade.reason.as_deref().unwrap_or_default());
        let points = points(grade);
        let _ = match grade.status {
            Mark::Passed => Ok(()),
            Mark::NotStarted => writeln!(xml, "      <skipped message=\"{reason}\"/>"),
            mark => writeln!(
                xml,
                "      <failure type=\"{}\" message=\"{}, {points}\">{reason}</failure>",
                mark.name(),
                mark.words()
            ),
        };
        let _ = writeln!(
            xml,
            "      <system-out>{points}</system-out>\n    </testcase>"
        );
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// <https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format>
fn gradescope(sheet: &Sheet) -> Value {
    let test = |grade: &Grade| {
        let mut output = grade.status.words().to_owned();
        if let Some(reason) = &grade.reason {
            let _ = write!(output, ": {reason}");
        }
        json!({
            "name": title(grade),
            "number": grade.lab.to_string(),
            "score": grade.points,
            "max_score": grade.max_points,
            "status": if grade.status == Mark::Passed { "passed" } else { "failed" },
            "output": output,
            "output_format": "text",
            "visibility": "visible",
            "extra_data": { "status": grade.status, "bytes_per_request": grade.bytes_per_request },
        })
    };
    json!({
        "score": sheet.points,
        "execution_time": sheet.elapsed_s.ceil(),
        "output": remarks(sheet).into_iter().chain(confined(sheet)).collect::<Vec<_>>().join("\n"),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "extra_data": { "sandbox": sheet.sandbox, "confinement": sheet.confinement },
        "tests": sheet.labs.iter().map(test).collect::<Vec<_>>(),
    })
}

/// As <https://github.com/classroom-resources/autograding-grading-reporter> reads it.
fn classroom(sheet: &Sheet) -> Value {
    // The reporter shows no other text.
    let confined = confined(sheet).join("\n");
    let test = |grade: &Grade| {
        json!({
            "name": title(grade),
            "status": if grade.status == Mark::Passed { "pass" } else { "fail" },
            "score": grade.points,
            "message": format!(
                "{}: {}\n{confined}",
                grade.status.words(),
                grade.reason.as_deref().unwrap_or("no leak")
            ),
            "test_code": format!("cargo lab check {}", grade.lab),
            "filename": grade.file.clone().unwrap_or_default(),
            "line_no": 0,
            "execution_time": format!("{:.0}s", grade.elapsed_s),
        })
    };
    let all = sheet.labs.iter().all(|grade| grade.status == Mark::Passed);
    json!({
        "version": 1,
        "status": if all { "pass" } else { "fail" },
        "max_score": sheet.max_points,
        "tests": sheet.labs.iter().map(test).collect::<Vec<_>>(),
    })
}

/// What is to be said of the submission as a whole, a line each.
pub(super) fn remarks(sheet: &Sheet) -> Vec<String> {
    let mut remarks = Vec::new();
    if !sheet.not_taken.is_empty() {
        remarks.push(format!(
            "changed, not taken: {}",
            sheet.not_taken.join(", ")
        ));
    }
    for grade in &sheet.labs {
        for note in &grade.notes {
            remarks.push(format!("lab {}: the file {note}", grade.lab));
        }
    }
    remarks
}

/// How the programs were confined: what did it, and what was weaker than it should be, a line each.
pub(super) fn confined(sheet: &Sheet) -> Vec<String> {
    let sandbox = if sheet.sandbox.is_empty() {
        "none".to_owned()
    } else {
        sheet.sandbox.join(", ")
    };
    let mut lines = vec![format!("sandbox: {sandbox}")];
    let weaker = sheet.confinement.iter();
    lines.extend(weaker.map(|weaker| format!("confinement: {weaker}")));
    lines
}

pub(super) fn title(grade: &Grade) -> String {
    format!("lab {}: {}", grade.lab, grade.title)
}

fn points(grade: &Grade) -> String {
    format!("{} of {} points", grade.points, grade.max_points)
}

/// For an attribute or an element's text. XML has no way to write most control characters. The second of two colons or
/// number signs is written as a number, so that no line is a command to a CI server's runner.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = '\0';
    for c in text.chars() {
        match c {
            ':' if last == ':' => out.push_str("&#58;"),
            '#' if last == '#' => out.push_str("&#35;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
        last = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let grade = |lab, status, points, reason: Option<&str>| Grade {
            lab,
            title: "The list & <others>".to_owned(),
            status,
            points,
            max_points: 10.0,
            reason: reason.map(str::to_owned),
            bytes_per_request: None,
            starter_bytes_per_request: None,
            top_site: None,
            file: Some("lab1.rs".to_owned()),
            notes: vec!["uses std::fs".to_owned()],
            elapsed_s: 1.5,
        };
        Sheet {
            submission: "ada \"<b>\" \u{1}".to_owned(),
            points: 12.5,
            max_points: 30.0,
            labs: vec![
                grade(1, Mark::Passed, 10.0, None),
                grade(
                    2,
                    Mark::Leaking,
                    2.5,
                    Some("it keeps 40 bytes & more\n<here>"),
                ),
                grade(3, Mark::NotStarted, 0.0, Some("there is none")),
            ],
            not_taken: vec!["Cargo.toml".to_owned()],
            sandbox: vec!["landlock-6".to_owned(), "seccomp".to_owned()],
            confinement: Vec::new(),
            elapsed_s: 4.5,
        }
    }

    #[test]
    fn in_junit_what_is_not_started_is_skipped_and_names_are_escaped() {
        let xml = Format::Junit.render(&sheet()).unwrap();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let suite = document.root_element().first_element_child().unwrap();
        assert_eq!(suite.attribute("name"), Some("ada \"<b>\" \u{fffd}"));
        let number = |name| suite.attribute(name).unwrap();
        assert_eq!(
            (number("tests"), number("failures"), number("skipped")),
            ("3", "1", "1")
        );
        let cases: Vec<_> = suite
            .children()
            .filter(|node| node.has_tag_name("testcase"))
            .collect();
        let has = |at: usize, tag: &str| cases[at].children().find(|node| node.has_tag_name(tag));
        assert!(has(0, "failure").is_none() && has(0, "skipped").is_none());
        let failure = has(1, "failure").unwrap();
        assert_eq!(failure.attribute("type"), Some("leaking"));
        assert_eq!(
            failure.attribute("message"),
            Some("leaking, 2.5 of 10 points")
        );
        assert_eq!(failure.text(), Some("it keeps 40 bytes & more\n<here>"));
        assert!(has(2, "skipped").is_some());
    }

    #[test]
    fn no_format_has_a_line_that_a_runner_takes_for_a_command() {
        let mut sheet = sheet();
        let commands =
            "::set-output name=a::b\n\u{1}::add-mask::x\n ::x::\n###[set-env name=a]b\n::";
        sheet.submission = commands.to_owned();
        sheet.not_taken = vec![commands.to_owned()];
        sheet.labs[1].reason = Some(commands.to_owned());
        sheet.labs[1].notes = vec![commands.to_owned()];
        sheet.labs[1].file = Some(commands.to_owned());
        for format in <Format as clap::ValueEnum>::value_variants() {
            let text = format.render(&sheet).unwrap();
            assert!(!text.contains("##"), "{text}");
            for line in text.lines() {
                let line = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
                assert!(!line.starts_with("::"), "{text}");
            }
        }
        let xml = Format::Junit.render(&sheet).unwrap();
        let document = roxmltree::Document::parse(&xml).unwrap();
        let mut nodes = document.descendants();
        let failure = nodes.find(|node| node.has_tag_name("failure")).unwrap();
        assert_eq!(
            failure.text(),
            Some(commands.replace('\u{1}', "\u{fffd}").as_str())
        );
    }

    #[test]
    fn what_was_not_taken_and_what_is_unusual_is_said_once_each() {
        let text = Format::Text.render(&sheet()).unwrap();
        assert_eq!(
            text.matches("changed, not taken: Cargo.toml").count(),
            1,
            "{text}"
        );
        assert_eq!(text.matches("the file uses std::fs").count(), 3, "{text}");
        assert!(text.contains("12.5 of 30 points"), "{text}");
    }

    #[test]
    fn every_format_says_how_programs_were_confined() {
        let mut sheet = sheet();
        sheet.confinement = vec!["/proc is the machine's".to_owned()];
        for (format, expected) in [
            (
                Format::Text,
                vec!["sandbox: landlock-6, seccomp\n", "confinement: /proc is"],
            ),
            (
                Format::Json,
                vec![
                    "\"sandbox\":[\"landlock-6\",\"seccomp\"]",
                    "\"confinement\":[\"/proc is",
                ],
            ),
            (
                Format::Junit,
                vec![
                    "<property name=\"sandbox\" value=\"seccomp\"/>",
                    "<property name=\"confinement\" value=\"/proc is",
                ],
            ),
            (Format::Gradescope, vec!["sandbox: landlock-6, seccomp"]),
        ] {
            let rendered = format.render(&sheet).unwrap();
            for expected in expected {
                assert!(
                    rendered.contains(expected),
                    "{format:?}: no {expected:?} in {rendered}"
                );
            }
        }
        assert_eq!(
            gradescope(&sheet)["extra_data"],
            json!({ "sandbox": sheet.sandbox, "confinement": sheet.confinement })
        );
        // Classroom's reader knows no other keys, so the line is in the message of each test.
        let message = classroom(&sheet)["tests"][0]["message"].to_string();
        assert!(
            message.contains("sandbox: landlock-6, seccomp"),
            "{message}"
        );
        sheet.sandbox.clear();
        assert!(
            Format::Text
                .render(&sheet)
                .unwrap()
                .contains("sandbox: none\n")
        );
    }

    #[test]
    fn a_class_of_classroom_results_passes_only_if_all_is_passed() {
        let mut sheet = sheet();
        assert_eq!(classroom(&sheet)["status"], "fail");
        sheet.labs.truncate(1);
        assert_eq!(classroom(&sheet)["status"], "pass");
    }
}
