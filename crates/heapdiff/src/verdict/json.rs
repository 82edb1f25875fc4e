//! A judgement as JSON, for programs. The keys are a promise: some may come, none goes.

use serde::Serialize;

use super::{Class, HeapPoint, Judgement, Point, Rate, SiteGrowth};

/// A judgement as pretty-printed JSON: all sites that are not steady. Sizes are in bytes, counts in blocks.
///
/// # Panics
/// Never: the document has string keys only and no fallible parts.
pub fn render(judgement: &Judgement) -> String {
    let sites = judgement
        .sites
        .iter()
        .filter(|site| moves(site))
        .map(SiteJson::of);
    let document = JudgementJson::of(judgement, sites.collect());
    let mut json = serde_json::to_string_pretty(&document).expect("plain data always serializes");
    json.push('\n');
    json
}

/// Whether a site is worth a word.
pub(crate) fn moves(site: &SiteGrowth) -> bool {
    site.class != Class::Steady
}

/// A judgement with what is said of its sites.
#[derive(Serialize)]
pub(crate) struct JudgementJson<'a, S> {
    verdict: &'static str,
    bytes_per_request: f64,
    bytes_per_request_low: f64,
    bytes_per_request_high: f64,
    heap: Vec<HeapJson<'a>>,
    sites: Vec<S>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct HeapJson<'a> {
    path: &'a str,
    requests: u64,
    live_bytes: u64,
    live_blocks: u64,
    rss_bytes: Option<u64>,
    #[serde(skip_serializing_if = "is_exact")]
    live_bytes_error: f64,
    #[serde(skip_serializing_if = "is_exact")]
    live_blocks_error: f64,
}

/// Whether an error need not be told of.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out a reference"
)]
fn is_exact(error: &f64) -> bool {
    *error == 0.0
}

/// A site.
#[derive(Serialize)]
pub(crate) struct SiteJson<'a> {
    r#type: String,
    function: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    in_app: bool,
    class: &'static str,
    reason: Option<String>,
    bytes_per_request: f64,
    bytes_per_request_low: f64,
    bytes_per_request_high: f64,
    blocks_per_request: f64,
    blocks_per_request_low: f64,
    blocks_per_request_high: f64,
    grows_in_place: bool,
    allowed: bool,
    allowed_because: Option<&'a str>,
    evidence: Vec<PointJson>,
}

#[derive(Serialize)]
struct PointJson {
    requests: u64,
    live_bytes: u64,
    live_blocks: u64,
    #[serde(skip_serializing_if = "is_exact")]
    live_bytes_error: f64,
    #[serde(skip_serializing_if = "is_exact")]
    live_blocks_error: f64,
}

impl<'a, S> JudgementJson<'a, S> {
    pub(crate) fn of(judgement: &'a Judgement, sites: Vec<S>) -> Self {
        let per_request = judgement.bytes_per_request();
        Self {
            verdict: judgement.verdict.name(),
            bytes_per_request: per_request.estimate,
            bytes_per_request_low: per_request.low,
            bytes_per_request_high: per_request.high,
            heap: judgement.heap.iter().map(HeapJson::of).collect(),
            sites,
            notes: judgement.remarks.iter().map(ToString::to_string).collect(),
        }
    }
}

impl<'a> HeapJson<'a> {
    fn of(point: &'a HeapPoint) -> Self {
        Self {
            path: &point.label,
            requests: point.requests,
            live_bytes: point.live_bytes,
            live_blocks: point.live_blocks,
            rss_bytes: point.rss_bytes,
            live_bytes_error: point.live_bytes_error,
            live_blocks_error: point.live_blocks_error,
        }
    }
}

impl<'a> SiteJson<'a> {
    pub(crate) fn of(site: &'a SiteGrowth) -> Self {
        let frame = &site.site.frame;
        let (bytes, blocks): (Rate, Rate) = (site.bytes_per_request, site.blocks_per_request);
        Self {
            r#type: site.site.constructor(),
            function: frame.function(),
            file: frame.file(),
            line: frame.line(),
            column: frame.column(),
            in_app: site.site.in_app,
            class: site.class.name(),
            reason: site.doubt.map(|doubt| doubt.to_string()),
            bytes_per_request: bytes.estimate,
            bytes_per_request_low: bytes.low,
            bytes_per_request_high: bytes.high,
            blocks_per_request: blocks.estimate,
            blocks_per_request_low: blocks.low,
            blocks_per_request_high: blocks.high,
            grows_in_place: site.grows_in_place,
            allowed: site.allowed.is_some(),
            allowed_because: site.allowed.as_deref(),
            evidence: site.points.iter().map(PointJson::of).collect(),
        }
    }
}

impl PointJson {
    fn of(point: &Point) -> Self {
        Self {
            requests: point.requests,
            live_bytes: point.counters.live_bytes,
            live_blocks: point.counters.live_blocks,
            live_bytes_error: point.counters.live_bytes_error(),
            live_blocks_error: point.counters.live_blocks_error(),
        }
    }
}
