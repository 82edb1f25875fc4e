//! What frames of a large Rust service are called: v0 names with their generic arguments, files and lines as dhat-rs
//! writes them. The same number always gives the same name.

use std::fmt::Write as _;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// Where in a stack a frame can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Between a container and the allocator: few functions, inlined everywhere.
    Allocation,
    /// A container of the standard library, with what is in it.
    Container,
    /// The service's own code.
    Own,
    /// Crates of the registry, generic over the service's types.
    Library,
    /// What runs the service: few frames, below all others.
    Runtime,
}

/// Crates of the service's own workspace.
const OWN: [&str; 12] = [
    "shop",
    "cart",
    "catalog",
    "checkout",
    "invoice",
    "orders",
    "search",
    "session",
    "stock",
    "mailer",
    "reports",
    "storefront",
];

const MODULES: [&str; 10] = [
    "api", "cache", "db", "events", "handlers", "jobs", "model", "routes", "state", "worker",
];

const LIBRARIES: [(&str, &str, &str); 6] = [
    (
        "actix_http::h1::dispatcher::Dispatcher",
        "poll",
        "actix-http-3.20.0/src/h1/dispatcher.rs",
    ),
    (
        "actix_service::apply::Apply",
        "call",
        "actix-service-2.0.3/src/apply.rs",
    ),
    (
        "actix_web::scope::Scope",
        "register",
        "actix-web-4.18.1/src/scope.rs",
    ),
    (
        "futures_util::future::maybe_done::MaybeDone",
        "poll",
        "src/future/maybe_done.rs",
    ),
    (
        "tokio::runtime::task::harness::Harness",
        "poll",
        "src/runtime/task/harness.rs",
    ),
    (
        "tower::util::boxed::sync::BoxService",
        "call",
        "tower-0.5.2/src/util/boxed/sync.rs",
    ),
];

const ALLOCATIONS: [(&str, &str); 5] = [
    (
        "<alloc::alloc::Global>::alloc_impl_runtime",
        "alloc/src/alloc.rs",
    ),
    (
        "<alloc::raw_vec::RawVecInner>::finish_grow",
        "src/raw_vec/mod.rs",
    ),
    (
        "<alloc::raw_vec::RawVecInner>::try_allocate_in",
        "src/raw_vec/mod.rs",
    ),
    ("alloc::boxed::box_new_uninit", "alloc/src/boxed.rs"),
    (
        "<alloc::alloc::Global as core::alloc::Allocator>::allocate",
        "alloc/src/alloc.rs",
    ),
];

/// The number of distinct frames of kind [`Kind::Allocation`].
const ALLOCATION_FRAMES: u64 = 60;

/// The text of a frame, without its address. `name` tells frames of one kind apart.
pub(super) fn frame(kind: Kind, name: u64) -> String {
    let mut draw = Draw(Pcg64Mcg::seed_from_u64(name ^ 0x6c65_616b_6c61_6221));
    let mut text = String::with_capacity(256);
    match kind {
        Kind::Allocation => {
            let name = name % ALLOCATION_FRAMES;
            let (function, file) = ALLOCATIONS[usize::try_from(name % 5).unwrap_or(0)];
            let _ = write!(text, "{function} ({file}:{}:9)", 400 + name);
        }
        Kind::Container => {
            let (before, after, file) = draw.of(&[
                ("<alloc::vec::Vec<", ">>::push", "src/vec/mod.rs"),
                ("<alloc::sync::Arc<", ">>::new", "alloc/src/sync.rs"),
                ("<alloc::boxed::Box<", ">>::new", "alloc/src/boxed.rs"),
                (
                    "<std::collections::hash::map::HashMap<u64, ",
                    ">>::insert",
                    "collections/hash/map.rs",
                ),
            ]);
            text.push_str(before);
            draw.a_type(&mut text, name, 2);
            let _ = write!(text, "{after} ({file}:{}:22)", 400 + draw.below(900));
        }
        Kind::Own => {
            let (krate, module) = (draw.of(&OWN), draw.of(&MODULES));
            let _ = match draw.below(3) {
                0 => write!(text, "{krate}::{module}::handle_{name}"),
                1 => write!(text, "{krate}::{module}::handle_{name}::{{closure#0}}"),
                _ => write!(text, "<{krate}::{module}::Order{name}>::load"),
            };
            let _ = write!(
                text,
                " ({krate}/src/{module}.rs:{}:{})",
                draw.below(3000),
                5 + draw.below(60)
            );
        }
        Kind::Library => {
            let (of, method, file) = draw.of(&LIBRARIES);
            let depth = 2 + draw.below(10);
            let _ = write!(text, "<{of}<");
            draw.a_type(&mut text, name, depth);
            let end = draw.of(&[
                " as core::future::future::Future>::",
                " as actix_service::Service<actix_web::service::ServiceRequest>>::",
                ">::",
            ]);
            let _ = write!(
                text,
                ">{end}{method} ({file}:{}:{})",
                draw.below(2000),
                5 + draw.below(60)
            );
        }
        Kind::Runtime => {
            let _ = write!(
                text,
                "tokio::runtime::scheduler::multi_thread::worker::run_{name} (tokio-1.54.0/src/runtime/worker.rs:{}:9)",
                100 + name
            );
        }
    }
    text
}

/// Chance, always the same.
struct Draw(Pcg64Mcg);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = self.below(choices.len() as u64);
        choices[usize::try_from(at).unwrap_or(0)]
    }

    /// A type of the service in so many layers of others'.
    fn a_type(&mut self, text: &mut String, name: u64, depth: u64) {
        if depth == 0 {
            let (krate, module) = (self.of(&OWN), self.of(&MODULES));
            let _ = write!(text, "{krate}::{module}::Order{name}");
            return;
        }
        let (before, after) = self.of(&[
            ("alloc::vec::Vec<", ">"),
            ("alloc::sync::Arc<", ">"),
            ("core::result::Result<", ", actix_web::error::error::Error>"),
            ("core::pin::Pin<alloc::boxed::Box<dyn core::future::future::Future<Output = ", ">>>"),
            ("actix_service::map_err::MapErrServiceFactory<actix_web::app_service::AppInit<actix_web::app_service::AppEntry, ", ">, actix_http::body::boxed::BoxBody>"),
            ("(alloc::string::String, ", ")"),
        ]);
        text.push_str(before);
        self.a_type(text, name, depth - 1);
        text.push_str(after);
    }
}
