//! The driver's load on a server: three labs' routes at a constant rate, until told to end.

use std::thread::{self, JoinHandle};

use driver::{Load, Progress, Report};
use tokio::sync::watch;

/// What is asked for, and how often a second. What lab 1 leaks at this rate would hit the ceiling in two minutes.
const ROUTES: [(&str, f64); 3] = [
    ("/bloatMyServer", 60.0),
    ("/search?q={word}+{user}", 40.0),
    (
        "/visit?from=https://news.example/{word}?click={session}",
        40.0,
    ),
];

/// A load that goes on until [`end`](Self::end) is called.
pub(crate) struct Hammer {
    stop: watch::Sender<bool>,
    loads: Vec<JoinHandle<Report>>,
}

impl Hammer {
    pub(crate) fn start(server: &str) -> Self {
        let (stop, stopped) = watch::channel(false);
        let loads = ROUTES
            .iter()
            .map(|(route, rate)| {
                let load = Load {
                    requests: u64::MAX,
                    connections: 2,
                    rate: Some(*rate),
                    ..Load::new(format!("{server}{route}"))
                };
                let mut stopped = stopped.clone();
                thread::spawn(move || {
                    let until_stopped = async move {
                        let _ = stopped.wait_for(|stop| *stop).await; // or the test has failed
                    };
                    let runtime = tokio::runtime::Builder::new_current_thread().build();
                    let progress = Progress::default();
                    let run = driver::run(&load, &progress, until_stopped);
                    runtime.unwrap().block_on(run).unwrap()
                })
            })
            .collect();
        Self { stop, loads }
    }

    /// Ends it; every request was answered as it should be.
    pub(crate) fn end(self) {
        self.stop.send_replace(true);
        for load in self.loads {
            let report = load.join().unwrap();
            assert_eq!(report.errors, [], "{}", report.url);
            assert!(report.ok > 100, "{report}");
        }
    }
}
