//! `GET /visit`: notes the page that a visitor came from, and answers with the latest ones.

use std::collections::VecDeque;
use std::sync::Mutex;

use actix_web::web::{self, Json, Query, ServiceConfig};
use payload::{Latest, Visit};

/// Visits that are remembered.
const MOST: usize = 100;

static LATEST: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/visit", web::get().to(visit));
}

/// Answers with the pages that the latest visitors came from, the last one first.
async fn visit(visit: Query<Visit>) -> Json<Latest> {
    let mut latest = LATEST.lock().expect("no handler panics");
    latest.push_front(visit.into_inner().from);
    latest.truncate(MOST);
    Json(Latest {
        latest: latest.iter().cloned().collect(),
    })
}
