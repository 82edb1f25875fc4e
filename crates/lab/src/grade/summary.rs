//! A class in one table that a spreadsheet opens: `summary.csv`.

use std::fmt::Write as _;

use super::sheet::Sheet;

/// Comma-separated values (RFC 4180): a line a submission, of each lab its status and its points, the
/// total, and how programs were confined.
pub(super) fn csv(sheets: &[Sheet], failed: &[(String, String)]) -> String {
    let mut out = String::from("submission");
    let labs = sheets.first().map(|sheet| sheet.labs.as_slice());
    let labs = labs.unwrap_or_default();
    for grade in labs {
        let _ = write!(out, ",lab {n} status,lab {n} points", n = grade.lab);
    }
    out.push_str(",points,max points,sandbox,confinement\r\n");
    for sheet in sheets {
        out.push_str(&field(&sheet.submission));
        for grade in &sheet.labs {
            let _ = write!(out, ",{},{}", grade.status.name(), grade.points);
        }
        let sandbox = field(&sheet.sandbox.join(" "));
        let confinement = field(&sheet.confinement.join("; "));
        let _ = write!(out, ",{},{}", sheet.points, sheet.max_points);
        let _ = write!(out, ",{sandbox},{confinement}\r\n");
    }
    // No points: nobody is graded 0 for the machine's sake.
    for (name, _) in failed {
        out.push_str(&field(name));
        for _ in labs {
            out.push_str(",error,");
        }
        out.push_str(",,,,\r\n");
    }
    out
}

/// A text as a field: quoted where it must be. A spreadsheet takes one that begins like a formula for one, and would
/// compute what a student has called their folder: it gets an apostrophe before it.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = format!("{}{text}", if formula { "'" } else { "" });
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_name_is_never_a_formula_and_never_two_fields() {
        assert_eq!(field("ada"), "ada");
        assert_eq!(field("=1+1"), "'=1+1");
        assert_eq!(field("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(field("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(field("-2\n"), "\"'-2\n\"");
    }
}
