//! "Which line leaks?": the student accuses lines until every leak of the file is found, or none if nothing leaks.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::catalog::{Key, Lab};
use crate::handout;
use crate::repo::Repo;
use crate::say;
use crate::student::Student;
use crate::workbook::Workbook;

/// Wrong answers in a row after which the lab tells.
const TRIES: usize = 3;

/// Shows the file and asks which line leaks until the answer is right or told; `false` when the student has left.
pub(crate) async fn accuse(repo: &Repo, lab: &Lab, student: &mut Student) -> Result<bool> {
    let leaky = Workbook::new(repo, lab).starter()?;
    for (n, line) in leaky.lines().enumerate() {
        say::note(&format!("{:>4} │ {line}", n + 1));
    }
    let lines: Vec<&str> = leaky.lines().collect();
    let several = lab.leaks().len() > 1;
    let prompt = if several {
        "\nThe number of a line that leaks (done when you have them all, h for a hint, q to leave):"
    } else {
        "\nThe number of the line (none if nothing leaks, h for a hint, q to leave):"
    };
    let mut trial = Trial::new(lab);
    while !trial.is_over() {
        let Some(answer) = student.ask(prompt).await else {
            return Ok(false);
        };
        match answer.as_str() {
            "h" => handout::hint(repo, lab, None)?,
            "q" => return Ok(false),
            "none" | "done" => trial.rest(),
            number => {
                let number = number.parse::<usize>().ok();
                match number.and_then(|n| lines.get(n.wrapping_sub(1))) {
                    Some(line) => trial.hear(line),
                    None => say::note(&format!(
                        "That is not the number of a line: 1 to {}.",
                        lines.len()
                    )),
                }
            }
        }
    }
    if several {
        say::note(&trial.summary());
    }
    Ok(true)
}

/// What the student has said so far.
struct Trial<'a> {
    lab: &'a Lab,
    /// Leaks that the student has named, and those that the lab has told.
    found: BTreeSet<&'a str>,
    told: BTreeSet<&'a str>,
    /// Wrong answers since the last right one.
    misses: usize,
    /// Lines accused that do not leak.
    accused: usize,
    rested: bool,
}

impl<'a> Trial<'a> {
    fn new(lab: &'a Lab) -> Self {
        Self {
            lab,
            found: BTreeSet::new(),
            told: BTreeSet::new(),
            misses: 0,
            accused: 0,
            rested: false,
        }
    }

    /// One leak is enough where there is one; several the student must say are all.
    fn is_over(&self) -> bool {
        let leaks = self.lab.leaks();
        let all = leaks
            .iter()
            .all(|leak| self.found.contains(leak) || self.told.contains(leak));
        all && (self.rested || leaks.len() == 1)
    }

    /// A line is accused.
    fn hear(&mut self, line: &str) {
        match self.lab.key_of(line) {
            Some(key) if key.right => {
                say::good(key.reply.trim());
                self.found.insert(key.leak());
                self.misses = 0;
                return;
            }
            Some(key) => say::note(key.reply.trim()),
            None => say::note(
                "Not that one. The rows of the comparison name files and lines; which of them grow with the requests?",
            ),
        }
        self.accused += 1;
        self.miss();
    }

    /// The student says that this is all there is.
    fn rest(&mut self) {
        let missing = self.lab.leaks().len() - self.found.union(&self.told).count();
        if missing > 0 {
            say::note(
                "Something grows with the requests that you have not named. Which rows of the comparison are still unexplained?",
            );
            self.miss();
            return;
        }
        self.rested = true;
        if let Some(key) = self.lab.key_of(Key::NONE) {
            say::good(key.reply.trim());
        }
    }

    fn miss(&mut self) {
        self.misses += 1;
        if self.misses < TRIES {
            return;
        }
        self.misses = 0;
        let known = |key: &&Key| {
            key.right && !self.found.contains(key.leak()) && !self.told.contains(key.leak())
        };
        match self.lab.key.iter().find(known) {
            Some(key) if key.line == Key::NONE => {
                say::note("\nNone of them does.\n");
                say::note(key.reply.trim());
                self.rested = true;
            }
            Some(key) => {
                say::note(&format!("\nIt is this one:\n\n    {}\n", key.line));
                say::note(key.reply.trim());
                self.told.insert(key.leak());
            }
            None => say::note("\nThat is all there is: say `done`."),
        }
    }

    fn summary(&self) -> String {
        let accusations = match self.accused {
            0 => "no false accusation".to_owned(),
            1 => "1 false accusation".to_owned(),
            more => format!("{more} false accusations"),
        };
        format!(
            "\nYou found {} of {} leaks, with {accusations}.",
            self.found.len(),
            self.lab.leaks().len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Trial;
    use crate::catalog::Lab;

    /// A lab with this key.
    fn lab(key: &str) -> Lab {
        let text = "title = ''\nstory = ''\nfile = 'lab.rs'\nroutes = ['/']\n\
             [load]\nrequests = 1\ndoublings = 2\nconnections = 1\n\
             [contract]\nsays = ''\nstatus = 200\nask = []\n";
        toml::from_str(&format!("{text}{key}")).unwrap()
    }

    const ONE: &str = "[[key]]\nline = 'push'\nright = true\nreply = 'yes'\n\
         [[key]]\nline = 'clone'\nright = false\nreply = 'no'\n";
    const SECOND: &str = "[[key]]\nline = 'insert'\nright = true\nleak = 'map'\nreply = 'yes'\n";
    const NONE: &str = "[[key]]\nline = 'none'\nright = true\nreply = 'right'\n";

    #[test]
    fn one_leak_is_found_by_one_line() {
        let lab = lab(ONE);
        let mut trial = Trial::new(&lab);
        trial.hear("  clone  ");
        trial.rest();
        assert!(!trial.is_over());
        trial.hear("    push");
        assert!(trial.is_over());
    }

    #[test]
    fn several_are_all_when_the_student_says_so() {
        let lab = lab(&format!("{ONE}{SECOND}"));
        let mut trial = Trial::new(&lab);
        trial.hear("push");
        trial.rest();
        trial.hear("clone");
        trial.hear("insert");
        assert!(!trial.is_over(), "nobody has said that this is all");
        trial.rest();
        assert!(trial.is_over());
        assert_eq!(
            trial.summary(),
            "\nYou found 2 of 2 leaks, with 1 false accusation."
        );
    }

    #[test]
    fn where_nothing_leaks_no_line_is_right() {
        let lab = lab(NONE);
        let mut trial = Trial::new(&lab);
        trial.hear("push");
        assert!(!trial.is_over());
        trial.rest();
        assert!(trial.is_over());
    }

    #[test]
    fn after_three_wrong_answers_the_lab_tells() {
        for key in [ONE, NONE] {
            let lab = lab(key);
            let mut trial = Trial::new(&lab);
            for _ in 0..3 {
                assert!(!trial.is_over());
                trial.hear("something else");
            }
            assert!(trial.is_over());
        }
    }
}
