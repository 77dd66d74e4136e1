//! The meter of one thread: written by it alone, read by any.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::pauses::{PauseHistogram, Pauses};
use crate::gc::trend::{self, Kind, State};
use crate::gc::{GcKind, HeapNumbers, Leak};

const S_PER_HOUR: f64 = 3600.0;
const US_PER_S: f64 = 1e6;

/// GC cycles as monitoring distinguishes them: the four types of OpenTelemetry's
/// conventions, in this order wherever there is an array of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseKind {
    /// Of the young generation, copying or marking.
    Minor,
    /// Of the whole heap.
    Major,
    /// A step of incremental marking.
    Incremental,
    /// A pass over weak callbacks.
    WeakCallbacks,
}

/// One collection, as it ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collection {
    /// Its kind.
    pub kind: PauseKind,
    /// How long it stopped the program, in nanoseconds.
    pub pause_ns: u64,
    /// Wall clock when it ended, milliseconds since the Unix epoch.
    pub ended_unix_ms: f64,
}

/// As many as there are.
const PAUSE_KINDS: usize = 4;

impl From<GcKind> for PauseKind {
    fn from(kind: GcKind) -> Self {
        match kind {
            GcKind::Scavenge | GcKind::MinorMarkSweep => Self::Minor,
            GcKind::MarkSweep => Self::Major,
            GcKind::IncrementalMarking => Self::Incremental,
            GcKind::WeakCallbacks => Self::WeakCallbacks,
        }
    }
}

/// Where memory grows, in this order wherever there is an array of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakKind {
    /// V8's heap.
    Heap,
    /// Memory outside of it that its objects keep alive.
    External,
    /// The rest of the process.
    Native,
    /// Worker threads that are not ended.
    Threads,
    /// Descriptors that are not closed, and threads of native code.
    Handles,
}

/// As many as there are kinds of leak.
pub const LEAK_KINDS: usize = 5;

impl From<Kind> for LeakKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Heap => Self::Heap,
            Kind::External => Self::External,
            Kind::Native => Self::Native,
        }
    }
}

/// The detector state of one thread, as other threads see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakStates {
    /// By [`LeakKind`]: whether it is suspected, or worse. Growth that has paused is still in
    /// use, so it counts.
    pub suspected: [bool; LEAK_KINDS],
    /// Likewise: whether what is suspected has paused. What came is still kept.
    pub paused: [bool; LEAK_KINDS],
    /// How fast the base grows, in bytes a second.
    pub growth_bytes_per_second: f64,
    /// When the heap reaches its limit at that rate, in seconds since the Unix
    /// epoch; infinite where it does not.
    pub limit_at_unix_s: f64,
}

impl Default for LeakStates {
    fn default() -> Self {
        Self {
            suspected: [false; LEAK_KINDS],
            paused: [false; LEAK_KINDS],
            growth_bytes_per_second: 0.0,
            limit_at_unix_s: f64::INFINITY,
        }
    }
}

impl LeakStates {
    /// What the detector has found on the memory of a thread. Of growth that has paused there
    /// is no rate. The limit is V8's own, also where a container's comes first.
    #[must_use]
    pub fn of_memory(kinds: &[trend::KindAssessment]) -> Self {
        let mut all = Self::default();
        for found in kinds {
            let kind = LeakKind::from(found.kind);
            all.set(kind, found.state);
            if kind == LeakKind::Heap && found.state != State::Paused {
                all.set_growth(found.bytes_per_hour(), found.limit_unix_us);
            }
        }
        all
    }

    /// What the original rule has found where it is alone: it knows no end of a leak.
    #[must_use]
    pub fn of_leak(leak: &Leak, heap: &HeapNumbers) -> Self {
        let mut all = Self::default();
        all.set(LeakKind::Heap, State::Confirmed);
        all.set_growth(leak.bytes_per_hour(), leak.limit_unix_us(heap));
        all
    }

    /// Sets the state of one kind.
    pub fn set(&mut self, kind: LeakKind, state: State) {
        self.suspected[kind as usize] = state != State::Ok;
        self.paused[kind as usize] = state == State::Paused;
    }

    fn set_growth(&mut self, bytes_per_hour: i64, limit_unix_us: Option<i64>) {
        self.growth_bytes_per_second = bytes_per_hour as f64 / S_PER_HOUR;
        self.limit_at_unix_s = limit_unix_us.map_or(f64::INFINITY, |us| us as f64 / US_PER_S);
    }

    /// Adds what another detector has found on the same memory: one suspicion is a suspicion, which has paused where none
    /// goes on, the faster growth counts, and the limit that is reached first.
    pub fn join(&mut self, other: &Self) {
        for kind in 0..LEAK_KINDS {
            let goes_on = self.goes_on(kind) || other.goes_on(kind);
            self.suspected[kind] |= other.suspected[kind];
            self.paused[kind] = self.suspected[kind] && !goes_on;
        }
        self.growth_bytes_per_second = self
            .growth_bytes_per_second
            .max(other.growth_bytes_per_second);
        self.limit_at_unix_s = self.limit_at_unix_s.min(other.limit_at_unix_s);
    }

    /// Whether a kind is suspected and has not paused.
    fn goes_on(&self, kind: usize) -> bool {
        self.suspected[kind] && !self.paused[kind]
    }
}

