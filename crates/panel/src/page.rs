//! Stands in for `heapdiff::page` until that is there.

use std::fmt::Write as _;

use heapdiff::source::Source;
use heapdiff::{InApp, Options, Profile};
use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) time: Option<String>,
    pub(crate) requests: Option<u64>,
    pub(crate) live_bytes: Option<u64>,
    pub(crate) live_blocks: Option<u64>,
    pub(crate) rss_bytes: Option<u64>,
    pub(crate) pause_us: Option<u64>,
    pub(crate) uptime_us: Option<u64>,
    pub(crate) server: Option<String>,
    pub(crate) command: Option<String>,
    pub(crate) file_bytes: Option<u64>,
    pub(crate) error: Option<String>,
}

impl Card {
    pub(crate) fn of(id: &str, label: &str, profile: &Profile) -> Self {
        let about = &profile.metadata;
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            requests: about.requests,
            live_bytes: Some(profile.totals.live_bytes),
            live_blocks: Some(profile.totals.live_blocks),
            rss_bytes: about.rss_bytes,
            time: profile
                .metadata
                .time
                .map(|_| "2026-01-02T03:30:00Z".to_owned()),
            pause_us: about
                .pause
                .map(|it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX)),
            uptime_us: about
                .uptime
                .map(|it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX)),
            server: about.server.clone(),
            command: about.command.clone(),
            ..Self::default()
        }
    }
}

pub(crate) struct App {
    pub(crate) html: String,
    pub(crate) content_security_policy: String,
}

pub(crate) struct Asset {
    pub(crate) content_type: &'static str,
    pub(crate) body: &'static str,
}

pub(crate) fn app() -> App {
    App {
        html: "<!doctype html><title>panel</title>".to_owned(),
        content_security_policy: "default-src 'none'".to_owned(),
    }
}

pub(crate) fn asset(name: &str) -> Option<Asset> {
    (name == "main.js").then_some(Asset {
        content_type: "text/javascript; charset=utf-8",
        body: "",
    })
}

pub(crate) type Sources<'a> = dyn FnMut(&str) -> Option<Source> + 'a;

pub(crate) fn comparison(
    before: &Profile,
    after: &Profile,
    in_app: &InApp,
    _sources: &mut Sources<'_>,
) -> Result<String, heapdiff::Error> {
    let options = Options {
        in_app: in_app.clone(),
        ..Options::default()
    };
    let comparison = heapdiff::compare(before, after, &options)?;
    let labels = [&before.label, &after.label].map(|label| serde_json::json!({ "label": label }));
    let document = serde_json::json!({
        "before": labels[0], "after": labels[1], "requests": comparison.requests()
    });
    Ok(document.to_string())
}

pub(crate) fn summary(profile: &Profile, _in_app: &InApp, _sources: &mut Sources<'_>) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        r#"{{"kind":"summary","total_bytes":{}}}"#,
        profile.totals.total_bytes
    );
    out
}

pub(crate) fn flamegraph(
    base: Option<&Profile>,
    profile: &Profile,
    in_app: &InApp,
    count: heapdiff::flamegraph::Count,
) -> Result<String, heapdiff::Error> {
    use heapdiff::flamegraph::svg::{Picture, of_comparison, of_inventory};
    let options = Options {
        in_app: in_app.clone(),
        ..Options::default()
    };
    let picture = Picture {
        count,
        ..Picture::default()
    };
    let view = heapdiff::View::default();
    Ok(match base {
        Some(base) => of_comparison(
            &heapdiff::compare(base, profile, &options)?,
            &view,
            &picture,
        ),
        None => of_inventory(&heapdiff::inventory(profile, &options), &view, &picture),
    })
}
