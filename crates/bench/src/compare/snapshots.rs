//! A pair of large snapshots of one service, before and after, as heapshot would have written them. They are made up, and
//! the same every time: stacks 8 to 16 deep over a common table of frames, of which most stand in a few stacks and some
//! in nearly all; call sites that differ by their address alone; a fifth of the stacks that grew.
//!
//! The proportions are those of a snapshot of the lab's server: frames per program point, bytes per frame, how many frames
//! and stacks are left without addresses. (That server's stacks are deeper.)

use std::io::{self, Write};

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::names::{self, Kind};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The earlier one.
    Before,
    /// The later one: it has some program points more.
    After,
}

/// What a snapshot holds, added up while it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Live bytes.
    pub live_bytes: u64,
    /// Live blocks.
    pub live_blocks: u64,
    /// Bytes ever allocated.
    pub total_bytes: u64,
    /// Blocks ever allocated.
    pub total_blocks: u64,
}

/// The service, from which both are written.
#[derive(Debug)]
pub struct Service {
    seed: u64,
    frames: Vec<Frame>,
    /// Indices of frames, innermost first, of all program points one after the other.
    stacks: Vec<u32>,
    /// Where each program point's stack ends in `stacks`.
    ends: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    /// What it is called; two frames of one name differ by their address.
    name: u32,
}

/// What a program point adds to a file of this shape, in bytes.
const BYTES_PER_POINT: u64 = 900;

/// Of the program points, those that are not in the earlier snapshot yet: one in so many.
const NEW: usize = 20;

impl Service {
    /// A service whose later snapshot has about so many bytes.
    #[must_use]
    pub fn of_bytes(bytes: u64, seed: u64) -> Self {
        let points = usize::try_from(bytes / BYTES_PER_POINT).unwrap_or(usize::MAX);
        let mut builder = Builder::new(seed);
        for point in 0..points.max(1) {
            builder.point(point);
        }
        builder.service
    }

    /// How many program points the later snapshot has.
    #[must_use]
    pub fn points(&self) -> usize {
        self.ends.len()
    }

    /// Writes one of the snapshots.
    ///
    /// # Errors
    /// When `to` does.
    pub fn write(&self, moment: Moment, mut to: impl Write) -> io::Result<Sums> {
        let after = moment == Moment::After;
        let (hours, requests) = if after { (2, 200_000) } else { (1, 100_000) };
        let uptime = hours * 3_600_000_000_u64; // microseconds
        write!(
            to,
            "{{\n\"dhatFileVersion\": 2,\n\"mode\": \"rust-heap\",\n\"verb\": \"Allocated\",\n\"bklt\": true,\n\"bkacc\": false,\n\"tu\": \"µs\",\n\"Mtu\": \"s\",\n\"tuth\": 10,\n\"cmd\": \"./shop --listen 127.0.0.1:0\",\n\"pid\": {hours},\n\"tg\": {uptime},\n\"te\": {uptime},\n\"pps\": [\n"
        )?;
        let mut table = vec![u32::MAX; self.frames.len()];
        let mut order: Vec<u32> = Vec::new();
        let mut sums = Sums::default();
        let points = if after {
            self.points()
        } else {
            self.points() - self.points() / NEW
        };
        for at in 0..points {
            let point = scattered(at, points, moment);
            self.counters(point, after).write(&mut to, &mut sums)?;
            for (at, frame) in self.stack(point).iter().enumerate() {
                let number = &mut table[*frame as usize];
                if *number == u32::MAX {
                    order.push(*frame);
                    *number = u32::try_from(order.len()).map_err(io::Error::other)?;
                }
                write!(to, "{}{number}", if at == 0 { "" } else { ",\n" })?;
            }
            to.write_all(if at + 1 == points {
                b"\n]\n}\n"
            } else {
                b"\n]\n},\n"
            })?;
        }
        to.write_all(b"],\n\"ftbl\": [\n\"[root]\"")?;
        for frame in order {
            let Frame { kind, name } = self.frames[frame as usize];
            let name = u64::from(name) ^ (self.seed << 32);
            write!(
                to,
                ",\n\"0x{:x}: {}\"",
                0x55a1_f0b5_0000 + 11 * u64::from(frame),
                names::frame(kind, name)
            )?;
        }
        write!(
            to,
            "\n]\n,\"heapshot\":{{\"format_version\":1,\"time\":\"2026-01-02T0{hours}:00:00Z\",\"uptime_us\":{uptime},\"pause_us\":2000,\"rss_bytes\":{hours}00000000,\"metadata\":{{\"requests\":{requests},\"server\":\"shop\"}}}}}}\n"
        )?;
        to.flush()?;
        Ok(sums)
    }

    fn stack(&self, point: usize) -> &[u32] {
        let start = point.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.stacks[start..self.ends[point]]
    }

    /// Some of all stacks grow from one snapshot to the next, some shrink, many only allocate and free.
    fn counters(&self, point: usize, after: bool) -> Counters {
        let mut rng = rng(self.seed, point);
        let size = 16 + 8 * (rng.next_u64() % 60);
        let blocks = rng.next_u64() % 500;
        let changed = rng.next_u64() % 400;
        let what = rng.next_u64() % 10;
        let freed = rng.next_u64() % 5_000;
        let live = match what {
            _ if !after => blocks,
            0 | 1 => blocks + changed,
            2 => blocks.saturating_sub(changed),
            _ => blocks,
        };
        let ever = blocks + changed + freed + if after && what < 7 { changed * 3 } else { 0 };
        Counters { size, live, ever }
    }
}

