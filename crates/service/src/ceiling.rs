//! The heap ceiling: above it the labs' routes answer 503, so that a leak stops growing before the
//! machine suffers. The shell's own routes go on, so that the heap can still be looked at.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use bytesize::ByteSize;
use heapshot::Recorder;

use crate::requests::{Full, turn_away};

/// How much live heap the labs' routes may come to hold.
#[derive(Debug)]
pub(crate) struct Ceiling {
    /// Counts the live heap; without it there is no ceiling.
    pub(crate) heap: Option<Recorder>,
    /// Bytes; 0 for none.
    pub(crate) max_heap: ByteSize,
}

impl Ceiling {
    fn exceeded(&self) -> Option<String> {
        let live = self.heap.as_ref()?.live().bytes;
        (self.max_heap.as_u64() != 0 && live >= self.max_heap.as_u64()).then(|| {
            format!(
                "heap ceiling reached: {} live, {} allowed (--max-heap); restart the server",
                ByteSize::b(live),
                self.max_heap
            )
        })
    }
}

/// Middleware: turns a request away while the heap is above the ceiling.
pub(crate) async fn shed(
    ceiling: web::Data<Ceiling>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match ceiling.exceeded() {
        None => next.call(request).await,
        Some(reason) => {
            Ok(request.into_response(turn_away(Full, StatusCode::SERVICE_UNAVAILABLE, &reason)))
        }
    }
}
