//! Leaks as services have them: tasks, channels, sessions, labels, arenas.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};

use bumpalo::Bump;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::workers::let_tasks_run;
use crate::{Behaviour, behaviours};

pub(super) fn all() -> [Behaviour; 9] {
    behaviours! { Leak:
        // tokio puts a task into a block of multiples of 128 bytes, and the buffer has 128
        tasks_that_never_end = 256.0 + 128.0,
        tasks_parked_on_a_channel = 384.0 + 128.0,
        // a block of 31 messages has 752 bytes
        unbounded_channel_of_std = 752.0 / 31.0,
        unbounded_channel_of_tokio = 16.0,
        state_per_connection = 200.0 + 49.0 * 8.0 / 7.0,
        metric_per_user = 16.0 + 33.0 * 8.0 / 7.0,
        arena_never_reset = 24.0,
        cache_without_a_bound = (100.0 + 33.0 * 8.0 / 7.0) * 2.0 / 3.0,
        subscribers = 64.0 + 16.0 + 8.0,
    }
}

fn tasks_that_never_end(_: u64) {
    let_tasks_run(async || {
        let buffer = vec![0_u8; 128];
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(buffer);
        });
    });
}

fn tasks_parked_on_a_channel(_: u64) {
    static SHUTDOWN: OnceLock<tokio::sync::watch::Sender<()>> = OnceLock::new();
    let shutdown = SHUTDOWN.get_or_init(|| tokio::sync::watch::channel(()).0);
    let_tasks_run(async || {
        let mut closed = shutdown.subscribe();
        let buffer = vec![0_u8; 128];
        tokio::spawn(async move {
            let _ = closed.changed().await;
            drop(buffer);
        });
    });
}

fn unbounded_channel_of_std(request: u64) {
    type Ends = (Sender<[u64; 2]>, Mutex<Receiver<[u64; 2]>>);
    static QUEUE: OnceLock<Ends> = OnceLock::new();
    let (sender, _receiver) = QUEUE.get_or_init(|| {
        let (sender, receiver) = channel();
        (sender, Mutex::new(receiver))
    });
    sender.send([request; 2]).expect("the receiver lives");
}

fn unbounded_channel_of_tokio(request: u64) {
    type Ends = (
        UnboundedSender<[u64; 2]>,
        Mutex<UnboundedReceiver<[u64; 2]>>,
    );
    static QUEUE: OnceLock<Ends> = OnceLock::new();
    let (sender, _receiver) = QUEUE.get_or_init(|| {
        let (sender, receiver) = unbounded_channel();
        (sender, Mutex::new(receiver))
    });
    sender.send([request; 2]).expect("the receiver lives");
}

fn state_per_connection(request: u64) {
    struct Connection {
        buffer: Vec<u8>,
        peer: u64,
        opened: u64,
    }
    static OPEN: Mutex<Option<HashMap<u64, Connection>>> = Mutex::new(None);
    let connection = Connection {
        buffer: Vec::with_capacity(200),
        peer: request,
        opened: request,
    };
    let mut open = OPEN.lock().expect("no panic");
    let open = open.get_or_insert_default();
    open.insert(request, connection);
    let bytes: u64 = open
        .values()
        .take(1)
        .map(|c| c.peer + c.opened + c.buffer.len() as u64)
        .sum();
    assert!(bytes < u64::MAX);
}

fn metric_per_user(request: u64) {
    static COUNTS: Mutex<Option<HashMap<String, u64>>> = Mutex::new(None);
    let mut counts = COUNTS.lock().expect("no panic");
    let label = format!("user={request:011}");
    *counts.get_or_insert_default().entry(label).or_default() += 1;
}

fn arena_never_reset(request: u64) {
    static ARENA: Mutex<Option<Bump>> = Mutex::new(None);
    let mut arena = ARENA.lock().expect("no panic");
    arena.get_or_insert_default().alloc([request; 3]);
}

fn cache_without_a_bound(request: u64) {
    static CACHE: Mutex<Option<HashMap<u64, String>>> = Mutex::new(None);
    let mut cache = CACHE.lock().expect("no panic");
    let cache = cache.get_or_insert_default();
    // every third asks for what is there already
    let key = if request % 3 == 2 {
        request - 1
    } else {
        request
    };
    cache.entry(key).or_insert_with(|| "x".repeat(100));
}

/// Everybody who asks is told of changes, for ever.
fn subscribers(request: u64) {
    static LIST: Mutex<Vec<Arc<Mutex<[u64; 7]>>>> = Mutex::new(Vec::new());
    let subscriber = Arc::new(Mutex::new([request; 7]));
    LIST.lock().expect("no panic").push(Arc::clone(&subscriber));
    subscriber.lock().expect("no panic")[0] = 0;
}