struct Counters {
    size: u64,
    live: u64,
    ever: u64,
}

impl Counters {
    fn write(&self, to: &mut impl Write, sums: &mut Sums) -> io::Result<()> {
        let Self { size, live, ever } = *self;
        let (live_bytes, total_bytes) = (size * live, size * ever);
        sums.live_bytes += live_bytes;
        sums.live_blocks += live;
        sums.total_bytes += total_bytes;
        sums.total_blocks += ever;
        write!(
            to,
            "{{\n\"tb\": {total_bytes},\n\"tbk\": {ever},\n\"tl\": {},\n\"mb\": {live_bytes},\n\"mbk\": {live},\n\"gb\": {live_bytes},\n\"gbk\": {live},\n\"eb\": {live_bytes},\n\"ebk\": {live},\n\"fs\": [\n",
            ever * 97
        )
    }
}

/// A place for each number, each once: a hash table that has grown tells its entries in another order.
fn scattered(n: usize, of: usize, moment: Moment) -> usize {
    let prime = match moment {
        Moment::Before => 1_000_003,
        Moment::After => 7_368_787,
    };
    if of.is_multiple_of(prime) {
        n
    } else {
        n * prime % of
    }
}

fn rng(seed: u64, point: usize) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed.rotate_left(48) ^ point as u64)
}

/// Frames of one kind, to choose from.
#[derive(Default)]
struct Pool(Vec<u32>);

struct Builder {
    service: Service,
    pools: [Pool; 5],
    /// The frames that the point before was the first to have.
    last_new: Vec<Frame>,
    last_stack: Vec<u32>,
}

impl Builder {
    fn new(seed: u64) -> Self {
        let service = Service {
            seed,
            frames: Vec::new(),
            stacks: Vec::new(),
            ends: Vec::new(),
        };
        let mut builder = Self {
            service,
            pools: Default::default(),
            last_new: Vec::new(),
            last_stack: Vec::new(),
        };
        for (kind, count) in [
            (Kind::Runtime, 32),
            (Kind::Allocation, 60),
            (Kind::Container, 8),
            (Kind::Own, 8),
            (Kind::Library, 24),
        ] {
            for name in 0..count {
                builder.frame(Frame { kind, name });
            }
        }
        builder
    }

    fn frame(&mut self, frame: Frame) -> u32 {
        let id = u32::try_from(self.service.frames.len()).unwrap_or(u32::MAX);
        self.service.frames.push(frame);
        self.pools[frame.kind as usize].0.push(id);
        id
    }

    fn point(&mut self, point: usize) {
        let mut rng = rng(self.service.seed ^ 0x5eed, point);
        // a call site of the same code, at another address: inlined elsewhere
        let stack = if rng.next_u64().is_multiple_of(3) && !self.last_new.is_empty() {
            self.twin()
        } else {
            self.stack(&mut rng)
        };
        self.service.stacks.extend(&stack);
        self.service.ends.push(self.service.stacks.len());
        self.last_stack = stack;
    }

    fn twin(&mut self) -> Vec<u32> {
        let first = self.service.frames.len() - self.last_new.len();
        let copies: Vec<u32> = self
            .last_new
            .clone()
            .into_iter()
            .map(|frame| self.frame(frame))
            .collect();
        let copy = |id: &u32| {
            let place = (*id as usize).checked_sub(first);
            place
                .and_then(|place| copies.get(place))
                .copied()
                .unwrap_or(*id)
        };
        self.last_stack.iter().map(copy).collect()
    }

    fn stack(&mut self, rng: &mut Pcg64Mcg) -> Vec<u32> {
        let depth = 8 + rng.next_u64() % 9;
        self.last_new.clear();
        let mut stack = Vec::new();
        for place in 0..depth {
            let (kind, new) = match place {
                0 | 1 => (Kind::Allocation, 6),
                2 => (Kind::Container, 2),
                3 => (Kind::Own, 6),
                4 => (Kind::Own, 12),
                _ if place + 4 >= depth => (Kind::Runtime, 0),
                _ => (Kind::Library, 3),
            };
            let is_new = new > 0 && rng.next_u64().is_multiple_of(new);
            let id = if is_new {
                let name = u32::try_from(self.service.frames.len()).unwrap_or(u32::MAX);
                let frame = Frame { kind, name };
                self.last_new.push(frame);
                self.frame(frame)
            } else {
                self.pools[kind as usize].skewed(rng)
            };
            stack.push(id);
        }
        stack
    }
}

impl Pool {
    /// Any of them, early ones far more often.
    fn skewed(&self, rng: &mut Pcg64Mcg) -> u32 {
        let mut at = self.0.len() as u64;
        for _ in 0..3 {
            at = rng.next_u64() % at.max(1) + 1;
        }
        let at = usize::try_from(at.saturating_sub(1)).unwrap_or(0);
        self.0.get(at).copied().unwrap_or_default()
    }
}
