//! Twenty runs of each kind of leak at each ceiling. It takes a quarter of an hour:
//!
//! ```sh
//! cargo build --release --example ceiling
//! cargo test --release -p heapshot --test ceiling -- --ignored --nocapture
//! ```

use std::time::Instant;

use crate::leaky::Leaky;

const RUNS: usize = 20;

#[test]
#[ignore = "takes a quarter of an hour"]
fn twenty_of_twenty_at_any_ceiling_and_any_speed() {
    println!("ceiling  leak                    whole   peak RSS beyond the ceiling   a run");
    for mebibytes in [64, 256, 1024] {
        for (arguments, function, marker) in [
            (
                "references --slow",
                "keep_references",
                "the line of the references",
            ),
            (
                "references",
                "keep_references",
                "the line of the references",
            ),
            ("objects --slow", "keep_objects", "the line of the objects"),
            ("objects", "keep_objects", "the line of the objects"),
            ("block", "keep_a_block", "the line of the block"),
        ] {
            let started = Instant::now();
            let mut highest = i64::MIN;
            for _ in 0..RUNS {
                let ended = Leaky::new(mebibytes, &format!("--leak {arguments}")).run();
                ended.is_exemplary(function, marker);
                let peak = ended.peak.cast_signed() >> 20;
                highest = highest.max(peak - mebibytes.cast_signed());
            }
            let a_run = started.elapsed() / u32::try_from(RUNS).unwrap();
            println!(
                "{mebibytes:>4} MiB {arguments:<22}  {RUNS} of {RUNS}  {highest:>+5} MiB  {:>25.1} s",
                a_run.as_secs_f64()
            );
        }
    }
}
