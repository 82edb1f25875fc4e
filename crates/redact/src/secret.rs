//! A secret value that does not print itself.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::MASK;

/// A secret, such as the token of a server. `Debug` prints [`MASK`], and there is no `Display`, so that options which hold it
/// may be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

/// Every text may be a secret. A parser that refused one would have its caller print it.
impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(secret: &str) -> Result<Self, Infallible> {
        Ok(secret.into())
    }
}
