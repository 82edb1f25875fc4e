//! Many submissions: graded by several jobs at once, each with a file of its own, and a summary of all.
//!
//! Trouble with one submission, or with one of the files that are written, costs that one and no other.

use std::any::Any;
use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use heapdiff::files;
use tokio::task::{self, JoinSet, LocalSet};

use super::file_name::file_names;
use super::grader::Grader;
use super::sheet::Sheet;
use super::submission::Submission;
use super::{chart, summary, text};
use crate::runner_log::without_commands;

/// The grades of a class, by name, and what went wrong.
#[derive(Default)]
pub(crate) struct Class {
    pub(crate) sheets: Vec<Sheet>,
    /// Submissions that could not be graded, and why.
    pub(crate) failed: Vec<(String, String)>,
    /// Files that could not be written, and why.
    pub(crate) unwritten: Vec<(String, String)>,
    /// Submissions whose file is not called as they are, and what it is called.
    pub(crate) renamed: Vec<(String, String)>,
}

/// A submission, and what its file is called.
struct Task {
    submission: Submission,
    file: String,
}

/// Grades all, `jobs` at a time, and writes what comes of it to `to`.
///
/// # Errors
/// When that folder cannot be made. Whatever happens later costs a submission or a file, and is in the [`Class`].
pub(crate) async fn grade(
    grader: Grader,
    submissions: Vec<Submission>,
    jobs: usize,
    to: &Path,
) -> Result<Class> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let total = submissions.len();
    let names: Vec<&str> = submissions.iter().map(|s| s.name.as_str()).collect();
    let files = file_names(&names, ".json");
    let tasks = submissions
        .into_iter()
        .zip(files)
        .map(|(submission, file)| Task { submission, file });
    let grader = Rc::new(grader);
    let queue = Rc::new(RefCell::new(tasks));
    let class = Rc::new(RefCell::new(Class::default()));
    // All on this thread: what takes time is done by others.
    let local = LocalSet::new();
    let mut workers = JoinSet::new();
    for _ in 0..jobs.clamp(1, total.max(1)) {
        let (grader, queue, class) = (Rc::clone(&grader), Rc::clone(&queue), Rc::clone(&class));
        let to = to.to_path_buf();
        workers.spawn_local_on(
            async move {
                loop {
                    let Some(task) = queue.borrow_mut().next() else {
                        return;
                    };
                    let outcome = graded(&grader, task.submission.clone()).await;
                    let said = class.borrow_mut().take(task, outcome, &to);
                    let done = class.borrow().done();
                    anstream::eprintln!("{done}/{total}  {}", without_commands(&said));
                }
            },
            &local,
        );
    }
    local
        .run_until(async {
            while let Some(ended) = workers.join_next().await {
                ended.context("a job ended")?;
            }
            anyhow::Ok(())
        })
        .await?;
    let mut class = class.take();
    class.sheets.sort_by(|a, b| a.submission.cmp(&b.submission));
    class.failed.sort();
    class.renamed.sort();
    let summary = summary::csv(&class.sheets, &class.failed);
    class.write(to, "summary.csv", &summary);
    let picture = chart::svg(&class.sheets);
    class.write(to, "results.svg", &picture);
    Ok(class)
}

/// What came of a submission. A panic is the grader's own fault, and costs the others nothing.
async fn graded(grader: &Rc<Grader>, submission: Submission) -> Result<Sheet> {
    let grader = Rc::clone(grader);
    let job = task::spawn_local(async move { grader.grade(&submission, &|_| {}).await });
    match job.await {
        Ok(outcome) => outcome,
        Err(ended) => {
            let why = ended.try_into_panic().ok();
            anyhow::bail!(
                "a fault of the grader, please report it: {}",
                why.as_deref().map_or("it was cancelled", message)
            )
        }
    }
}

fn message<'a>(panic: &'a (dyn Any + Send + 'static)) -> &'a str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&'static str>().copied())
        .unwrap_or("it panicked")
}

impl Class {
    /// Whether every submission was graded, and every file written.
    pub(crate) fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.unwritten.is_empty()
    }

    /// A table to read.
    pub(crate) fn render(&self) -> String {
        let mut out = text::class(&self.sheets);
        for (name, file) in &self.renamed {
            let name = text::one_line(name);
            let _ = writeln!(out, "{name}: no file can have this name, so it is {file}");
        }
        for (name, why) in &self.failed {
            let _ = writeln!(out, "{}: not graded: {why}", text::one_line(name));
        }
        for (file, why) in &self.unwritten {
            let _ = writeln!(out, "{file}: not written: {why}");
        }
        out
    }

    fn done(&self) -> usize {
        self.sheets.len() + self.failed.len()
    }

    /// Takes what came of a submission, and writes its file; a line about it.
    fn take(&mut self, task: Task, outcome: Result<Sheet>, to: &Path) -> String {
        let Task { submission, file } = task;
        let shown = text::one_line(&submission.name);
        match outcome {
            Ok(sheet) => {
                let said = format!(
                    "{shown}: {} of {} points ({:.0} s)",
                    sheet.points, sheet.max_points, sheet.elapsed_s
                );
                match serde_json::to_string(&sheet) {
                    Ok(json) => self.write(to, &file, &format!("{json}\n")),
                    Err(error) => self.unwritten.push((file.clone(), error.to_string())),
                }
                if file != format!("{}.json", submission.name) {
                    self.renamed.push((submission.name, file));
                }
                self.sheets.push(sheet);
                said
            }
            Err(error) => {
                let why = format!("{error:#}");
                let said = format!("{shown}: not graded: {why}");
                self.failed.push((submission.name, why));
                said
            }
        }
    }

    /// Writes a file, whole or not at all.
    fn write(&mut self, to: &Path, file: &str, content: &str) {
        if let Err(error) = files::write_whole(to.join(file), content) {
            self.unwritten.push((file.to_owned(), error.to_string()));
        }
    }
}
