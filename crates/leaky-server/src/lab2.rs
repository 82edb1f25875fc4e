//! `GET /search`: a page of what was found; a page that was made before is not made again.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, Mutex};

use actix_web::web::{self, Json, Query, ServiceConfig};
use payload::{Page, Search};

static PAGES: LazyLock<Mutex<HashMap<String, String>>> =
    LazyLock::new(|| Mutex::new(HashMap::new()));

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/search", web::get().to(search));
}

/// Answers with the page for a query, and whether it was there already.
async fn search(search: Query<Search>) -> Json<Page> {
    let mut pages = PAGES.lock().expect("no handler panics");
    if let Some(page) = pages.get(&search.q) {
        let page = page.clone();
        return Json(Page { hit: true, page });
    }
    let page = render(&search.q);
    pages.insert(search.q.clone(), page.clone());
    Json(Page { hit: false, page })
}

/// The page for a query: forty lines of text, the best match first.
fn render(query: &str) -> String {
    let mut page = String::new();
    for rank in 1..=40 {
        writeln!(page, "{rank:>2}. an article on {query}").expect("memory does not refuse");
    }
    page
}
