//! The resident set of this process, as the memory of its main thread is judged by. Reads
//! only; allocates nothing, so that it may be called inside a collection.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the heaps of worker threads take, in bytes: it is in the resident set of the
/// process, and it is not the main thread's. Only of those that load memwatch.
static WORKERS: AtomicU64 = AtomicU64::new(0);

/// Bytes of one line of the file: seven numbers.
const LINE_BYTES: usize = 192;

/// Reads it again and again; without effect where the system has no such file.
pub struct Rss {
    statm: Option<File>,
    page_bytes: u64,
}

impl Rss {
    /// Opens the file once: to open it inside a collection would allocate.
    pub fn open() -> Self {
        Self {
            statm: File::open("/proc/self/statm").ok(),
            page_bytes: page_bytes().unwrap_or(0),
        }
    }

    /// Never known.
    pub fn unknown() -> Self {
        Self {
            statm: None,
            page_bytes: 0,
        }
    }

    /// Resident bytes without those of the workers' heaps.
    pub fn without_workers(&self) -> Option<u64> {
        let mut line = [0; LINE_BYTES];
        let length = read_at_start(self.statm.as_ref()?, &mut line)?;
        let pages = second_number(line.get(..length)?)?;
        let bytes = pages
            .checked_mul(self.page_bytes)
            .filter(|&bytes| bytes > 0)?;
        Some(bytes.saturating_sub(WORKERS.load(Ordering::Relaxed)))
    }
}

/// One worker's part of the resident set; taken back when it is dropped.
#[derive(Default)]
pub struct WorkerShare(std::cell::Cell<u64>);

impl WorkerShare {
    pub fn set(&self, bytes: u64) {
        let before = self.0.replace(bytes);
        WORKERS.fetch_add(bytes.wrapping_sub(before), Ordering::Relaxed);
    }
}

impl Drop for WorkerShare {
    fn drop(&mut self) {
        self.set(0);
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
