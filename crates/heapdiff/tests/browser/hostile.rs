//! Snapshots of somebody who wishes ill to whoever opens a report on them.

use serde_json::json;

/// Each would show that it was executed by `window.pwned`.
pub(crate) const NAMES: [&str; 14] = [
    "<script>window.pwned=1</script>",
    "\"><img src=x onerror=\"window.pwned=1\">",
    "'><svg onload='window.pwned=1'>",
    "</script><script>window.pwned=1</script>",
    "</title></style></textarea><script>window.pwned=1</script>",
    "<!--<script>",
    "]]><script xmlns=\"http://www.w3.org/1999/xhtml\">window.pwned=1</script>",
    "${window.pwned=1}",
    "`+(window.pwned=1)+`",
    "{{ constructor.constructor('window.pwned=1')() }}",
    "\\u003cscript\\u003ewindow.pwned=1\\u003c/script\\u003e",
    "<a href=\"javascript:window.pwned=1\">click</a>",
    "__proto__",
    "&lt;b&gt;&amp;amp;",
];

/// Where a file is expected.
pub(crate) const FILES: [&str; 4] = [
    "javascript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "../../../../etc/passwd",
    "https://nowhere.invalid/pwned.js",
];

/// Turns the reading direction, hides, moves the cursor, ends a line, is no character at all.
const CONTROLS: &str =
    "a\u{202e}b\u{2066}c\u{200b}d\u{0}e\u{1b}[31mf\u{7}g\r\nh\u{2028}i\u{feff}j\u{fffe}k";

/// What grows, round by round, at each of the names: as a function, as a type and as a file.
pub(crate) fn snapshot(round: u64) -> Vec<u8> {
    let mut frames = vec![
        "[root]".to_owned(),
        "0x1: shop::main (shop/src/main.rs:5:1)".to_owned(),
    ];
    let mut points = Vec::new();
    let mut stack = |function: String, ty: &str, file: &str, bytes: u64| {
        let at = frames.len();
        frames.push(format!(
            "0x2: <alloc::vec::Vec<{ty}>>::push (alloc/src/vec/mod.rs:1:1)"
        ));
        frames.push(format!("0x3: {function} ({file}:7:9)"));
        points.push(json!({
            "tb": bytes * round, "tbk": round, "tl": 5, "mb": bytes, "mbk": 1, "gb": bytes, "gbk": 1,
            "eb": bytes * round, "ebk": round, "fs": [at, at + 1, 1],
        }));
    };
    for (n, name) in (0..).zip(NAMES) {
        stack(format!("shop::{name}"), name, "shop/src/a.rs", 10_000 - n);
        stack(name.to_owned(), "u8", name, 9_000 - n);
    }
    for (n, file) in (0..).zip(FILES) {
        stack(format!("shop::file_{n}"), "u16", file, 8_000 - n);
    }
    stack(format!("shop::{CONTROLS}"), CONTROLS, CONTROLS, 7_000);
    stack(
        long("shop::f", "<é>"),
        &long("shop::T", "&lt;"),
        &long("shop/src/", "/d"),
        20_000,
    );
    let evil = NAMES.concat();
    let file = json!({
        "dhatFileVersion": 2, "mode": "rust-heap", "verb": "Allocated", "bklt": true, "bkacc": false,
        "tu": "<b>µs</b>", "Mtu": "<b>s</b>", "tuth": 10, "cmd": evil, "pid": 1, "tg": 1, "te": 2 * round,
        "pps": points, "ftbl": frames,
        "heapshot": {
            "format_version": 1, "time": format!("2026-01-02T03:04:0{round}Z"), "uptime_us": round, "pause_us": 1,
            "rss_bytes": 1_000_000 * round, "label": evil,
            "metadata": {
                "requests": round, "server": evil, "label": evil,
                "requests_by_route": { NAMES[0]: round, NAMES[3]: round, CONTROLS: round },
            },
        },
    });
    file.to_string().into_bytes()
}

/// A name of 100 KB.
fn long(start: &str, part: &str) -> String {
    let mut name = start.to_owned();
    while name.len() < 100_000 {
        name.push_str(part);
    }
    name
}
