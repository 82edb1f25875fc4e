//! 20,000 rows: made soon, shown soon, and fluid. What was measured is printed (`--nocapture`) and bounded only
//! loosely here, for a test must not fail because a machine is busy.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::browser::{Key, Page, wait_for};
use crate::large::Large;
use crate::report::{Made, Report};
use crate::table::Table;

const ROWS: u64 = 20_000;

/// When the first row of a table came into the document.
const WATCH: &str = "new MutationObserver((_, observer) => {
    if (!document.querySelector('tbody tr[aria-rowindex]')) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { globalThis.rowsAt = performance.now(); }));
}).observe(document, { childList: true, subtree: true });";

/// Milliseconds that something in the page takes until it is on the screen.
const UNTIL_PAINTED: &str = "const [it, act] = arguments;
    const started = performance.now();
    (0, eval)(act)(it);
    const busy = performance.now() - started;
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return [busy, performance.now() - started];";

/// What a user is to wait at most, ten times over, in milliseconds.
const LIMIT: f64 = 2_000.0;

/// Milliseconds that a computation takes in the page which takes some sixty where nothing else runs.
const PACE: &str = "const started = performance.now();
    Array.from({ length: 200_000 }, (_, at) => (at * 7919) % 200_003).sort((a, b) => a - b);
    return performance.now() - started;";

/// Asserts that something was soon there, as this machine is at the moment.
#[track_caller]
fn assert_soon(page: &Page, what: &str, took: f64) {
    if took >= LIMIT {
        let usual = page.js::<f64>(PACE, &[]);
        assert!(
            took < 30.0 * usual,
            "{what}: {took} ms, where a computation takes {usual} ms"
        );
    }
}

/// Made once for all tests, in a folder of the target folder: that takes a while where nothing is optimized.
fn large() -> Option<Report> {
    static MADE: OnceLock<Arc<Made>> = OnceLock::new();

    let page = Page::open()?;
    page.run_first(WATCH);
    let made = MADE.get_or_init(|| {
        let large = Large::of(ROWS);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large");
        Arc::new(Made::at(&folder, &large.before(), &large.after()))
    });
    Some(Report::opened(page, Arc::clone(made)))
}

#[test]
fn twenty_thousand_rows_are_soon_there_and_sorted_and_filtered() {
    let Some(report) = large() else { return };
    let page = &report.page;
    println!(
        "made in {:?}, {} bytes",
        report.made.took,
        report.made.size()
    );
    if !cfg!(debug_assertions) {
        assert!(
            report.made.took < Duration::from_secs(6),
            "{:?}",
            report.made.took
        );
    }
    let rows_at = wait_for("rows", || {
        page.js::<Option<f64>>("return globalThis.rowsAt ?? null", &[])
    });
    // The entry comes a little after the paint.
    let painted = wait_for("the first paint", || {
        page.js::<Option<f64>>(
            "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null",
            &[],
        )
    });
    println!("painted at {painted:.0} ms, rows at {rows_at:.0} ms");
    assert_soon(page, "the first paint", painted);
    assert_soon(page, "rows", rows_at / 2.0);
    assert_eq!(Table::of(page).count, 20_000);

    for (head, clicks) in [
        ("# New", 2),
        ("Size Delta", 2),
        ("Constructor", 2),
        ("Alloc. Size", 1),
    ] {
        for _ in 0..clicks {
            let took = until_painted(
                page,
                "columnheader",
                head,
                "it => it.querySelector('button').click()",
            );
            assert_eq!(Table::of(page).sorted_by().0, head);
            println!("sorted by {head} in {took} ms");
        }
    }
    for text in ["c", "checkout", "handle_199"] {
        let act = format!(
            "it => {{ it.value = '{text}'; it.dispatchEvent(new InputEvent('input', {{ bubbles: true }})) }}"
        );
        let took = until_painted(page, "searchbox", "Filter", &act);
        println!("filtered by {text:?} in {took} ms");
    }
    let expected = (0..ROWS)
        .filter(|n| n.to_string().starts_with("199"))
        .count();
    Table::once(page, "the filter", |table| table.count == expected);
    for by in ["type", "stack", "site"] {
        println!(
            "grouped by {by} in {} ms",
            until_painted(page, "button", by, "it => it.click()")
        );
    }
    page.said_nothing();
}

