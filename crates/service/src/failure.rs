//! How the shell says no: a status and the reason, as `{"error": "…"}`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

pub(crate) fn failure(status: StatusCode, reason: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": reason }))
}
