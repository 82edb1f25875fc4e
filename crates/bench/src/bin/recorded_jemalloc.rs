//! The measured server with jemalloc; whether it takes samples, its environment says (`_RJEM_MALLOC_CONF`).
#![forbid(unsafe_code)]

#[global_allocator]
static ALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    bench::recording::serve(None)
}
