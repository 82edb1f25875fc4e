//! What others document of the files that they read.

use serde_json::Value;

/// A key, whether it must be there, and what it must hold.
type Rule = (&'static str, bool, fn(&Value) -> bool);

/// Gradescope's `results.json`: <https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format>.
///
/// # Panics
/// When it is not as documented, or has a key of which nothing is documented.
pub(crate) fn is_gradescope(results: &Value) {
    follows(
        results,
        &[
            ("score", false, Value::is_number),
            ("execution_time", false, Value::is_number),
            ("output", false, Value::is_string),
            ("output_format", false, output_format),
            ("test_output_format", false, output_format),
            ("test_name_format", false, output_format),
            ("visibility", false, visibility),
            ("stdout_visibility", false, visibility),
            ("extra_data", false, Value::is_object),
            ("tests", false, Value::is_array),
            ("leaderboard", false, Value::is_array),
        ],
    );
    let tests = results["tests"].as_array().expect("there are tests");
    assert!(!tests.is_empty());
    for test in tests {
        follows(
            test,
            &[
                ("score", true, Value::is_number),
                ("max_score", true, Value::is_number),
                ("status", false, |v| v == "passed" || v == "failed"),
                ("name", false, Value::is_string),
                ("name_format", false, output_format),
                ("number", false, Value::is_string),
                ("output", false, Value::is_string),
                ("output_format", false, output_format),
                ("tags", false, Value::is_array),
                ("visibility", false, visibility),
                ("extra_data", false, Value::is_object),
            ],
        );
        let (score, most) = (test["score"].as_f64(), test["max_score"].as_f64());
        assert!(score <= most, "{test:#}");
    }
    let sum: f64 = tests.iter().filter_map(|test| test["score"].as_f64()).sum();
    assert_eq!(results["score"].as_f64(), Some(sum));
}

/// The result of a grader for GitHub Classroom, as its reporter reads it:
/// <https://github.com/classroom-resources/autograding-grading-reporter>.
///
/// # Panics
/// When it is not so.
pub(crate) fn is_classroom(result: &Value) {
    let status = |value: &Value| ["pass", "fail", "error"].iter().any(|s| value == s);
    follows(
        result,
        &[
            ("version", true, |v| v == 1),
            ("status", true, status),
            ("max_score", true, Value::is_number),
            ("tests", true, Value::is_array),
        ],
    );
    for test in result["tests"].as_array().expect("there are tests") {
        follows(
            test,
            &[
                ("name", true, Value::is_string),
                ("status", true, status),
                ("score", true, Value::is_number),
                ("message", true, Value::is_string),
                ("test_code", true, Value::is_string),
                ("filename", true, Value::is_string),
                ("line_no", true, Value::is_u64),
                ("execution_time", true, Value::is_string),
            ],
        );
    }
}

fn follows(value: &Value, rules: &[Rule]) {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"));
    for (key, must, holds) in rules {
        match object.get(*key) {
            None => assert!(!must, "{key} is missing: {value:#}"),
            Some(found) => assert!(holds(found), "{key} may not be {found}"),
        }
    }
    for key in object.keys() {
        let known = rules.iter().any(|(name, ..)| name == key);
        assert!(known, "nothing is documented of {key}");
    }
}

fn output_format(value: &Value) -> bool {
    ["text", "html", "simple_format", "md", "ansi"]
        .iter()
        .any(|f| value == f)
}

fn visibility(value: &Value) -> bool {
    ["hidden", "after_due_date", "after_published", "visible"]
        .iter()
        .any(|v| value == v)
}
