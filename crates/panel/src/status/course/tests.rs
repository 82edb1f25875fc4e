//! A server's course from readings that a test makes up.

use super::*;
use crate::metrics::Histogram;

/// A ring of a reading a second, the last one now.
fn ring(readings: Vec<(u32, Result<Said, Absent>)>) -> (Ring, Instant) {
    let mut ring = Ring::new();
    let begun = ring.epoch + Duration::from_millis(500);
    let mut at = begun;
    let mut now = begun;
    for (run, said) in readings {
        ring.push(Reading { at, run, said });
        now = at;
        at += Duration::from_secs(1);
    }
    (ring, now)
}

fn said(requests: u64) -> Said {
    let count = float(requests);
    let buckets = [(0.1, count), (0.2, count), (f64::INFINITY, count)];
    Said {
        live_bytes: Some(1000 + requests),
        requests: Some(requests),
        classes: [0, 0, requests, 0, 0, 0],
        allocated_bytes: Some(100 * requests),
        cpu_seconds: Some(count / 1000.0),
        snapshots: Some(0),
        durations: Histogram::new(buckets),
        ..Said::default()
    }
}

fn about(is: f64, expected: f64) -> bool {
    (is - expected).abs() < 1e-6 * expected.abs().max(1.0)
}

#[test]
fn rates_are_between_readings_of_one_run() {
    let readings = [100, 110, 150].map(|requests| (0, Ok(said(requests))));
    let (ring, now) = ring(readings.to_vec());
    let Course { points, events } = course(&ring, now, Range::Minute);
    assert_eq!(events, []);
    assert!(points[0].requests.is_nan() && about(points[0].live, 1100.0));
    assert!(about(points[1].requests, 10.0) && about(points[2].requests, 40.0));
    assert!(about(points[2].classes[2], 40.0) && about(points[2].classes[5], 0.0));
    assert!(about(points[2].allocated, 4000.0));
    assert!(about(points[2].cpu, 4.0), "{}", points[2].cpu);
    assert!(about(points[2].p50, 0.05), "{}", points[2].p50);
    assert!(about(points[2].ago, 0.0) && about(points[0].ago, -2.0));
}

#[test]
fn a_restart_is_told_and_no_rate_and_no_line_leads_across_it() {
    let readings = [(0, 500), (0, 600), (1, 5), (1, 15)];
    let readings = readings.map(|(run, requests)| (run, Ok(said(requests))));
    let (ring, now) = ring(readings.to_vec());
    let Course { points, events } = course(&ring, now, Range::Minute);
    let what: Vec<_> = events.iter().map(|event| event.what).collect();
    assert_eq!(what, [What::Restarted]);
    assert_eq!(points.len(), 4 + 1);
    assert!(points[2].live.is_nan() && points[3].requests.is_nan());
    assert!(about(points[4].requests, 10.0));
    let mut rates = points.iter().map(|point| point.requests);
    assert!(rates.all(|rate| rate.is_nan() || rate >= 0.0));
}

#[test]
fn a_server_that_dies_is_a_gap_and_is_picked_up_again() {
    let readings = vec![
        (0, Ok(said(10))),
        (0, Err(Absent::Gone)),
        (0, Err(Absent::Gone)),
        (0, Err(Absent::Amiss)),
        (0, Ok(said(20))),
        (0, Ok(said(30))),
        (0, Err(Absent::Gone)),
        (1, Ok(said(1))),
    ];
    let (ring, now) = ring(readings);
    let Course { points, events } = course(&ring, now, Range::Minute);
    let what: Vec<_> = events.iter().map(|event| event.what).collect();
    assert_eq!(
        what,
        [
            What::Gone,
            What::NoMetrics,
            What::Back,
            What::Gone,
            What::Restarted
        ]
    );
    assert!(points[1].live.is_nan() && points[4].requests.is_nan());
    assert!(about(points[5].requests, 10.0));
}

#[test]
fn snapshots_are_told_where_their_count_rises() {
    let taken = |snapshots| Said {
        snapshots: Some(snapshots),
        ..said(1)
    };
    let readings = [0, 0, 1, 1, 3].map(|snapshots| (0, Ok(taken(snapshots))));
    let (ring, now) = ring(readings.to_vec());
    let told = course(&ring, now, Range::Minute).events;
    let agos: Vec<_> = told.iter().map(|event| event.ago.round()).collect();
    assert!(told.iter().all(|event| event.what == What::Snapshot));
    assert_eq!(agos.len(), 2);
    assert!(about(agos[0], -2.0) && about(agos[1], 0.0));
}

#[test]
fn a_longer_range_has_a_point_for_several_readings_with_the_most_of_them() {
    let mut readings: Vec<_> = (0..60_u64).map(|n| (0, Ok(said(10 * n)))).collect();
    readings[31].1 = Ok(Said {
        live_bytes: Some(1 << 20),
        ..said(310)
    });
    let (ring, now) = ring(readings);
    let points = course(&ring, now, Range::Five).points;
    assert_eq!(points.len(), 20);
    let highest = points.iter().map(|point| point.live).fold(0.0, f64::max);
    assert!(about(highest, 1_048_576.0));
    assert!(points[1..].iter().all(|it| about(it.requests, 10.0)));
    assert_eq!(course(&ring, now, Range::Minute).points.len(), 60);
    assert_eq!(course(&ring, now, Range::Fifteen).points.len(), 6);
    let later = now + Duration::from_secs(30);
    assert_eq!(course(&ring, later, Range::Minute).points.len(), 31);
}
