//! Collections that only ever grow, in place.

use std::cell::RefCell;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::sync::Mutex;

use crate::workers::Workers;
use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 12] {
    behaviours! { Leak:
        vec_in_place = 16.0,
        string_in_place = 16.0,
        // a slot of 16 bytes and a byte of control, of which 7 in 8 are used
        hash_map_in_place = 17.0 * 8.0 / 7.0,
        hash_set_in_place = 9.0 * 8.0 / 7.0,
        vec_deque_in_place = 16.0,
        // keys in order leave nodes of 6 entries: 192 bytes each, and inner ones
        b_tree_map = 34.5,
        binary_heap_in_place = 16.0,
        linked_list = 32.0,
        vec_of_large_items = 512.0,
        lists_of_threads = 16.0,
        strings_of_threads = 16.0,
        list_on_top_of_a_large_one = 80.0,
    }
}

fn vec_in_place(request: u64) {
    static SEEN: Mutex<Vec<(u64, u64)>> = Mutex::new(Vec::new());
    SEEN.lock().expect("no panic").push((request, 1));
}

fn string_in_place(request: u64) {
    static LOG: Mutex<String> = Mutex::new(String::new());
    let mut line = [b' '; 16];
    line[0] = b'a' + (request % 26) as u8;
    let line = std::str::from_utf8(&line).expect("ASCII");
    LOG.lock().expect("no panic").push_str(line);
}

fn hash_map_in_place(request: u64) {
    static BY_ID: Mutex<Option<HashMap<u64, u64>>> = Mutex::new(None);
    let mut map = BY_ID.lock().expect("no panic");
    map.get_or_insert_default().insert(request, 1);
}

fn hash_set_in_place(request: u64) {
    static IDS: Mutex<Option<HashSet<u64>>> = Mutex::new(None);
    IDS.lock()
        .expect("no panic")
        .get_or_insert_default()
        .insert(request);
}

fn vec_deque_in_place(request: u64) {
    static QUEUE: Mutex<VecDeque<(u64, u64)>> = Mutex::new(VecDeque::new());
    QUEUE.lock().expect("no panic").push_back((request, 1));
}

fn b_tree_map(request: u64) {
    static BY_TIME: Mutex<BTreeMap<u64, u64>> = Mutex::new(BTreeMap::new());
    BY_TIME.lock().expect("no panic").insert(request, 1);
}

fn binary_heap_in_place(request: u64) {
    static DUE: Mutex<BinaryHeap<(u64, u64)>> = Mutex::new(BinaryHeap::new());
    DUE.lock().expect("no panic").push((request, 1));
}

fn linked_list(request: u64) {
    static CHAIN: Mutex<LinkedList<(u64, u64)>> = Mutex::new(LinkedList::new());
    CHAIN.lock().expect("no panic").push_back((request, 1));
}

fn vec_of_large_items(request: u64) {
    static ITEMS: Mutex<Vec<[u64; 64]>> = Mutex::new(Vec::new());
    ITEMS.lock().expect("no panic").push([request; 64]);
}

fn lists_of_threads(request: u64) {
    thread_local! {
        static SEEN: RefCell<Vec<(u64, u64)>> = const { RefCell::new(Vec::new()) };
    }
    Workers::get().run(
        |request| SEEN.with_borrow_mut(|seen| seen.push((request, 1))),
        request,
    );
}

fn strings_of_threads(request: u64) {
    thread_local! {
        static LOG: RefCell<String> = const { RefCell::new(String::new()) };
    }
    Workers::get().run(
        |_| LOG.with_borrow_mut(|log| log.push_str("sixteen bytes ok")),
        request,
    );
}

/// The list has room for a table that is read at the start, and then grows with the requests.
fn list_on_top_of_a_large_one(request: u64) {
    static LIST: Mutex<Vec<[u64; 10]>> = Mutex::new(Vec::new());
    let mut list = LIST.lock().expect("no panic");
    if request == 0 {
        list.resize(30, [0; 10]);
    }
    list.push([request; 10]);
}
