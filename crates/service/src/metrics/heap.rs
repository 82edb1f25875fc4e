//! The heap in `/metrics`: what is live, what was allocated, the ceiling, and what snapshots cost.

use std::fmt;
use std::time::Duration;

use heapshot::{Allocated, Live, Recorder};
use prometheus_client::collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::{counter, gauge};

/// Upper bounds of the pauses' buckets, in seconds: a millisecond is usual, 30 ms go with each gigabyte.
const PAUSES: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0,
];

/// Reads the recorder.
#[derive(Debug)]
pub(super) struct Collector {
    heap: Recorder,
}

impl Collector {
    pub(super) fn of(heap: &Recorder) -> Self {
        Self { heap: heap.clone() }
    }
}

impl collector::Collector for Collector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let encoder = &mut encoder;
        let Live { bytes, blocks } = self.heap.live();
        let help = "Heap that was allocated and is not yet freed, as asked for by the program.";
        gauge(encoder, ("heap_live", Some(Unit::Bytes)), help, bytes)?;
        let help = "Blocks of the heap that were allocated and are not yet freed.";
        gauge(encoder, ("heap_live_blocks", None), help, blocks)?;

        let Allocated { bytes, blocks } = self.heap.allocated();
        let help = "Heap that was ever allocated, freed or not.";
        counter(encoder, ("heap_allocated", Some(Unit::Bytes)), help, bytes)?;
        let help = "Blocks of the heap that were ever allocated, freed or not.";
        counter(encoder, ("heap_allocated_blocks", None), help, blocks)?;

        // Without a ceiling there is no such number: 0 would say that none is allowed, and alerts would fire.
        let Some(usage) = self.heap.usage() else {
            return Ok(());
        };
        let help = "Memory of the heap as the ceiling counts it, with headers of blocks and what the recorder needs.";
        gauge(encoder, ("heap_used", Some(Unit::Bytes)), help, usage.bytes)?;
        let help = "Memory of the heap at which the server ends, or its labs' routes answer 503.";
        gauge(
            encoder,
            ("heap_ceiling", Some(Unit::Bytes)),
            help,
            usage.ceiling,
        )
    }
}

/// Counts the snapshots that are taken, for `/metrics`.
#[derive(Debug)]
pub struct Tally {
    written: Counter,
    failed: Counter,
    pauses: Histogram,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            written: Counter::default(),
            failed: Counter::default(),
            pauses: Histogram::new(PAUSES),
        }
    }
}

impl Tally {
    /// The heap was frozen, and nobody could allocate meanwhile.
    pub(crate) fn frozen(&self, pause: Duration) {
        self.pauses.observe(pause.as_secs_f64());
    }

    /// A snapshot was written or was not. Whoever was told that another one is under way has tried none.
    pub(crate) fn ended(&self, outcome: Result<(), &heapshot::Error>) {
        match outcome {
            Ok(()) => self.written.inc(),
            Err(heapshot::Error::Busy) => return,
            Err(_) => self.failed.inc(),
        };
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "heap_snapshots",
            "Heap snapshots that were written",
            self.written.clone(),
        );
        registry.register(
            "heap_snapshot_failures",
            "Heap snapshots that could not be written",
            self.failed.clone(),
        );
        registry.register_with_unit(
            "heap_snapshot_pause",
            "Time that the process could not allocate while its heap was frozen for a snapshot",
            Unit::Seconds,
            self.pauses.clone(),
        );
    }
}
