//! A process with the handlers of one side in it, and no recorder: what a handler has leaked stays until a process ends, so
//! each measurement has a process of its own. It is told on its standard input what to do, a line each, and answers with
//! a line.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::{App, test};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::course::Lab;
use super::side::Side;
use crate::child::Child;
use crate::workspace::Workspace;

/// Requests under way at once while something accumulates: some handlers wait for others, and all of that need not be
/// waited for in turn. Whoever does not wait is not disturbed, for all run on one thread.
const ABREAST: usize = 16;

/// What to do.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// Answer so many requests; the answer is the time of each.
    Advance(usize),
    /// Answer so many requests, one after the other; the answer is the time of all.
    Time(u64),
}

/// The command line of the process.
#[derive(Args, Debug)]
pub struct Worker {
    #[arg(value_enum)]
    side: Side,
    lab: u32,
}

impl Worker {
    /// Works until its input ends.
    ///
    /// # Errors
    /// When an answer is none that the lab's contract knows, or the other side has gone.
    pub fn run(&self, workspace: &Workspace) -> Result<()> {
        let lab = Lab::read(workspace.root(), self.lab)?;
        let routes = self.side.routes();
        let request = |path: &str| test::TestRequest::get().uri(path).to_request();
        actix_web::rt::System::new().block_on(async move {
            let app = test::init_service(App::new().configure(routes)).await;
            let mut paths = lab.paths()?;
            let mut out = io::stdout().lock();
            for line in io::stdin().lock().lines() {
                match serde_json::from_str(&line?).context("not an order")? {
                    Order::Advance(requests) => {
                        let mut nanos = Vec::with_capacity(requests);
                        while nanos.len() < requests {
                            let few = ABREAST.min(requests - nanos.len());
                            let calls = paths.by_ref().take(few);
                            let calls = calls.map(|path| call(&app, request(&path), path, &lab));
                            for took in futures_util::future::join_all(calls).await {
                                nanos.push(nanoseconds(took?));
                            }
                        }
                        writeln!(out, "{}", serde_json::to_string(&nanos)?)?;
                    }
                    Order::Time(requests) => {
                        let mut nanos = 0;
                        for _ in 0..requests {
                            let path = paths.next().context("requests are endless")?;
                            nanos += nanoseconds(call(&app, request(&path), path, &lab).await?);
                        }
                        writeln!(out, "{nanos}")?;
                    }
                }
                out.flush()?;
            }
            Ok(())
        })
    }
}

/// From the call of the handler to the last byte of its answer.
async fn call<S, R, B>(app: &S, request: R, path: String, lab: &Lab) -> Result<Duration>
where
    S: Service<R, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let began = Instant::now();
    let answer = match app.call(request).await {
        Ok(answer) => answer,
        Err(error) => bail!("{path}: {error}"),
    };
    let status = answer.status();
    let body = to_bytes(answer.into_body()).await;
    let took = began.elapsed();
    ensure!(body.is_ok(), "{path}: an answer without an end");
    ensure!(
        status.is_success() || Some(status.as_u16()) == lab.busy,
        "{path}: {status}"
    );
    Ok(took)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The process, from outside.
pub(crate) struct Process {
    _child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a process that has served nothing yet. `bench` is this program.
    pub(crate) fn start(bench: &Path, root: &Path, side: Side, lab: &Lab) -> Result<Self> {
        let mut command = Command::new(bench);
        command
            .arg("worker")
            .arg(side.to_string())
            .arg(lab.number.to_string())
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = Child::spawn(&mut command)
            .with_context(|| format!("cannot start {}", bench.display()))?;
        let pipes = (child.process().stdin.take(), child.process().stdout.take());
        let (Some(orders), Some(answers)) = pipes else {
            bail!("its input and its output are piped");
        };
        Ok(Self {
            _child: child,
            orders,
            answers: BufReader::new(answers),
        })
    }

    /// Has it answer so many requests; the time of each in nanoseconds.
    pub(crate) fn advance(&mut self, requests: usize) -> Result<Vec<u64>> {
        self.order(&Order::Advance(requests))
    }

    /// Has it answer so many requests; the time of all.
    pub(crate) fn time(&mut self, requests: u64) -> Result<Duration> {
        self.order(&Order::Time(requests)).map(Duration::from_nanos)
    }

    fn order<T: serde::de::DeserializeOwned>(&mut self, order: &Order) -> Result<T> {
        let mut line = serde_json::to_string(order)?;
        line.push('\n');
        self.orders
            .write_all(line.as_bytes())
            .context("it has ended")?;
        self.orders.flush()?;
        line.clear();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("it has ended, and said why above")
    }
}
