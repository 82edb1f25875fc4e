//! Large blocks, which are left out of the writing child: whole for the program at any time, in the children of its own forks, and
//! resized by the system as before.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)] // for a fork

mod common;

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use common::writer::next_writer;
use common::{children_of, read_whole, wait_for};
use heapshot::Recorder;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

const MIB: usize = 1 << 20;

fn recorder() -> (Recorder, MutexGuard<'static, ()>) {
    static HEAP: OnceLock<Recorder> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let heap = HEAP.get_or_init(|| Recorder::start().unwrap());
    (heap.clone(), turn)
}

/// A block in which each page has a number of its own.
fn numbered(bytes: usize, seed: u64) -> Vec<u64> {
    (0..bytes as u64 / 8).map(|n| n ^ seed).collect()
}

fn is_whole(block: &[u64], seed: u64) -> bool {
    let mut numbers = block.iter().enumerate().step_by(256);
    numbers.all(|(n, number)| *number == n as u64 ^ seed)
}

/// Takes snapshots until told to end; returns how many.
fn snapshots_until(done: &AtomicBool, heap: &Recorder) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let mut taken = 0;
    while !done.load(Ordering::Relaxed) {
        let path = folder.path().join("a.json");
        heap.snapshot(&path).unwrap();
        read_whole(&path);
        taken += 1;
    }
    taken
}

#[test]
fn blocks_that_grow_and_shrink_during_snapshots_keep_their_contents() {
    let (heap, _turn) = recorder();
    let done = AtomicBool::new(false);
    let rounds = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for seed in 1..=4 {
            let (done, rounds) = (&done, &rounds);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let mut block = numbered(5 * MIB, seed);
                    let length = block.len();
                    block.reserve_exact(length * 2);
                    assert!(is_whole(&block, seed));
                    block.truncate(length / 2);
                    block.shrink_to_fit();
                    assert!(is_whole(&block, seed));
                    assert!(vec![0_u64; length].iter().all(|number| *number == 0));
                    rounds.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let (done, rounds) = (&done, &rounds);
        let taking = scope.spawn(|| snapshots_until(done, &heap));
        wait_for("the threads to have gone round", || {
            (rounds.load(Ordering::Relaxed) > 40 || taking.is_finished()).then_some(())
        });
        done.store(true, Ordering::Relaxed);
        assert!(taking.join().unwrap() > 0);
    });
    assert_eq!(children_of(std::process::id()), []);
}

#[test]
fn a_block_that_was_left_out_once_still_grows_without_being_copied() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let mut block = numbered(64 * MIB, 7);
    heap.snapshot(folder.path().join("a.json")).unwrap();

    let faults = || {
        getrusage(UsageWho::RUSAGE_THREAD)
            .unwrap()
            .minor_page_faults()
    };
    let before = faults();
    block.reserve_exact(block.len());
    let taken = faults() - before;

    // A copy would fault in each page of 64 MiB anew.
    assert!(taken < 1000, "{taken} page faults");
    assert!(is_whole(&block, 7));
}

#[test]
fn the_child_that_writes_does_not_have_the_block() {
    let (heap, _turn) = recorder();
    let folder = tempfile::tempdir().unwrap();
    let block = numbered(256 * MIB, 7);
    std::thread::scope(|scope| {
        let writer = next_writer();
        let taking = scope.spawn(|| heap.snapshot(folder.path().join("a.json")));
        let writer = writer.stopped();
        let (own, of_writer) = (size_of_process(Pid::this()), size_of_process(writer));
        kill(writer, Signal::SIGCONT).unwrap();
        taking.join().unwrap().unwrap();
        assert!(of_writer + 100 * MIB < own, "{of_writer} of {own} bytes");
    });
    assert!(is_whole(&block, 7));
}

/// The addresses that a process has in use, in bytes.
fn size_of_process(process: Pid) -> usize {
    let statm = fs::read_to_string(format!("/proc/{process}/statm")).unwrap();
    statm.split(' ').next().unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn a_program_that_forks_during_snapshots_has_its_blocks_in_its_children() {
    let (heap, _turn) = recorder();
    let block = numbered(32 * MIB, 3);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let taking = scope.spawn(|| snapshots_until(&done, &heap));
        let forking = scope.spawn(|| (0..300).all(|_| child_sees(&block)));
        let all = forking.join().unwrap();
        done.store(true, Ordering::Relaxed);
        assert!(all, "a child lacks the block");
        assert!(taking.join().unwrap() > 0);
    });
}

/// Whether a forked child finds the block as it is.
fn child_sees(block: &[u64]) -> bool {
    // SAFETY: the child reads memory and ends.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            let seen = is_whole(block, 3);
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!seen)) }
        }
        ForkResult::Parent { child } => waitpid(child, None) == Ok(WaitStatus::Exited(child, 0)),
    }
}