/// The meter of one thread. Each number is right by itself; those of one reading
/// may be a collection apart.
#[derive(Debug)]
pub struct ThreadMeter {
    pauses: [PauseHistogram; PAUSE_KINDS],
    base_bytes: AtomicU64,
    limit_bytes: AtomicU64,
    suspected: [AtomicBool; LEAK_KINDS],
    paused: [AtomicBool; LEAK_KINDS],
    leaks: [AtomicU64; LEAK_KINDS],
    /// Bits of an `f64`, as is the next.
    growth_bytes_per_second: AtomicU64,
    limit_at_unix_s: AtomicU64,
}

impl Default for ThreadMeter {
    fn default() -> Self {
        let nothing = LeakStates::default();
        Self {
            pauses: Default::default(),
            base_bytes: AtomicU64::default(),
            limit_bytes: AtomicU64::default(),
            suspected: Default::default(),
            paused: Default::default(),
            leaks: Default::default(),
            growth_bytes_per_second: nothing.growth_bytes_per_second.to_bits().into(),
            limit_at_unix_s: nothing.limit_at_unix_s.to_bits().into(),
        }
    }
}

impl ThreadMeter {
    /// Counts one collection, as V8 ran it. May be called inside of it: it does not
    /// allocate, lock or wait.
    pub fn add_pause(&self, kind: PauseKind, pause_ns: u64) {
        self.pauses[kind as usize].add(pause_ns);
    }

    /// Keeps what is monitored of V8's numbers after a full collection. May be called inside of
    /// it: it does not allocate, lock or wait.
    pub fn set_heap(&self, heap: &HeapNumbers) {
        self.base_bytes
            .store(heap.used_heap_size, Ordering::Relaxed);
        self.limit_bytes
            .store(heap.heap_size_limit, Ordering::Relaxed);
    }

    /// Counts a leak that was reported.
    pub fn add_leak(&self, kind: LeakKind) {
        self.leaks[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Sets the detector state of the thread. Does not allocate, lock or wait. Numbers that are
    /// none (NaN) count as the default.
    pub fn set_leak_states(&self, states: &LeakStates) {
        let nothing = LeakStates::default();
        let or = |number: f64, instead: f64| if number.is_nan() { instead } else { number };
        for (cell, suspected) in self.suspected.iter().zip(states.suspected) {
            cell.store(suspected, Ordering::Relaxed);
        }
        for (cell, paused) in self.paused.iter().zip(states.paused) {
            cell.store(paused, Ordering::Relaxed);
        }
        let growth = or(
            states.growth_bytes_per_second,
            nothing.growth_bytes_per_second,
        );
        let limit_at = or(states.limit_at_unix_s, nothing.limit_at_unix_s);
        self.growth_bytes_per_second
            .store(growth.to_bits(), Ordering::Relaxed);
        self.limit_at_unix_s
            .store(limit_at.to_bits(), Ordering::Relaxed);
    }

    /// All of it, now.
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading {
            pauses: std::array::from_fn(|kind| self.pauses[kind].read()),
            base_bytes: self.base_bytes.load(Ordering::Relaxed),
            limit_bytes: self.limit_bytes.load(Ordering::Relaxed),
            leaks: std::array::from_fn(|kind| self.leaks[kind].load(Ordering::Relaxed)),
            leak_states: LeakStates {
                suspected: std::array::from_fn(|kind| self.suspected[kind].load(Ordering::Relaxed)),
                paused: std::array::from_fn(|kind| self.paused[kind].load(Ordering::Relaxed)),
                growth_bytes_per_second: f64::from_bits(
                    self.growth_bytes_per_second.load(Ordering::Relaxed),
                ),
                limit_at_unix_s: f64::from_bits(self.limit_at_unix_s.load(Ordering::Relaxed)),
            },
        }
    }
}

/// What was read of one thread, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// By [`PauseKind`].
    pub pauses: [Pauses; PAUSE_KINDS],
    /// The base, in bytes; 0 before the first full collection.
    pub base_bytes: u64,
    /// The limit of the heap, in bytes; likewise.
    pub limit_bytes: u64,
    /// By [`LeakKind`]: leaks that were reported.
    pub leaks: [u64; LEAK_KINDS],
    /// Its detector state.
    pub leak_states: LeakStates,
}

impl Reading {
    /// Adds what counts upwards, which outlives a thread.
    pub(super) fn add_counters(&mut self, other: &Self) {
        for (pauses, more) in self.pauses.iter_mut().zip(&other.pauses) {
            pauses.add(more);
        }
        for (leaks, more) in self.leaks.iter_mut().zip(other.leaks) {
            *leaks = leaks.saturating_add(more);
        }
    }

    /// Adds the numbers of another thread that is alive: sizes and growth are summed,
    /// the limit that is reached first counts, and one suspicion is a suspicion, which has
    /// paused where none goes on.
    pub(super) fn add(&mut self, other: &Self) {
        self.add_counters(other);
        self.base_bytes = self.base_bytes.saturating_add(other.base_bytes);
        self.limit_bytes = self.limit_bytes.saturating_add(other.limit_bytes);
        let growth = self.leak_states.growth_bytes_per_second;
        self.leak_states.join(&other.leak_states);
        self.leak_states.growth_bytes_per_second =
            growth + other.leak_states.growth_bytes_per_second;
    }
}
