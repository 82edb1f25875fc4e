//! The labs after the first, each by what is its own: where it leaks, fixes that are not the shipped one, and ways
//! to delete the feature, which must all be found.

use crate::Lab;

/// Asserts that the leaky server leaks at a line of its file that contains `line`, and as this type.
#[track_caller]
fn leaks(lab: &Lab, type_name: &str, line: &str) {
    let report = lab.finds(&["--server", "leaky"], "leaking", 1);
    assert_eq!(report["top_site"]["type"], type_name, "{report}");
    let file = format!("leaky-server/src/lab{}.rs", lab.number);
    assert_eq!(report["top_site"]["file"], file.as_str(), "{report}");
    let number = usize::try_from(report["top_site"]["line"].as_u64().unwrap()).unwrap();
    let text = lab.starter().lines().nth(number - 1).unwrap().to_owned();
    assert!(text.contains(line), "{text}");
}

#[test]
fn lab_2_leaks_pages_and_any_bound_is_a_fix() {
    let lab = Lab::numbered(2);
    leaks(&lab, "String", "pages.insert(");
    lab.finds(&[], "reference", 0);

    lab.write(&lab.starter());
    lab.edit(
        "    pages.insert(",
        "    if pages.len() == 150 {\n        pages.clear();\n    }\n    pages.insert(",
    );
    lab.finds(&[], "fixed", 0);
}

#[test]
fn lab_2_wants_hits_to_hit_and_misses_to_be_right() {
    let lab = Lab::numbered(2);
    lab.edit("    pages.put(search.q.clone(), page.clone());\n", "");
    lab.breaks_the_contract("hit must be true");

    lab.scratch.refresh().unwrap();
    lab.edit(
        "pages.get(&search.q)",
        "pages.iter().next().map(|(_, page)| page)",
    );
    lab.breaks_the_contract("hit must be false");

    lab.scratch.refresh().unwrap();
    lab.edit("render(&search.q)", "render(\"tea\")");
    lab.breaks_the_contract("page must contain \"40. an article on ");

    // Full, and no cache any more: found after the load.
    lab.write(&lab.starter());
    lab.edit(
        "    pages.insert(",
        "    if pages.len() < 64 {\n    pages.insert(",
    );
    lab.edit(
        "page.clone());\n    Json",
        "page.clone());\n    }\n    Json",
    );
    lab.breaks_the_contract("after 1600 requests");
}

#[test]
fn lab_3_leaks_seats_and_seats_that_know_no_booking_are_a_fix() {
    let lab = Lab::numbered(3);
    leaks(&lab, "Arc<Seat>", "seats.push(");
    lab.finds(&[], "reference", 0);

    lab.write(&lab.starter());
    lab.edit("booking: Arc<Booking>", "saves: u32");
    lab.edit("booking: Arc::clone(self)", "saves: self.saves");
    lab.edit("self.booking.saves", "self.saves");
    lab.finds(&[], "fixed", 0);
}

#[test]
fn lab_3_wants_the_tickets_and_their_price() {
    let lab = Lab::numbered(3);
    // Nobody owns the booking: its seats forget the discount.
    lab.edit("Arc::downgrade(self)", "Weak::new()");
    lab.breaks_the_contract("cents must be 21600");

    lab.scratch.refresh().unwrap();
    lab.edit("{}-{}-{number}", "{}-{}-1{number}");
    lab.breaks_the_contract("tickets must be [");
}

#[test]
fn lab_6_leaks_names_and_shared_ones_are_a_fix() {
    let lab = Lab::numbered(6);
    leaks(&lab, "Box<str>", "Box::leak(");
    lab.finds(&[], "reference", 0);

    lab.edit("VecDeque<String>", "VecDeque<std::sync::Arc<str>>");
    lab.edit("into_inner().from)", "into_inner().from.into())");
    lab.edit(".cloned()", ".map(ToString::to_string)");
    lab.finds(&[], "fixed", 0);
}

#[test]
fn lab_6_wants_the_latest_visits_as_they_were_sent() {
    let lab = Lab::numbered(6);
    lab.edit("latest.truncate(MOST)", "latest.truncate(1)");
    lab.breaks_the_contract("latest must contain \"https://news.example/");

    lab.scratch.refresh().unwrap();
    lab.edit("visit.into_inner().from", "\"elsewhere\".to_owned()");
    lab.breaks_the_contract("latest/0 must be \"https://news.example/");
}
