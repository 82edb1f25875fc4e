//! What the labs ask of their servers, as their `lab.toml` says.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use payload::{Generator, Template};
use serde::Deserialize;

/// A lab, as far as it is measured.
#[derive(Clone, Debug)]
pub(crate) struct Lab {
    pub(crate) number: u32,
    pub(crate) title: String,
    /// What is asked for, in turn, with placeholders.
    pub(crate) routes: Vec<String>,
    /// A status with which the server turns a request away.
    pub(crate) busy: Option<u16>,
}

#[derive(Deserialize)]
struct Description {
    title: String,
    routes: Vec<String>,
    contract: Contract,
}

#[derive(Deserialize)]
struct Contract {
    busy: Option<u16>,
}

impl Lab {
    /// The lab of this number, in the workspace at `root`.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn read(root: &Path, number: u32) -> Result<Self> {
        let path = root.join(format!("labs/lab{number}/lab.toml"));
        let text = fs::read_to_string(&path)
            .with_context(|| format!("there is no lab {number}: cannot read {}", path.display()))?;
        let described: Description =
            toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        ensure!(
            !described.routes.is_empty(),
            "{} has no routes",
            path.display()
        );
        Ok(Self {
            number,
            title: described.title,
            routes: described.routes,
            busy: described.contract.busy,
        })
    }

    /// All of them, in order.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(crate) fn all(root: &Path) -> Result<Vec<Self>> {
        (1..)
            .take_while(|number| root.join(format!("labs/lab{number}/lab.toml")).is_file())
            .map(|number| Self::read(root, number))
            .collect()
    }

    /// The paths that its requests ask for, in an order that never changes.
    ///
    /// # Errors
    /// When a route has an unknown placeholder.
    pub(crate) fn paths(&self) -> Result<impl Iterator<Item = String> + use<>> {
        let routes = self
            .routes
            .iter()
            .map(|route| Template::parse(route).with_context(|| format!("in route {route}")))
            .collect::<Result<Vec<_>>>()?;
        let turns = routes.into_iter().collect::<Vec<_>>();
        let mut turn = 0;
        Ok(Generator::new(0).map(move |sample| {
            let path = turns[turn].fill(&sample);
            turn = (turn + 1) % turns.len();
            path
        }))
    }
}
