//! The lab's web service with each leak fixed: one file a lab. `leaky-server` has the same files.
#![forbid(unsafe_code)]

use actix_web::web::ServiceConfig;

pub mod lab1;
pub mod lab2;
pub mod lab3;
pub mod lab4;
pub mod lab5;
pub mod lab6;
pub mod lab7;
pub mod lab8;

/// The routes of all labs.
pub fn labs(config: &mut ServiceConfig) {
    config
        .configure(lab1::routes)
        .configure(lab2::routes)
        .configure(lab3::routes)
        .configure(lab4::routes)
        .configure(lab5::routes)
        .configure(lab6::routes)
        .configure(lab7::routes)
        .configure(lab8::routes);
}
