//! The memory limit: dense files are refused before they take more than is allowed.

use std::process::{Command, Stdio};

use crate::run::{Run, dhat};

const POINT: &str = r#"{"tb":1,"tbk":1,"eb":1,"ebk":1,"fs":[0]}"#;

fn with_heapshot(heapshot: &str) -> String {
    let whole = dhat(POINT, r#""a""#);
    let head = whole.strip_suffix('}').expect("an object");
    format!("{head},\"heapshot\":{heapshot}}}")
}

fn list(bytes: usize, element: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(bytes + 100);
    for n in 0.. {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&element(n));
        if text.len() >= bytes {
            break;
        }
    }
    text
}

/// Files of that size whose parts are as many and as small as can be.
fn dense(bytes: usize) -> Vec<(&'static str, String)> {
    let of = |element: &dyn Fn(usize) -> String| list(bytes, element);
    let same = |text: &'static str| of(&|_| text.to_owned());
    vec![
        ("frames", dhat(POINT, &of(&|n| format!("\"{n:x}\"")))),
        ("equal frames", dhat(POINT, &same("\"\""))),
        (
            "stack",
            dhat(&POINT.replace("[0]", &format!("[{}]", same("0"))), "\"a\""),
        ),
        ("points", dhat(&same(POINT), "\"a\"")),
        (
            "sites",
            dhat(
                &list(bytes / 2, |n| POINT.replace("[0]", &format!("[{n}]"))),
                &list(bytes / 2, |n| format!("\"a::f{n} (a.rs:1:2)\"")),
            ),
        ),
        ("numbers", with_heapshot(&format!("[{}]", same("0")))),
        ("objects", with_heapshot(&format!("[{}]", same("{\"\":0}")))),
        ("lists", with_heapshot(&format!("[{}]", same("[[]]")))),
        (
            "routes",
            with_heapshot(&format!(
                "{{\"metadata\":{{\"requests_by_route\":{{{}}}}}}}",
                of(&|n| format!("\"{n:x}\":1"))
            )),
        ),
        (
            "escapes",
            dhat(POINT, &format!("\"{}\"", "\u{7f}".repeat(bytes))),
        ),
        (
            "no points",
            dhat("", "").replace("[]", &format!("\"{}\"", "\u{7f}".repeat(bytes))),
        ),
    ]
}

#[test]
fn a_dense_file_is_refused_once_it_would_take_more_than_its_memory() {
    for (shape, file) in dense(1 << 20) {
        if shape == "no points" {
            continue; // refused, whatever the memory
        }
        let run = Run::new("show dense.json --max-memory 1500KiB").file("dense.json", &file);
        let (code, stdout, stderr) = run.output();
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{shape}");
        for text in [
            "dense.json: too large",
            "1.0 MiB",
            "1.5 MiB",
            "--max-memory SIZE",
        ] {
            assert!(stderr.contains(text), "{shape}: no {text:?} in {stderr}");
        }
        // the limit can be raised
        let run = Run::new("show dense.json --max-memory 4GiB").file("dense.json", &file);
        assert_eq!(run.output().0, Some(0), "{shape}");
    }
}

#[test]
fn two_files_of_8_mib_of_any_shape_are_compared_or_refused_within_384_mib() {
    for (shape, file) in dense(8 << 20) {
        let run = Run::new("compare dense.json dense.json --format json").file("dense.json", &file);
        // a program that needs more data than this is refused it, and aborts
        let output = Command::new("sh")
            .args(["-c", "ulimit -c 0; ulimit -d 393216; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_heapdiff"))
            .args(&run.args)
            .current_dir(run.folder.path())
            .stdout(Stdio::null())
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 2)),
            "{shape}: {} {said}",
            output.status
        );
        assert!(said.len() < 2000, "{shape}: it says {} bytes", said.len());
    }
}

#[test]
fn a_file_above_the_limit_is_not_read_even_if_it_has_no_end() {
    for args in [
        "show /dev/zero --max-memory 1MiB",
        "compare leak-before.json /dev/zero --max-memory 1MiB",
    ] {
        Run::new(args).refuses(&["/dev/zero", "larger than 1.0 MiB", "--max-memory SIZE"]);
    }
    Run::new("verdict leak-before.json leak-after.json leak-after.json --allow /dev/zero")
        .refuses(&["cannot read the allow-list /dev/zero", "larger than 1 MiB"]);
}

#[test]
fn a_size_that_is_none_is_wrong_usage() {
    let (code, _, stderr) = Run::new("show leak-after.json --max-memory much").output();
    assert_eq!(code, Some(2));
    assert!(stderr.contains("--max-memory"), "{stderr}");
}
