//! Leaks that are hard to see: in few requests, on one route, behind a warm-up or beside a cache.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 9] {
    behaviours! { Leak:
        one_request_in_ten = 1.6,
        one_request_in_ten_by_chance = 1.6,
        one_request_in_ten_in_place = 1.6,
        one_request_in_forty = 1024.0 / 40.0,
        one_route_of_three = 32.0,
        one_route_of_three_in_place = 16.0 / 3.0,
        behind_a_warm_up = 16.0,
        beside_a_full_cache = 16.0,
        among_garbage = 16.0,
    }
}

fn one_request_in_ten(request: u64) {
    if request.is_multiple_of(10) {
        Box::leak(Box::new([request; 2]));
    }
}

fn one_request_in_ten_by_chance(request: u64) {
    let chance = (request ^ 5)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(23);
    if (chance.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33).is_multiple_of(10) {
        Box::leak(Box::new([request; 2]));
    }
}

fn one_request_in_ten_in_place(request: u64) {
    static ERRORS: Mutex<Vec<(u64, u64)>> = Mutex::new(Vec::new());
    if request.is_multiple_of(10) {
        ERRORS.lock().expect("no panic").push((request, 1));
    }
}

fn one_request_in_forty(request: u64) {
    if request.is_multiple_of(40) {
        Box::leak(Box::new([request; 128]));
    }
}

fn one_route_of_three(request: u64) {
    match request % 3 {
        0 => drop(vec![request; 10]),
        1 => drop(format!("{request}")),
        _ => {
            Box::leak(Box::new([request; 12]));
        }
    }
}

fn one_route_of_three_in_place(request: u64) {
    static ORDERS: Mutex<Vec<(u64, u64)>> = Mutex::new(Vec::new());
    match request % 3 {
        0 => drop(vec![request; 10]),
        1 => drop(format!("{request}")),
        _ => ORDERS.lock().expect("no panic").push((request, 1)),
    }
}

/// A thousand blocks of the same line are there after the first requests.
fn behind_a_warm_up(request: u64) {
    let times = if request < 100 { 10 } else { 1 };
    for _ in 0..times {
        Box::leak(Box::new([request; 2]));
    }
}

fn beside_a_full_cache(request: u64) {
    static CACHE: Mutex<Option<HashMap<u64, Box<[u64; 2]>>>> = Mutex::new(None);
    let mut cache = CACHE.lock().expect("no panic");
    cache
        .get_or_insert_default()
        .insert(request % 40, Box::new([request; 2]));
    Box::leak(Box::new([request; 2]));
}

fn among_garbage(request: u64) {
    let garbage: Vec<Box<[u64; 2]>> = (0..20).map(|n| Box::new([request + n; 2])).collect();
    if let Some(kept) = garbage.into_iter().next() {
        Box::leak(kept);
    }
}
