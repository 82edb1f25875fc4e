//! Many submissions: graded by several jobs at once, each with a file of its own, and a summary of all.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use heapdiff::files;
use tokio::task::{JoinSet, LocalSet};

use super::grader::Grader;
use super::sheet::Sheet;
use super::submission::Submission;
use super::{chart, summary, text};

/// The grades of a class, by name, and who could not be graded and why.
#[derive(Default)]
pub(crate) struct Class {
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) failed: Vec<(String, String)>,
}

/// Grades all, `jobs` at a time, and writes what comes of it to `to`.
///
/// # Errors
/// When nothing can be written there. What is in the way of one submission is in the way of that one.
pub(crate) async fn grade(
    grader: Grader,
    submissions: Vec<Submission>,
    jobs: usize,
    to: &Path,
) -> Result<Class> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let total = submissions.len();
    let grader = Rc::new(grader);
    let queue = Rc::new(RefCell::new(submissions.into_iter()));
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
                    let Some(submission) = queue.borrow_mut().next() else {
                        return anyhow::Ok(());
                    };
                    let outcome = grader.grade(&submission, &|_| {}).await;
                    let mut class = class.borrow_mut();
                    let done = class.sheets.len() + class.failed.len() + 1;
                    match outcome {
                        Ok(sheet) => {
                            let path = to.join(format!("{}.json", sheet.submission));
                            files::write_whole(
                                &path,
                                format!("{}\n", serde_json::to_string(&sheet)?),
                            )?;
                            anstream::eprintln!(
                                "{done}/{total}  {}: {} of {} points ({:.0} s)",
                                sheet.submission.escape_debug(),
                                sheet.points,
                                sheet.max_points,
                                sheet.elapsed_s
                            );
                            class.sheets.push(sheet);
                        }
                        Err(error) => {
                            let name = submission.name.clone();
                            anstream::eprintln!(
                                "{done}/{total}  {}: not graded: {error:#}",
                                name.escape_debug()
                            );
                            class.failed.push((name, format!("{error:#}")));
                        }
                    }
                }
            },
            &local,
        );
    }
    local
        .run_until(async {
            while let Some(ended) = workers.join_next().await {
                ended.context("a job ended")??;
            }
            anyhow::Ok(())
        })
        .await?;
    let mut class = class.take();
    class.sheets.sort_by(|a, b| a.submission.cmp(&b.submission));
    class.failed.sort();
    let summary = summary::csv(&class.sheets, &class.failed);
    files::write_whole(to.join("summary.csv"), &summary)?;
    files::write_whole(to.join("results.svg"), chart::svg(&class.sheets))?;
    Ok(class)
}

impl Class {
    /// A table to read.
    pub(crate) fn render(&self) -> String {
        let mut out = text::class(&self.sheets);
        for (name, why) in &self.failed {
            let _ = writeln!(out, "{}: not graded: {why}", name.escape_debug());
        }
        out
    }
}
