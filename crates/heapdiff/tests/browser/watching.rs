//! That nothing goes wrong in a page is worth something only if it would be seen.

use std::fs;

use crate::browser::{Key, Page, wait_for};

const PAGE: &str = r#"<!doctype html><html lang="en"><title>A page</title>
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }
@media print { body { background: red } } @media (width < 376px) { button { display: none } }</style>
<main><button>Press</button><input aria-label="Filter"><img src="https://nowhere.invalid/a.png" alt=""></main>
<script>
document.querySelector("button").addEventListener("click", () => {
    document.title = "Pressed";
    console.error("said", 1);
    throw new Error("uncaught");
});
document.querySelector("input").addEventListener("input", event => { document.title = event.target.value });
</script>"#;

#[test]
fn errors_messages_and_requests_are_seen() {
    let Some(page) = Page::open() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a page.html");
    fs::write(&path, PAGE).expect("a page");
    page.goto_file(&path);

    let requests = page.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(requests[0].ends_with("/a%20page.html"), "{requests:?}");
    assert_eq!(requests[1], "https://nowhere.invalid/a.png");

    page.the("button", "Press").click();
    assert_eq!(page.js::<String>("return document.title", &[]), "Pressed");
    let seen = |text: &str| {
        wait_for(text, || {
            let messages = page.console();
            messages
                .into_iter()
                .find(|message| message.text.contains(text))
        })
    };
    assert_eq!(seen("said").level, "SEVERE");
    assert_eq!(seen("uncaught").level, "SEVERE");
    assert_eq!(seen("nowhere.invalid").level, "SEVERE");
}

#[test]
fn a_page_is_seen_as_wide_and_as_dark_as_asked_and_as_printed() {
    let Some(page) = Page::open() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("page.html");
    fs::write(&path, PAGE).expect("a page");
    page.goto_file(&path);

    let width = || page.js::<u32>("return document.documentElement.clientWidth", &[]);
    let background = || {
        page.js::<String>(
            "return getComputedStyle(document.body).backgroundColor",
            &[],
        )
    };
    assert_eq!(
        (width(), background().as_str()),
        (1000, "rgb(255, 255, 255)")
    );
    page.size(375, 800).colour_scheme("dark");
    assert_eq!((width(), background().as_str()), (375, "rgb(0, 0, 0)"));
    assert!(page.all("button", "Press").is_empty());
    page.size(1600, 900).print_media();
    assert_eq!((width(), background().as_str()), (1600, "rgb(255, 0, 0)"));

    page.keys(Key::Tab + Key::Tab).keys("typed");
    assert_eq!(
        page.focused().attribute("aria-label").as_deref(),
        Some("Filter")
    );
    assert_eq!(page.js::<String>("return document.title", &[]), "typed");
}
