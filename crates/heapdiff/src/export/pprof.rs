//! A snapshot as a heap profile of pprof, as Go's programs write them: for `go tool pprof`, Grafana Pyroscope,
//! Parca, speedscope.
//!
//! The format is <https://github.com/google/pprof/blob/main/proto/profile.proto>; the field numbers are from there.

use std::collections::HashMap;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::protobuf::Message;
use crate::compare::Side;
use crate::frame::Frame;
use crate::profile::{Counters, Profile};

/// A sample's values: names, units and order are those of Go's heap profiles.
const SAMPLE_TYPES: [(&str, &str); 4] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
];

/// Frames that pprof leaves out when it shows a profile (`drop_frames`), for whoever called them asked for the
/// memory. It would otherwise say that everything was allocated by the allocator.
const ALLOCATOR: &str = concat!(
    r"__rust_.*|__rustc::.*|<[^<>]* as core::alloc::[^<>]*>::.*",
    r"|<?alloc::alloc::.*|<?alloc::raw_vec::.*|malloc|calloc|realloc|operator new.*",
);

/// A gzipped profile: every stack with what it ever allocated and what is live, function names in full.
///
/// # Panics
/// Never: memory takes all writes.
pub fn render(profile: &Profile) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(encode(profile).as_bytes())
        .expect("memory takes all writes");
    gzip.finish().expect("memory takes all writes")
}

/// `Profile` of profile.proto.
fn encode(profile: &Profile) -> Message {
    let mut strings = Strings::default();
    let mut out = Message::default();
    for (name, unit) in SAMPLE_TYPES {
        out.message(1, &value_type(name, unit, &mut strings));
    }
    for (stack, counters) in profile.stacks().iter() {
        let mut sample = Message::default();
        // innermost first, as DHAT has them; ids begin at 1
        sample.packed(1, stack.iter().map(|id| u64::from(id.0) + 1));
        sample.packed(2, values(counters));
        out.message(2, &sample);
    }
    out.message(3, &mapping(profile, &mut strings));
    let mut functions = Functions::default();
    for (id, frame) in (1..).zip(profile.frames().iter()) {
        out.message(4, &location(id, functions.id(frame, &mut strings), frame));
    }
    for function in &functions.list {
        out.message(5, function);
    }
    out.uint(7, strings.id(ALLOCATOR));
    if let Some(nanos) = profile.metadata.time.and_then(nanos) {
        out.int(9, nanos);
    }
    if let Some(uptime) = profile.metadata.uptime {
        out.int(10, nanos_of(uptime).unwrap_or(i64::MAX));
    }
    // Of samples the values are estimates already, as pprof wants them.
    out.message(11, &value_type("space", "bytes", &mut strings));
    out.int(12, 1);
    let comments = comments(profile);
    out.packed(13, comments.iter().map(|comment| strings.id(comment)));
    out.uint(14, strings.id("inuse_space"));
    for string in &strings.list {
        out.string(6, string);
    }
    out
}

fn values(counters: &Counters) -> [u64; 4] {
    [
        counters.total_blocks,
        counters.total_bytes,
        counters.live_blocks,
        counters.live_bytes,
    ]
}

fn value_type(name: &str, unit: &str, strings: &mut Strings) -> Message {
    let mut out = Message::default();
    out.uint(1, strings.id(name)).uint(2, strings.id(unit));
    out
}

/// The program as a whole. Names and lines are known already, so that no tool looks for its file.
fn mapping(profile: &Profile, strings: &mut Strings) -> Message {
    let command = profile.metadata.command.as_deref().unwrap_or_default();
    let program = command.split_whitespace().next().unwrap_or("program");
    let mut out = Message::default();
    out.uint(1, 1).uint(5, strings.id(program));
    for known in [7, 8, 9, 10] {
        out.bool(known, true); // functions, files, lines, inlined frames
    }
    out
}

fn location(id: u64, function: u64, frame: &Frame) -> Message {
    let mut line = Message::default();
    line.uint(1, function)
        .uint(2, frame.line().unwrap_or(0).into())
        .uint(3, frame.column().unwrap_or(0).into());
    let mut out = Message::default();
    out.uint(1, id).uint(2, 1).message(4, &line);
    out
}

/// What has no place of its own in a profile.
fn comments(profile: &Profile) -> Vec<String> {
    let metadata = &profile.metadata;
    let mut out = vec![format!("snapshot: {}", profile.label)];
    let mut say = |what: &str, value: Option<String>| {
        out.extend(value.map(|value| format!("{what}: {value}")));
    };
    say("command", metadata.command.clone());
    say("server", metadata.server.clone());
    say("requests", metadata.requests.map(|n| n.to_string()));
    for (route, requests) in &metadata.requests_by_route {
        say(&format!("requests of {route}"), Some(requests.to_string()));
    }
    say("sampling", Side::of(profile).estimate());
    say("rss_bytes", metadata.rss_bytes.map(|n| n.to_string()));
    out
}

fn nanos(time: SystemTime) -> Option<i64> {
    nanos_of(time.duration_since(SystemTime::UNIX_EPOCH).ok()?)
}

fn nanos_of(duration: Duration) -> Option<i64> {
    i64::try_from(duration.as_nanos()).ok()
}

/// The table of strings; the first is empty.
struct Strings {
    list: Vec<String>,
    ids: HashMap<String, u64>,
}

impl Default for Strings {
    fn default() -> Self {
        Self {
            list: vec![String::new()],
            ids: HashMap::from([(String::new(), 0)]),
        }
    }
}

impl Strings {
    fn id(&mut self, text: &str) -> u64 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.list.len() as u64;
        self.list.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }
}

/// Functions by name and file: frames are lines of them.
#[derive(Default)]
struct Functions {
    list: Vec<Message>,
    ids: HashMap<(u64, u64), u64>,
}

impl Functions {
    fn id(&mut self, frame: &Frame, strings: &mut Strings) -> u64 {
        let name = strings.id(frame.function());
        let file = strings.id(frame.file().unwrap_or_default());
        let next = self.list.len() as u64 + 1;
        let id = *self.ids.entry((name, file)).or_insert(next);
        if id == next {
            let mut function = Message::default();
            // no system_name: pprof would take it for a C++ symbol, and cut what is in angle brackets
            function.uint(1, id).uint(2, name).uint(4, file);
            self.list.push(function);
        }
        id
    }
}
