//! A real Prometheus: on a port of the system's choice, its data in a folder that goes away with it, killed and reaped
//! when dropped.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

use reqwest::Url;
use tempfile::TempDir;

use crate::harness::get;

/// A running Prometheus.
pub(crate) struct Prometheus {
    url: String,
    process: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// With this configuration and the files that it names.
    pub(crate) fn start(config: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let mut process = Command::new("prometheus")
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg("--web.listen-address=127.0.0.1:0")
            .env_remove("HTTP_PROXY")
            .env_remove("http_proxy")
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = log.by_ref().map_while(Result::ok).find_map(|line| {
            let address = line.contains("\"Listening on\"").then(|| {
                line.rsplit_once("address=")
                    .map(|(_, address)| address.to_owned())
            });
            said.push(line);
            address.flatten()
        });
        let Some(address) = address else {
            let _ = process.wait();
            panic!("prometheus does not listen:\n{}", said.join("\n"));
        };
        thread::spawn(move || log.for_each(drop)); // or it would wait for a reader
        let prometheus = Self {
            url: format!("http://{address}"),
            process,
            _folder: folder,
        };
        crate::harness::wait_for("prometheus to be ready", || {
            (get(&format!("{}/-/ready", prometheus.url)).status == 200).then_some(())
        });
        prometheus
    }

    /// The values of an expression, now.
    ///
    /// # Panics
    /// When Prometheus does not understand it.
    #[track_caller]
    pub(crate) fn query(&self, expression: &str) -> Vec<f64> {
        let mut url = Url::parse(&format!("{}/api/v1/query", self.url)).unwrap();
        url.query_pairs_mut().append_pair("query", expression);
        let answer = get(url.as_str()).json();
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        let result = answer["data"]["result"].as_array().unwrap();
        let value = |series: &serde_json::Value| series["value"][1].as_str()?.parse().ok();
        result.iter().filter_map(value).collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
