//! `GET /api/snapshots/{id}/file`: a snapshot's file, sent as it is read.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};

use super::answer::{Answer, blocking};
use super::shared::Shared;
use crate::store::Download;

pub(super) async fn file(shared: web::Data<Shared>, id: web::Path<String>) -> Answer {
    let store = Arc::clone(&shared.store);
    let Download { file, bytes, name } = blocking(move || store.download(&id)).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((CONTENT_DISPOSITION, attachment(&name)))
        .body(Chunks { file, left: bytes }))
}

/// The name as RFC 6266 has it: for old readers in ASCII, for all others as it is.
fn attachment(name: &str) -> String {
    let ascii: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// How much of a file is in memory at a time, in bytes.
const CHUNK: u64 = 64 << 10;

/// A file's content, so many bytes of it.
struct Chunks {
    file: File,
    left: u64,
}

impl MessageBody for Chunks {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.left)
    }

    /// A chunk comes from the system's cache or from a disk of this machine: not worth a thread for each.
    fn poll_next(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = &mut *self;
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let mut chunk = Vec::new();
        let read = (&this.file)
            .take(CHUNK.min(this.left))
            .read_to_end(&mut chunk);
        Poll::Ready(Some(match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                this.left -= n as u64;
                Ok(chunk.into())
            }
            Err(error) => Err(error),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn any_name_is_one_attachments_name() {
        assert_eq!(
            attachment("größer (2).json"),
            "attachment; filename=\"gr__er (2).json\"; filename*=UTF-8''gr%C3%B6%C3%9Fer%20%282%29.json"
        );
    }
}
