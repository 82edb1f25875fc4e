//! The panel's own heap, and that of the server that it watches, stay as they are however many events twenty tabs are told:
//! both run in this process, which records its heap with heapshot, and heapdiff judges the series.
#![cfg(target_os = "linux")]

#[path = "../../../service/tests/harness/mod.rs"]
mod harness;
#[path = "../../../service/tests/it/labs.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod labs;
#[path = "../it/running.rs"]
#[allow(dead_code, reason = "these tests use their part")]
mod running;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use heapdiff::verdict::{Judgement, Verdict, judge_as_told};
use heapdiff::{InApp, Profile};
use heapshot::{Recorder, Snapshot};
use panel::ServerConfig;
use tempfile::TempDir;
use tokio::sync::oneshot;

use harness::LONG;
use running::Running;

#[global_allocator]
static ALLOC: heapshot::Alloc = heapshot::Alloc;

const TABS: usize = 20;

/// As fast as it goes: what takes three hours of seconds takes minutes.
const TICK: Duration = Duration::from_millis(1);

/// How often it is looked how low the heap is at rest, a millisecond apart.
const LOOKS: usize = 500;

/// Snapshots that are taken for one such moment, at most. On a busy machine the server is nearly always just being asked.
const TRIES: usize = 40;

/// How long is waited for one.
const A_MOMENT: Duration = Duration::from_millis(500);

/// What a snapshot needs itself, in bytes.
const LEEWAY: u64 = 2048;

/// Whether tabs and traffic go on, or rest, or end.
#[derive(Default)]
struct Course {
    rests: AtomicBool,
    ended: AtomicBool,
}

impl Course {
    /// Whether to go on at once.
    fn goes_on(&self) -> bool {
        !self.rests.load(Ordering::Relaxed) && !self.ended.load(Ordering::Relaxed)
    }

    /// Waits while it rests; false when it has ended.
    fn wait(&self) -> bool {
        while self.rests.load(Ordering::Relaxed) && !self.ended.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_millis(1));
        }
        !self.ended.load(Ordering::Relaxed)
    }
}

/// A tab, which connects again when it was dropped, as a browser does. It reads into the same few bytes again and again, so
/// that it has no heap to speak of.
struct Reader {
    events: Arc<AtomicU64>,
    course: Arc<Course>,
    thread: Option<JoinHandle<()>>,
}

/// Begins an event, and begins with a letter that it has only once.
const MARK: &[u8] = b"\nevent: status";

impl Reader {
    fn start(url: &str, minutes: u8, course: &Arc<Course>) -> Self {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let request = format!("GET /api/status?minutes={minutes} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let events = Arc::new(AtomicU64::new(0));
        let (count, told) = (Arc::clone(&events), Arc::clone(course));
        let thread = thread::spawn(move || {
            while told.wait() {
                let mut stream = TcpStream::connect(&host).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                read(&mut stream, &count, &told);
            }
        });
        Self {
            events,
            course: Arc::clone(course),
            thread: Some(thread),
        }
    }

    fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }
}

