//! Watching on a screen: what is begun when the student saves or presses a key, and what is shown of it. What is going
//! on ends when it is dropped, and with it all that it started.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

use super::model::{Cause, Event, Exercise, Finding, Model, Over, Told};
use super::render::{most_scrolled, room, screen};
use super::report;
use super::terminal::{Key, Terminal};
use super::work::{Check, Happened};
use crate::catalog::Lab;
use crate::check::{Checked, Report, Status};
use crate::handout;
use crate::repo::Repo;
use crate::saves::Saves;
use crate::show;
use crate::workbook::Workbook;

/// How often times on the screen are brought up to date.
const TICK: Duration = Duration::from_secs(1);

/// Watches until the student quits; whether the file had passed by then.
pub(super) async fn on_screen(repo: &Repo, lab: &Lab) -> Result<bool> {
    let mut session = Session::new(repo, lab)?;
    let mut terminal = Terminal::take()?;
    loop {
        let lines = screen(&session.model, terminal.size(), Instant::now());
        terminal.draw(lines)?;
        tokio::select! {
            key = terminal.key() => {
                if session.press(key, &terminal) == Next::Leave {
                    break;
                }
            }
            at = session.saves.next() => session.begin(Cause::Save, at),
            happened = session.check.next() => session.see(happened),
            Some(notice) = session.notices.recv() => session.model.notice = Some(notice),
            () = sleep(TICK) => {}
        }
    }
    drop(terminal);
    // The last word stays when the screen is gone.
    if let Some(checked) = &session.last
        && session.model.status() == Some(checked.report.status)
    {
        show::finding(lab, &checked.report);
    }
    Ok(session.model.passed())
}

/// A student's file that is watched.
struct Session<'a> {
    repo: &'a Repo,
    lab: &'a Lab,
    saves: Saves,
    model: Model,
    check: Check<'a>,
    /// The last that was measured.
    last: Option<Checked>,
    /// What is to be told later, by whoever has a copy of `tell`.
    notices: UnboundedReceiver<String>,
    tell: UnboundedSender<String>,
}

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

impl<'a> Session<'a> {
    /// A session whose first check has begun.
    fn new(repo: &'a Repo, lab: &'a Lab) -> Result<Self> {
        let book = Workbook::new(repo, lab);
        book.bytes()?; // said where it can be read, and not on a screen
        let exercise = Exercise {
            number: lab.number,
            title: lab.title.clone(),
            file: repo.short(&book.path()).display().to_string(),
            contract: lab.contract.says.clone(),
            requests: lab.schedule().last().copied().unwrap_or_default(),
        };
        let (tell, notices) = unbounded_channel();
        let now = Instant::now();
        Ok(Self {
            repo,
            lab,
            saves: Saves::of(book.path()),
            model: Model::new(exercise, now),
            check: Check::begin(repo, lab, now),
            last: None,
            notices,
            tell,
        })
    }

    /// Begins a check; one that is going on is ended.
    fn begin(&mut self, cause: Cause, at: Instant) {
        self.check.end();
        self.model.begin(cause, at);
        self.check = Check::begin(self.repo, self.lab, at);
    }

    fn see(&mut self, happened: Happened) {
        match happened {
            Happened::Event(event) => self.model.apply(event),
            Happened::Done(result) => {
                let told = match *result {
                    Ok(checked) => {
                        let finding = self.finding(&checked.report);
                        if checked.measurement.is_some() {
                            self.last = Some(checked);
                        }
                        Told::Found(Box::new(finding))
                    }
                    Err(error) => Told::Stuck(format!("{error:#}")),
                };
                self.model.apply(Event::Told(told));
            }
        }
    }

    fn finding(&self, report: &Report) -> Finding {
        let line = || {
            let book = Workbook::new(self.repo, self.lab);
            let site = report.top_site.as_ref()?;
            let file = book.path();
            if !file.ends_with(site.file.as_deref()?) {
                return None;
            }
            let number = usize::try_from(site.line?).ok()?.checked_sub(1)?;
            book.content().ok()?.lines().nth(number).map(str::to_owned)
        };
        Finding {
            report: report.clone(),
            line: (report.status == Status::Leaking).then(line).flatten(),
            took: self.model.begun.elapsed(),
        }
    }

    fn press(&mut self, key: Key, terminal: &Terminal) -> Next {
        let size = terminal.size();
        let page = room(size).saturating_sub(1).max(1);
        let most = most_scrolled(&self.model, size, Instant::now());
        let scrolled = self.model.scrolled.min(most);
        let moved = match key {
            Key::Up => Some(scrolled.saturating_sub(1)),
            Key::Down => Some(scrolled + 1),
            Key::PageUp => Some(scrolled.saturating_sub(page)),
            Key::PageDown => Some(scrolled + page),
            Key::Home => Some(0),
            Key::End => Some(most),
            _ => None,
        };
        if key == Key::Resized {
            return Next::GoOn;
        }
        if key == Key::Gone {
            return Next::Leave;
        }
        if let Some(moved) = moved.filter(|_| most > 0 || self.model.over.is_none()) {
            self.model.scrolled = moved.min(most);
            return Next::GoOn;
        }
        self.model.notice = None;
        self.model.scrolled = 0;
        if self.model.over.take().is_some() {
            return Next::GoOn;
        }
        match key {
            Key::Quit => return Next::Leave,
            Key::Enter => {
                self.saves.look();
                self.begin(Cause::Enter, Instant::now());
            }
            Key::Hint => self.hint(),
            Key::Report => self.report(),
            _ => {}
        }
        Next::GoOn
    }

    fn hint(&mut self) {
        match handout::next_hint(self.repo, self.lab, None) {
            Ok(hint) => {
                self.model.over = Some(Over {
                    title: hint.title(),
                    text: hint.text,
                });
            }
            Err(error) => self.model.notice = Some(format!("{error:#}")),
        }
    }

    /// Writes the report and opens it. Where there is no browser its path is enough.
    fn report(&mut self) {
        let last = self.last.as_ref();
        let Some(measured) = last.and_then(|checked| checked.measurement.as_ref()) else {
            self.model.notice = Some("no report yet: nothing was measured".to_owned());
            return;
        };
        self.model.notice = Some(match report::write(self.repo, self.lab, measured) {
            Err(error) => format!("no report: {error:#}"),
            Ok(path) => {
                let shown = self.repo.short(&path).display().to_string();
                let failed = {
                    let (tell, shown) = (self.tell.clone(), shown.clone());
                    move || drop(tell.send(by_hand(&shown)))
                };
                match panel::open_browser_or(&path_text(&path), failed) {
                    Ok(()) => format!("report: {shown}, in your browser"),
                    Err(_) => by_hand(&shown),
                }
            }
        });
    }
}

/// What is said of a report that no browser shows.
fn by_hand(path: &str) -> String {
    format!("report: {path}; no browser could be opened, open it yourself")
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
