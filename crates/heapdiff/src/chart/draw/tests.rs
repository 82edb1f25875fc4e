//! What is drawn: where the values are, what it is called, and that nothing in a name becomes markup.

use roxmltree::{Document, Node};

use super::super::{Axis, Begins, Series, Unit};
use super::*;

fn chart(series: Vec<(&str, Tone, Shape)>) -> Chart {
    let series = series.into_iter().map(|(name, tone, shape)| Series {
        name: Some(name.to_owned()),
        tone,
        shape,
    });
    Chart {
        title: "Live bytes against requests".to_owned(),
        description: "From 8 to 64 MiB".to_owned(),
        x: Axis::of(Unit::Count, Some("requests")),
        y: Axis::of(Unit::Bytes, None),
        series: series.collect(),
        marks: Vec::new(),
        size: Chart::SIZE,
    }
}

fn growth() -> Vec<(f64, f64)> {
    [1.0, 2.0, 4.0, 8.0]
        .map(|n| (100.0 * n, n * 8_388_608.0))
        .to_vec()
}

fn with_class<'a>(svg: &'a Document<'a>, class: &str) -> Vec<Node<'a, 'a>> {
    let classes = |node: &Node<'_, '_>| node.attribute("class").unwrap_or_default().to_owned();
    svg.descendants()
        .filter(|node| classes(node).split(' ').any(|it| it == class))
        .collect()
}

fn number(node: Node<'_, '_>, attribute: &str) -> f64 {
    let value = node.attribute(attribute).expect(attribute);
    value.parse().expect("a number")
}

#[test]
fn a_chart_is_drawn_as_it_always_was() {
    let bars = growth().into_iter().map(|(x, high)| Bar {
        x,
        low: high / 2.0,
        high,
    });
    let mut chart = chart(vec![
        ("may hold", Tone::First, Shape::Bars(bars.collect())),
        ("trend", Tone::Trend, Shape::Line(growth())),
        ("live bytes", Tone::First, Shape::Points(growth())),
    ]);
    chart.marks.push(Mark {
        x: 780.0,
        label: "crash".to_owned(),
    });
    insta::assert_snapshot!(chart.svg());
}

#[test]
fn proportional_growth_is_a_straight_line_from_the_corner() {
    let chart = chart(vec![("live bytes", Tone::First, Shape::Points(growth()))]);
    let svg = chart.svg();
    let svg = Document::parse(&svg).expect("XML");
    let dots = with_class(&svg, "chart-point");
    let [_, dots @ ..] = dots.as_slice() else {
        panic!("no legend")
    };
    let at: Vec<_> = dots
        .iter()
        .map(|dot| (number(*dot, "cx"), number(*dot, "cy")))
        .collect();
    let (first, last) = (at[0], at[3]);
    let slope = (last.1 - first.1) / (last.0 - first.0);
    for (x, y) in &at {
        assert!((first.1 + slope * (x - first.0) - y).abs() <= 1.0, "{at:?}");
    }
    let corner = first.1 - slope * (first.0 - f64::from(LEFT));
    let floor = with_class(&svg, "chart-grid")
        .iter()
        .map(|line| number(*line, "y1"))
        .fold(0.0, f64::max);
    assert!((corner - floor).abs() <= 2.0, "{corner} and {floor}");
}

#[test]
fn everything_has_a_class_and_nothing_a_colour() {
    let svg = chart(vec![
        ("live heap", Tone::First, Shape::Line(growth())),
        ("RSS", Tone::Second, Shape::Points(growth())),
    ])
    .svg();
    assert!(!svg.contains("=\"#") && !svg.contains("style="), "{svg}");
    let svg = Document::parse(&svg).expect("XML");
    assert_eq!(svg.root_element().attribute("role"), Some("img"));
    for name in ["line", "polyline", "circle", "text"] {
        let nodes = svg.descendants().filter(|it| it.tag_name().name() == name);
        for node in nodes {
            assert!(node.attribute("class").is_some(), "{node:?}");
        }
    }
    let texts: Vec<_> = with_class(&svg, "chart-text")
        .iter()
        .map(|text| text.text().unwrap_or_default().trim().to_owned())
        .collect();
    for text in ["live heap", "RSS", "requests", "0", "800", "60 MiB"] {
        assert!(texts.iter().any(|it| it == text), "{text} in {texts:?}");
    }
}

#[test]
fn labels_stay_within_the_picture_and_apart() {
    for power in 0..40 {
        let most = 2.7_f64.powi(power);
        let line = Shape::Line(vec![(0.0, 0.0), (most, most)]);
        let svg = chart(vec![("live bytes", Tone::First, line)]).svg();
        let svg = Document::parse(&svg).expect("XML");
        let texts = with_class(&svg, "chart-text");
        let (wide, high) = (f64::from(Chart::SIZE.0), f64::from(Chart::SIZE.1));
        let mut ends: Vec<(i32, f64, f64)> = Vec::new();
        for text in texts {
            let width = f64::from(width(text.text().expect("a text").trim()));
            let (x, y) = (number(text, "x"), number(text, "y"));
            let left = match text.attribute("text-anchor") {
                Some("middle") => x - width / 2.0,
                Some("end") => x - width,
                _ => x,
            };
            assert!(left >= 0.0 && left + width <= wide, "{text:?} at {most}");
            assert!((0.0..=high).contains(&y), "{text:?}");
            #[expect(clippy::cast_possible_truncation, reason = "a place")]
            ends.push((y as i32, left, left + width));
        }
        ends.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for pair in ends.windows(2) {
            assert!(
                (pair[0].0 - pair[1].0).abs() >= 12 || pair[0].2 < pair[1].1,
                "{pair:?} at {most}"
            );
        }
    }
}

