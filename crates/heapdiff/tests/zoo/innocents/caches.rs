//! Caches that hold only so much.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use lru::LruCache;

use crate::workers::Workers;
use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 9] {
    behaviours! { NoLeak:
        lru_full_before_the_series = 0.0,
        lru_that_fills_early = 0.0,
        lru_that_fills_late = 0.0,
        moka_with_a_time_to_live = 0.0,
        moka_with_a_bound = 0.0,
        finite_set_of_keys = 0.0,
        interned_words = 0.0,
        metric_per_route = 0.0,
        caches_of_threads = 0.0,
    }
}

type Lru = Mutex<LruCache<u64, String>>;

fn put(cache: &OnceLock<Lru>, bound: usize, request: u64) {
    let bound = NonZeroUsize::new(bound).expect("a bound");
    let cache = cache.get_or_init(|| Mutex::new(LruCache::unbounded()));
    let mut cache = cache.lock().expect("no panic");
    cache.put(request, format!("{request:040}"));
    while cache.len() > bound.get() {
        cache.pop_lru();
    }
}

fn lru_full_before_the_series(request: u64) {
    static CACHE: OnceLock<Lru> = OnceLock::new();
    put(&CACHE, 40, request);
}

fn lru_that_fills_early(request: u64) {
    static CACHE: OnceLock<Lru> = OnceLock::new();
    put(&CACHE, 100, request);
}

fn lru_that_fills_late(request: u64) {
    static CACHE: OnceLock<Lru> = OnceLock::new();
    put(&CACHE, 450, request);
}

/// Four pages a request: moka frees what it removed in batches, and has its level of them sooner.
fn insert(cache: &moka::sync::Cache<u64, String>, request: u64) {
    for page in 4 * request..4 * request + 4 {
        cache.insert(page, format!("{page:040}"));
    }
    cache.run_pending_tasks();
}

fn moka_with_a_time_to_live(request: u64) {
    type Cache = moka::sync::Cache<u64, String>;
    static CACHE: OnceLock<Cache> = OnceLock::new();
    let cache = CACHE.get_or_init(|| {
        moka::sync::Cache::builder()
            .time_to_live(Duration::from_nanos(1))
            .build()
    });
    insert(cache, request);
}

fn moka_with_a_bound(request: u64) {
    type Cache = moka::sync::Cache<u64, String>;
    static CACHE: OnceLock<Cache> = OnceLock::new();
    let cache = CACHE.get_or_init(|| moka::sync::Cache::new(50));
    insert(cache, request);
}

fn finite_set_of_keys(request: u64) {
    static SEEN: Mutex<Option<HashSet<u64>>> = Mutex::new(None);
    let key = request.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
    SEEN.lock()
        .expect("no panic")
        .get_or_insert_default()
        .insert(key);
}

fn interned_words(request: u64) {
    static WORDS: Mutex<Option<HashMap<String, &'static str>>> = Mutex::new(None);
    let word = format!("word-{:04}", request * 7 % 150);
    let mut words = WORDS.lock().expect("no panic");
    let words = words.get_or_insert_default();
    if !words.contains_key(&word) {
        words.insert(word.clone(), String::leak(word));
    }
}

fn metric_per_route(request: u64) {
    static COUNTS: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);
    let route = format!("/route/{}", request % 5);
    let mut counts = COUNTS.lock().expect("no panic");
    *counts.get_or_insert_default().entry(route).or_default() += 1;
}

fn caches_of_threads(request: u64) {
    thread_local! {
        static CACHE: RefCell<HashMap<u64, String>> = RefCell::new(HashMap::new());
    }
    Workers::get().run(
        |request| {
            CACHE.with_borrow_mut(|cache| {
                cache.insert(request % 32, format!("{request:040}"));
            });
        },
        request,
    );
}
