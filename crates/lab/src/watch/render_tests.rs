//! The screen as a student sees it, in two sizes.

use std::time::Duration;

use heapdiff::verdict::Rate;
use tokio::time::Instant;

use super::{Size, most_scrolled, screen};
use crate::check::{Report, Status, TopSite};
use crate::compile::Said;
use crate::repo::Server;
use crate::watch::model::{Cause, Event, Exercise, Finding, Glance, Model, Over, Point, Told};
use crate::watch::text::width;

const SMALL: Size = Size {
    columns: 80,
    rows: 24,
};
const LARGE: Size = Size {
    columns: 120,
    rows: 40,
};

/// What the compiler says of a name that is not there, as it colours it.
const NOT_FOUND: &str = "\
\x1b[0m\x1b[1m\x1b[38;5;9merror[E0599]\x1b[0m\x1b[0m\x1b[1m: no method named `lok` found for struct `std::sync::Mutex<T>` in the current scope\x1b[0m
  \x1b[1m\x1b[38;5;12m--> \x1b[0mcrates/fixed-server/src/lab1.rs:18:37
   \x1b[1m\x1b[38;5;12m|\x1b[0m
\x1b[1m\x1b[38;5;12m18\x1b[0m \x1b[1m\x1b[38;5;12m|\x1b[0m     let mut references = REFERENCES.lok().expect(\"no handler panics\");
   \x1b[1m\x1b[38;5;12m|\x1b[0m                                     \x1b[1m\x1b[38;5;9m^^^\x1b[0m

";

/// A watched lab 1, and how much later it is.
struct Watched {
    model: Model,
    start: Instant,
    now: Instant,
}

impl Watched {
    /// The student has saved, so long ago.
    fn saved(ago: f64) -> Self {
        let start = Instant::now();
        let exercise = Exercise {
            number: 1,
            title: "The list that outlives its request".to_owned(),
            file: "crates/fixed-server/src/lab1.rs".to_owned(),
            contract: "each request makes an object and a list of at least 10,000 references to it, and answers \
                       {\"size\": n}"
                .to_owned(),
            requests: 800,
        };
        let mut model = Model::new(exercise, start);
        model.begin(Cause::Save, start);
        let now = start + Duration::from_secs_f64(ago);
        Self { model, start, now }
    }

    fn then(mut self, event: Event) -> Self {
        self.model.apply(event);
        self
    }

    /// It is built, keeps its contract, and this is its heap after 0, 100, 200 … requests.
    fn grows(mut self, live_bytes: &[u32]) -> Self {
        self = self.then(Event::Built(Duration::from_millis(1940)));
        for (k, &live_bytes) in live_bytes.iter().enumerate() {
            let requests: u32 = if k == 0 { 0 } else { 50 << k };
            let point = Point {
                requests: requests.into(),
                live_bytes: live_bytes.into(),
            };
            let rate = (k >= 3).then(|| {
                let gained = f64::from(live_bytes.saturating_sub(8_700_000)) / f64::from(requests);
                Rate {
                    estimate: gained,
                    low: gained / 2.0,
                    high: gained * 2.0,
                }
            });
            if k > 0 {
                self = self.then(Event::Load(point.requests));
                self = self.then(Event::Glance(Glance {
                    requests: point.requests - 7,
                    live_bytes: point.live_bytes,
                    rss_bytes: Some(point.live_bytes + 7_400_000),
                }));
            }
            self = self.then(Event::Shot(point, rate));
        }
        self
    }

    fn told(self, status: Status, change: impl FnOnce(&mut Finding)) -> Self {
        let mut finding = Finding {
            report: Report {
                build_s: 1.94,
                measure_s: 2.77,
                ..Report::new(1, Server::Fixed, status)
            },
            line: None,
            took: Duration::from_millis(4760),
        };
        change(&mut finding);
        self.then(Event::Told(Told::Found(Box::new(finding))))
    }

    fn screen(&self, size: Size) -> Vec<String> {
        let lines = screen(&self.model, size, self.now);
        assert_eq!(lines.len(), size.rows);
        for line in &lines {
            assert!(width(line) <= size.columns, "{line:?}");
        }
        lines
    }

    /// What is to be read in a size, without the colours.
    fn reads(&self, size: Size) -> String {
        let lines = self.screen(size);
        let plain = lines.iter().map(|line| console::strip_ansi_codes(line));
        let rows: Vec<String> = plain.map(|line| line.trim_end().to_owned()).collect();
        rows.join("\n")
    }
}

const LEAKY: [u32; 5] = [205_000, 8_700_000, 17_100_000, 33_900_000, 67_500_000];

fn leaking() -> Watched {
    Watched::saved(12.0)
        .grows(&LEAKY)
        .told(Status::Leaking, |finding| {
            finding.report.bytes_per_request = Some(83_960.0);
            finding.report.top_site = Some(TopSite {
                type_name: "Vec<Arc<Redundant>>".to_owned(),
                file: Some("fixed-server/src/lab1.rs".to_owned()),
                line: Some(20),
            });
            finding.line = Some("        references.push(Arc::clone(&object));".to_owned());
        })
}

fn failing() -> Watched {
    let diagnostic = |error, rendered: &str| {
        Event::Said(Said::Diagnostic {
            error,
            rendered: rendered.to_owned(),
        })
    };
    Watched::saved(2.0)
        .then(diagnostic(false, "warning: unused import: `Mutex`\n"))
        .then(diagnostic(true, NOT_FOUND))
        .then(diagnostic(true, NOT_FOUND))
        .told(Status::BuildFailed, |_| {})
}

#[test]
fn building() {
    let line = Event::Said(Said::Line(
        "   Compiling fixed-server v0.1.0 (/home/student/leaklab/crates/fixed-server)".to_owned(),
    ));
    let watched = Watched::saved(1.2).then(line);
    insta::assert_snapshot!("building-80", watched.reads(SMALL));
    insta::assert_snapshot!("building-120", watched.reads(LARGE));
}

#[test]
fn measuring() {
    let watched = Watched::saved(3.7).grows(&LEAKY[..4]);
    insta::assert_snapshot!("measuring-80", watched.reads(SMALL));
    insta::assert_snapshot!("measuring-120", watched.reads(LARGE));
}

#[test]
fn the_contract_is_asked_once_more_after_the_load() {
    let watched = Watched::saved(4.0).grows(&LEAKY).then(Event::AskedAgain);
    let screen = watched.reads(SMALL);
    assert!(
        screen.contains("✔ contract  kept; is asked once more"),
        "{screen}"
    );
}

#[test]
fn a_leak() {
    insta::assert_snapshot!("leaking-80", leaking().reads(SMALL));
    insta::assert_snapshot!("leaking-120", leaking().reads(LARGE));
}

#[test]
fn a_leak_that_no_snapshot_at_rest_has() {
    let why = "83,960 bytes of every request are held until nobody asks any more";
    let watched = Watched::saved(5.0)
        .grows(&[205_000, 350_000, 350_420, 350_110, 350_300])
        .told(Status::Leaking, |finding| {
            finding.report.reason = Some(why.to_owned());
        });
    let screen = watched.reads(SMALL);
    assert!(screen.contains("✘ verdict   LEAKING\n"), "{screen}");
    assert!(
        screen.contains("83,960 bytes of every request are held"),
        "{screen}"
    );
}

#[test]
fn a_fix() {
    let watched = Watched::saved(130.0)
        .grows(&[205_000, 350_000, 350_420, 350_110, 350_300])
        .told(Status::Fixed, |_| {});
    insta::assert_snapshot!("fixed-80", watched.reads(SMALL));
    insta::assert_snapshot!("fixed-120", watched.reads(LARGE));
    assert!(watched.model.passed());
}

#[test]
fn what_does_not_compile() {
    insta::assert_snapshot!("failing-80", failing().reads(SMALL));
    insta::assert_snapshot!("failing-120", failing().reads(LARGE));
}

#[test]
fn a_broken_contract() {
    let watched = Watched::saved(3.0)
        .grows(&[205_000])
        .told(Status::ContractBroken, |finding| {
            finding.report.reason = Some(
                "http://127.0.0.1:41234/bloatMyServer answered {\"size\":1}: size must be at least 10000\n\
                 the server said:\nthread 'actix-rt|worker' panicked at \x1b[2Jmy mistake"
                    .to_owned(),
            );
        });
    insta::assert_snapshot!("broken-80", watched.reads(SMALL));
    insta::assert_snapshot!("broken-120", watched.reads(LARGE));
}

#[test]
fn what_is_in_the_way() {
    let why = "lab 1 is being checked elsewhere: wait until that is done, or end it";
    let watched = Watched::saved(0.4).then(Event::Told(Told::Stuck(why.to_owned())));
    insta::assert_snapshot!(watched.reads(SMALL));
    assert!(!watched.model.passed());
}

#[test]
fn a_hint() {
    let mut watched = leaking();
    watched.model.over = Some(Over {
        title: "hint 1 of 3".to_owned(),
        text: "Read the comparison from the top; the largest growth comes first (column Alloc.\nSize). Ask of each \
               row: is its place in the service's own code?\n\nThen hold the first row against the number of requests."
            .to_owned(),
    });
    insta::assert_snapshot!("hint-80", watched.reads(SMALL));
    insta::assert_snapshot!("hint-120", watched.reads(LARGE));
}

#[test]
fn the_compilers_words_are_in_its_colours_and_errors_come_first() {
    let lines = failing().screen(LARGE);
    let all = lines.join("\n");
    assert!(all.contains("\x1b[38;5;9merror[E0599]"), "{all:?}");
    let at = |text: &str| lines.iter().position(|line| line.contains(text));
    assert!(at("error[E0599]") < at("unused import"), "{all}");
}

#[test]
fn all_of_it_can_be_scrolled_to() {
    let mut watched = failing();
    let most = most_scrolled(&watched.model, SMALL, watched.now);
    assert!(most > 0 && !watched.reads(SMALL).contains("unused import"));
    watched.model.scrolled = usize::MAX; // as after the terminal became larger
    let end = watched.reads(SMALL);
    assert!(
        end.contains("unused import") && end.contains(&format!("↑ {most} more")),
        "{end}"
    );
}

#[test]
fn a_save_begins_afresh_and_does_not_take_a_hint_away() {
    let mut watched = leaking();
    watched.model.over = Some(Over {
        title: "hint 1 of 3".to_owned(),
        text: "look".to_owned(),
    });
    watched
        .model
        .begin(Cause::Save, watched.start + Duration::from_secs(12));
    assert!(watched.model.over.take().is_some());
    let screen = watched.reads(SMALL);
    assert!(
        !screen.contains("LEAKING") && screen.contains("▸ build"),
        "{screen}"
    );
}

#[test]
fn no_size_is_too_small() {
    for watched in [leaking(), failing(), Watched::saved(0.0)] {
        for (columns, rows) in [(0, 0), (1, 1), (10, 4), (30, 8), (400, 200)] {
            watched.screen(Size { columns, rows });
        }
    }
}
