//! Reads what an untrusted program wrote, and keeps at most a given number of bytes of it.
//!
//! A student's file can make the compiler print gigabytes, and its server can print, answer and store as much. So every
//! text is cut where it is read, and never read whole first. The part that matters is kept, with a mark at the cut.

mod short_strings;

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use atomic_file::open_regular;
use memchr::memchr;
use reqwest::Response;
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

pub(crate) use short_strings::ShortStrings;

/// Stands where text was cut off.
pub(crate) const CUT: &str = "… (cut)";

/// Lines of a stream, each of which `K` makes short.
pub(crate) struct Lines<R, K> {
    reader: R,
    keep: K,
    /// Whether the line that is being read has begun.
    begun: bool,
}

/// What of a line is kept.
pub(crate) trait Keep {
    /// Takes the next part of a line.
    fn take(&mut self, part: &[u8]);

    /// What was kept of the line, which ends here.
    fn end(&mut self) -> String;
}

/// Keeps the start of a line.
pub(crate) struct Start {
    most: usize,
    kept: Vec<u8>,
    cut: bool,
}

impl<R: AsyncBufRead + Unpin, K: Keep> Lines<R, K> {
    pub(crate) fn new(reader: R, keep: K) -> Self {
        Self {
            reader,
            keep,
            begun: false,
        }
    }

    /// The next line without its end; `None` at the end of the stream. Loses nothing when it is dropped.
    pub(crate) async fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            let part = self.reader.fill_buf().await?;
            if part.is_empty() {
                let last = std::mem::take(&mut self.begun);
                return Ok(last.then(|| self.keep.end()));
            }
            let end = memchr(b'\n', part);
            self.begun = end.is_none();
            self.keep.take(&part[..end.unwrap_or(part.len())]);
            let read = end.map_or(part.len(), |end| end + 1);
            self.reader.consume(read);
            if end.is_some() {
                return Ok(Some(self.keep.end()));
            }
        }
    }
}

impl Start {
    /// Keeps `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            kept: Vec::new(),
            cut: false,
        }
    }
}

impl Keep for Start {
    fn take(&mut self, part: &[u8]) {
        let room = self.most.saturating_sub(self.kept.len()).min(part.len());
        self.kept.extend_from_slice(&part[..room]);
        self.cut |= room < part.len();
    }

    fn end(&mut self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        if text.ends_with('\r') {
            text.pop();
        }
        if std::mem::take(&mut self.cut) {
            text.push_str(CUT);
        }
        self.kept.clear();
        text
    }
}

/// The last lines of a stream.
#[derive(Default)]
pub(crate) struct LastLines {
    lines: VecDeque<String>,
    cut: bool,
}

impl LastLines {
    const MOST: usize = 100;

    pub(crate) fn push(&mut self, line: String) {
        if self.lines.len() == Self::MOST {
            self.lines.pop_front();
            self.cut = true;
        }
        self.lines.push_back(line);
    }

    /// In one text; `None` without a line.
    pub(crate) fn text(&self) -> Option<String> {
        let lines = self.lines.iter().map(String::as_str);
        let mark = self.cut.then_some(CUT);
        let lines: Vec<_> = mark.into_iter().chain(lines).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// Appends to `text`, which never gets longer than `most` bytes and the mark of the cut.
pub(crate) fn append(text: &mut String, more: &str, most: usize) {
    let room = most.saturating_sub(text.len());
    if more.len() <= room {
        text.push_str(more);
    } else if !text.ends_with(CUT) {
        let end = (0..=room).rev().find(|at| more.is_char_boundary(*at));
        text.push_str(&more[..end.unwrap_or(0)]);
        text.push_str(CUT);
    }
}

/// A text's first `most` characters.
pub(crate) fn start(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}{CUT}", &text[..end]),
    }
}

