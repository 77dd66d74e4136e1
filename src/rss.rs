//! The resident set of this process, as the memory of its main thread is judged by. Reads
//! only; allocates nothing, so that it may be called inside a collection.

use std::cell::Cell;
use std::fs::File;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::v8::resident_bytes;

/// What the heaps of worker threads take, in bytes: it is in the resident set of the
/// process, and it is not the main thread's. Of those that load memwatch, with the memory
/// outside of their heaps that V8 accounts for.
static WORKERS: AtomicU64 = AtomicU64::new(0);

/// Of it, what is on their heaps.
static WORKERS_PHYSICAL: AtomicU64 = AtomicU64::new(0);

/// How many those are.
static LOADED: AtomicU32 = AtomicU32::new(0);

/// What the heaps of all other isolates take, as it was measured last: of workers that do
/// not load memwatch. What their objects keep outside of the heap is not known.
static OTHERS: AtomicU64 = AtomicU64::new(0);

/// Bytes of one line of the file: seven numbers.
const LINE_BYTES: usize = 192;

/// Reads it again and again: from a file, or where the system has none by its own call.
pub(crate) struct Rss {
    statm: Option<File>,
    page_bytes: u64,
    is_known: bool,
}

impl Rss {
    /// Opens the file once: to open it inside a collection would allocate.
    pub(crate) fn open() -> Self {
        Self {
            statm: cfg!(target_os = "linux")
                .then(|| File::open("/proc/self/statm").ok())
                .flatten(),
            page_bytes: page_bytes().unwrap_or(0),
            is_known: true,
        }
    }

    /// Never known.
    pub(crate) fn unknown() -> Self {
        Self {
            statm: None,
            page_bytes: 0,
            is_known: false,
        }
    }

    /// Resident bytes without those of the workers' heaps.
    pub(crate) fn without_workers(&self) -> Option<u64> {
        let bytes = match &self.statm {
            Some(statm) => self.read_file(statm),
            None => self.is_known.then(resident_bytes).flatten(),
        };
        let bytes = bytes.filter(|&bytes| bytes > 0)?;
        let memory = workers();
        Some(bytes.saturating_sub(memory.bytes.saturating_add(memory.others)))
    }

    fn read_file(&self, statm: &File) -> Option<u64> {
        let mut line = [0; LINE_BYTES];
        let length = read_at_start(statm, &mut line)?;
        second_number(line.get(..length)?)?.checked_mul(self.page_bytes)
    }
}

/// What is known of the memory of worker threads.
pub(crate) struct Workers {
    /// How many of them load memwatch.
    pub loaded: u32,
    /// What these take, in bytes.
    pub bytes: u64,
    /// What the heaps of the others take, in bytes, as it was measured last.
    pub others: u64,
}

/// As it is now.
pub(crate) fn workers() -> Workers {
    Workers {
        loaded: LOADED.load(Ordering::Relaxed),
        bytes: WORKERS.load(Ordering::Relaxed),
        others: OTHERS.load(Ordering::Relaxed),
    }
}

/// The heaps of all isolates were measured together, in bytes, and that of the main thread
/// has so many: what is left is of workers that nobody else knows of.
pub(crate) fn measured(all_heaps: u64, of_main: u64) {
    let known = of_main.saturating_add(WORKERS_PHYSICAL.load(Ordering::Relaxed));
    OTHERS.store(all_heaps.saturating_sub(known), Ordering::Relaxed);
}

/// One worker's part of the resident set; taken back when it is dropped.
pub(crate) struct WorkerShare {
    physical: Cell<u64>,
    outside: Cell<u64>,
}

impl WorkerShare {
    /// A worker that loads memwatch.
    pub(crate) fn new() -> Self {
        LOADED.fetch_add(1, Ordering::Relaxed);
        Self {
            physical: Cell::new(0),
            outside: Cell::new(0),
        }
    }

    /// Bytes on its heap, and outside of it.
    pub(crate) fn set(&self, physical: u64, outside: u64) {
        let before = self.physical.replace(physical);
        WORKERS_PHYSICAL.fetch_add(physical.wrapping_sub(before), Ordering::Relaxed);
        let change = physical
            .wrapping_sub(before)
            .wrapping_add(outside.wrapping_sub(self.outside.replace(outside)));
        WORKERS.fetch_add(change, Ordering::Relaxed);
    }
}

impl Drop for WorkerShare {
    fn drop(&mut self) {
        self.set(0, 0);
        LOADED.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(unix)]
fn read_at_start(file: &File, into: &mut [u8]) -> Option<usize> {
    use std::os::unix::fs::FileExt;
    file.read_at(into, 0).ok()
}

#[cfg(not(unix))]
fn read_at_start(_: &File, _: &mut [u8]) -> Option<usize> {
    None
}

/// Bytes of a page, from what the kernel tells each program at its start: pairs of a
/// key and a value.
fn page_bytes() -> Option<u64> {
    const PAGE_SIZE_KEY: u64 = 6;
    let pairs = std::fs::read("/proc/self/auxv").ok()?;
    pairs.chunks_exact(16).find_map(|pair| {
        let (key, value) = pair.split_at(8);
        let number = |bytes: &[u8]| Some(u64::from_ne_bytes(bytes.try_into().ok()?));
        (number(key)? == PAGE_SIZE_KEY).then(|| number(value))?
    })
}

fn second_number(line: &[u8]) -> Option<u64> {
    let mut words = line.split(|byte| !byte.is_ascii_digit());
    words.next()?;
    std::str::from_utf8(words.next()?).ok()?.parse().ok()
}
