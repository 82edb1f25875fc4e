//! A submission's grades: the one model that every format renders.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use super::attempt::Attempt;
use super::grader::Grader;
use super::score::{self, Leak, Mark};
use super::submission::{Submission, Taken};
use crate::bounded;
use crate::catalog::Lab;
use crate::check::TopSite;
use crate::handler;
use crate::workbook::Workbook;

/// The most that is shown of a type's or a file's name, in characters.
const MOST_OF_A_NAME: usize = 500;

/// The grades of a submission.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sheet {
    pub(crate) submission: String,
    pub(crate) points: f64,
    pub(crate) max_points: f64,
    pub(crate) labs: Vec<Grade>,
    /// Files that are not as they were handed out, and that were not taken.
    pub(crate) not_taken: Vec<String>,
    /// What confined programs.
    pub(crate) sandbox: Vec<String>,
    /// What is not as it should be in how programs are confined.
    pub(crate) confinement: Vec<String>,
    pub(crate) elapsed_s: f64,
}

/// The grade of a lab.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Grade {
    pub(crate) lab: u32,
    pub(crate) title: String,
    pub(crate) status: Mark,
    pub(crate) points: f64,
    pub(crate) max_points: f64,
    /// Why it is not passed, in words.
    pub(crate) reason: Option<String>,
    /// Live bytes gained per request, and what the starter gains; null if not measured.
    pub(crate) bytes_per_request: Option<f64>,
    pub(crate) starter_bytes_per_request: Option<f64>,
    /// The largest leak.
    pub(crate) top_site: Option<TopSite>,
    /// The file that was taken, as the submission has it.
    pub(crate) file: Option<String>,
    /// For whoever looks at the file.
    pub(crate) notes: Vec<String>,
    pub(crate) elapsed_s: f64,
}

impl Grader {
    /// Grades all labs of a submission; `see` is told of each as soon as it is there.
    ///
    /// # Errors
    /// When the machine is in the way: then there is no grade.
    pub(crate) async fn grade(
        &self,
        submission: &Submission,
        see: &(dyn Fn(&Grade) + Sync),
    ) -> Result<Sheet> {
        let started = Instant::now();
        let files: Vec<String> = self.labs.iter().map(|lab| lab.file.clone()).collect();
        let mut labs = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let grade = self.grade_lab(at, submission.take(file)).await?;
            see(&grade);
            labs.push(grade);
        }
        Ok(Sheet {
            submission: submission.name.clone(),
            points: labs.iter().map(|grade| grade.points).sum(),
            max_points: labs.iter().map(|grade| grade.max_points).sum(),
            labs,
            not_taken: submission.changed_besides(self.repo.root(), &files),
            sandbox: self.isolation.sandbox.clone(),
            confinement: self.isolation.weaker.clone(),
            elapsed_s: started.elapsed().as_secs_f64(),
        })
    }

    async fn grade_lab(&self, at: usize, taken: Taken) -> Result<Grade> {
        let lab = &self.labs[at];
        let started = Instant::now();
        let mut grade = Grade {
            lab: lab.number,
            title: lab.title.clone(),
            status: Mark::NotStarted,
            points: 0.0,
            max_points: self.rules.points,
            reason: None,
            bytes_per_request: None,
            starter_bytes_per_request: None,
            top_site: None,
            file: None,
            notes: Vec::new(),
            elapsed_s: 0.0,
        };
        match taken {
            Taken::Missing => {
                grade.reason = Some(format!("the submission has no {}", lab.file));
            }
            Taken::Refused(why) => {
                grade.status = Mark::Refused;
                grade.reason = Some(why);
            }
            Taken::File { path, content } => {
                grade.file = Some(path.to_string_lossy().into_owned());
                grade.reason = self.untouched(lab, &content)?;
                if grade.reason.is_none() {
                    grade.notes = handler::notes(&content, &self.starter(lab)?);
                    self.try_file(at, &content, &mut grade).await?;
                }
            }
        }
        grade.elapsed_s = started.elapsed().as_secs_f64();
        Ok(grade)
    }

    async fn try_file(&self, at: usize, content: &str, grade: &mut Grade) -> Result<()> {
        let lab = &self.labs[at];
        let Attempt {
            mark,
            reason,
            report,
            leak,
            notes,
        } = self.attempt(lab, content).await?;
        grade.notes.extend(notes);
        let starter = match leak {
            Some(_) => self.leak_of_the_starter(at).await?,
            None => None,
        };
        let leaks = leak.as_ref().zip(starter.as_ref());
        grade.status = mark;
        grade.points = score::points(mark, grade.max_points, leaks, lab.leaks().len() > 1);
        grade.reason = reason;
        if let Some(report) = report {
            grade.bytes_per_request = report.bytes_per_request;
            // Names come from the snapshot, and may be as long as that.
            grade.top_site = report.top_site.map(|site| TopSite {
                type_name: bounded::start(&site.type_name, MOST_OF_A_NAME),
                file: site.file.map(|file| bounded::start(&file, MOST_OF_A_NAME)),
                ..site
            });
        }
        grade.starter_bytes_per_request = starter.map(|starter| starter.bytes_per_request);
        if grade.status == Mark::Leaking {
            grade.reason = Some(leak_in_words(grade));
        }
        Ok(())
    }

    /// What leaks of the file that students start from, measured as theirs are; once.
    async fn leak_of_the_starter(&self, at: usize) -> Result<Option<Leak>> {
        let lab = &self.labs[at];
        let leak = self.starters[at]
            .get_or_try_init(async || {
                let attempt = self.attempt(lab, &self.starter(lab)?).await?;
                anyhow::Ok(attempt.leak)
            })
            .await?;
        Ok(leak.clone())
    }

    fn starter(&self, lab: &Lab) -> Result<String> {
        Workbook::new(&self.copy, lab).starter()
    }

    /// Why a file is nobody's work, if it is not.
    fn untouched(&self, lab: &Lab, content: &str) -> Result<Option<String>> {
        let book = Workbook::new(&self.copy, lab);
        let content = plain(content);
        Ok(if content == plain(&book.starter()?) {
            Some("the file is the one to start from, unchanged".to_owned())
        } else if content == plain(&book.reference()?) && !self.rules.accept_reference {
            Some(
                "the file is the shipped solution, which proves nothing; with --accept-reference it counts"
                    .to_owned(),
            )
        } else {
            None
        })
    }
}

/// A file's text, whichever way its lines end.
fn plain(content: &str) -> String {
    content.replace("\r\n", "\n").trim_end().to_owned()
}

/// What leaks, with what the check says of memory that is held until nobody asks.
fn leak_in_words(grade: &Grade) -> String {
    let bytes = |rate: Option<f64>| {
        let rate = heapdiff::terminal::rate(rate.unwrap_or_default());
        rate.trim_start_matches('+').to_owned()
    };
    let mut words = format!(
        "it keeps {} bytes of every request",
        bytes(grade.bytes_per_request)
    );
    if grade.starter_bytes_per_request.is_some() {
        let starter = bytes(grade.starter_bytes_per_request);
        let _ = write!(words, ", the file to start from {starter}");
    }
    if let Some(site) = &grade.top_site {
        let _ = write!(words, "; most of it is {}", site.type_name);
        if let (Some(file), Some(line)) = (&site.file, site.line) {
            let _ = write!(words, " allocated at {file}:{line}");
        }
    }
    if let Some(held) = &grade.reason {
        let _ = write!(words, "; {held}");
    }
    words
}
