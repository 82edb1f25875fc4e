//! However much a submission prints, answers or makes the compiler print: the grader reads a bounded part of it.

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::{Desk, FILE, edited};

/// Most memory that the grader may have had, in bytes. The texts below are far longer.
const MOST_RESIDENT: u64 = 200 << 20;

/// `VmHWM` of a process, in bytes; `None` once it has ended.
fn peak(grader: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", grader.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

/// Grades all submissions, and looks at the grader's memory meanwhile.
fn within_bounds(desk: &Desk, args: &[&str]) -> crate::Class {
    let to = desk.scratch.root().join("grades");
    let folder = desk.submissions.path().to_str().unwrap();
    let fixed = ["--submissions", folder, "--lab", "1", "--to"];
    let mut grader = desk
        .command(&[&fixed[..], &[to.to_str().unwrap()], args].concat())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        most = most.max(peak(&grader).unwrap_or(0));
        if let Some(status) = grader.try_wait().unwrap() {
            break status;
        }
        thread::park_timeout(Duration::from_millis(5));
    };
    assert_eq!(status.code(), Some(0));
    assert!(most < MOST_RESIDENT, "the grader had {} MiB", most >> 20);
    crate::Class {
        to,
        printed: String::new(),
    }
}

/// Items that make `compile_error!` print 64 KiB, doubled so many times.
fn large_error(doublings: u32) -> String {
    let mut items = format!(
        "macro_rules! text0 {{ () => {{ {:?} }} }}\n",
        "large ".repeat(11_000)
    );
    for n in 1..=doublings {
        let last = n - 1;
        let text = format!(
            "macro_rules! text{n} {{ () => {{ concat!(text{last}!(), text{last}!()) }} }}\n"
        );
        items += &text;
    }
    items + &format!("compile_error!(text{doublings}!());\n")
}

/// A handler whose answer never ends, before the one that is there.
const ENDLESS: &str = "struct Endless;
impl actix_web::body::MessageBody for Endless {
    type Error = std::convert::Infallible;
    fn size(&self) -> actix_web::body::BodySize {
        actix_web::body::BodySize::Stream
    }
    fn poll_next(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>)
        -> std::task::Poll<Option<Result<web::Bytes, Self::Error>>> {
        std::task::Poll::Ready(Some(Ok(web::Bytes::from_static(&[b'x'; 1 << 16]))))
    }
}
async fn bloat_my_server() -> actix_web::HttpResponse {
    actix_web::HttpResponse::Ok().body(Endless)
}
#[allow(dead_code)]
async fn other() -> Json<Size> {";

#[test]
fn however_much_a_submission_says_the_grader_reads_a_part_of_it() {
    let Some(desk) = Desk::new() else {
        return;
    };
    let solution = desk.solution();
    // 130 MB, which the compiler writes as its message, and once more as it renders it.
    let large = format!("{solution}\n{}", large_error(11));
    desk.hands_in("a-large-error", FILE, &large);
    let errors: Vec<_> = (0..9_000)
        .map(|n| format!("compile_error!(\"no {n}\");"))
        .collect();
    desk.hands_in(
        "many-errors",
        FILE,
        &format!("{solution}\n{}", errors.join("\n")),
    );
    desk.hands_in_at_start(
        "addresses-without-end",
        "    let text = \"http://127.0.0.1:\".repeat(1_800_000);\n    eprint!(\"{text}\");\n    std::process::exit(3);",
    );
    desk.hands_in_at_start(
        "one-endless-line",
        "    if true { loop { print!(\"{}\", \"x\".repeat(1 << 16)); } }",
    );
    desk.hands_in_with(
        "last-words-at-length",
        "    eprint!(\"begins {} ends\", \"x\".repeat(8_000_000));\n    if true { std::process::exit(3); }",
    );
    desk.hands_in(
        "an-endless-answer",
        FILE,
        &edited(
            &solution,
            "async fn bloat_my_server() -> Json<Size> {",
            ENDLESS,
        ),
    );

    let class = within_bounds(
        &desk,
        &["--jobs", "2", "--build-limit", "1800", "--run-limit", "600"],
    );

    class.finds("a-large-error", "build-failed", "error: large large");
    class.finds("many-errors", "build-failed", "error: no 0");
    class.finds("addresses-without-end", "contract-broken", "exit status: 3");
    // It never answers.
    assert_eq!(class.grade("one-endless-line")["points"], 0.0);
    class.finds(
        "last-words-at-length",
        "contract-broken",
        "exit status: 3:\n…",
    );
    class.finds("an-endless-answer", "contract-broken", "answered more than");
    for name in ["a-large-error", "many-errors"] {
        let reason = class.grade(name)["reason"].as_str().unwrap().to_owned();
        assert!(reason.len() < 20_000, "{name}: {} bytes", reason.len());
        assert!(reason.contains("(cut)"), "{name}: {reason}");
    }
}

#[test]
fn of_a_compiler_out_of_memory_the_reason_says_so() {
    let Some(desk) = Desk::new() else {
        return;
    };
    // Its text would have 34 GB.
    let large = format!("{}\n{}", desk.solution(), large_error(19));
    desk.hands_in("takes-all-memory", FILE, &large);
    let folder = desk.folder("takes-all-memory");
    let limit = "ulimit -v 3000000 && exec \"$0\" \"$@\"";
    let output = desk
        .scratch
        .command("sh")
        .args(["-c", limit, env!("CARGO_BIN_EXE_lab"), "grade"])
        .args(["--lab", "1", "--format", "json", "--build-limit", "1800"])
        .arg("--submission")
        .arg(folder)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", crate::said(&output));
    let sheet: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let grade = &sheet["labs"][0];
    assert_eq!(grade["status"], "stopped", "{grade:#}");
    assert_eq!(grade["reason"], "the compiler ran out of memory");
}
