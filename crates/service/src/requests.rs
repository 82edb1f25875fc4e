//! The exact number of requests served on the labs' routes. The shell's own routes do not count: what
//! is asked of them is not the load that a leak is measured by.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};

/// Requests since the server started.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    in_flight: AtomicU64,
    /// By the route's pattern, of which there are few; a path that matches none is not counted.
    served: Mutex<BTreeMap<String, u64>>,
}

impl Requests {
    /// Requests whose handler has begun and not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Requests whose handler has answered, in all.
    pub(crate) fn total(&self) -> u64 {
        self.by_route().values().sum()
    }

    /// Requests whose handler has answered, by route.
    pub(crate) fn by_route(&self) -> BTreeMap<String, u64> {
        self.served().clone()
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
    let flight = Flight::begin(&requests);
    let response = next.call(request).await?;
    drop(flight);
    if let Some(route) = response.request().match_pattern() {
        requests.count(&route);
    }
    Ok(response)
}

/// A request in flight, until it is answered or its client goes away.
struct Flight<'a>(&'a Requests);

impl<'a> Flight<'a> {
    fn begin(requests: &'a Requests) -> Self {
        requests.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(requests)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
