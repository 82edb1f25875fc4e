//! The made-up snapshots that comparisons are measured on.

use bench::compare::snapshots::{Moment, Service, Sums};
use heapdiff::{Counters, Options, Profile, compare};

fn snapshot(service: &Service, moment: Moment) -> (Profile, Sums, Vec<u8>) {
    let mut file = Vec::new();
    let sums = service.write(moment, &mut file).expect("memory takes all");
    let profile = Profile::parse(&file).expect("a snapshot");
    (profile, sums, file)
}

fn sums(counters: &Counters) -> Sums {
    Sums {
        live_bytes: counters.live_bytes,
        live_blocks: counters.live_blocks,
        total_bytes: counters.total_bytes,
        total_blocks: counters.total_blocks,
    }
}

#[test]
fn a_comparison_adds_up_to_what_was_written() {
    const BYTES: u64 = 1_000_000;
    let service = Service::of_bytes(BYTES, 1);
    let (before, first, _) = snapshot(&service, Moment::Before);
    let (after, second, file) = snapshot(&service, Moment::After);
    assert_eq!(sums(&before.totals), first);
    assert_eq!(sums(&after.totals), second);
    let comparison = compare(&before, &after, &Options::default()).expect("it adds up");
    assert_eq!(comparison.notes, []);
    assert_eq!(
        comparison.total.size_delta,
        second.live_bytes.cast_signed() - first.live_bytes.cast_signed()
    );
    assert_eq!(
        comparison.total.delta,
        second.live_blocks.cast_signed() - first.live_blocks.cast_signed()
    );
    let size = file.len() as u64;
    assert!((BYTES * 8 / 10..BYTES * 12 / 10).contains(&size), "{size}");
    let stacks = comparison.stacks.len();
    assert!(stacks < service.points(), "some differ by addresses only");
    assert!(comparison.rows.len() > 50 && comparison.rows.len() < stacks);
    assert!(
        comparison
            .rows
            .iter()
            .any(|row| row.site.type_name.is_some())
    );
}

#[test]
fn a_seed_always_makes_the_same_snapshots() {
    let file = |seed| snapshot(&Service::of_bytes(50_000, seed), Moment::After).2;
    assert!(file(1) == file(1) && file(1) != file(2));
}

#[test]
fn two_snapshots_read_at_once_are_those_read_one_by_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let service = Service::of_bytes(1_000_000, 3);
    let [before, after] = [Moment::Before, Moment::After].map(|moment| {
        let path = folder.path().join(format!("{moment:?}.json"));
        std::fs::write(&path, snapshot(&service, moment).2).expect("a file");
        path
    });
    let json = |before: &Profile, after: &Profile| {
        let comparison = compare(before, after, &Options::default()).expect("it adds up");
        heapdiff::json::render(&comparison, &heapdiff::View::default())
    };
    let (first, second) = heapdiff::files::read_pair(&before, &after).expect("two snapshots");
    let [alone, other] = [&before, &after].map(|path| {
        let bytes = std::fs::read(path).expect("a file");
        let profile = Profile::parse(&bytes).expect("a snapshot");
        profile.labelled(path.to_string_lossy())
    });
    assert!(json(&first, &second) == json(&alone, &other));
    let missing = heapdiff::files::read_pair(folder.path().join("gone"), folder.path());
    let error = missing.expect_err("neither is a file").to_string();
    assert!(
        error.contains("gone") && error.contains("no such file"),
        "{error}"
    );
}
