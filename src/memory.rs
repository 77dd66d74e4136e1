//! How much memory this process may still take, so that a snapshot is given up
//! before the system ends the process for it. Reads what Linux tells; elsewhere
//! there is no limit known here.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Least time between two looks: a look costs some ten microseconds.
const PERIOD: Duration = Duration::from_millis(10);

/// Always left free, in bytes: V8 asks between steps of ten thousand objects, and
/// such a step has taken up to 9 MB.
const RESERVE: u64 = 32 << 20;

/// What a snapshot takes at most for each object, in bytes. Of resident memory 810
/// (2 million objects) to 1320 (440 000) were measured: V8's tables double when they
/// are full. A third is taken at the very end, when V8 asks no more and ends the
/// process where it fails; so it must be there from the beginning.
const SNAPSHOT_BYTES_AN_OBJECT: u64 = 1500;

/// What a snapshot takes at most, in bytes for each byte of the heap: 20 were measured
/// on a heap of nothing but very small objects; twice that. Where so much is free,
/// nobody needs to watch.
const SNAPSHOT_BYTES_A_HEAP_BYTE: u64 = 40;

/// What a snapshot takes in any case, in bytes for each byte of the heap. Ten-fold is
/// usual; less, so that none is refused without a look at the objects that would have fit.
const SNAPSHOT_BYTES_A_HEAP_BYTE_AT_LEAST: u64 = 8;

/// Watches the room for a snapshot.
pub struct Headroom {
    at_start: u64,
    looked_at: Instant,
    limits: Limits,
}

impl Headroom {
    /// Starts watching.
    pub fn watch() -> Self {
        let limits = Limits::find();
        Self {
            at_start: limits.free_bytes(),
            looked_at: Instant::now(),
            limits,
        }
    }

    /// Whether a snapshot of a heap of this many bytes might take all there is, so that
    /// it must be watched.
    pub fn is_scarce_for(&self, heap_bytes: u64) -> bool {
        let need = heap_bytes.saturating_mul(SNAPSHOT_BYTES_A_HEAP_BYTE);
        self.at_start < need.saturating_add(RESERVE)
    }

    /// Whether there is room for a snapshot to begin with.
    pub fn is_any(&self) -> bool {
        self.at_start > RESERVE
    }

    /// Whether a copy of this process may begin a snapshot of its heap. Of the heap, it and
    /// the original change pages until each has its own.
    pub fn is_enough_for_copy(&self, heap_physical_bytes: u64, heap_bytes: u64) -> bool {
        let snapshot = heap_bytes.saturating_mul(SNAPSHOT_BYTES_A_HEAP_BYTE_AT_LEAST);
        let need = heap_physical_bytes.saturating_add(snapshot);
        self.at_start > need.saturating_add(RESERVE)
    }

    /// Whether there is still room for a snapshot of this many objects. Cheap enough to
    /// ask often.
    pub fn is_left_for(&mut self, objects: u64) -> bool {
        if self.at_start < objects.saturating_mul(SNAPSHOT_BYTES_AN_OBJECT) + RESERVE {
            return false;
        }
        if self.looked_at.elapsed() < PERIOD {
            return true;
        }
        self.looked_at = Instant::now();
        self.limits.free_bytes() > RESERVE
    }
}

/// The limits that hold for this process, found once.
#[derive(Default)]
struct Limits {
    /// From `/proc/self/limits`: on the address space, on the data segment.
    address_space: Option<u64>,
    data: Option<u64>,
    /// The control group's directory and its two files, limit and use.
    cgroup: Option<(PathBuf, &'static str, &'static str)>,
}

impl Limits {
    fn find() -> Self {
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        Self {
            address_space: limit(&limits, "Max address space"),
            data: limit(&limits, "Max data size"),
            cgroup: cgroup(),
        }
    }

    fn free_bytes(&self) -> u64 {
        let status = if self.address_space.is_some() || self.data.is_some() {
            fs::read_to_string("/proc/self/status").unwrap_or_default()
        } else {
            String::new()
        };
        let below = |limit: Option<u64>, used: Option<u64>| Some(limit?.saturating_sub(used?));
        let in_cgroup = self.cgroup.as_ref().and_then(|(dir, limit, used)| {
            below(number(&dir.join(limit)), number(&dir.join(used)))
        });
        let in_system = fs::read_to_string("/proc/meminfo")
            .ok()
            .and_then(|text| kilobytes(&text, "MemAvailable:"));
        [
            below(self.address_space, kilobytes(&status, "VmSize:")),
            below(self.data, kilobytes(&status, "VmData:")),
            in_cgroup,
            in_system,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(u64::MAX)
    }
}

/// The soft limit in bytes from a line of `/proc/self/limits`; `None` when there
/// is none.
fn limit(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find(|line| line.starts_with(name))?;
    line[name.len()..].split_whitespace().next()?.parse().ok()
}

/// Bytes from a line `Name:  123 kB`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn number(path: &PathBuf) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The group that limits this process's memory: version 2, or 1. In a container
/// the group's own directory is often the root of what is mounted.
fn cgroup() -> Option<(PathBuf, &'static str, &'static str)> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path_of = |controller: &str| {
        groups.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, names, path) = (fields.next()?, fields.next()?, fields.next()?);
            names
                .split(',')
                .any(|name| name == controller)
                .then(|| path.trim_start_matches('/').to_owned())
        })
    };
    let candidates = [
        (
            "/sys/fs/cgroup",
            path_of(""),
            "memory.max",
            "memory.current",
        ),
        (
            "/sys/fs/cgroup/memory",
            path_of("memory"),
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
        ),
    ];
    for (root, path, limit, used) in candidates {
        let Some(path) = path else { continue };
        for dir in [PathBuf::from(root).join(path), PathBuf::from(root)] {
            if number(&dir.join(limit)).is_some() && number(&dir.join(used)).is_some() {
                return Some((dir, limit, used));
            }
        }
    }
    None
}
