//! The Grafana dashboard: its expressions, for a Prometheus to answer, and its layout.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::shipped;

pub(crate) struct Dashboard(Value);

impl Dashboard {
    pub(crate) fn shipped() -> Self {
        Self(serde_json::from_str(&shipped("dashboard.json")).unwrap())
    }

    /// Every expression, the dashboard's variables filled in: all jobs, all servers, rates over `interval`.
    pub(crate) fn expressions(&self, interval: &str) -> Vec<String> {
        let targets = self
            .panels()
            .iter()
            .flat_map(|panel| panel["targets"].as_array().unwrap());
        let marks = self.0["annotations"]["list"].as_array().unwrap();
        let expressions = targets.chain(marks.iter().map(|mark| &mark["target"]));
        expressions
            .map(|target| {
                let expression = target["expr"].as_str().expect("an expression");
                let filled = expression
                    .replace("$job", "leaklab")
                    .replace("$instance", ".*")
                    .replace("$__rate_interval", interval);
                assert!(!filled.contains('$'), "{filled}");
                filled
            })
            .collect()
    }

    fn panels(&self) -> &[Value] {
        self.0["panels"].as_array().unwrap()
    }
}

#[test]
fn its_panels_lie_side_by_side_and_use_the_chosen_prometheus() {
    let dashboard = Dashboard::shipped();
    let mut cells = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard.panels() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        assert!(
            panel["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{title}"
        );
        let place = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
        let [x, y, width, height] = place;
        assert!(x + width <= 24, "{title} is cut off");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{title} covers another panel");
        }
        let mut sources = vec![panel];
        assert!(panel["targets"][0].is_object(), "{title} shows nothing");
        sources.extend(panel["targets"].as_array().unwrap());
        for source in sources {
            assert_eq!(source["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
    assert!(dashboard.expressions("1m").len() > dashboard.panels().len());
}
