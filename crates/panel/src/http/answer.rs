//! How the panel answers: JSON, and when it says no, the reason as `{"error": "…"}`.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Largest body of JSON that is taken, in bytes: names are short.
const LARGEST: usize = 16 << 10;

/// What a handler answers, or why not.
pub(super) type Answer = Result<HttpResponse, Error>;

/// Answers with `body`.
pub(super) fn json(body: &impl Serialize) -> HttpResponse {
    match serde_json::to_string(body) {
        Ok(text) => document(text),
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Answers with JSON that is text already.
pub(super) fn document(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(text)
}

/// Says no, and why.
pub(super) fn failure(status: StatusCode, reason: &str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(ContentType::json())
        .body(serde_json::json!({ "error": reason }).to_string())
}

/// Does what may block, off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    web::block(work).await.unwrap_or(Err(Error::Ending))
}

/// The body of a request, which must be JSON and say so: no form of another site can.
pub(super) async fn body<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<T, Error> {
    if request.content_type() != "application/json" {
        return Err(Error::MediaType);
    }
    let read = payload.to_bytes_limited(LARGEST).await;
    let too_long = |_| Error::BadRequest("the body is far too long".to_owned());
    let bytes = read
        .map_err(too_long)?
        .map_err(|error| Error::BadRequest(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::BadRequest(error.to_string()))
}

/// The parameters of a request.
pub(super) fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Error> {
    web::Query::from_query(request.query_string())
        .map(web::Query::into_inner)
        .map_err(|error| Error::BadRequest(error.to_string()))
}

pub(super) async fn no_such_route() -> HttpResponse {
    failure(
        StatusCode::NOT_FOUND,
        "there is nothing here: the page is /, and docs/formats.md tells the API",
    )
}

pub(super) async fn wrong_method() -> HttpResponse {
    failure(
        StatusCode::METHOD_NOT_ALLOWED,
        "this takes another method: docs/formats.md tells which",
    )
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::UnknownSnapshot | Self::UnknownServer => StatusCode::NOT_FOUND,
            Self::BadName | Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NameTaken(_) | Self::Busy(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotASnapshot(_)
            | Self::Unreadable { .. }
            | Self::Incomparable(_)
            | Self::NoSeries(_)
            | Self::LongSeries(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Server { .. } => StatusCode::BAD_GATEWAY,
            Self::Slow { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Ending | Self::Crowded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Address { .. }
            | Self::NoSuchPath(_)
            | Self::Token(_)
            | Self::NotLoopback(_)
            | Self::Listen { .. }
            | Self::System { .. }
            | Self::File { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        failure(self.status_code(), &self.to_string())
    }
}