fn read(stream: &mut TcpStream, count: &AtomicU64, course: &Course) {
    let (mut some, mut at) = ([0; 1 << 14], 0);
    while let Ok(length @ 1..) = stream.read(&mut some) {
        for byte in &some[..length] {
            at = match at {
                at if *byte == MARK[at] => at + 1,
                _ => usize::from(*byte == MARK[0]),
            };
            if at == MARK.len() {
                at = 0;
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
        if !course.goes_on() {
            return;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.course.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Asks the server again and again, without haste.
fn traffic(url: &str, course: &Arc<Course>) -> JoinHandle<()> {
    let host = url.strip_prefix("http://").unwrap().to_owned();
    let course = Arc::clone(course);
    thread::spawn(move || {
        let request = format!("GET /plain HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let mut answer = [0; 1 << 10];
        while course.wait() {
            let mut stream = TcpStream::connect(&host).unwrap();
            while course.goes_on() {
                stream.write_all(request.as_bytes()).unwrap();
                assert!(stream.read(&mut answer).unwrap() > 0);
                thread::park_timeout(Duration::from_millis(2));
            }
        }
    })
}

/// The server that is watched: the shell of both servers, in this process.
struct Watched {
    url: String,
    folder: TempDir,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Watched {
    fn start(heap: &Recorder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = service::Config {
            server: "watched",
            snapshots: folder.path().join("snapshots"),
            workers: 1.try_into().ok(),
            access: service::Access::Loopback,
            heap: Some(heap.clone()),
            requests: Arc::default(),
            tally: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (shutdown, told) = oneshot::channel::<()>();
        let thread = thread::spawn(|| {
            let told = async { drop(told.await) };
            let served = service::run(listener, labs::routes, config, told);
            actix_web::rt::System::new().block_on(served)
        });
        Self {
            url,
            folder,
            shutdown: Some(shutdown),
            thread: Some(thread),
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Snapshots when each of twenty tabs was told so many events, and what they say. There is one recorder, so one at a time.
fn judged(events: &[u64]) -> Judgement {
    static TURN: Mutex<()> = Mutex::new(());
    static HEAP: LazyLock<Recorder> = LazyLock::new(|| Recorder::start().unwrap());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let heap = &*HEAP;
    let server = Watched::start(heap);
    let panel = Running::with(|config| {
        config.limits.tick = TICK;
        config.servers.push(ServerConfig::new(&server.url).unwrap());
    });
    let course = Arc::new(Course::default());
    let traffic = traffic(&server.url, &course);
    let minutes = [1, 5, 15].into_iter().cycle().take(TABS);
    let tabs = minutes.map(|minutes| Reader::start(&panel.url, minutes, &course));
    let tabs: Vec<Reader> = tabs.collect();
    let begun = Instant::now();
    let mut series: Vec<PathBuf> = Vec::new();
    for wanted in events {
        let told = || tabs.iter().map(Reader::events).min().unwrap_or(0);
        let (mut last, mut since) = (0, Instant::now());
        while told() < *wanted {
            if told() > last {
                (last, since) = (told(), Instant::now());
            }
            assert!(since.elapsed() < LONG, "no more than {last} events");
            thread::park_timeout(Duration::from_millis(5));
        }
        course.rests.store(true, Ordering::Relaxed);
        let (path, taken) = at_rest(heap, server.folder.path(), *wanted);
        course.rests.store(false, Ordering::Relaxed);
        println!(
            "{wanted:>6} events to each of {TABS} tabs after {:>4} s: {:>9} bytes in {:>5} blocks live",
            begun.elapsed().as_secs(),
            taken.live_bytes,
            taken.live_blocks
        );
        series.push(path);
    }
    drop(tabs);
    traffic.join().unwrap();
    // not before: what is read would be in the next snapshot
    let series = series
        .iter()
        .map(|path| heapdiff::files::read(path).unwrap());
    let series: Vec<Profile> = series.collect();
    judge_as_told(&series.iter().collect::<Vec<_>>(), &InApp::default()).unwrap()
}

/// The heap while no tab looks and the server is not just being asked, which it is a thousand times a second: what is only
/// on its way is in no snapshot. The heap is lowest then; how low that is, a look at it now and then tells.
fn at_rest(heap: &Recorder, folder: &Path, events: u64) -> (PathBuf, Snapshot) {
    let looks = (0..LOOKS).map(|_| {
        thread::park_timeout(Duration::from_millis(1));
        heap.live().bytes
    });
    let lowest = looks.min().unwrap();
    let snapshots = (0..TRIES).map(|nth| {
        let since = Instant::now();
        while heap.live().bytes > lowest && since.elapsed() < A_MOMENT {
            thread::yield_now();
        }
        let path = folder.join(format!("{events}-{nth}.json"));
        let mut metadata = heapshot::Metadata::new();
        metadata.insert("requests".to_owned(), events.into());
        let taken = heap.snapshot_with(&path, metadata).unwrap();
        (path, taken)
    });
    let mut smallest: Option<(PathBuf, Snapshot)> = None;
    for (path, taken) in snapshots {
        let is_low = taken.live_bytes <= lowest + LEEWAY;
        if smallest
            .as_ref()
            .is_none_or(|(_, least)| taken.live_bytes < least.live_bytes)
        {
            smallest = Some((path, taken));
        }
        if is_low {
            break;
        }
    }
    smallest.unwrap()
}

#[track_caller]
fn is_flat(judgement: &Judgement) {
    for site in judgement.by_class() {
        println!(
            "{:<10} {:>+9.2} bytes an event  {}",
            site.class.name(),
            site.bytes_per_request.estimate,
            site.name()
        );
    }
    for remark in &judgement.remarks {
        println!("note: {remark}");
    }
    assert_eq!(judgement.verdict, Verdict::NoLeak);
}

#[test]
fn the_heaps_of_panel_and_server_are_flat_while_twenty_tabs_look() {
    is_flat(&judged(&[100, 200, 400]));
}

/// The same for ten thousand events to each tab.
#[test]
#[ignore = "takes five minutes: cargo test -p panel --test flat -- --ignored --nocapture"]
fn the_heaps_of_panel_and_server_are_flat_over_ten_thousand_events() {
    is_flat(&judged(&[1250, 2500, 5000, 10_000]));
}
