//! `GET /visit`: notes the page that a visitor came from, and answers with the latest ones.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;

use actix_web::web::{self, Json, Query, ServiceConfig};
use payload::{Latest, Visit};

/// Visits that are remembered.
const MOST: usize = 100;

static LATEST: Mutex<VecDeque<&str>> = Mutex::new(VecDeque::new());

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/visit", web::get().to(visit));
}

/// Answers with the pages that the latest visitors came from, the last one first.
async fn visit(visit: Query<Visit>) -> Json<Latest> {
    let mut latest = LATEST.lock().expect("no handler panics");
    latest.push_front(intern(&visit.from));
    latest.truncate(MOST);
    Json(Latest {
        latest: latest.iter().copied().map(String::from).collect(),
    })
}

/// The one copy of a page's name: it is always the same pages that link to us.
fn intern(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().expect("no handler panics");
    if let Some(&known) = names.get(name) {
        return known;
    }
    let name = Box::leak(Box::from(name));
    names.insert(name);
    name
}
