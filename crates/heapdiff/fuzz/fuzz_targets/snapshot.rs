//! Whatever the bytes: an error or a comparison that adds up, printed in every format, and no panic.
#![no_main]

use heapdiff::terminal::Screen;
use heapdiff::{GroupBy, InApp, Options, Profile, View, compare, inventory, json, terminal, verdict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(profile) = Profile::parse(bytes) else { return };
    let empty = br#"{"dhatFileVersion":2,"mode":"heap","bklt":true,"pps":[],"ftbl":[]}"#;
    let empty = Profile::parse(empty).expect("an empty snapshot is one");
    for by in [GroupBy::Site, GroupBy::Type, GroupBy::Stack] {
        let options = Options { by, ..Options::default() };
        for (before, after) in [(&empty, &profile), (&profile, &empty), (&profile, &profile)] {
            let comparison = compare(before, after, &options).expect("every comparison adds up");
            for width in [0, 1, 80, 200] {
                let text = terminal::render(&comparison, &View::default(), &Screen { width, color: false });
                assert!(!text.contains('\u{1b}'), "an escape sequence came through");
            }
            json::render(&comparison, &View::default());
        }
        terminal::render_inventory(&inventory(&profile, &options), &View::default(), &Screen { width: 80, color: true });
    }
    let judgement = verdict::judge(&[(1, &empty), (2, &profile), (4, &profile)], &InApp::default());
    let judgement = judgement.expect("three snapshots in order are a series");
    let text = terminal::render_verdict(&judgement, &Screen { width: 80, color: false });
    assert!(!text.contains('\u{1b}'), "an escape sequence came through");
    verdict::json::render(&judgement);
    verdict::junit::render(&judgement);
    verdict::sarif::render(&judgement, &|_| None);
});
