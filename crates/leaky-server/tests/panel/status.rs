//! The panel's Status view under load, the leaky server beside the fixed one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};

use driver::{Load, Progress, Report};
use nix::sys::signal::Signal;
use panel::ServerConfig;
use tokio::sync::oneshot;

use crate::browser::{Element, Page, wait_for};
use crate::program::{Launch, Program};
use crate::running::Running;
use crate::{open, panel_on};

/// So that the ceiling comes into sight, and is not reached.
const ARGUMENTS: &str = "--workers 1 --max-heap 384MiB";

pub(crate) fn launch(program: &Path, arguments: &str) -> Program {
    Launch::new(program.to_str().unwrap(), arguments).start()
}

/// The other server, which is another package's program: built as this one was, beside it.
pub(crate) fn fixed_server() -> PathBuf {
    let leaky = Path::new(env!("CARGO_BIN_EXE_leaky-server"));
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--bin", "fixed-server"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success());
    leaky.with_file_name("fixed-server")
}

/// The driver's load on a server, 25 requests a second until told to end.
struct Hammer {
    stop: oneshot::Sender<()>,
    load: JoinHandle<Report>,
}

impl Hammer {
    fn start(server: &Program) -> Self {
        let load = Load {
            requests: u64::MAX,
            connections: 2,
            rate: Some(25.0),
            ..Load::new(format!("{}/bloatMyServer", server.url))
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let load = thread::spawn(move || {
            let stopped = async { drop(stopped.await) };
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let progress = Progress::default();
            let run = driver::run(&load, &progress, stopped);
            runtime.unwrap().block_on(run).unwrap()
        });
        Self { stop, load }
    }

    fn end(self) {
        drop(self.stop);
        let report = self.load.join().unwrap();
        assert_eq!(report.errors, [], "{}", report.url);
    }
}

/// The card of a server, when its text is as wanted.
#[track_caller]
fn card<'a>(page: &'a Page, name: &str, wanted: impl Fn(&str) -> bool) -> Element<'a> {
    wait_for(&format!("the card of {name}"), || {
        let card = page.the("article", name);
        wanted(&card.text()).then_some(card)
    })
}

/// What stands in the tables beside the charts: `live heap`, `64.2 MiB`.
fn now(card: &Element<'_>, line: &str) -> String {
    card.js(&format!(
        "const row = [...it.querySelectorAll('.status-values tr')].find((row) => row.cells[0].textContent === '{line}');
         return row?.cells[1].textContent ?? '';"
    ))
}

fn mebibytes(text: &str) -> Option<f64> {
    text.strip_suffix(" MiB")?.parse().ok()
}

#[test]
fn under_load_the_leaky_server_is_seen_to_grow_beside_the_fixed_one_and_snapshots_show_the_line() {
    let arguments = format!("--listen 127.0.0.1:0 {ARGUMENTS}");
    let leaky = launch(Path::new(env!("CARGO_BIN_EXE_leaky-server")), &arguments);
    let fixed = launch(&fixed_server(), &arguments);
    let panel = Running::with(|config| {
        for server in [&leaky, &fixed] {
            config.servers.push(ServerConfig::new(&server.url).unwrap());
        }
    });
    let Some(page) = open(&panel) else { return };
    page.size(1600, 1000);
    let loads = [&leaky, &fixed].map(Hammer::start);
    card(&page, "fixed-server", |text| text.contains("answers: "));

    let take = |nth: usize| {
        let button = page.the("button", "Snapshot of leaky-server");
        button.click();
        wait_for("the snapshot", || {
            (panel.labels().len() == nth).then_some(())
        });
        wait_for("the button", || {
            (button.attribute("aria-disabled").as_deref() == Some("false")).then_some(())
        });
    };
    take(1);
    let grown = |least: f64| {
        wait_for("the leaky heap to grow", || {
            let live = now(&page.the("article", "leaky-server"), "live heap");
            mebibytes(&live).filter(|live| *live >= least)
        })
    };
    // the list doubles its room: with 8,388,608 references it holds 64 MiB
    grown(16.0);
    take(2);
    let both = ["leaky-server", "fixed-server"].map(|name| page.the("article", name));
    for card in &both {
        for line in ["answered", "p50", "p99", "2xx"] {
            assert_ne!(now(card, line), "", "{line}");
        }
        let paths = "const lines = it.querySelectorAll('polyline.chart-line');
                     return [...lines].map((line) => line.getAttribute('points')).join('|')";
        let drawn: String = card.js(paths);
        assert!(!drawn.is_empty());
        wait_for("the chart to move", || {
            (card.js::<String>(paths) != drawn).then_some(())
        });
    }
    let fixed_live = now(&both[1], "live heap");
    assert!(fixed_live.ends_with("KiB"), "{fixed_live}");
    card(&page, "leaky-server", |text| {
        text.contains("2 snapshots") && text.contains("What happened")
    });
    let marks: u64 = both[0]
        .js("return it.querySelectorAll('svg.chart')[0].querySelectorAll('.chart-mark').length");
    assert_eq!(marks, 2, "a mark for each snapshot");

    for (width, height) in [(375, 812), (1600, 1000)] {
        for scheme in ["light", "dark"] {
            page.colour_scheme(scheme).size(width, height);
            page.js::<()>("scrollTo(0, 0)", &[]);
            page.screenshot(&format!("status-{width}-{scheme}"));
            let sideways = page.sideways();
            assert!(sideways.is_empty(), "{width} px, {scheme}: {sideways:#?}");
        }
    }
    for load in loads {
        load.end();
    }

    page.colour_scheme("light");
    page.the("button", "Compare the last two of leaky-server")
        .click();
    wait_for("the comparison", || {
        let text = page.the("tabpanel", "Comparison").text();
        text.contains("Vec<Arc<Redundant>>").then_some(())
    });
    page.the("heading", "snapshot-2");
    page.said_nothing();
}

#[test]
fn a_server_that_is_killed_is_shown_as_gone_and_picked_up_when_it_is_started_again() {
    let program = Path::new(env!("CARGO_BIN_EXE_leaky-server"));
    let mut server = launch(program, &format!("--listen 127.0.0.1:0 {ARGUMENTS}"));
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let panel = panel_on(&server);
    let Some(page) = open(&panel) else { return };
    card(&page, "leaky-server", |text| text.contains("live heap"));
    server.sizes(1, 3);
    server.signal(Signal::SIGKILL);
    server.ended();
    card(&page, "leaky-server", |text| {
        text.contains("connection refused; is it still running?") && text.contains(" gone")
    });
    page.screenshot("status-gone-1000");
    let button = page.the("button", "Snapshot of leaky-server");
    wait_for("nothing to be taken", || {
        (button.attribute("aria-disabled").as_deref() == Some("true")).then_some(())
    });
    let _again = launch(program, &format!("--listen {address} {ARGUMENTS}"));
    card(&page, "leaky-server", |text| {
        text.contains(" restarted") && !text.contains("is it still running?")
    });
    page.said_nothing();
}
