//! The exact number of requests on the labs' routes: how many were served, with which status, and how long that took. The
//! shell's own routes do not count: what is asked of them is not the load that a leak is measured by.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use prometheus_client::metrics::histogram::Histogram;

use crate::answer::failure;

/// The route of every request that no route takes. A name for all of them, and not the path of each: whoever asks for
/// a thousand paths would otherwise make a thousand entries that live as long as the server, which is lab 6's
/// disease. A pattern begins with `/`, so this is none.
pub(crate) const UNMATCHED: &str = "unmatched";

/// Upper bounds of the durations' buckets, in seconds: from what a handler takes that does nothing to what nobody waits
/// for. Three in each power of ten, so that a quantile is right within a factor of two or so.
const BUCKETS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Requests since the server started.
#[derive(Debug, Default)]
pub struct Requests {
    in_flight: AtomicU64,
    /// By the route's pattern, of which there are few, or [`UNMATCHED`].
    routes: Mutex<BTreeMap<String, Route>>,
}

/// What was asked of one route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Requests that its handler has answered; the rest were turned away before.
    pub(crate) served: u64,
    /// All answers, also to those turned away, by status.
    pub(crate) answers: BTreeMap<u16, u64>,
    /// How long what was served took until its answer began, in seconds.
    pub(crate) durations: Histogram,
}

impl Requests {
    /// Requests that are not answered yet; those that were are counted already.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Requests whose handler has answered, in all.
    pub(crate) fn total(&self) -> u64 {
        self.lock().values().map(|route| route.served).sum()
    }

    /// Requests whose handler has answered, by route.
    pub(crate) fn by_route(&self) -> BTreeMap<String, u64> {
        served(&self.lock())
    }

    /// Like [`by_route`](Self::by_route), without waiting: `None` while a request is being counted.
    pub(crate) fn try_by_route(&self) -> Option<BTreeMap<String, u64>> {
        self.routes.try_lock().ok().map(|routes| served(&routes))
    }

    /// Everything known, by the route's pattern or [`UNMATCHED`].
    pub(crate) fn routes(&self) -> BTreeMap<String, Route> {
        self.lock().clone()
    }

    fn count(&self, route: &str, status: StatusCode, served: Option<Duration>) {
        let mut routes = self.lock();
        let route = match routes.get_mut(route) {
            Some(route) => route,
            None => routes.entry(route.to_owned()).or_insert_with(Route::new),
        };
        *route.answers.entry(status.as_u16()).or_default() += 1;
        if let Some(took) = served {
            route.served += 1;
            route.durations.observe(took.as_secs_f64());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Route>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests that a handler has answered, by route.
fn served(routes: &BTreeMap<String, Route>) -> BTreeMap<String, u64> {
    let served = routes.iter().filter(|(_, route)| route.served > 0);
    served
        .map(|(pattern, route)| (pattern.clone(), route.served))
        .collect()
}

impl Route {
    fn new() -> Self {
        Self {
            served: 0,
            answers: BTreeMap::new(),
            durations: Histogram::new(BUCKETS),
        }
    }
}

/// Middleware: counts a request when it is answered, before the answer is sent; so whoever has all its answers finds
/// all its requests counted.
pub(crate) async fn count(
    requests: web::Data<Requests>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let _flight = Flight::begin(&requests);
    let begun = Instant::now();
    let pattern = request.match_pattern();
    let answer = next.call(request).await;
    let (status, unrouted, full) = match &answer {
        Ok(answer) => {
            let marks = answer.response().extensions();
            (
                answer.status(),
                marks.contains::<Unrouted>(),
                marks.contains::<Full>(),
            )
        }
        Err(error) => (error.as_response_error().status_code(), false, false),
    };
    let route = pattern.filter(|pattern| !unrouted && !pattern.is_empty());
    let route = route.as_deref().unwrap_or(UNMATCHED);
    let served = (!unrouted && !full).then(|| begun.elapsed());
    requests.count(route, status, served);
    answer
}

/// Marks an answer as given by no route. The path alone would not tell: it may be another method than the route's.
struct Unrouted;

/// Marks an answer as given because the heap is at its ceiling.
pub(crate) struct Full;

/// Says no before a handler was asked, and why. A mark takes no room, so it costs no allocation.
pub(crate) fn turn_away(mark: impl Any, status: StatusCode, reason: &str) -> HttpResponse {
    let mut answer = failure(status, reason);
    answer.extensions_mut().insert(mark);
    answer
}

/// Answers what no route takes: a path that there is not, or another method than the route's.
pub(crate) async fn unrouted() -> HttpResponse {
    turn_away(
        Unrouted,
        StatusCode::NOT_FOUND,
        "no route takes this: GET / tells the server's own, labs/*/README.md the labs'",
    )
}

/// A request in flight: until its handler has answered or is dropped. A client that goes away ends it only
/// if it resets the connection; to actix one that closes it may still be reading.
struct Flight<'a>(&'a Requests);

impl<'a> Flight<'a> {
    fn begin(requests: &'a Requests) -> Self {
        requests.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(requests)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Release);
    }
}
