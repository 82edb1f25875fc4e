//! Pools, rings and queues: they grow to a size and stay there.

use std::collections::{BinaryHeap, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock};

use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 9] {
    behaviours! { NoLeak:
        pool_of_buffers = 0.0,
        pool_of_connections = 0.0,
        ring_log = 0.0,
        ring_log_that_fills_late = 0.0,
        ring_of_numbers_that_fills_late = 0.0,
        window_of_samples = 0.0,
        scheduler = 0.0,
        bounded_channel = 0.0,
        queue_of_varying_length = 0.0,
    }
}

fn pool_of_buffers(request: u64) {
    static POOL: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let in_use = 1 + usize::try_from(request % 6).expect("small");
    let mut taken = Vec::new();
    for _ in 0..in_use {
        let buffer = POOL.lock().expect("no panic").pop();
        taken.push(buffer.unwrap_or_else(|| Vec::with_capacity(4096)));
    }
    POOL.lock().expect("no panic").append(&mut taken);
}

/// Opens one more whenever the load is higher than ever, up to eight.
fn pool_of_connections(request: u64) {
    static OPEN: Mutex<Vec<Box<[u8; 2048]>>> = Mutex::new(Vec::new());
    let wanted = (1 + request / 40).min(8);
    let mut open = OPEN.lock().expect("no panic");
    while (open.len() as u64) < wanted {
        open.push(Box::new([0; 2048]));
    }
}

fn log(ring: &Mutex<VecDeque<String>>, bound: usize, request: u64) {
    let mut ring = ring.lock().expect("no panic");
    if ring.len() == bound {
        ring.pop_front();
    }
    ring.push_back(format!("request {request:08}"));
}

fn ring_log(request: u64) {
    static RING: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
    log(&RING, 100, request);
}

fn ring_log_that_fills_late(request: u64) {
    static RING: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
    log(&RING, 400, request);
}

fn ring_of_numbers_that_fills_late(request: u64) {
    static RING: Mutex<VecDeque<u64>> = Mutex::new(VecDeque::new());
    let mut ring = RING.lock().expect("no panic");
    if ring.len() == 450 {
        ring.pop_front();
    }
    ring.push_back(request);
}

fn window_of_samples(request: u64) {
    static SAMPLES: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    let mut samples = SAMPLES.lock().expect("no panic");
    samples.push(request);
    if samples.len() > 64 {
        samples.remove(0);
    }
}

fn scheduler(request: u64) {
    static DUE: Mutex<BinaryHeap<(u64, String)>> = Mutex::new(BinaryHeap::new());
    let mut due = DUE.lock().expect("no panic");
    due.push((request * 31 % 64, format!("job {request}")));
    while due.len() > 20 {
        due.pop();
    }
}

fn bounded_channel(request: u64) {
    type Ends = (SyncSender<String>, Mutex<Receiver<String>>);
    static QUEUE: OnceLock<Ends> = OnceLock::new();
    let (sender, receiver) = QUEUE.get_or_init(|| {
        let (sender, receiver) = sync_channel(16);
        (sender, Mutex::new(receiver))
    });
    if let Err(full) = sender.try_send(format!("job {request}")) {
        drop(full);
        let receiver = receiver.lock().expect("no panic");
        while receiver.try_recv().is_ok() {}
    }
}

fn queue_of_varying_length(request: u64) {
    static QUEUE: Mutex<VecDeque<Vec<u8>>> = Mutex::new(VecDeque::new());
    let mut queue = QUEUE.lock().expect("no panic");
    queue.push_back(vec![0; 256]);
    let wanted = (request.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize;
    while queue.len() > wanted {
        queue.pop_front();
    }
}
