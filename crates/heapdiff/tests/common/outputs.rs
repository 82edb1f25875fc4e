//! Everything that heapdiff makes of snapshots, unpacked: for tests of what must not be in it.

use std::fs;
use std::io::Read;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser as _;
use flate2::read::{DeflateDecoder, GzDecoder};
use heapdiff::cli::{Cli, Output};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// All commands with all formats. A, B and C are snapshots, OUT is a file.
const COMMANDS: [&str; 18] = [
    "show A",
    "show A --by stack --format json",
    "compare A C",
    "compare A C --format json",
    "compare A C --format html",
    "compare A C --format html -o OUT",
    "verdict A B C --requests 100,200,400",
    "verdict A B C --requests 100,200,400 --format json",
    "verdict A B C --requests 100,200,400 --format html",
    "verdict A B C --requests 100,200,400 --format junit",
    "verdict A B C --requests 100,200,400 --format sarif",
    "verdict A B C",
    "flamegraph A",
    "flamegraph A C -o OUT",
    "flamegraph A C --format folded",
    "export --to pprof A -o OUT",
    "export --to chrome A C -o OUT",
    "verdict A C",
];

/// What each command prints and writes, its error included; and what is packed in that.
pub(crate) fn outputs_of(snapshots: [&Path; 3]) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for command in COMMANDS {
        let folder = tempfile::tempdir().unwrap();
        let words = command.split(' ').map(|word| match word {
            "A" => snapshots[0].to_owned(),
            "B" => snapshots[1].to_owned(),
            "C" => snapshots[2].to_owned(),
            "OUT" => folder.path().join("out"),
            word => word.into(),
        });
        let cli = Cli::try_parse_from(std::iter::once("heapdiff".into()).chain(words)).unwrap();
        let screen = Output {
            width: Some(400),
            color: false,
        };
        let mut printed = Vec::new();
        if let Err(error) = cli.run(screen, &mut printed) {
            printed.extend_from_slice(error.to_string().as_bytes());
        }
        all.push((command.to_owned(), printed));
        written(command, folder.path(), &mut all);
    }
    for (name, output) in all.clone() {
        unpack(&name, &output, &mut all);
    }
    all
}

fn written(command: &str, folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{command}: {}", path.file_name().unwrap().display());
        if path.is_dir() {
            written(&name, &path, all);
        } else {
            all.push((name, fs::read(path).unwrap()));
        }
    }
}

/// What is gzipped, and what is Base64 of DEFLATE or of text within a page.
fn unpack(name: &str, output: &[u8], all: &mut Vec<(String, Vec<u8>)>) {
    let mut text = Vec::new();
    if GzDecoder::new(output).read_to_end(&mut text).is_ok() {
        all.push((format!("{name}, unpacked"), text));
    }
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    for run in output
        .split(|byte| !is_base64(byte))
        .filter(|run| run.len() >= 16)
    {
        let Ok(bytes) = STANDARD.decode(run) else {
            continue;
        };
        let mut text = Vec::new();
        if DeflateDecoder::new(&bytes[..])
            .read_to_end(&mut text)
            .is_ok()
        {
            all.push((format!("{name}, a document in it"), text));
        }
        all.push((format!("{name}, Base64 in it"), bytes));
    }
}

/// The secret as it is, and as a URL, a page or Base64 of a longer text would have it.
fn disguises(secret: &str) -> Vec<String> {
    let mut all = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        secret.replace('&', "&amp;").replace('<', "&lt;"),
        secret.replace('/', "\\/"),
    ];
    for before in 0..3 {
        let text = STANDARD.encode(format!("{}{secret}", "x".repeat(before)));
        // Without the characters that what stands before and after has a part in.
        all.push(text[4..text.len() - 4].to_owned());
    }
    all
}

/// Fails where the secret is in an output.
#[track_caller]
pub(crate) fn assert_nowhere<'a>(
    secret: &str,
    outputs: impl IntoIterator<Item = &'a (String, Vec<u8>)>,
) {
    let disguises = disguises(secret);
    for (name, output) in outputs {
        let text = String::from_utf8_lossy(output);
        for disguise in &disguises {
            assert!(!text.contains(disguise), "{disguise} is in: {name}");
        }
    }
}
