//! The two sides of the comparison.

use std::fmt;

use actix_web::web::ServiceConfig;
use clap::ValueEnum;

/// One of the two servers; they have the same files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// As it was deployed, with its leaks.
    Leaky,
    /// The one that students edit.
    Fixed,
}

impl Side {
    /// Always in this order.
    pub(crate) const BOTH: [Self; 2] = [Self::Leaky, Self::Fixed];

    /// The routes of its labs.
    pub(crate) fn routes(self) -> fn(&mut ServiceConfig) {
        match self {
            Self::Leaky => leaky_server::labs,
            Self::Fixed => fixed_server::labs,
        }
    }

    /// Its program.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Leaky => "leaky-server",
            Self::Fixed => "fixed-server",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leaky => "leaky",
            Self::Fixed => "fixed",
        })
    }
}