/// What the page computed for and how long it took until that was painted, in milliseconds.
#[track_caller]
fn until_painted(page: &Page, role: &str, name: &str, act: &str) -> String {
    let element = page.the(role, name).to_json();
    let (busy, painted) = page.js_async::<(f64, f64)>(UNTIL_PAINTED, &[element, act.into()]);
    assert_soon(page, name, painted);
    format!("{busy:.0} (painted {painted:.0})")
}

#[test]
fn only_the_rows_on_the_screen_are_in_the_document_and_the_right_ones() {
    let Some(report) = large() else { return };
    let page = &report.page;
    let large = Large::of(ROWS);
    Table::of(page);
    for part in [0.0, 0.25, 0.5, 0.77, 1.0, 0.5] {
        page.js::<()>(
            "scrollTo(0, arguments[0] * (document.documentElement.scrollHeight - innerHeight))",
            &[part.into()],
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in the table"
        )]
        let near = (part * 19_999.0) as usize;
        let table = Table::once(page, "rows where one scrolled to", |table| {
            table.rows.iter().any(|row| row.at.abs_diff(near) < 40)
        });
        assert!(table.rows.len() < 300, "{} rows", table.rows.len());
        assert!(table.rows.windows(2).all(|pair| pair[0].at < pair[1].at));
        for row in &table.rows {
            let place = row.at as u64;
            let function = format!(
                " {}",
                Large::function_at(place).trim_start_matches("shop::")
            );
            let name = format!(" {}", row.name.replace('\n', " ")) + " ";
            assert!(name.contains(&(function + " ")), "{place}: {name}");
            assert_eq!(
                row.number("Alloc. Size"),
                i64::try_from(large.alloc_size_at(place)).expect("small")
            );
        }
        let elements = page.js::<usize>("return document.querySelectorAll('*').length", &[]);
        assert!(elements < 5_000, "{elements} elements");
        if part > 0.0 {
            in_view_is_no_gap(page); // at the top is the page's head
        }
    }
    page.said_nothing();
}

/// The middle of the window shows a row.
#[track_caller]
fn in_view_is_no_gap(page: &Page) {
    let at_middle = "const at = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
        return Boolean(at?.closest('tr[aria-rowindex]'))";
    assert!(
        page.js::<bool>(at_middle, &[]),
        "a gap in the middle of the window"
    );
}

#[test]
fn a_row_in_the_middle_opens_and_closes_where_it_is() {
    let Some(report) = large() else { return };
    let page = &report.page;
    Table::of(page);
    page.js::<()>(
        "scrollTo(0, document.documentElement.scrollHeight / 2)",
        &[],
    );
    let middle = || {
        page.js::<Option<usize>>(
            "const at = document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('tr[aria-rowindex]');
             return at ? Number(at.ariaRowIndex) - 2 : null",
            &[],
        )
    };
    let at = wait_for("a row in the middle", || middle().filter(|at| *at > 5_000));
    let function = Large::function_at(at as u64);
    let row = page.the(
        "button",
        &format!("{} ", function.trim_start_matches("shop::")),
    );
    row.js::<()>("it.scrollIntoView({ block: 'center', behavior: 'instant' })");
    let top = || row.js::<f64>("return it.getBoundingClientRect().top");
    let before = top();
    row.click();
    let below = wait_for("its call path", || {
        let text = row.js::<String>("return it.closest('tr').nextElementSibling.innerText");
        text.contains("Call path").then_some(text)
    });
    assert!(below.contains(&function), "{below}");
    assert!(
        (top() - before).abs() < 2.0,
        "the row moved from {before} to {}",
        top()
    );
    row.click();
    wait_for("it closed", || {
        (row.attribute("aria-expanded").as_deref() == Some("false")).then_some(())
    });
    assert!((top() - before).abs() < 2.0);
    assert_eq!(middle(), Some(at));
    page.said_nothing();
}

#[test]
fn the_keyboard_reaches_the_last_row_and_the_first_again() {
    let Some(report) = large() else { return };
    let page = &report.page;
    Table::of(page);
    page.the("button", "Vec<Order0> cart::handle_0 ")
        .js::<()>("it.focus()");
    let focused = || {
        page.focused().js::<(usize, bool)>(
            "const box = it.getBoundingClientRect();
             return [Number(it.closest('tr').ariaRowIndex) - 2, box.top >= 0 && box.bottom <= innerHeight]",
        )
    };
    for (key, place) in [
        (Key::End, 19_999),
        (Key::Up, 19_998),
        (Key::Home, 0),
        (Key::Down, 1),
    ] {
        page.keys(key);
        assert_eq!(focused(), (place, true));
    }
    page.said_nothing();
}
