//! How a report carries what the panel would fetch: documents as compressed text, modules as `data:` URLs.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// A text as Base64 of raw DEFLATE: no name in a snapshot can mean anything to HTML then, and it is a tenth as long.
///
/// # Panics
/// Never: memory takes all writes.
pub(super) fn packed(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder
        .write_all(text.as_bytes())
        .expect("memory takes all writes");
    STANDARD.encode(encoder.finish().expect("memory takes all writes"))
}

/// Most of what the best level gains, in a fraction of its time.
const LEVEL: u32 = 4;

/// A module as a URL that needs no server.
pub(super) fn module_url(module: &str) -> String {
    let encoded = utf8_percent_encode(module, NOT_IN_URLS);
    format!("data:text/javascript;charset=utf-8,{encoded}")
}

/// What means something in a URL, in JSON or in HTML.
const NOT_IN_URLS: &AsciiSet = &CONTROLS
    .add(b'%')
    .add(b'#')
    .add(b'"')
    .add(b'\\')
    .add(b'<')
    .add(b'>')
    .add(b'&')
    .add(b'`');

/// A word that nobody can know beforehand, least of all whoever made the snapshot: scripts and style with it may run.
pub(super) fn nonce() -> String {
    use std::hash::{BuildHasher, RandomState};
    let random = || RandomState::new().hash_one(0_u8).to_le_bytes();
    STANDARD.encode([random(), random()].concat())
}
