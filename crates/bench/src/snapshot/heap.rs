//! The heaps that are photographed: what is leaked before, of the lab's servers' own routes.

use std::fmt;

/// References that one request leaks, and objects.
const REFERENCES: u64 = 10_000;
const OBJECTS: u64 = 250;

/// What a server has leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heap {
    Nothing,
    /// The article's leak: so many references to few objects, in one list.
    References(u64),
    /// So many objects, each with a text.
    Objects(u64),
}

impl Heap {
    pub(crate) const USUAL: [Self; 5] = [
        Self::Nothing,
        Self::References(1_000_000),
        Self::References(10_000_000),
        Self::Objects(100_000),
        Self::Objects(1_000_000),
    ];

    /// With large ones: up to 4 GB, which takes as much memory. Not ten million objects: to record them as they are made takes
    /// longer than all the rest.
    pub(crate) const FULL: [Self; 7] = [
        Self::Nothing,
        Self::References(1_000_000),
        Self::References(10_000_000),
        Self::References(100_000_000),
        Self::References(500_000_000),
        Self::Objects(100_000),
        Self::Objects(1_000_000),
    ];

    /// Those that Node can photograph within its limit: it takes over a kilobyte for each reference.
    pub(crate) const NODE: [Self; 3] = [
        Self::Nothing,
        Self::References(1_000_000),
        Self::Objects(100_000),
    ];

    /// How many requests leak it.
    pub(crate) fn requests(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::References(references) => references / REFERENCES,
            Self::Objects(objects) => objects / OBJECTS,
        }
    }

    /// Where they go to: labs 1 and 3.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Self::Nothing | Self::References(_) => "/bloatMyServer",
            Self::Objects(_) => "/bookings/{id}?tasting={word}&seats=250",
        }
    }

    /// The same on Node's server.
    pub(crate) fn route_of_node(self) -> &'static str {
        match self {
            Self::Nothing | Self::References(_) => "/bloatMyServer",
            Self::Objects(_) => "/objects",
        }
    }
}

impl fmt::Display for Heap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
        let millions = |count: u64| count as f64 / 1e6;
        match self {
            Self::Nothing => f.write_str("nothing leaked"),
            Self::References(count) => write!(f, "{} M references", millions(*count)),
            Self::Objects(count) => write!(f, "{} M objects", millions(*count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Heap;

    #[test]
    fn it_is_leaked_by_whole_requests() {
        assert_eq!(Heap::References(10_000_000).requests(), 1000);
        assert_eq!(Heap::Objects(100_000).requests(), 400);
        assert_eq!(Heap::Objects(100_000).to_string(), "0.1 M objects");
    }
}
