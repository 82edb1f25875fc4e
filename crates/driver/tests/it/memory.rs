//! What the driver takes for itself.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use crate::harness::{Driver, wait_until};
use crate::server::{Answer, Server};

/// By then all that is made once is there, the histogram above all.
const WARM: usize = 3_000;

const END: usize = 10 * WARM;

/// Less than ten bytes for each request between the two, and room for the allocator's moods.
const ALLOWANCE: u64 = 256 << 10;

/// Resident memory of a process in bytes, of its own and not of files.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .unwrap();
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    kib * 1024
}

#[test]
fn memory_does_not_grow_with_the_number_of_requests() {
    let driver = Arc::new(AtomicU32::new(0));
    let seen: Arc<Mutex<BTreeMap<usize, u64>>> = Arc::default();
    let server = Server::start({
        let (driver, seen) = (Arc::clone(&driver), Arc::clone(&seen));
        move |request| {
            // The driver waits for this answer, and so is still there.
            if request.number == WARM || request.number == END - 1 {
                wait_until(|| driver.load(Ordering::SeqCst) != 0);
                let memory = memory(driver.load(Ordering::SeqCst));
                seen.lock().unwrap().insert(request.number, memory);
            }
            Answer::Good
        }
    });
    let running = Driver::new(&server.url("/{id}"), &format!("-n {END} -c 4")).start();
    driver.store(running.id(), Ordering::SeqCst);
    running.wait().code(0);
    let seen = seen.lock().unwrap();
    let (warm, end) = (seen[&WARM], seen[&(END - 1)]);
    assert!(
        end <= warm + ALLOWANCE,
        "{warm} bytes after {WARM} requests, {end} after {END}"
    );
}
