//! The same work on each of many things, on as many processors as there are. The results come in order, as if one
//! thread had done it all.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic;
use std::thread;

/// Fewer things than these are not worth a thread: it takes as long to start as some hundred names to read.
const FEW: usize = 2048;

/// `f` of each number below `count`.
pub(crate) fn map<U: Send>(count: usize, f: impl Fn(usize) -> U + Sync) -> Vec<U> {
    let processors = match count {
        0..FEW => 1,
        _ => thread::available_parallelism().map_or(1, NonZeroUsize::get),
    };
    on(processors, 0..count, &f)
}

fn on<U: Send, F: Fn(usize) -> U + Sync>(threads: usize, numbers: Range<usize>, f: &F) -> Vec<U> {
    let middle = numbers.start + numbers.len() / threads.max(1);
    let (first, rest) = (numbers.start..middle, middle..numbers.end);
    if rest.is_empty() || threads < 2 {
        return numbers.map(f).collect();
    }
    thread::scope(|scope| {
        let of_others = rest.clone();
        let others =
            thread::Builder::new().spawn_scoped(scope, move || on(threads - 1, of_others, f));
        let mut results = Vec::with_capacity(numbers.len());
        results.extend(first.map(f));
        match others.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(others)) => results.extend(others),
            Ok(Err(panic)) => panic::resume_unwind(panic),
            // no thread is to be had
            Err(_) => results.extend(rest.map(f)),
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_any_number_of_threads_the_results_are_those_of_one() {
        for count in [0, 1, 2, 7, 100] {
            let alone = on(1, 0..count, &|n| n * n);
            assert_eq!(alone.len(), count);
            for threads in [0, 2, 3, 8, 200] {
                assert_eq!(on(threads, 0..count, &|n| n * n), alone, "{threads}");
            }
        }
    }
}
