//! Handlers that leak.

mod blocks;
mod collections;
mod services;
mod slow;

use crate::Behaviour;

pub(crate) fn all() -> Vec<Behaviour> {
    let mut all = Vec::new();
    all.extend(collections::all());
    all.extend(blocks::all());
    all.extend(services::all());
    all.extend(slow::all());
    all
}
