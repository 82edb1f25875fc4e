//! Charts of courses that a test makes up.

use super::*;

fn kind(id: &str) -> &'static Kind {
    let mut kinds = KINDS.iter();
    kinds.find(|kind| kind.id == id).expect("a chart")
}

/// A minute in which the heap grows to so many bytes.
fn growing_to(bytes: f64, ceiling: f64) -> Course {
    let points = (0..60_u32).map(|second| Point {
        live: bytes * f64::from(second) / 59.0,
        used: bytes * f64::from(second) / 59.0,
        ceiling,
        ..Point::unknown(f64::from(second) - 59.0)
    });
    Course {
        points: points.collect(),
        events: Vec::new(),
    }
}

fn said() -> Said {
    Said {
        live_bytes: Some(1),
        ..Said::default()
    }
}

#[test]
fn a_ceiling_is_drawn_when_it_is_near_and_told_in_any_case() {
    let memory = kind("memory");
    for (bytes, near) in [(10.0, false), (24.0, false), (26.0, true), (99.0, true)] {
        let course = growing_to(bytes * 1e6, 100e6);
        let reaches = memory.reaches(&course);
        let shown = memory.show(&said(), &course, Range::Minute, reaches);
        let svg = shown.svg.as_deref().expect("a chart");
        assert_eq!(svg.contains("tone-limit"), near, "{bytes}");
        let ceiling = shown.values.last().expect("values");
        assert_eq!(ceiling.name, "ceiling");
        assert_eq!(ceiling.beside, Some(format!("{bytes} % used")));
    }
}

#[test]
fn two_servers_have_one_scale_and_a_ceiling_that_is_on_it_is_drawn_for_both() {
    let memory = kind("memory");
    let (leaky, fixed) = (growing_to(80e6, 100e6), growing_to(1e6, 100e6));
    let reaches = memory.reaches(&leaky).max(memory.reaches(&fixed));
    let drawn = |course| memory.show(&said(), course, Range::Minute, reaches).svg;
    let (leaky, fixed) = (
        drawn(&leaky).expect("a chart"),
        drawn(&fixed).expect("a chart"),
    );
    for svg in [&leaky, &fixed] {
        assert!(
            svg.contains("tone-limit") && svg.contains("100 MiB"),
            "{svg}"
        );
    }
}

#[test]
fn what_is_not_told_is_said_to_be_missing_and_what_did_not_happen_is_not() {
    let course = growing_to(1e6, f64::NAN);
    let show = |id, said: &Said| kind(id).show(said, &course, Range::Five, 0.0);
    let missing = show("cpu", &said()).missing.expect("a reason");
    assert!(missing.contains("process_cpu_seconds_total"), "{missing}");
    let idle = Said {
        requests: Some(0),
        ..said()
    };
    assert!(show("requests", &idle).svg.is_some());
    let missing = show("latency", &idle).missing;
    assert_eq!(missing.as_deref(), Some("No request was answered yet."));
}

#[test]
fn statuses_that_never_came_have_no_line() {
    let mut course = growing_to(1e6, f64::NAN);
    for point in &mut course.points {
        point.classes = [0.0, 0.0, 5.0, 0.0, 0.0, 0.0];
    }
    course.points[30].classes[5] = 1.0;
    let told = Said {
        requests: Some(300),
        ..said()
    };
    let shown = kind("statuses").show(&told, &course, Range::Minute, 5.0);
    let mut names: Vec<_> = shown.values.iter().map(|value| value.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["2xx", "5xx"]);
    let svg = shown.svg.expect("a chart");
    assert!(svg.contains("tone-fourth") && !svg.contains("tone-third"));
}
