//! A pair of snapshots with as many changed sites as is wanted, the same every time: each site a stack of its own,
//! of the depth that async Rust has, in code, std and crates of the registry.

use serde_json::{Value, json};

/// Generated snapshots of one process, before and after, in which `sites` sites changed.
pub(crate) struct Large {
    sites: u64,
}

impl Large {
    pub(crate) const fn of(sites: u64) -> Self {
        Self { sites }
    }

    pub(crate) fn before(&self) -> Vec<u8> {
        self.snapshot(1)
    }

    pub(crate) fn after(&self) -> Vec<u8> {
        self.snapshot(2)
    }

    /// The function of the row that comes at a place when rows are sorted by Alloc. Size, largest first.
    pub(crate) fn function_at(place: u64) -> String {
        format!("shop::{}::handle_{place}", module(place))
    }

    /// What grew there: every row is 16 bytes larger than the next.
    pub(crate) fn alloc_size_at(&self, place: u64) -> u64 {
        16 * (self.sites - place)
    }

    fn snapshot(&self, round: u64) -> Vec<u8> {
        let mut frames: Vec<String> = OUTER.iter().map(ToString::to_string).collect();
        frames.extend(INNER.iter().map(ToString::to_string));
        let points =
            (0..self.sites).map(|n| self.point(scattered(n, self.sites), round, &mut frames));
        let points: Vec<Value> = points.collect();
        let file = json!({
            "dhatFileVersion": 2, "mode": "rust-heap", "verb": "Allocated", "bklt": true, "bkacc": false,
            "tu": "µs", "Mtu": "s", "tuth": 10, "cmd": "./shop", "pid": 1, "tg": 1000 * round, "te": 2000 * round,
            "pps": points, "ftbl": frames,
            "heapshot": {
                "format_version": 1, "time": format!("2026-01-02T03:04:0{round}Z"), "uptime_us": round * 1_000_000,
                "pause_us": 2000, "rss_bytes": 100_000_000 * round,
                "metadata": { "requests": 1000 * round, "server": "shop" },
            },
        });
        file.to_string().into_bytes()
    }

    /// A stack: std's frames, which all share; the code's own, which differ; the runtime's, which all share.
    fn point(&self, place: u64, round: u64, frames: &mut Vec<String>) -> Value {
        let (module, line) = (module(place), 10 + place % 900);
        let ty = format!("shop::{module}::Order{}", place % 97);
        let own = frames.len();
        frames.extend([
            format!(
                "0x{:x}: <alloc::vec::Vec<{ty}>>::push (alloc/src/vec/mod.rs:1029:22)",
                0x1000 + 2 * place
            ),
            format!(
                "0x{:x}: {} (shop/src/{module}.rs:{line}:9)",
                0x1001 + 2 * place,
                Self::function_at(place)
            ),
        ]);
        let inner = OUTER.len()..OUTER.len() + INNER.len();
        let stack: Vec<usize> = inner.chain([own, own + 1]).chain(0..OUTER.len()).collect();
        let (bytes, blocks) = (64 + (round - 1) * self.alloc_size_at(place), round);
        json!({
            "tb": bytes + 8, "tbk": blocks + 1, "tl": 1000 * blocks, "mb": bytes, "mbk": blocks, "gb": bytes, "gbk": blocks,
            "eb": bytes, "ebk": blocks, "fs": stack,
        })
    }
}

/// As names of real modules are: the filter has something to find.
const MODULES: [&str; 8] = [
    "cart", "catalog", "checkout", "invoice", "orders", "search", "session", "stock",
];

fn module(place: u64) -> &'static str {
    MODULES[usize::try_from(place % 8).unwrap_or(0)]
}

/// A place for each number, each once: a file is not sorted by what grew.
fn scattered(n: u64, of: u64) -> u64 {
    const PRIME: u64 = 7_919;
    assert!(!of.is_multiple_of(PRIME));
    n * PRIME % of
}

const INNER: [&str; 4] = [
    "0x10: <alloc::alloc::Global as core::alloc::Allocator>::allocate (alloc/src/alloc.rs:429:14)",
    "0x11: <alloc::raw_vec::RawVecInner>::finish_grow (src/raw_vec/mod.rs:558:24)",
    "0x12: <alloc::raw_vec::RawVecInner>::grow_amortized (src/raw_vec/mod.rs:527:33)",
    "0x13: <alloc::raw_vec::RawVecInner>::grow_one (src/raw_vec/mod.rs:491:41)",
];

const OUTER: [&str; 8] = [
    "0x20: <actix_web::handler::handler_service::{closure#0}::{closure#0} as core::future::future::Future>::poll \
     (actix-web-4.18.0/src/handler.rs:1:1)",
    "0x21: <actix_service::boxed::BoxFuture as core::future::future::Future>::poll (actix-service-2.0.3/src/boxed.rs:2:2)",
    "0x22: <actix_http::h1::dispatcher::Dispatcher>::poll_response (actix-http-3.11.0/src/h1/dispatcher.rs:3:3)",
    "0x23: tokio::runtime::task::raw::poll (tokio-1.54.0/src/runtime/task/raw.rs:4:4)",
    "0x24: <tokio::runtime::scheduler::current_thread::CoreGuard>::block_on (tokio-1.54.0/src/runtime/scheduler.rs:5:5)",
    "0x25: <actix_rt::runtime::Runtime>::block_on (actix-rt-2.11.0/src/runtime.rs:6:6)",
    "0x26: shop::main (shop/src/main.rs:7:7)",
    "0x27: std::rt::lang_start::{closure#0} (src/rt.rs:8:8)",
];
