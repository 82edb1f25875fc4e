//! The questions that a lab ends with: what was seen, and what follows from it.

use anyhow::{Context, Result};

use crate::catalog::{Lab, Quiz};
use crate::repo::Repo;
use crate::say;
use crate::student::Student;
use crate::workbook::Workbook;

/// Asks each question until the answer is right or passed over, and notes how many were right at once; `false` when
/// the student has left.
pub(crate) async fn ask(repo: &Repo, lab: &Lab, student: &mut Student) -> Result<bool> {
    let mut at_once = 0;
    for (n, quiz) in lab.quiz.iter().enumerate() {
        put(n, quiz);
        let mut tries = 0;
        loop {
            let Some(answer) = student
                .ask("\nThe number of the answer (Enter to be told, q to leave):")
                .await
            else {
                return Ok(false);
            };
            match answer.as_str() {
                "q" => return Ok(false),
                "" => break say::note(&quiz.answer()),
                number if number.parse() == Ok(quiz.right) => {
                    at_once += usize::from(tries == 0);
                    break say::good(&quiz.answer());
                }
                _ => say::note("Not that one. What did you see?"),
            }
            tries += 1;
        }
    }
    let all = lab.quiz.len();
    say::note(&format!("\n{at_once} of {all} at the first try."));
    Workbook::new(repo, lab).set_quiz(at_once, all)?;
    Ok(true)
}

/// `cargo lab quiz N` without a terminal: the questions, and the answers if they are wanted.
pub(crate) fn print(lab: &Lab, answers: bool) -> Result<()> {
    lab.quiz
        .first()
        .with_context(|| format!("lab {} has no quiz", lab.number))?;
    for (n, quiz) in lab.quiz.iter().enumerate() {
        put(n, quiz);
        if answers {
            say::note("");
            say::good(&quiz.answer());
        }
    }
    Ok(())
}

fn put(n: usize, quiz: &Quiz) {
    say::note(&format!("\n{}. {}\n", n + 1, quiz.question.trim()));
    for (n, choice) in quiz.choices.iter().enumerate() {
        say::note(&format!("   {}) {choice}", n + 1));
    }
}

impl Quiz {
    fn answer(&self) -> String {
        let choice = &self.choices[self.right - 1];
        format!("{}) {choice}\n{}", self.right, self.why.trim())
    }
}
