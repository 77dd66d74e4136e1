//! How much memory a snapshot takes and how much there is, so that it is abandoned
//! before the system kills the process for it, or the parent together with a forked child.
//! `limits` finds the limits.

pub(crate) mod container;
mod limits;

use std::time::{Duration, Instant};

use limits::{Cached, Limits, own_bytes};

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

/// What a snapshot of memwatch's own reader and its analysis take at most for each living object, in
/// bytes: 116 to 166 were measured, in heaps of small objects and of classes, maps and closures.
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    allow(dead_code, reason = "memwatch's own reader works there alone")
)]
const READER_BYTES_AN_OBJECT: u64 = 170;

/// What such a snapshot takes in any case, as one in how many bytes of the heap: tables for the pages.
const READER_SHARE_AT_LEAST: u64 = 16;

/// The part of it that is taken at the very end, as one in how many.
const TAKEN_AT_THE_END: u64 = 3;

/// Watches the room for a snapshot.
pub(crate) struct Headroom {
    at_start: u64,
    looked_at: Instant,
    limits: Limits,
    /// In a copy whose end for want of memory is the end of the original too.
    stake: Option<Stake>,
}

impl Headroom {
    /// Starts watching.
    pub(crate) fn watch() -> Self {
        let limits = Limits::find();
        Self {
            at_start: limits.free_bytes(Cached::IsFree),
            looked_at: Instant::now(),
            limits,
            stake: None,
        }
    }

    /// The same in a copy, whose heap has so many bytes in memory.
    pub(crate) fn watch_in_copy(heap_physical_bytes: u64) -> Self {
        Self {
            stake: Stake::of(heap_physical_bytes),
            ..Self::watch()
        }
    }

    /// Whether a snapshot of a heap of this many bytes might take all there is, so that
    /// it must be watched.
    pub(crate) fn is_scarce_for(&self, heap_bytes: u64) -> bool {
        if self.stake.is_some() {
            return true;
        }
        let need = heap_bytes.saturating_mul(SNAPSHOT_BYTES_A_HEAP_BYTE);
        self.at_start < need.saturating_add(RESERVE)
    }

    /// Whether there is room for a snapshot to begin with.
    pub(crate) fn is_any(&self) -> bool {
        self.at_start > RESERVE
    }

    /// Whether a copy of this process may begin a snapshot of its heap. Of the heap, it and
    /// the original change pages until each has its own.
    pub(crate) fn is_enough_for_copy(&self, heap_physical_bytes: u64, heap_bytes: u64) -> bool {
        let snapshot = heap_bytes.saturating_mul(SNAPSHOT_BYTES_A_HEAP_BYTE_AT_LEAST);
        let need = heap_physical_bytes.saturating_add(snapshot);
        self.at_start > need.saturating_add(RESERVE)
    }

    /// Whether a copy of this process may begin to read its heap of so many bytes without V8. Of
    /// the heap's pages nearly none are written meanwhile: the copy is done within a second or two.
    pub(crate) fn is_enough_for_reader(&self, heap_bytes: u64) -> bool {
        self.at_start > RESERVE.saturating_add(heap_bytes / READER_SHARE_AT_LEAST)
    }

    /// Whether there is room for the graph of so many objects and its analysis, made without V8.
    #[cfg_attr(
        not(all(target_os = "linux", target_arch = "x86_64")),
        allow(dead_code, reason = "memwatch's own reader works there alone")
    )]
    pub(crate) fn is_left_for_reader(&self, objects: u64) -> bool {
        let whole = objects.saturating_mul(READER_BYTES_AN_OBJECT);
        let is_enough = |limits: &Limits| is_left(limits, |_| whole);
        is_enough(&self.limits)
            && self
                .stake
                .as_ref()
                .is_none_or(|stake| is_enough(&stake.limits))
    }

    /// Whether there is still room for a snapshot of this many objects. Cheap enough to
    /// ask often.
    pub(crate) fn is_left_for(&mut self, objects: u64) -> bool {
        let whole = objects.saturating_mul(SNAPSHOT_BYTES_AN_OBJECT);
        let stake = self.stake.as_ref();
        if self.at_start < whole.saturating_add(RESERVE)
            || stake.is_some_and(|stake| !stake.is_enough_for(whole))
        {
            return false;
        }
        if self.looked_at.elapsed() < PERIOD {
            return true;
        }
        self.looked_at = Instant::now();
        is_left(&self.limits, |_| 0) && stake.is_none_or(|stake| stake.is_left_for(whole))
    }
}

/// Whether more than the reserve is left beyond a need, which is told from what is free.
fn is_left(limits: &Limits, need: impl Fn(u64) -> u64) -> bool {
    // The second looks longer, and is hardly ever needed.
    [Cached::IsTaken, Cached::IsFree].into_iter().any(|cached| {
        let free = limits.free_bytes(cached);
        free > need(free).saturating_add(RESERVE)
    })
}

/// What a copy has to leave where the system, when memory runs out, ends the original with
/// it: not to be the first that is chosen is no help then, so the choice must never come.
/// All that is still to come is left free at any time: what V8 takes, and the pages that
/// come to be there twice. Of these only the heap's are counted, all of them: a program
/// that works changes the most of them while a snapshot is taken, and they are a tenth of
/// what V8 takes. Whatever else the original takes meanwhile is for [`Brink`] to see.
struct Stake {
    limits: Limits,
    /// Bytes; free, and this process's own, when it began.
    at_start: u64,
    own_at_start: u64,
    /// Bytes of the heap's pages.
    shared: u64,
}

impl Stake {
    fn of(heap_physical_bytes: u64) -> Option<Self> {
        let limits = Limits::where_all_end()?;
        Some(Self {
            at_start: limits.free_bytes(Cached::IsFree),
            own_at_start: own_bytes(),
            shared: heap_physical_bytes,
            limits,
        })
    }

    /// Whether there was room for what V8 takes as a whole, in bytes.
    fn is_enough_for(&self, whole: u64) -> bool {
        let need = whole.saturating_add(self.shared);
        self.at_start > need.saturating_add(RESERVE)
    }

    /// Whether there is still room for the rest of it.
    fn is_left_for(&self, whole: u64) -> bool {
        let taken = own_bytes().saturating_sub(self.own_at_start);
        is_left(&self.limits, |free| self.still_to_come(whole, taken, free))
    }

    /// Bytes, where so many are taken by now and so many are free. What is gone beyond
    /// what was taken here has gone for pages that are there twice.
    fn still_to_come(&self, whole: u64, taken: u64, free: u64) -> u64 {
        let gone = self.at_start.saturating_sub(free);
        let of_pages = self.shared.saturating_sub(gone.saturating_sub(taken));
        let of_snapshot = whole.saturating_sub(taken).max(whole / TAKEN_AT_THE_END);
        of_snapshot.saturating_add(of_pages)
    }
}

/// Where a copy would take its original with it: watched from the original, to the copy's
/// end, because what V8 takes is not all, and V8 asks only in the midst.
pub(crate) struct Brink(Limits);

impl Brink {
    /// How often to look. Three threads that do nothing but change pages for the first time
    /// take the reserve in about as long, at a gigabyte a second each.
    pub(crate) const PERIOD: Duration = PERIOD;

    /// `None` where the copy would end alone.
    pub(crate) fn find() -> Option<Self> {
        Limits::where_all_end().map(Self)
    }

    /// Whether no more than the reserve is left.
    pub(crate) fn is_near(&self) -> bool {
        !is_left(&self.0, |_| 0)
    }
}
