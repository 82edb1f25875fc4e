//! The routes that the tests' server serves, as a lab's would be.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorForbidden, ErrorImATeapot};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse};
use tokio::sync::Semaphore;

/// Lets one `/held` be answered for each permit.
pub(crate) static LET_GO: Semaphore = Semaphore::const_new(0);

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/plain", web::get().to(HttpResponse::Ok))
        .route("/item/{id}", web::get().to(HttpResponse::Ok))
        .route("/teapot", web::get().to(teapot))
        .route("/held", web::get().to(held))
        .service(
            web::resource("/guarded")
                .wrap(from_fn(turn_away))
                .route(web::get().to(HttpResponse::Ok)),
        );
}

async fn teapot() -> Result<HttpResponse, Error> {
    Err(ErrorImATeapot("short and stout"))
}

async fn held() -> HttpResponse {
    LET_GO.acquire().await.expect("never closed").forget();
    HttpResponse::Ok().body("let go")
}

async fn turn_away(
    _request: ServiceRequest,
    _next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    Err(ErrorForbidden("not today"))
}
