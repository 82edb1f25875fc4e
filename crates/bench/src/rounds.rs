//! Interleaved rounds: each side is measured once a round, and every other round in the opposite order. What changes while
//! all this takes its time, a processor that gets warm or a neighbour that gets busy, then meets all sides alike.

use anyhow::Result;

/// Measures each of `sides` in so many rounds. Of each side the results, one a round: the first list is the first side's.
///
/// # Errors
/// The first of `measure`.
pub fn interleaved<S, T>(
    rounds: usize,
    sides: &[S],
    mut measure: impl FnMut(&S, usize) -> Result<T>,
) -> Result<Vec<Vec<T>>> {
    let mut results: Vec<Vec<T>> = sides.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for round in 0..rounds {
        for turn in 0..sides.len() {
            let side = if round % 2 == 0 {
                turn
            } else {
                sides.len() - 1 - turn
            };
            results[side].push(measure(&sides[side], round)?);
        }
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::interleaved;

    #[test]
    fn every_other_round_goes_the_other_way_and_results_stay_with_their_side() {
        let mut order = Vec::new();
        let results = interleaved(3, &['a', 'b', 'c'], |side, round| {
            order.push(*side);
            Ok(format!("{side}{round}"))
        })
        .unwrap();
        assert_eq!(order.iter().collect::<String>(), "abccbaabc");
        assert_eq!(results[1], ["b0", "b1", "b2"]);
    }

    #[test]
    fn the_first_failure_ends_it() {
        let mut measured = 0;
        let failed = interleaved(3, &[1, 2], |_, round| {
            measured += 1;
            anyhow::ensure!(round == 0, "no");
            Ok(())
        });
        assert!(failed.is_err());
        assert_eq!(measured, 3);
    }
}
