//! Handlers that do not leak, though some look like it.

mod bounded;
mod caches;
mod churn;
mod once;

use crate::Behaviour;

pub(crate) fn all() -> Vec<Behaviour> {
    let mut all = Vec::new();
    all.extend(caches::all());
    all.extend(bounded::all());
    all.extend(churn::all());
    all.extend(once::all());
    all
}
