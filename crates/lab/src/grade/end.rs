//! Why a build failed, where the compiler could not say it in its own way: it ran out of memory, or crashed.

use nix::sys::signal::Signal;

use super::attempt::Attempt;
use super::grader::Words;
use super::score::Mark;
use crate::confine::Ran;

/// What a compiler or a linker says when it gets no more memory.
const OUT_OF_MEMORY: [&str; 6] = [
    "memory allocation of",
    "out of memory",
    "memory exhausted",
    "Cannot allocate memory",
    "bad_alloc",
    "failed to allocate",
];

/// What cargo says of a compiler that was killed. The kernel does that to who takes the last memory.
const KILLED: &str = "(signal: 9,";

/// The grade of a file whose build failed, with the reason.
pub(super) fn of_a_build(words: Words) -> Attempt {
    if !words.errors.is_empty() {
        return Attempt::without_report(Mark::BuildFailed, words.errors);
    }
    let lines = words.lines.text().unwrap_or_default();
    if OUT_OF_MEMORY.iter().any(|said| lines.contains(said)) {
        let why = "the compiler ran out of memory";
        return Attempt::without_report(Mark::Stopped, why.to_owned());
    }
    if lines.contains(KILLED) {
        return killed();
    }
    let crash = lines.rfind("(signal: ").map(|at| &lines[at..]);
    let why = match crash.and_then(|crash| Some(crash.split_once(')')?.0)) {
        Some(signal) => format!("the compiler crashed {signal})"),
        None => format!("the compiler failed without an error of its own:\n{lines}"),
    };
    Attempt::without_report(Mark::BuildFailed, why)
}

/// The grade of a file whose build was killed, cargo and all; `None` if cargo ended for another reason.
pub(super) fn of_cargo(ran: &Ran) -> Option<Attempt> {
    (ran.signal == Some(Signal::SIGKILL as i32)).then(killed)
}

fn killed() -> Attempt {
    Attempt::without_report(
        Mark::Stopped,
        "the compiler was killed (SIGKILL): most likely this machine ran out of memory".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(lines: &[&str]) -> (Mark, String) {
        let mut words = Words::default();
        for line in lines {
            words.lines.push((*line).to_owned());
        }
        let attempt = of_a_build(words);
        (attempt.mark, attempt.reason.unwrap())
    }

    #[test]
    fn a_compiler_out_of_memory_is_told_from_one_that_crashed() {
        for lines in [
            &[
                "memory allocation of 4294967296 bytes failed",
                "(signal: 6, SIGABRT: …)",
            ][..],
            &["rustc-LLVM ERROR: out of memory", "(signal: 6, SIGABRT: …)"],
            &["  process didn't exit successfully: `rustc …` (signal: 9, SIGKILL: kill)"],
        ] {
            let (mark, reason) = attempt(lines);
            assert_eq!(mark, Mark::Stopped, "{reason}");
            assert!(reason.contains("out of memory"), "{reason}");
        }
        let crash = "  process didn't exit successfully: `rustc …` (signal: 11, SIGSEGV: invalid memory reference)";
        let (mark, reason) = attempt(&[crash]);
        assert_eq!(mark, Mark::BuildFailed);
        assert_eq!(
            reason,
            "the compiler crashed (signal: 11, SIGSEGV: invalid memory reference)"
        );
    }

    #[test]
    fn a_build_that_failed_never_goes_without_a_reason() {
        assert!(
            attempt(&["error: something"])
                .1
                .contains("error: something")
        );
        assert!(!attempt(&[]).1.is_empty());
    }
}
