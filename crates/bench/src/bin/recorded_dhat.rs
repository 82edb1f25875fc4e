//! The measured server with dhat alone, and as many frames as heapshot keeps.
#![forbid(unsafe_code)]

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

fn main() -> std::process::ExitCode {
    let profiler = dhat::Profiler::builder().trim_backtraces(Some(16)).build();
    std::mem::forget(profiler); // it would write its file; the process ends before
    bench::recording::serve(None)
}
