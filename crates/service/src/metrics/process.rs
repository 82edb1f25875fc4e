//! The process in `/metrics`, under the names that every client library of Prometheus gives these numbers:
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>. They are read from `/proc`; where
//! there is none they are left out.

use std::fmt;
use std::fs;

use nix::unistd::{SysconfVar, sysconf};
use prometheus_client::collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Unit;

use super::{counter, gauge};

/// Reads `/proc/self`.
#[derive(Debug)]
pub(super) struct Collector {
    /// What the kernel counts time in.
    ticks_per_second: f64,
    /// Bytes.
    page_size: u64,
    /// When this system started, in seconds since 1970; it does not change, and its file is long.
    booted: Option<f64>,
}

/// What `/proc/self/stat` tells, in the kernel's units: proc(5).
#[derive(Debug, PartialEq)]
struct Stat {
    cpu_ticks: f64,
    threads: u64,
    start_ticks: f64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Collector {
    pub(super) fn new() -> Self {
        let system = fs::read_to_string("/proc/stat").ok();
        Self {
            ticks_per_second: number(SysconfVar::CLK_TCK, 100),
            page_size: number(SysconfVar::PAGE_SIZE, 4096),
            booted: system.as_deref().and_then(booted),
        }
    }
}

impl collector::Collector for Collector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let encoder = &mut encoder;
        let stat = fs::read_to_string("/proc/self/stat").ok();
        if let Some(stat) = stat.as_deref().and_then(Stat::parse) {
            self.tell(encoder, &stat)?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            let open = open.count().saturating_sub(1); // one of them is the folder itself
            let help = "Open file descriptors, connections among them.";
            gauge(encoder, ("process_open_fds", None), help, open)?;
        }
        Ok(())
    }
}

impl Collector {
    fn tell(&self, encoder: &mut DescriptorEncoder<'_>, stat: &Stat) -> fmt::Result {
        let seconds = Some(Unit::Seconds);
        let help = "Time that the processors worked for this process, in user and in kernel mode.";
        let value = stat.cpu_ticks / self.ticks_per_second;
        counter(encoder, ("process_cpu", seconds.clone()), help, value)?;
        if let Some(booted) = self.booted {
            let help = "When the process started, since 1970.";
            let value = booted + stat.start_ticks / self.ticks_per_second;
            gauge(encoder, ("process_start_time", seconds), help, value)?;
        }
        let bytes = Some(Unit::Bytes);
        let help = "Memory that the process has in RAM (RSS): heap, what the allocator retains, code, stacks.";
        let value = stat.resident_pages * self.page_size;
        gauge(
            encoder,
            ("process_resident_memory", bytes.clone()),
            help,
            value,
        )?;
        let help = "Address space that the process has reserved, in RAM or not.";
        let value = stat.virtual_bytes;
        gauge(encoder, ("process_virtual_memory", bytes), help, value)?;
        let help = "Threads of the process.";
        gauge(encoder, ("process_threads", None), help, stat.threads)
    }
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, which may hold anything.
        let fields: Vec<&str> = text.rsplit_once(") ")?.1.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied(); // as proc(5) counts them
        let ticks = |number| field(number)?.parse::<f64>().ok();
        Some(Self {
            cpu_ticks: ticks(14)? + ticks(15)?,
            threads: field(20)?.parse().ok()?,
            start_ticks: ticks(22)?,
            virtual_bytes: field(23)?.parse().ok()?,
            resident_pages: field(24)?.parse().ok()?,
        })
    }
}

fn booted(system: &str) -> Option<f64> {
    let line = system.lines().find_map(|line| line.strip_prefix("btime "));
    line?.trim().parse().ok()
}

/// A number of the system, `usual` where it does not tell.
fn number<T: From<u32>>(of: SysconfVar, usual: u32) -> T {
    let told = sysconf(of).ok().flatten();
    let told = told.and_then(|number| u32::try_from(number).ok());
    T::from(told.unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::{Stat, booted};

    #[test]
    fn a_program_by_any_name_is_read() {
        let rest = "S 1 2 3 0 -1 4194304 99 0 0 0 70 30 0 0 20 0 7 0 316071 3133440 383 18446744073709551615 1 2";
        let stat = Stat {
            cpu_ticks: 100.0,
            threads: 7,
            start_ticks: 316_071.0,
            virtual_bytes: 3_133_440,
            resident_pages: 383,
        };
        for name in ["cat", "a b", "a) S 9 9 (b", ""] {
            let text = format!("29029 ({name}) {rest}\n");
            assert_eq!(Stat::parse(&text).as_ref(), Some(&stat), "{name}");
        }
    }

    #[test]
    fn what_is_no_such_file_is_nothing() {
        for text in [
            "",
            "1 (cat) S 1",
            "1 (cat) S x x x x x x x x x x x x x x x x x x x x x x x",
        ] {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
        assert_eq!(
            booted("cpu 1 2 3\nbtime 1795548365\nprocesses 7\n"),
            Some(1_795_548_365.0)
        );
        assert_eq!(booted("cpu 1 2 3\n"), None);
    }
}
