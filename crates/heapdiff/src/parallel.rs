//! The same work on each of many things, on as many processors as there are. The results come in order, as if one had done it.

use std::num::NonZeroUsize;
use std::panic;
use std::thread;

/// Fewer things than these are not worth a thread: it takes as long to start as some hundred frames to read.
const FEW: usize = 8192;

/// `list`, each put through `f`.
pub(crate) fn map<'a, T: Sync, U: Send>(list: &'a [T], f: impl Fn(&'a T) -> U + Sync) -> Vec<U> {
    let processors = match list.len() {
        0..FEW => 1,
        _ => thread::available_parallelism().map_or(1, NonZeroUsize::get),
    };
    on(processors, list, &f)
}

fn on<'a, T: Sync, U: Send, F: Fn(&'a T) -> U + Sync>(
    threads: usize,
    list: &'a [T],
    f: &F,
) -> Vec<U> {
    let (first, rest) = list.split_at(list.len() / threads.max(1));
    if rest.is_empty() || threads < 2 {
        return list.iter().map(f).collect();
    }
    thread::scope(|scope| {
        let others = thread::Builder::new().spawn_scoped(scope, || on(threads - 1, rest, f));
        let mut results = Vec::with_capacity(list.len());
        results.extend(first.iter().map(f));
        match others.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(others)) => results.extend(others),
            Ok(Err(panic)) => panic::resume_unwind(panic),
            // no thread is to be had
            Err(_) => results.extend(rest.iter().map(f)),
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_any_number_of_threads_the_results_are_those_of_one() {
        for length in [0, 1, 2, 7, 100] {
            let list: Vec<usize> = (0..length).collect();
            let alone = on(1, &list, &|n| n * n);
            for threads in [0, 2, 3, 8, 200] {
                assert_eq!(on(threads, &list, &|n| n * n), alone, "{threads}");
            }
        }
    }
}
