//! A browser as the tests want it: silent, in English, with a profile of its own, and telling all it does.

use std::path::Path;

use serde_json::json;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};

/// No sandbox: root, as in CI's container, has none. Nothing asks the network by itself.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--lang=en-US",
];

/// Has the chromedriver at a URL start one.
pub async fn start(driver: &str, profile: &Path) -> WebDriverResult<WebDriver> {
    let mut wanted = DesiredCapabilities::chrome();
    for argument in ARGUMENTS {
        wanted.add_arg(argument)?;
    }
    wanted.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    // not the page of a new tab, which asks for much
    let blank = json!({ "session.restore_on_startup": 4, "session.startup_urls": ["about:blank"] });
    wanted.add_experimental_option("prefs", blank)?;
    let all = LoggingPrefsLogLevel::All;
    wanted.set_logging_prefs("browser".to_owned(), all)?;
    wanted.set_logging_prefs("performance".to_owned(), all)?;
    WebDriver::new(driver, wanted).await
}
