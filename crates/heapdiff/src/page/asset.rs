//! The files that the page is made of, compiled in.

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// `main.js`.
    pub name: &'static str,
    /// Its text.
    pub body: &'static str,
}

macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        &[$(Asset { name: $name, body: include_str!(concat!("../../page/", $name)) }),*]
    };
}

/// All of them, style sheets in the order in which they apply. (The templates are in `templates/`.)
pub const ASSETS: &[Asset] = assets![
    "tokens.css",
    "base.css",
    "answer.css",
    "controls.css",
    "table.css",
    "detail.css",
    "summary.css",
    "flame.css",
    "chart.css",
    "growth.css",
    "status.css",
    "panel.css",
    "print.css",
    "api.js",
    "chart.js",
    "columns.js",
    "comparison.js",
    "data.js",
    "detail.js",
    "dom.js",
    "excerpt.js",
    "explorer.js",
    "files.js",
    "fit.js",
    "flame-geometry.js",
    "flame-view.js",
    "flame.js",
    "format.js",
    "growth-site.js",
    "growth.js",
    "keyed.js",
    "loader.js",
    "main.js",
    "messages.js",
    "model.js",
    "more.js",
    "offsets.js",
    "panel-views.js",
    "panel.js",
    "report.js",
    "row.js",
    "rows.js",
    "series.js",
    "servers.js",
    "snapshots.js",
    "stack.js",
    "state.js",
    "status-server.js",
    "status.js",
    "summary.js",
    "table.js",
    "tabs.js",
    "theme.js",
    "icon.svg",
];

/// The file of this name.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

impl Asset {
    /// What to send as `Content-Type`.
    pub fn content_type(&self) -> &'static str {
        match self.extension() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        }
    }

    pub(super) fn is_module(&self) -> bool {
        self.extension() == "js"
    }

    pub(super) fn is_style(&self) -> bool {
        self.extension() == "css"
    }

    fn extension(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/page");
        let mut there: Vec<String> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect();
        there.sort();
        let mut known: Vec<&str> = ASSETS.iter().map(|asset| asset.name).collect();
        known.sort_unstable();
        assert_eq!(known, there);
    }

    #[test]
    fn no_file_can_end_the_element_that_it_is_embedded_in() {
        for asset in ASSETS {
            let text = asset.body.to_lowercase();
            assert!(
                !text.contains("</style") && !text.contains("</script"),
                "{}",
                asset.name
            );
        }
    }
}
