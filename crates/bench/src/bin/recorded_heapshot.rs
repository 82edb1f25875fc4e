//! The measured server with heapshot: exact, or with samples when told their distance in bytes.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

fn main() -> ExitCode {
    let every = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let recorder = heapshot::Recorder::builder().sample_every(every.unwrap_or(0));
    match recorder.start() {
        Ok(heap) => bench::recording::serve(Some(heap)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
