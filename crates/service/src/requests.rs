//! The exact number of requests served on the labs' routes. The shell's own routes do not count: what
//! is asked of them is not the load that a leak is measured by.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

use crate::answer::failure;

/// Requests since the server started.
#[derive(Debug, Default)]
pub struct Requests {
    in_flight: AtomicU64,
    /// By the route's pattern, of which there are few; a request that no route takes is not counted.
    served: Mutex<BTreeMap<String, u64>>,
}

impl Requests {
    /// Requests whose handler has begun and not ended; those that have ended are counted already.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Requests whose handler has answered, in all.
    pub(crate) fn total(&self) -> u64 {
        self.by_route().values().sum()
    }

    /// Requests whose handler has answered, by route.
    pub(crate) fn by_route(&self) -> BTreeMap<String, u64> {
        self.served().clone()
    }

    /// Like [`by_route`](Self::by_route), without waiting: `None` while a request is being counted.
    pub(crate) fn try_by_route(&self) -> Option<BTreeMap<String, u64>> {
        match self.served.try_lock() {
            Ok(served) => Some(served.clone()),
            Err(_) => None,
        }
    }

    fn count(&self, route: &str) {
        let mut served = self.served();
        match served.get_mut(route) {
            Some(count) => *count += 1,
            None => {
                served.insert(route.to_owned(), 1);
            }
        }
    }

    fn served(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, u64>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Middleware: counts a request when its handler has answered, before the answer is sent; so whoever
/// has all its answers finds all its requests counted.
pub(crate) async fn count(
    requests: web::Data<Requests>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let _flight = Flight::begin(&requests);
    let route = request.match_pattern();
    let answer = next.call(request).await;
    let unrouted =
        matches!(&answer, Ok(answer) if answer.response().extensions().contains::<Unrouted>());
    if let Some(route) = route
        && !unrouted
    {
        requests.count(&route);
    }
    answer
}

/// Answers what no route takes: a path that there is not, or another method than the route's. The paths
/// alone would not tell the two from a request that a route has served.
pub(crate) async fn unrouted() -> HttpResponse {
    let mut answer = failure(
        StatusCode::NOT_FOUND,
        "no route takes this: GET / tells the server's own, labs/*/README.md the labs'",
    );
    answer.extensions_mut().insert(Unrouted);
    answer
}

/// Marks an answer as given by no route.
struct Unrouted;

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
