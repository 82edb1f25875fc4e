//! How the shell answers: one line of JSON, and when it says no, the reason as `{"error": "…"}`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use serde::Serialize;

/// Answers with `body`, its keys in the order of its fields, and a line's end for whoever reads it at a prompt.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_string(body) {
        Ok(text) => HttpResponse::build(status)
            .content_type(ContentType::json())
            .body(text + "\n"),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

/// Says no, and why.
pub(crate) fn failure(status: StatusCode, reason: &str) -> HttpResponse {
    json(status, &serde_json::json!({ "error": reason }))
}
