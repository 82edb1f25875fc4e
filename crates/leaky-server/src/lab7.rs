//! `GET /report`: what a shop's latest orders come to, and the best of them; `GET /report/largest`: the largest one made.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::sync::mpsc::{self, Sender};
use std::sync::{LazyLock, Mutex};
use std::thread;

use actix_web::Error;
use actix_web::error::{ErrorBadRequest, ErrorInternalServerError, ErrorNotFound};
use actix_web::web::{self, Json, Query, ServiceConfig};
use payload::{Report, ReportOn};
use tokio::sync::oneshot;

/// Orders that a report may be about.
const MOST: u32 = 50_000;

/// Orders that a report shows.
const BEST: usize = 3;

/// Articles of an order, and bytes that their lines take.
const ARTICLES: u32 = 64;
const LINES: usize = 2_816;

/// Makes reports, one at a time, on a thread of its own: each takes its time and its memory.
static MAKER: LazyLock<Sender<(ReportOn, oneshot::Sender<Report>)>> = LazyLock::new(|| {
    let (maker, jobs) = mpsc::channel::<(ReportOn, oneshot::Sender<Report>)>();
    thread::spawn(move || {
        let mut ranking = Vec::new();
        for (on, answer) in jobs {
            // Whoever asked may be gone.
            let _ = answer.send(make(&on, &mut ranking));
        }
    });
    maker
});

static LARGEST: Mutex<Option<Report>> = Mutex::new(None);

/// An order as the archive has it.
struct Order {
    cents: u64,
    text: String,
}

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/report", web::get().to(report))
        .route("/report/largest", web::get().to(largest));
}

/// Answers with a report.
async fn report(on: Query<ReportOn>) -> Result<Json<Report>, Error> {
    if on.orders > MOST {
        return Err(ErrorBadRequest(format!("at most {MOST} orders")));
    }
    let (answer, report) = oneshot::channel();
    MAKER
        .send((on.into_inner(), answer))
        .map_err(ErrorInternalServerError)?;
    Ok(Json(report.await.map_err(ErrorInternalServerError)?))
}

/// Answers with the largest report that was made so far.
async fn largest() -> Result<Json<Report>, Error> {
    let largest = LARGEST.lock().expect("no handler panics").clone();
    largest
        .map(Json)
        .ok_or_else(|| ErrorNotFound("no report was made yet"))
}

/// Makes a report. The ranking of its orders uses the room of the last one again.
fn make(on: &ReportOn, ranking: &mut Vec<(Reverse<u64>, usize)>) -> Report {
    let orders: Vec<Order> = (0..on.orders).map(|id| Order::read(&on.shop, id)).collect();
    ranking.clear();
    ranking.extend(orders.iter().map(|order| Reverse(order.cents)).zip(0..));
    ranking.sort_unstable();
    let best = ranking.iter().take(BEST);
    let report = Report {
        shop: on.shop.clone(),
        orders: on.orders,
        cents: orders.iter().map(|order| order.cents).sum(),
        best: best.map(|&(_, at)| orders[at].text.clone()).collect(),
    };
    let mut largest = LARGEST.lock().expect("no handler panics");
    if largest.as_ref().is_none_or(|it| it.orders < report.orders) {
        *largest = Some(report.clone());
    }
    report
}

impl Order {
    /// Reads an order from the archive.
    fn read(shop: &str, id: u32) -> Self {
        let mut order = Self {
            cents: 0,
            text: String::with_capacity(shop.len() + LINES),
        };
        writeln!(order.text, "order {shop}-{id}").expect("memory does not refuse");
        for article in 1..=ARTICLES {
            let (pieces, cents) = (1 + (id + article) % 9, 100 + 37 * article);
            order.cents += u64::from(pieces * cents);
            writeln!(
                order.text,
                "{pieces} pieces of article {article:>2} at {cents:>5} cents each"
            )
            .expect("memory does not refuse");
        }
        order
    }
}
