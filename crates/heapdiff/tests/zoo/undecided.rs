//! Handlers of which this series cannot tell whether they leak: caches that are about to be full. To call them a leak
//! would be wrong; one more doubling would tell.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use bumpalo::Bump;

use crate::{Behaviour, behaviours};

pub(crate) fn all() -> [Behaviour; 5] {
    behaviours! { Inconclusive:
        cache_about_to_be_full = 0.0,
        cache_full_at_the_last_moment = 0.0,
        ring_log_about_to_be_full = 0.0,
        large_table_made_at_the_end = 0.0,
        arena_with_room_left = 0.0,
    }
}

fn cache_about_to_be_full(request: u64) {
    static CACHE: Mutex<Option<HashMap<u64, Box<[u64; 8]>>>> = Mutex::new(None);
    let mut cache = CACHE.lock().expect("no panic");
    cache
        .get_or_insert_default()
        .insert(request % 800, Box::new([request; 8]));
}

fn cache_full_at_the_last_moment(request: u64) {
    static CACHE: Mutex<Option<HashMap<u64, Box<[u64; 8]>>>> = Mutex::new(None);
    let mut cache = CACHE.lock().expect("no panic");
    cache
        .get_or_insert_default()
        .insert(request % 930, Box::new([request; 8]));
}

/// Of the list alone it could not be seen: its room doubles for the last time at 512 lines.
fn ring_log_about_to_be_full(request: u64) {
    static RING: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
    let mut ring = RING.lock().expect("no panic");
    if ring.len() == 700 {
        ring.pop_front();
    }
    ring.push_back(format!("request {request:08}"));
}

fn large_table_made_at_the_end(request: u64) {
    static TABLE: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    let mut table = TABLE.lock().expect("no panic");
    if request >= 700 && table.is_empty() {
        table.resize(5000, 0);
    }
}

/// Never reset, but after the last doubling its newest chunk is just not full.
fn arena_with_room_left(request: u64) {
    static ARENA: Mutex<Option<Bump>> = Mutex::new(None);
    let mut arena = ARENA.lock().expect("no panic");
    arena.get_or_insert_default().alloc([request; 2]);
}
