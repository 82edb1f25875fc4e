//! The table of strings at the end of a file: nodes and edges name them by number.

use std::collections::HashMap;
use std::rc::Rc;

/// Distinct strings, numbered in order of appearance.
#[derive(Debug)]
pub(super) struct Strings {
    list: Vec<Rc<str>>,
    index: HashMap<Rc<str>, u32>,
}

impl Strings {
    /// The number of the empty string.
    pub(super) const EMPTY: u32 = 0;

    /// A table that has the empty string.
    pub(super) fn new() -> Self {
        let mut strings = Self {
            list: Vec::new(),
            index: HashMap::new(),
        };
        strings.number("");
        strings
    }

    /// The number of `text`, which is added if it is new.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.index.get(text) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).expect("there are fewer names than frames");
        let text: Rc<str> = text.into();
        self.index.insert(Rc::clone(&text), number);
        self.list.push(text);
        number
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(AsRef::as_ref)
    }
}
