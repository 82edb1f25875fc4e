//! Much is allocated, and nothing is kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, Weak};

use bumpalo::Bump;

use crate::workers::let_tasks_run;
use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 9] {
    behaviours! { NoLeak:
        allocation_heavy = 0.0,
        a_megabyte_for_a_moment = 0.0,
        map_whose_keys_churn = 0.0,
        tree_whose_keys_churn = 0.0,
        sessions_with_expiry = 0.0,
        arena_reset_per_request = 0.0,
        tasks_that_end = 0.0,
        graph_with_weak_parents = 0.0,
        requests_in_flight = 0.0,
    }
}

fn allocation_heavy(request: u64) {
    let lines: Vec<String> = (0..50).map(|n| format!("{request} {n}")).collect();
    assert_eq!(lines.join("\n").lines().count(), 50);
}

fn a_megabyte_for_a_moment(request: u64) {
    let mut body: Vec<u8> = Vec::with_capacity(1 << 20);
    body.extend_from_slice(&request.to_ne_bytes());
}

/// Always the last 200 keys; the table is cleaned of the marks of removed ones now and then.
fn map_whose_keys_churn(request: u64) {
    static LIVE: Mutex<Option<HashMap<u64, [u64; 4]>>> = Mutex::new(None);
    let mut live = LIVE.lock().expect("no panic");
    let live = live.get_or_insert_default();
    for n in 0..4 {
        let key = request * 4 + n;
        live.insert(key, [key; 4]);
        live.remove(&key.wrapping_sub(200));
    }
}

fn tree_whose_keys_churn(request: u64) {
    static LIVE: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());
    let mut live = LIVE.lock().expect("no panic");
    for n in 0..4 {
        let key = request * 4 + n;
        live.insert(key, format!("{key}"));
        live.remove(&key.wrapping_sub(200));
    }
}

/// A session lives for as many requests as chance wants, 30 in the mean.
fn sessions_with_expiry(request: u64) {
    struct Session {
        expires: u64,
        _user: String,
    }
    static OPEN: Mutex<Option<HashMap<u64, Session>>> = Mutex::new(None);
    let mut open = OPEN.lock().expect("no panic");
    let open = open.get_or_insert_default();
    let session = Session {
        expires: request + (request.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58),
        _user: format!("user {request:020}"),
    };
    open.insert(request, session);
    open.retain(|_, session| session.expires > request);
}

fn arena_reset_per_request(request: u64) {
    static ARENA: Mutex<Option<Bump>> = Mutex::new(None);
    let mut arena = ARENA.lock().expect("no panic");
    let arena = arena.get_or_insert_default();
    for n in 0..(request % 100) {
        arena.alloc([n; 16]);
    }
    arena.reset();
}

fn tasks_that_end(request: u64) {
    let_tasks_run(async || {
        let buffer = vec![request; 100];
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            drop(buffer);
        });
    });
}

fn graph_with_weak_parents(request: u64) {
    struct Node {
        parent: Mutex<Weak<Node>>,
        children: Mutex<Vec<Arc<Node>>>,
        _request: u64,
    }
    let node = || {
        Arc::new(Node {
            parent: Mutex::default(),
            children: Mutex::default(),
            _request: request,
        })
    };
    let (parent, child) = (node(), node());
    *child.parent.lock().expect("no panic") = Arc::downgrade(&parent);
    parent.children.lock().expect("no panic").push(child);
}

/// A few requests are under way at each snapshot, never the same number.
fn requests_in_flight(request: u64) {
    static UNDER_WAY: Mutex<Vec<Box<[u8; 512]>>> = Mutex::new(Vec::new());
    let mut under_way = UNDER_WAY.lock().expect("no panic");
    under_way.push(Box::new([0; 512]));
    under_way.truncate((request.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 61) as usize);
}