#[test]
fn a_line_does_not_leave_the_chart_below() {
    assert_eq!(
        above_floor(
            &[(0.0, -10.0), (10.0, 10.0), (20.0, -10.0), (30.0, -5.0)],
            0.0
        ),
        [[(5.0, 0.0), (10.0, 10.0), (15.0, 0.0)]]
    );
    assert_eq!(
        above_floor(&[(0.0, -1.0), (1.0, -1.0)], 0.0),
        [[]; 0] as [[(f64, f64); 0]; 0]
    );
}

#[test]
fn nothing_that_a_name_says_is_markup() {
    for name in [
        "<script>alert(1)</script>",
        "\" onload=\"alert(1)",
        "]]> --> &lt;",
        "a\0b\u{1b}[31m\u{fffe}\r\n",
        "class=\"#000300\" fill=\"#000300\"",
    ] {
        let mut chart = chart(vec![(name, Tone::First, Shape::Points(growth()))]);
        name.clone_into(&mut chart.title);
        name.clone_into(&mut chart.description);
        chart.x.name = Some(name.to_owned());
        chart.marks = vec![Mark {
            x: 100.0,
            label: name.to_owned(),
        }];
        let svg = chart.svg();
        let svg = Document::parse(&svg).unwrap_or_else(|error| panic!("{name:?}: {error}: {svg}"));
        let known = ["svg", "title", "desc", "line", "polyline", "circle", "text"];
        for node in svg.descendants().filter(Node::is_element) {
            assert!(known.contains(&node.tag_name().name()), "{node:?}");
            assert!(node.attributes().all(|it| !it.name().starts_with("on")));
        }
    }
}

#[test]
fn what_is_nothing_or_no_number_is_a_chart_all_the_same() {
    let nothing = chart(Vec::new());
    Document::parse(&nothing.svg()).expect("XML");
    let odd = vec![
        (f64::NAN, 1.0),
        (1.0, f64::INFINITY),
        (2.0, 5.0),
        (3.0, 1e300),
    ];
    let bars = vec![Bar {
        x: f64::NAN,
        low: 0.0,
        high: f64::NEG_INFINITY,
    }];
    let mut chart = chart(vec![
        ("a", Tone::First, Shape::Line(odd.clone())),
        ("b", Tone::Second, Shape::Points(odd)),
        ("c", Tone::Trend, Shape::Bars(bars)),
    ]);
    chart.x.begins = Begins::AtLeast;
    for size in [Chart::SIZE, (1, 1), (40, 3000)] {
        chart.size = size;
        let svg = chart.svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        Document::parse(&svg).expect("XML");
    }
}

#[test]
fn what_does_not_fit_in_the_legends_row_begins_another() {
    let long = "what the collection may hold, from a half to all of it";
    let series = |name| (name, Tone::First, Shape::Points(growth()));
    let chart = chart(vec![series("live"), series(long), series("and more")]);
    let (entries, height) = legend(&chart, INDENT);
    let rows: Vec<_> = entries.iter().map(|entry| entry.at.1).collect();
    assert!(rows[0] < rows[1] && rows[1] <= rows[2], "{rows:?}");
    assert!(height > rows[2]);
}

#[test]
fn a_line_has_a_gap_where_nothing_is_known_and_a_lone_point_is_seen() {
    let gap = (4.0, f64::NAN);
    let line = vec![
        (0.0, 1.0),
        (1.0, 2.0),
        gap,
        (5.0, 3.0),
        gap,
        (6.0, 1.0),
        (7.0, 1.0),
    ];
    let svg = chart(vec![("live heap", Tone::First, Shape::Line(line))]).svg();
    let svg = Document::parse(&svg).expect("XML");
    let lines = with_class(&svg, "chart-line");
    assert_eq!(lines.len(), 1 + 2, "the legend's and two parts");
    assert_eq!(with_class(&svg, "chart-point").len(), 1);
}

#[test]
fn words_of_marks_do_not_lie_on_each_other() {
    let line = Shape::Line(vec![(0.0, 0.0), (100.0, 1.0)]);
    let mut chart = chart(vec![("live heap", Tone::First, line)]);
    chart.marks = [10.0, 12.0, 60.0, 98.0]
        .map(|x| Mark {
            x,
            label: "snapshot".to_owned(),
        })
        .to_vec();
    let svg = chart.svg();
    let svg = Document::parse(&svg).expect("XML");
    assert_eq!(with_class(&svg, "chart-mark").len(), 4);
    let words = with_class(&svg, "chart-text");
    let words = words
        .iter()
        .filter(|it| it.text().is_some_and(|it| it.trim() == "snapshot"));
    let mut ends: Vec<(f64, f64)> = words
        .map(|word| {
            let (x, wide) = (number(*word, "x"), f64::from(width("snapshot")));
            match word.attribute("text-anchor") {
                Some("end") => (x - wide, x),
                _ => (x, x + wide),
            }
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(ends.len(), 3, "what is at 10 has no room on either side");
    assert!(
        ends.windows(2).all(|pair| pair[0].1 < pair[1].0),
        "{ends:?}"
    );
}
