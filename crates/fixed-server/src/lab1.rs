//! `GET /bloatMyServer`: makes an object, and a list of references to it.

use std::sync::Arc;

use actix_web::web::{self, Json, ServiceConfig};
use payload::{Redundant, Size};

/// The routes of this file.
pub fn routes(config: &mut ServiceConfig) {
    config.route("/bloatMyServer", web::get().to(bloat_my_server));
}

/// Answers with the length of the list.
async fn bloat_my_server() -> Json<Size> {
    let object = Arc::new(Redundant::new());
    let mut references = Vec::new();
    for _ in 0..10_000 {
        references.push(Arc::clone(&object));
    }
    Json(Size {
        size: references.len(),
    })
}
