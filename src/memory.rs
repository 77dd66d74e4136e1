//! How much memory a snapshot takes and how much there is, so that it is given up
//! before the system ends the process for it. Which limits hold is in `limits`.

mod limits;

use std::time::{Duration, Instant};

use limits::{Cached, Limits};

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
            at_start: limits.free_bytes(Cached::IsFree),
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
        // The second looks longer, and is hardly ever needed.
        self.limits.free_bytes(Cached::IsTaken) > RESERVE
            || self.limits.free_bytes(Cached::IsFree) > RESERVE
    }
}
