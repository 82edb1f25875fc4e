//! The page itself, and its files: `heapdiff`'s.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType};
use actix_web::{HttpResponse, web};
use heapdiff::page;

use super::answer::failure;

/// Made anew for each answer: what its policy allows, it allows to this one alone.
pub(super) async fn page() -> HttpResponse {
    let app = page::app();
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, app.content_security_policy))
        .body(app.html)
}

pub(super) async fn asset(name: web::Path<String>) -> HttpResponse {
    match page::asset(&name) {
        Some(asset) => HttpResponse::Ok()
            .content_type(asset.content_type())
            .body(asset.body),
        None => failure(StatusCode::NOT_FOUND, "the page has no such file"),
    }
}
