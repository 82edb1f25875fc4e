//! The page itself, and its files: `heapdiff`'s.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType};
use actix_web::{HttpResponse, web};

use super::answer::failure;
use crate::page;

/// The page, made once.
pub(super) struct Page {
    html: String,
    policy: String,
}

impl Page {
    pub(super) fn new() -> Self {
        let app = page::app();
        let mut policy = app.content_security_policy;
        if !policy.contains("frame-ancestors") {
            policy.push_str("; frame-ancestors 'none'");
        }
        Self {
            html: app.html,
            policy,
        }
    }
}

pub(super) async fn page(page: web::Data<Page>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, page.policy.as_str()))
        .body(page.html.clone())
}

pub(super) async fn asset(name: web::Path<String>) -> HttpResponse {
    match page::asset(&name) {
        Some(asset) => HttpResponse::Ok()
            .content_type(asset.content_type)
            .body(asset.body),
        None => failure(StatusCode::NOT_FOUND, "the page has no such file"),
    }
}
