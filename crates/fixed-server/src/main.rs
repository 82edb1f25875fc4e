//! The fixed server as a program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

fn main() -> ExitCode {
    service::main(
        "fixed-server",
        "The lab's web service, each leak fixed",
        "127.0.0.1:3001",
        fixed_server::labs,
    )
}
