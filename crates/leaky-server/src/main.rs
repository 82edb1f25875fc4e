//! The leaky server as a program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

fn main() -> ExitCode {
    service::main(
        "leaky-server",
        "The lab's leaky web service",
        "127.0.0.1:3000",
        leaky_server::labs,
    )
}