/// The last `lines` lines of the file at `path`, each with at most `most` characters. Reads only the end of the file.
/// `None` if that is empty, or if there is not a regular file: a link or a pipe is not what the lab has made.
pub(crate) fn end_of_file(path: &Path, lines: usize, most: usize) -> Option<String> {
    // Four bytes are the longest character.
    let window = (lines * most * 4) as u64;
    let mut file = open_regular(path).ok()?;
    let length = file.seek(SeekFrom::End(0)).ok()?;
    let begin = length.saturating_sub(window);
    file.seek(SeekFrom::Start(begin)).ok()?;
    let mut end = Vec::new();
    file.take(window).read_to_end(&mut end).ok()?;
    let text = String::from_utf8_lossy(&end);
    let text = text.trim();
    let from = text.rmatch_indices('\n').nth(lines - 1);
    let last = &text[from.map_or(0, |(at, _)| at + 1)..];
    // Where the window begins within a line, only the end of that line is there.
    let within = from.is_none() && begin > 0;
    let mut said = String::new();
    for (n, line) in last.lines().enumerate() {
        if n == 0 && within {
            let from = line.char_indices().nth_back(most.saturating_sub(1));
            said.push('…');
            said.push_str(&line[from.map_or(0, |(at, _)| at)..]);
            continue;
        }
        if n > 0 {
            said.push('\n');
        }
        said.push_str(&start(line, most));
    }
    (!said.is_empty()).then_some(said)
}

/// What is in the regular file at `path`.
///
/// # Errors
/// When it is not a regular file, is longer than `most` bytes, or cannot be read.
pub(crate) fn file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path)?;
    let mut content = Vec::new();
    // The program may still be writing to it.
    if file.take(most + 1).read_to_end(&mut content)? as u64 > most {
        let why = format!("it is longer than {most} bytes, the most that is read of it");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(content)
}

/// The body of an answer, as text; in words if it is longer than `most` bytes, of which no more is read.
///
/// # Errors
/// When the answer ends early.
pub(crate) async fn body(
    answer: &mut Response,
    most: usize,
) -> reqwest::Result<Result<String, String>> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if body.len() + part.len() > most {
            return Ok(Err(format!("answered more than {most} bytes")));
        }
        body.extend_from_slice(&part);
    }
    Ok(Ok(String::from_utf8_lossy(&body).into_owned()))
}

/// All lines of a text; the buffer is small, so that parts end anywhere.
#[cfg(test)]
async fn all_lines<K: Keep>(text: &[u8], keep: K) -> Vec<String> {
    let mut lines = Lines::new(tokio::io::BufReader::with_capacity(7, text), keep);
    let mut all = Vec::new();
    while let Some(line) = lines.next().await.unwrap() {
        all.push(line);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn a_line_keeps_its_start_and_the_next_one_is_whole() {
        let text = format!("{}\r\nshort\r\n\nlast", "é".repeat(100));
        let found = all_lines(text.as_bytes(), Start::new(10)).await;
        assert_eq!(found, ["ééééé… (cut)", "short", "", "last"]);
    }

    #[test]
    fn of_a_file_its_last_lines_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let end = || end_of_file(&path, 3, 10);
        assert_eq!(end(), None);
        fs::write(&path, " \n").unwrap();
        assert_eq!(end(), None);
        fs::write(&path, "one\ntwo").unwrap();
        assert_eq!(end().unwrap(), "one\ntwo");
        fs::write(
            &path,
            format!("{}one\ntwo and more\nthree\n", "0\n".repeat(99)),
        )
        .unwrap();
        assert_eq!(end().unwrap(), "one\ntwo and mo… (cut)\nthree");
        fs::write(&path, format!("{} at its end\nlast", "x".repeat(9999))).unwrap();
        assert_eq!(end().unwrap(), "…at its end\nlast");
    }

    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "content").unwrap();
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for name in ["link", "pipe", "."] {
            assert_eq!(end_of_file(&path(name), 3, 10), None, "{name}");
            assert!(file(&path(name), 100).is_err(), "{name}");
        }
        assert_eq!(file(&path("file"), 7).unwrap(), b"content");
        let error = file(&path("file"), 6).unwrap_err().to_string();
        assert!(error.contains("longer than 6 bytes"), "{error}");
    }
}
