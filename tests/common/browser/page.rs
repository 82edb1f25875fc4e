//! A page in a browser of its own.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::WebDriver;
use thirtyfour::common::print::PrintParameters;
use thirtyfour::error::WebDriverResult;
use tokio::runtime::{Builder, Runtime};

use super::driver::Driver;
use super::seen::Seen;
use super::session;

/// A page. It and its browser are gone when it is dropped; if a test fails, a screenshot of it stays.
pub struct Page {
    pub(super) session: WebDriver,
    pub(super) seen: Seen,
    runtime: Runtime,
    /// The last of the fields: a browser that runs writes to its profile.
    _profile: TempDir,
    _driver: Arc<Driver>,
}

impl Page {
    /// An empty page, 1000 px wide, light; nothing where this machine has no browser, which is said (and fails in
    /// CI).
    pub fn open() -> Option<Self> {
        let driver = Driver::shared()?;
        let profile = tempfile::tempdir().expect("a temporary folder");
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let session = runtime
            .block_on(session::start(&driver.url, profile.path()))
            .unwrap_or_else(|error| panic!("no browser: {error}"));
        let page = Self {
            session,
            seen: Seen::default(),
            runtime,
            _profile: profile,
            _driver: driver,
        };
        page.size(1000, 800).colour_scheme("light");
        Some(page)
    }

    /// Goes to a URL and waits until the page is loaded.
    #[track_caller]
    pub fn goto(&self, url: &str) -> &Self {
        self.wait(self.session.goto(url));
        self
    }

    /// Goes to a file, as after a double click on it.
    #[track_caller]
    pub fn goto_file(&self, path: &Path) -> &Self {
        self.goto(&file_url(path))
    }

    #[track_caller]
    pub fn reload(&self) -> &Self {
        self.wait(self.session.refresh());
        self
    }

    #[track_caller]
    pub fn back(&self) -> &Self {
        self.wait(self.session.back());
        self
    }

    /// A script that runs in every page before the page's own.
    #[track_caller]
    pub fn run_first(&self, script: &str) -> &Self {
        let script = json!({ "source": script });
        self.cdp("Page.addScriptToEvaluateOnNewDocument", &script);
        self
    }

    /// What the page is seen in, in CSS pixels.
    #[track_caller]
    pub fn size(&self, width: u32, height: u32) -> &Self {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", &metrics);
        self
    }

    /// What the user prefers: `light` or `dark`.
    #[track_caller]
    pub fn colour_scheme(&self, scheme: &str) -> &Self {
        self.media("", scheme)
    }

    /// The page as it is printed.
    #[track_caller]
    pub fn print_media(&self) -> &Self {
        self.media("print", "light")
    }

    fn media(&self, media: &str, scheme: &str) -> &Self {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = json!({ "media": media, "features": features });
        self.cdp("Emulation.setEmulatedMedia", &media);
        self
    }

    /// What a function's body returns in the page: `return document.title`. The arguments are `arguments`.
    #[track_caller]
    pub fn js<T: DeserializeOwned>(&self, body: &str, arguments: &[Value]) -> T {
        let answer = self.wait(self.session.execute(body, arguments));
        answer
            .convert()
            .unwrap_or_else(|error| panic!("{body}: {error}: {}", answer.json()))
    }

    /// As [`Page::js`], of a body that awaits.
    #[track_caller]
    pub fn js_async<T: DeserializeOwned>(&self, body: &str, arguments: &[Value]) -> T {
        let body = format!(
            "const done = arguments[arguments.length - 1];
             (async (...arguments) => {{ {body} }})(...arguments).then(done, error => done('' + error));"
        );
        let answer = self.wait(self.session.execute_async(body.as_str(), arguments));
        answer
            .convert()
            .unwrap_or_else(|error| panic!("{body}: {error}: {}", answer.json()))
    }

    /// Drops a file into the middle of the window, as from a file manager.
    #[track_caller]
    pub fn drop_file(&self, path: &Path) -> &Self {
        let [x, y] = self.js::<[f64; 2]>("return [innerWidth / 2, innerHeight / 2]", &[]);
        let data = json!({ "items": [], "files": [path], "dragOperationsMask": 1 });
        for event in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": event, "x": x, "y": y, "data": data });
            self.cdp("Input.dispatchDragEvent", &event);
        }
        self
    }

    /// Downloads go to this folder from now on.
    #[track_caller]
    pub fn download_to(&self, folder: &Path) -> &Self {
        let behaviour = json!({ "behavior": "allow", "downloadPath": folder });
        self.cdp("Browser.setDownloadBehavior", &behaviour);
        self
    }

    /// Writes `target/screenshots/NAME.png`: what is in the window.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> &Self {
        let png = self.wait(self.session.screenshot_as_png());
        keep(name, &png).expect("a screenshot");
        self
    }

    /// The page as PDF.
    #[track_caller]
    pub fn print(&self) -> Vec<u8> {
        self.wait(self.session.print_page(PrintParameters::default()))
    }

    /// A command of the Chrome DevTools Protocol, and its result.
    #[track_caller]
    pub(super) fn cdp(&self, method: &str, parameters: &Value) -> Value {
        let result = self
            .runtime
            .block_on(self.session.cdp().send_raw(method, parameters));
        result.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    #[track_caller]
    pub(super) fn wait<T>(&self, answer: impl Future<Output = WebDriverResult<T>>) -> T {
        let answer = self.runtime.block_on(answer);
        answer.unwrap_or_else(|error| panic!("the browser: {error}"))
    }

    pub(super) fn attempt<T>(&self, answer: impl Future<Output = WebDriverResult<T>>) -> Option<T> {
        self.runtime.block_on(answer).ok()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if thread::panicking()
            && let Some(png) = self.attempt(self.session.screenshot_as_png())
        {
            let test = thread::current().name().unwrap_or_default().to_owned();
            let _ = keep(&format!("failed-{}", test.replace("::", "-")), &png);
        }
        let _ = self.attempt(self.session.clone().quit());
    }
}

fn keep(name: &str, png: &[u8]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{name}.png")), png)
}

/// The paths of tests hold nothing that a URL must escape but blanks.
fn file_url(path: &Path) -> String {
    let path = path.canonicalize().expect("a file");
    format!("file://{}", path.display()).replace(' ', "%20")
}
