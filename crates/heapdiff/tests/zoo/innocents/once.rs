//! What is made once, on first use, and what keeps the room it once needed.

use std::cell::RefCell;
use std::sync::{Mutex, OnceLock};

use crate::workers::Workers;
use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 8] {
    behaviours! { NoLeak:
        made_at_the_first_request = 0.0,
        made_in_the_middle = 0.0,
        small_and_made_at_the_end = 0.0,
        a_table_on_first_use_of_each_route = 0.0,
        buffer_that_keeps_its_room = 0.0,
        scratch_of_threads = 0.0,
        spike_that_is_given_back = 0.0,
        configuration_reloaded = 0.0,
    }
}

fn made_at_the_first_request(_: u64) {
    static TABLE: OnceLock<Vec<u64>> = OnceLock::new();
    assert_eq!(TABLE.get_or_init(|| vec![0; 5000]).len(), 5000);
}

fn made_in_the_middle(request: u64) {
    static TABLE: OnceLock<Vec<String>> = OnceLock::new();
    if request >= 300 {
        let table = TABLE.get_or_init(|| (0..100).map(|n| format!("{n:032}")).collect());
        assert_eq!(table.len(), 100);
    }
}

fn small_and_made_at_the_end(request: u64) {
    static NAME: OnceLock<String> = OnceLock::new();
    if request >= 700 {
        assert_eq!(NAME.get_or_init(|| format!("{:064}", 1)).len(), 64);
    }
}

fn a_table_on_first_use_of_each_route(request: u64) {
    static TABLES: [OnceLock<Vec<u64>>; 3] = [const { OnceLock::new() }; 3];
    let route = match request {
        0..100 => 0,
        100..200 => 1,
        _ => 2,
    };
    assert_eq!(TABLES[route].get_or_init(|| vec![0; 500]).len(), 500);
}

fn buffer_that_keeps_its_room(request: u64) {
    static BUFFER: Mutex<String> = Mutex::new(String::new());
    let mut buffer = BUFFER.lock().expect("no panic");
    buffer.clear();
    for _ in 0..(request * 37 % 200) {
        buffer.push_str("0123456789");
    }
}

fn scratch_of_threads(request: u64) {
    thread_local! {
        static SCRATCH: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    Workers::get().run(
        |request| {
            SCRATCH.with_borrow_mut(|scratch| {
                scratch.clear();
                scratch.extend(0..request % 300);
            });
        },
        request,
    );
}

fn spike_that_is_given_back(request: u64) {
    static HELD: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let mut held = HELD.lock().expect("no panic");
    match request {
        200..240 => held.push(vec![1; 10_000]),
        400 => *held = Vec::new(),
        _ => {}
    }
}

fn configuration_reloaded(request: u64) {
    static CONFIGURATION: Mutex<Vec<String>> = Mutex::new(Vec::new());
    if request.is_multiple_of(50) {
        let fresh = (0..20).map(|n| format!("key{n} = {request:08}"));
        *CONFIGURATION.lock().expect("no panic") = fresh.collect();
    }
}
