//! The measured server with nothing that records: the system's allocator.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    bench::recording::serve(None)
}
