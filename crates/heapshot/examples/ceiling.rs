//! A program that leaks until its heap ceiling ends it, in one of several ways:
//!
//! ```sh
//! cargo run --release --example ceiling -- --bytes 67108864 --leak references
//! cargo run --release --example ceiling -- --bytes 67108864 --leak objects --threads 4 --slow
//! cargo run --release --example ceiling -- --bytes 67108864 --leak block
//! ```
//!
//! The tests run it, and measure it from outside: `tests/ceiling`.

use std::fmt;
use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use heapshot::{AtLimit, Ceiling, Metadata, Recorder};

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

#[derive(Parser)]
struct Options {
    /// The ceiling.
    #[arg(long)]
    bytes: u64,
    /// What leaks.
    #[arg(long, value_enum, default_value_t = Leak::References)]
    leak: Leak,
    /// Do other work between two steps, and wait for the snapshot near the ceiling.
    #[arg(long)]
    slow: bool,
    /// Record one sample in so many bytes; 0: everything.
    #[arg(long, default_value_t = 0)]
    sample: u64,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Stop leaking above the ceiling; then ask for more than the margin.
    #[arg(long)]
    shed: bool,
    /// What the leaking thread holds meanwhile.
    #[arg(long, value_enum)]
    holding: Option<Holding>,
    /// Take snapshots all the time, too.
    #[arg(long)]
    busy: bool,
    /// A snapshot's deadline, in seconds.
    #[arg(long, default_value_t = 60)]
    deadline: u64,
    /// Where the snapshots go.
    #[arg(long, default_value = "snapshots")]
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Leak {
    /// 10,000 references to one object a step, in one list.
    References,
    /// A hundred fresh objects a step, each kept for itself.
    Objects,
    /// One block of 200 MB, at once.
    Block,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Holding {
    /// A lock of the program's own, which others wait for.
    Mutex,
    /// The lock of standard output.
    Stdout,
    /// The lock of standard error, in the midst of `eprintln!`.
    Stderr,
    /// A thread-local value that is being dropped.
    Destructor,
    /// A lock that somebody waits for who holds standard error's: nothing can go on.
    Knot,
}

static REFERENCES: Mutex<Vec<Arc<[u64; 16]>>> = Mutex::new(Vec::new());
#[expect(clippy::vec_box, reason = "a block for each object is wanted")]
static OBJECTS: Mutex<Vec<Box<Object>>> = Mutex::new(Vec::new());
static OTHER: Mutex<()> = Mutex::new(());

/// What a service might make of a request.
struct Object {
    _numbers: [u64; 128],
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let ceiling = Ceiling::new(options.bytes, options.folder.join("near-limit.json"))
        .at_limit(if options.shed {
            AtLimit::Shed
        } else {
            AtLimit::Exit
        })
        .metadata(|| Metadata::from_iter([("server".to_owned(), "ceiling".into())]));
    let heap = Recorder::builder()
        .ceiling(ceiling)
        .sample_every(options.sample)
        .deadline(Duration::from_secs(options.deadline))
        .start()?;
    println!("started");
    std::fs::create_dir_all(&options.folder)?;
    thread::scope(|scope| {
        if options.busy {
            let (heap, path) = (heap.clone(), options.folder.join("busy.json"));
            let begun = Arc::new(AtomicBool::new(false));
            let tell = Arc::clone(&begun);
            scope.spawn(move || {
                loop {
                    let _ = heap.snapshot_notifying(&path, Metadata::new(), |_| {
                        tell.store(true, Ordering::Release);
                    });
                }
            });
            while !begun.load(Ordering::Acquire) {
                thread::yield_now();
            }
        }
        for _ in 0..options.threads {
            scope.spawn(|| leak_while_holding(&heap, &options));
        }
    });
    println!("not reached");
    Ok(())
}

fn leak_while_holding(heap: &Recorder, options: &Options) {
    struct Leaks<'a>(&'a Recorder, &'a Options);
    impl fmt::Display for Leaks<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            leak(self.0, self.1);
            f.write_str("leaked")
        }
    }
    let leaks = Leaks(heap, options);
    match options.holding {
        None => leak(heap, options),
        Some(Holding::Mutex) => {
            let _other = OTHER.lock().unwrap_or_else(PoisonError::into_inner);
            leak(heap, options);
        }
        Some(Holding::Stdout) => {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{leaks}");
        }
        Some(Holding::Stderr) => eprintln!("{leaks}"),
        Some(Holding::Destructor) => leak_in_a_destructor(heap, options),
        Some(Holding::Knot) => {
            struct Waits<'a>(&'a Barrier);
            impl fmt::Display for Waits<'_> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.wait();
                    let _other = OTHER.lock().unwrap_or_else(PoisonError::into_inner);
                    f.write_str("waited")
                }
            }
            let both = Barrier::new(2);
            thread::scope(|scope| {
                let _other = OTHER.lock().unwrap_or_else(PoisonError::into_inner);
                scope.spawn(|| eprintln!("{}", Waits(&both)));
                both.wait();
                leak(heap, options);
            });
        }
    }
}

fn leak_in_a_destructor(heap: &Recorder, options: &Options) {
    struct Leaky(Recorder, Options);
    impl Drop for Leaky {
        fn drop(&mut self) {
            leak(&self.0, &self.1);
        }
    }
    thread_local! {
        static LEAKY: std::cell::RefCell<Option<Leaky>> = const { std::cell::RefCell::new(None) };
    }
    let options = Options {
        folder: options.folder.clone(),
        ..*options
    };
    let heap = heap.clone();
    let thread = thread::spawn(move || LEAKY.set(Some(Leaky(heap, options))));
    let _ = thread.join();
}

fn leak(heap: &Recorder, options: &Options) {
    loop {
        match options.leak {
            Leak::References => keep_references(),
            Leak::Objects => keep_objects(),
            Leak::Block => keep_a_block(),
        }
        if options.slow {
            // It allocates nothing: what is one too many is to be the leak's.
            for n in 0..200_usize {
                black_box([n; 20]);
            }
            wait_if_near(heap, options);
        }
        if options.shed && heap.usage().is_some_and(heapshot::Usage::is_above) {
            println!("above the ceiling");
            keep_a_block();
        }
    }
}

/// A leak that is slower than the snapshot near the ceiling.
fn wait_if_near(heap: &Recorder, options: &Options) {
    let snapshot = options.folder.join("near-limit.json");
    let is_near = || {
        let usage = heap.usage();
        usage.is_some_and(|usage| usage.bytes > usage.ceiling / 100 * 91)
    };
    while is_near() && !snapshot.exists() {
        thread::park_timeout(Duration::from_millis(1));
    }
}

#[inline(never)]
fn keep_references() {
    let object = Arc::new([7; 16]);
    let mut references = REFERENCES.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..10_000 {
        references.push(Arc::clone(&object)); // the line of the references
    }
}

#[inline(never)]
fn keep_objects() {
    for number in 0..100_u64 {
        let numbers = [number; 128];
        let object = Box::new(Object { _numbers: numbers }); // the line of the objects
        let mut objects = OBJECTS.lock().unwrap_or_else(PoisonError::into_inner);
        objects.push(object);
    }
}

#[inline(never)]
fn keep_a_block() {
    let block = vec![7_u8; 200_000_000]; // the line of the block
    black_box(&block);
    std::mem::forget(block);
}
