//! The requests in `/metrics`. Their labels are bounded: a route is one of the labs' patterns or `unmatched`, whatever
//! path was asked for, and a method is no label at all, since each route takes one.

use std::fmt;

use actix_web::web;
use prometheus_client::collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Unit;

use super::gauge;
use crate::requests::Requests;

/// Reads the one count of requests that there is.
#[derive(Debug)]
pub(super) struct Collector {
    requests: web::Data<Requests>,
}

impl Collector {
    pub(super) fn of(requests: &web::Data<Requests>) -> Self {
        let requests = requests.clone();
        Self { requests }
    }
}

impl collector::Collector for Collector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let in_flight = self.requests.in_flight(); // before the rest: what has landed is counted
        let routes = self.requests.routes();

        let mut requests = encoder.encode_descriptor(
            "http_requests",
            "Requests answered on the labs' routes, by the route's pattern and the answer's status.",
            None,
            MetricType::Counter,
        )?;
        for (pattern, route) in &routes {
            for (status, count) in &route.answers {
                let labels = [("route", pattern.as_str()), ("status", &status.to_string())];
                ConstCounter::new(*count).encode(requests.encode_family(&labels)?)?;
            }
        }

        let mut durations = encoder.encode_descriptor(
            "http_request_duration",
            "Time until a route's handler had its answer; those turned away before a handler are not in it.",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for (pattern, route) in routes.iter().filter(|(_, route)| route.served > 0) {
            let labels = [("route", pattern.as_str())];
            route.durations.encode(durations.encode_family(&labels)?)?;
        }

        gauge(
            &mut encoder,
            ("http_requests_in_flight", None),
            "Requests on the labs' routes that are not answered yet.",
            in_flight,
        )
    }
}
