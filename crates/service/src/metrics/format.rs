//! The two text formats that Prometheus reads, and which of them is asked for.

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header, Quality};
use actix_web::mime::{self, Mime};
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;

/// A text format for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The classic one, for people too: whoever asks for nothing in particular gets it.
    Prometheus,
    /// <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>
    OpenMetrics,
}

impl Format {
    /// By the header `Accept`, as Prometheus sends it: of what is asked for by name the one with the higher `q`, and
    /// the newer one if they are alike. What asks for neither, or cannot be read, gets the classic one.
    pub(super) fn preferred_by(request: &HttpRequest) -> Self {
        Accept::parse(request).map_or(Self::Prometheus, |accept| Self::preferred_in(&accept))
    }

    fn preferred_in(accept: &Accept) -> Self {
        let quality_of = |wanted: fn(&Mime) -> bool| {
            let named = accept.iter().filter(|range| wanted(&range.item));
            named
                .map(|range| range.quality)
                .max()
                .unwrap_or(Quality::ZERO)
        };
        let open_metrics = quality_of(|range| {
            let name = (range.type_().as_str(), range.subtype().as_str());
            name == ("application", "openmetrics-text") && allows(range, "1.0.0")
        });
        let classic = quality_of(|range| {
            let plain = range.type_() == mime::TEXT
                && (range.subtype() == mime::PLAIN || range.subtype() == mime::STAR);
            plain && allows(range, "0.0.4")
        });
        if open_metrics > Quality::ZERO && open_metrics >= classic {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    pub(super) fn encode(self, registry: &Registry) -> Result<String, fmt::Error> {
        let mut text = String::new();
        match self {
            Self::Prometheus => prometheus_text::encode(&mut text, registry)?,
            Self::OpenMetrics => text::encode(&mut text, registry)?,
        }
        Ok(text)
    }
}

/// Whether a range is of this version, or of any.
fn allows(range: &Mime, version: &str) -> bool {
    range
        .get_param("version")
        .is_none_or(|asked| asked == version)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::Format::{self, OpenMetrics, Prometheus};

    fn preferred(accept: &str) -> Format {
        let request = TestRequest::default().insert_header(("accept", accept));
        Format::preferred_by(&request.to_http_request())
    }

    #[test]
    fn prometheus_gets_what_it_prefers() {
        let version_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let version_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        assert_eq!(preferred(version_2), OpenMetrics);
        assert_eq!(preferred(version_3), OpenMetrics);
        assert_eq!(
            preferred("text/plain;version=0.0.4;q=1,*/*;q=0.1"),
            Prometheus
        );
    }

    #[test]
    fn the_higher_quality_wins_and_a_quality_of_zero_never() {
        let of = |open, classic| {
            preferred(&format!(
                "application/openmetrics-text; q={open}, text/plain; q={classic}"
            ))
        };
        assert_eq!(of("0.5", "0.6"), Prometheus);
        assert_eq!(of("0.6", "0.5"), OpenMetrics);
        assert_eq!(of("0.5", "0.5"), OpenMetrics);
        assert_eq!(of("0", "0"), Prometheus);
        assert_eq!(of("0.001", "0"), OpenMetrics);
    }

    #[test]
    fn whoever_asks_for_nothing_that_there_is_gets_the_classic_format() {
        for accept in [
            "",
            "*/*",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "text/*",
            "application/*",
            "application/openmetrics-text; version=2.0.0",
            "application/openmetrics-text; version=0.0.1",
            "application/json",
            "so what;;",
            "\u{e9}",
        ] {
            assert_eq!(preferred(accept), Prometheus, "{accept}");
        }
        let request = TestRequest::default().to_http_request();
        assert_eq!(Format::preferred_by(&request), Prometheus);
    }
}
