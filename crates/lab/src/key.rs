//! The answer key, held against what the snapshots show.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use heapdiff::verdict::{Judgement, Remark, SiteGrowth};

use crate::catalog::{Lab, Truth};

/// Whether the judgement of a leaky server is what the key says: in the lab's file every leak is seen at one of its right
/// lines and nothing else is; or, of a false alarm, that nothing leaks, and that RSS grew all the same.
///
/// # Errors
/// What is not so.
pub(crate) fn holds(lab: &Lab, leaky: &str, judgement: &Judgement) -> Result<()> {
    if lab.truth == Truth::FalseAlarm {
        let rss = |remark: &Remark| matches!(remark, Remark::RssOnly { .. });
        ensure!(
            judgement.remarks.iter().any(rss),
            "the verdict does not say that RSS grew and the heap did not"
        );
        return Ok(());
    }
    let mut seen = BTreeSet::new();
    let first = judgement.leaks().next().context("nothing leaks")?;
    ensure!(
        is_in(lab, first),
        "the largest leak is {}, which is not in the lab's file",
        first.name()
    );
    for site in judgement.leaks().filter(|site| is_in(lab, site)) {
        let line = site
            .site
            .frame
            .line()
            .context("the site has no line: is debug = 1 in the release profile?")?;
        let text = leaky.lines().nth(line as usize - 1).unwrap_or_default();
        let key = lab
            .key_of(text)
            .filter(|key| key.right || key.leak.is_some());
        let key = key.with_context(|| {
            format!(
                "{} leaks at line {line}, {:?}, of which the key knows no leak",
                site.name(),
                text.trim()
            )
        })?;
        if key.right {
            seen.insert(key.leak());
        }
    }
    for leak in lab.leaks() {
        ensure!(
            seen.contains(leak),
            "the leak {leak:?} of the key was not seen"
        );
    }
    Ok(())
}

fn is_in(lab: &Lab, site: &SiteGrowth) -> bool {
    let file = site.site.frame.file().unwrap_or_default();
    file.ends_with(&format!("/{}", lab.file))
}
