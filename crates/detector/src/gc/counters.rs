//! How many collections of each kind there were, and for how long they stopped
//! the program. Does not know which of them were steps: see `tracker`.

use super::sample::GcKind;

/// Collections of one kind since the counting began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The sum of their pauses, in nanoseconds.
    pub pause_ns: u64,
}

/// Collections by kind, as V8 ran them: each round counts, even where several
/// rounds are one step. These are the numbers behind the keys of the second
/// generation of `stats`:
///
/// | field | count | time, ns |
/// | --- | --- | --- |
/// | `scavenge` | `gcScavengeCount` | `gcScavengeTime` |
/// | `mark_sweep` | `gcMarkSweepCompactCount` | `gcMarkSweepCompactTime` |
/// | `incremental_marking` | `gcIncrementalMarkingCount` | `gcIncrementalMarkingTime` |
/// | `weak_callbacks` | `gcProcessWeakCallbacksCount` | `gcProcessWeakCallbacksTime` |
/// | `minor_mark_sweep` | none there | none there |
/// | `probe` | none there | none there |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Copying collections of the young generation.
    pub scavenge: Tally,
    /// Marking collections of the young generation.
    pub minor_mark_sweep: Tally,
    /// Collections of the whole heap.
    pub mark_sweep: Tally,
    /// Steps of incremental marking.
    pub incremental_marking: Tally,
    /// Passes over weak callbacks.
    pub weak_callbacks: Tally,
    /// Full collections that memwatch asked for itself; they are in no other number.
    pub probe: Tally,
}

impl Counters {
    /// Counts one collection. Both numbers stay at their largest value rather
    /// than wrap around.
    pub fn add(&mut self, kind: GcKind, pause_ns: u64) {
        let tally = match kind {
            GcKind::Scavenge => &mut self.scavenge,
            GcKind::MinorMarkSweep => &mut self.minor_mark_sweep,
            GcKind::MarkSweep => &mut self.mark_sweep,
            GcKind::IncrementalMarking => &mut self.incremental_marking,
            GcKind::WeakCallbacks => &mut self.weak_callbacks,
        };
        tally.count = tally.count.saturating_add(1);
        tally.pause_ns = tally.pause_ns.saturating_add(pause_ns);
    }

    /// A probe ended.
    pub fn add_probe(&mut self) {
        self.probe.count = self.probe.count.saturating_add(1);
    }

    /// A probe held up the program.
    pub fn add_probe_pause(&mut self, pause_ns: u64) {
        self.probe.pause_ns = self.probe.pause_ns.saturating_add(pause_ns);
    }

    /// Everything that was not a full collection: what `num_inc_gc` counts.
    #[must_use]
    pub fn not_full(&self) -> u64 {
        [
            self.scavenge,
            self.minor_mark_sweep,
            self.incremental_marking,
            self.weak_callbacks,
        ]
        .iter()
        .fold(0, |sum, tally| sum.saturating_add(tally.count))
    }
}
