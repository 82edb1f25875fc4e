//! Adds up each snapshot of a series by site.

use std::collections::HashMap;

use super::site::{Point, SiteGrowth};
use crate::frames::Frames;
use crate::in_app::InApp;
use crate::profile::{Counters, Profile};
use crate::site::Sites;

/// The growth of every site, the largest growth in bytes first.
pub(super) fn sites(series: &[(u64, &Profile)], in_app: &InApp) -> Vec<SiteGrowth> {
    let mut frames = Frames::default();
    let numbers: Vec<_> = series
        .iter()
        .map(|(_, profile)| frames.absorb(profile.frames()))
        .collect();
    let mut sites = Sites::new(&frames, in_app);
    let mut rows: HashMap<_, Vec<Point>> = HashMap::new();
    let empty: Vec<Point> = series
        .iter()
        .map(|(requests, _)| Point {
            requests: *requests,
            counters: Counters::default(),
        })
        .collect();
    let mut stack = Vec::new();
    for (at, ((_, profile), numbers)) in series.iter().zip(&numbers).enumerate() {
        for (frames, counters) in profile.stacks().iter() {
            stack.clear();
            stack.extend(frames.iter().map(|id| numbers[id.0 as usize]));
            let points = rows
                .entry(sites.of(&stack))
                .or_insert_with(|| empty.clone());
            points[at].counters.plus(counters);
        }
    }
    let sites = sites.into_parts().0;
    let mut growth: Vec<SiteGrowth> = rows
        .into_iter()
        .map(|(id, points)| SiteGrowth::of(sites[id.0].clone(), points))
        .collect();
    growth.sort_by(|a, b| {
        let by_name = || a.site.constructor().cmp(&b.site.constructor());
        let by_frame = || a.site.frame.text().cmp(b.site.frame.text());
        b.gained_bytes()
            .cmp(&a.gained_bytes())
            .then_with(by_name)
            .then_with(by_frame)
    });
    growth
}
