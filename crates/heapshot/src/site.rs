//! Names for a few addresses of code: who holds most of a snapshot, and where an allocation came from. No more than a log
//! line needs: what a snapshot means is for its readers.
//!
//! It is done in the child that writes the snapshot, which has the program's debug information in memory by then, and
//! one thread only: it needs no lock.
#![allow(unsafe_code)]

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Frames of one stack at the most.
pub(crate) const MOST_FRAMES: usize = 64;

/// Addresses of code, innermost first.
pub(crate) struct Stack {
    addresses: [usize; MOST_FRAMES],
    length: usize,
}

/// One line of code in a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) function: String,
    /// The whole path.
    pub(crate) file: Option<PathBuf>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Stack {
    /// The stack of the caller. Takes no lock and allocates nothing: the thread may hold any lock there is.
    #[inline(never)]
    pub(crate) fn capture() -> Self {
        let mut stack = Self {
            addresses: [0; MOST_FRAMES],
            length: 0,
        };
        // SAFETY: the lock that the synchronized version takes protects what other systems have; on Unix the unwinder
        // may be used by many threads at once.
        unsafe {
            backtrace::trace_unsynchronized(|frame| {
                stack.addresses[stack.length] = frame.ip() as usize;
                stack.length += 1;
                stack.length < MOST_FRAMES
            });
        }
        stack
    }

    pub(crate) fn addresses(&self) -> &[usize] {
        &self.addresses[..self.length]
    }
}

/// The frames of these addresses, innermost first, those that were inlined too. For the child alone.
pub(crate) fn resolve(addresses: &[usize]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for &address in addresses {
        let add = |symbol: &backtrace::Symbol| {
            let Some(name) = symbol.name() else { return };
            frames.push(Frame {
                function: format!("{name:#}"),
                file: symbol.filename().map(Path::to_path_buf),
                line: symbol.lineno().unwrap_or(0),
                column: symbol.colno().unwrap_or(0),
            });
        };
        // SAFETY: the child has this one thread.
        unsafe { backtrace::resolve_unsynchronized(address as *mut _, add) };
    }
    frames
}

/// The frames at `address`, innermost first, in dhat's words: `shop::main (shop/src/main.rs:1:2)`. For the child alone.
pub(crate) fn texts(address: usize) -> Vec<Box<str>> {
    let mut texts = Vec::new();
    let add = |symbol: &backtrace::Symbol| {
        let name = symbol.name().map(|name| format!("{name:#}"));
        let name = name.as_deref().unwrap_or(UNKNOWN);
        let file = symbol
            .filename()
            .map(|file| short(file).display().to_string());
        let file = file.as_deref().unwrap_or(UNKNOWN);
        let (line, column) = (symbol.lineno().unwrap_or(0), symbol.colno().unwrap_or(0));
        texts.push(format!("{name} ({file}:{line}:{column})").into());
    };
    // SAFETY: the child has this one thread.
    unsafe { backtrace::resolve_unsynchronized(address as *mut _, add) };
    texts
}

/// What dhat writes where nothing is known.
const UNKNOWN: &str = "???";

/// The last three components of a path, as DHAT's files have it.
fn short(file: &Path) -> PathBuf {
    let parts: Vec<_> = file.components().collect();
    parts[parts.len().saturating_sub(3)..].iter().collect()
}

/// Without the frames of the allocator, which every stack begins with.
pub(crate) fn without_allocator(frames: &[Frame]) -> &[Frame] {
    let is_allocator = |frame: &Frame| {
        let name = frame.function.trim_start_matches('<');
        [
            "alloc::alloc::",
            "__rust_alloc",
            "__rust_realloc",
            "__rustc::",
            "__rg_",
            "backtrace::",
            "heapshot::",
        ]
        .iter()
        .any(|start| name.starts_with(start))
    };
    let end = frames.iter().rposition(is_allocator).map_or(0, |at| at + 1);
    &frames[end..]
}

/// The innermost frame of the program's own code; where there is none the innermost that is not of the standard library.
pub(crate) fn to_blame(frames: &[Frame]) -> Option<&Frame> {
    let own = frames
        .iter()
        .find(|frame| !frame.is_std() && !frame.is_of_dependency());
    own.or_else(|| frames.iter().find(|frame| !frame.is_std()))
        .or_else(|| frames.first())
}

impl Frame {
    fn is_std(&self) -> bool {
        let name = self.function.trim_start_matches(['<', '&']);
        let by_name = [
            "std::",
            "core::",
            "alloc::",
            "__rust",
            "__rg_",
            "hashbrown::",
        ];
        let by_path = ["/rustc/", "/rustlib/src/rust/library/"];
        by_name.iter().any(|start| name.starts_with(start)) || self.is_in(&by_path)
    }

    fn is_of_dependency(&self) -> bool {
        self.file.is_none() || self.is_in(&["/registry/src/", "/git/checkouts/", "/vendor/"])
    }

    fn is_in(&self, folders: &[&str]) -> bool {
        let file = self.file.as_ref().map(|file| file.to_string_lossy());
        file.is_some_and(|file| folders.iter().any(|folder| file.contains(folder)))
    }
}

/// `leaky_server::lab1::bloat_my_server (leaky-server/src/lab1.rs:20:20)`, as in DHAT's files.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut function = self.function.as_str();
        while let Some((outer, closure)) = function.rsplit_once("::{closure#")
            && closure.ends_with('}')
        {
            function = outer;
        }
        f.write_str(function)?;
        match &self.file {
            Some(file) => {
                let file = short(file);
                write!(f, " ({}:{}:{})", file.display(), self.line, self.column)
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: &str) -> Frame {
        Frame {
            function: function.to_owned(),
            file: (!file.is_empty()).then(|| PathBuf::from(file)),
            line: 7,
            column: 3,
        }
    }

    #[test]
    fn the_innermost_frame_of_the_program_is_to_blame() {
        let frames = [
            frame(
                "<alloc::vec::Vec<u8>>::push",
                "/rustc/1/library/alloc/src/vec/mod.rs",
            ),
            frame(
                "bytes::Bytes::new",
                "/home/me/.cargo/registry/src/index-1/bytes-1.0.0/src/lib.rs",
            ),
            frame("shop::cart::add::{closure#0}", "/home/me/shop/src/cart.rs"),
            frame("shop::main", "/home/me/shop/src/main.rs"),
        ];
        let blamed = to_blame(&frames).unwrap();
        assert_eq!(blamed.to_string(), "shop::cart::add (shop/src/cart.rs:7:3)");
        assert_eq!(to_blame(&frames[..2]), Some(&frames[1]));
        assert_eq!(to_blame(&frames[..1]), Some(&frames[0]));
        assert_eq!(to_blame(&[]), None);
    }

    #[test]
    fn a_frame_without_a_file_has_its_name() {
        assert_eq!(frame("shop::main", "").to_string(), "shop::main");
    }

    #[test]
    fn this_very_function_is_found_in_its_own_stack() {
        let stack = Stack::capture();
        let frames = resolve(stack.addresses());
        let here = "this_very_function_is_found_in_its_own_stack";
        assert!(frames.iter().any(|frame| frame.function.contains(here)));
    }
}
