//! Blocks that are kept one by one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 11] {
    behaviours! { Leak:
        // and 8 bytes in the list
        boxes = 16.0 + 8.0,
        forgotten = 16.0,
        leaked_on_purpose = 16.0,
        megabytes = 1_048_576.0 + 24.0,
        kilobytes = 1024.0 + 24.0,
        // two counts and 24 bytes, twice
        cycles_of_arcs = 2.0 * 40.0,
        weak_references = 8.0 + 16.0 + 64.0,
        closures = 24.0 + 16.0,
        interned_strings = 16.0,
        shared_slices = 16.0 + 40.0 + 16.0,
        // 12 bytes, and the slot
        strings_in_a_map = 12.0 + (24.0 + 8.0 + 1.0) * 8.0 / 7.0,
    }
}

fn boxes(request: u64) {
    static KEPT: Mutex<Vec<Box<[u64; 2]>>> = Mutex::new(Vec::new());
    KEPT.lock().expect("no panic").push(Box::new([request; 2]));
}

#[expect(clippy::mem_forget, reason = "this is the leak")]
fn forgotten(request: u64) {
    std::mem::forget(Box::new([request; 2]));
}

fn leaked_on_purpose(request: u64) {
    Box::leak(Box::new([request; 2]));
}

fn megabytes(request: u64) {
    static BODIES: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let mut body = Vec::with_capacity(1 << 20);
    body.extend_from_slice(&request.to_ne_bytes());
    BODIES.lock().expect("no panic").push(body);
}

fn kilobytes(request: u64) {
    static BODIES: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let body = vec![request.to_ne_bytes()[0]; 1024];
    BODIES.lock().expect("no panic").push(body);
}

/// Parent and child that own each other.
fn cycles_of_arcs(request: u64) {
    struct Node {
        other: Mutex<Option<Arc<Node>>>,
        _request: u64,
    }
    let node = |other| {
        Arc::new(Node {
            other: Mutex::new(other),
            _request: request,
        })
    };
    let parent = node(None);
    let child = node(Some(Arc::clone(&parent)));
    *parent.other.lock().expect("no panic") = Some(child);
}

/// The value is gone, but its block stays for the count of weak references in it.
fn weak_references(request: u64) {
    static WATCHERS: Mutex<Vec<Weak<[u64; 8]>>> = Mutex::new(Vec::new());
    let value = Arc::new([request; 8]);
    WATCHERS
        .lock()
        .expect("no panic")
        .push(Arc::downgrade(&value));
}

fn closures(request: u64) {
    type Callback = Box<dyn Fn() -> u64 + Send>;
    static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());
    let (a, b, c) = (request, request + 1, request + 2);
    let callback: Callback = Box::new(move || a + b + c);
    CALLBACKS.lock().expect("no panic").push(callback);
}

fn interned_strings(request: u64) {
    let name: &'static str = String::leak(format!("{request:016}"));
    assert_eq!(name.len(), 16);
}

fn shared_slices(request: u64) {
    static PARTS: Mutex<Vec<Arc<[u64]>>> = Mutex::new(Vec::new());
    PARTS
        .lock()
        .expect("no panic")
        .push(Arc::from([request; 5].as_slice()));
}

fn strings_in_a_map(request: u64) {
    static BY_NAME: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);
    let mut map = BY_NAME.lock().expect("no panic");
    map.get_or_insert_default()
        .insert(format!("{request:012}"), 1);
}
