//! `GET /metrics`: the server in numbers that Prometheus reads, in either of its text formats. `docs/formats.md` tells
//! them all. What is counted is counted elsewhere, once, whether or not anybody reads it; here it gets its names, by
//! the conventions of <https://prometheus.io/docs/practices/naming/>.

mod format;
mod heap;
mod http;
mod process;

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::{EncodeCounterValue, EncodeGaugeValue, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::answer::failure;
use crate::requests::Requests;
use crate::shell::Shell;
use format::Format;

pub use heap::Tally;

/// All that `/metrics` tells.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// Of the server that these make up.
    pub(crate) fn of(shell: &web::Data<Shell>, requests: &web::Data<Requests>) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(http::Collector::of(requests)));
        if let Some(heap) = &shell.heap {
            registry.register_collector(Box::new(heap::Collector::of(heap)));
        }
        shell.tally.register(&mut registry);
        registry.register_collector(Box::new(process::Collector::new()));
        Self { registry }
    }
}

/// Answers with everything as it is now, in the format that the asker prefers.
pub(crate) async fn show(request: HttpRequest, metrics: web::Data<Metrics>) -> HttpResponse {
    let format = Format::preferred_by(&request);
    match format.encode(&metrics.registry) {
        Ok(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, format.content_type()))
            .insert_header((VARY, "Accept"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text),
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Writes a number that goes up and down. The unit becomes the end of its name.
fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    (name, unit): (&str, Option<Unit>),
    help: &str,
    value: impl EncodeGaugeValue,
) -> fmt::Result {
    let described = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
    ConstGauge::new(value).encode(described)
}

/// Writes a number that only rises. The unit and `_total` become the end of its name.
fn counter(
    encoder: &mut DescriptorEncoder<'_>,
    (name, unit): (&str, Option<Unit>),
    help: &str,
    value: impl EncodeCounterValue,
) -> fmt::Result {
    let described = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Counter)?;
    ConstCounter::new(value).encode(described)
}
