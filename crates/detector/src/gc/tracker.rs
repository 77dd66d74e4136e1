//! Which collections are the program's, which of them belong together, and
//! what is known after each. Holds one environment's state; shares nothing and
//! delivers nothing.

use super::baseline::Baseline;
use super::counters::Counters;
use super::growth::{GrowthRun, Leak};
use super::sample::{FullCollection, GcKind};
use super::settings::Settings;

/// What is known after one step: the numbers of a `stats` event. Sizes are
/// bytes, counts run from the making of the [`Tracker`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// Steps: full collections, where those of one group are one.
    pub num_full_gc: u64,
    /// All other collections.
    pub num_inc_gc: u64,
    /// An alias of `num_full_gc`: V8 compacts in each of them.
    pub heap_compactions: u64,
    /// How far the short average is above the long one, in percent with one
    /// decimal. Negative when memory use falls; 0 in the first nine steps.
    pub usage_trend: f64,
    /// The short average of the base.
    pub estimated_base: u64,
    /// The base: bytes in use right after this collection.
    pub current_base: u64,
    /// The smallest base from the third step on, 0 before it.
    pub min: u64,
    /// The largest base from the third step on, 0 before it.
    pub max: u64,
    /// Collections by kind, this one included.
    pub counters: Counters,
    /// Mark-sweeps that were this one step: 1, or more where a group had more.
    pub rounds: u32,
    /// The collection itself. Of several rounds, the last one, but with the
    /// pauses of all of them.
    pub collection: FullCollection,
}

/// The result of one full GC. A leak is reported first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Growth that reached the limit with this collection.
    pub leak: Option<Leak>,
    /// The numbers after it.
    pub stats: Stats,
}

/// Follows the collections of one environment. Every call is cheap, does not
/// allocate, and accepts any numbers.
///
/// # Groups
///
/// One request to V8 for a collection runs several mark-sweeps, each a few bytes
/// smaller than the one before. Taken one by one they would interrupt any row of
/// growing collections, so the full collections between [`Self::begin_group`]
/// and [`Self::end_group`] are one step.
///
/// # Suspension
///
/// A heap snapshot collects too, several times, and that is not the program's
/// doing: between [`Self::suspend`] and [`Self::resume`] nothing is counted.
///
/// Both nest, and may overlap each other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracker {
    settings: Settings,
    counters: Counters,
    baseline: Baseline,
    growth: GrowthRun,
    suspensions: u32,
    groups: u32,
    /// The rounds of the open group, merged.
    pending: Option<Rounds>,
}

#[derive(Clone, Copy, Debug)]
struct Rounds {
    count: u32,
    merged: FullCollection,
}

impl Tracker {
    /// A tracker that has seen nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// The settings in force.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, to be changed; what changes counts from the next step.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Collections by kind so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// A collection ended that was not a full one. (Given a mark-sweep it counts
    /// that by its kind, and takes no step: [`Self::full`] is for those.)
    pub fn minor(&mut self, kind: GcKind, pause_ns: u64) {
        if self.suspensions == 0 {
            self.counters.add(kind, pause_ns);
        }
    }

    /// A full collection ended. `None` while suspended, and inside a group,
    /// whose step comes from [`Self::end_group`].
    pub fn full(&mut self, collection: FullCollection) -> Option<Step> {
        if self.suspensions > 0 {
            return None;
        }
        self.counters.add(GcKind::MarkSweep, collection.pause_ns);
        let rounds = match self.pending.take() {
            None => Rounds {
                count: 1,
                merged: collection,
            },
            Some(earlier) => earlier.followed_by(collection),
        };
        if self.groups > 0 {
            self.pending = Some(rounds);
            return None;
        }
        Some(self.step(rounds))
    }

    /// Whether collections are counted one by one: neither suspended nor in a group.
    #[must_use]
    pub const fn counts_each(&self) -> bool {
        self.suspensions == 0 && self.groups == 0
    }

    /// A probe ended: a full collection that the program did not make, so it is no
    /// step and only counted as what it is.
    pub fn probe(&mut self) {
        self.counters.add_probe();
    }

    /// A probe held up the program.
    pub fn probe_pause(&mut self, pause_ns: u64) {
        self.counters.add_probe_pause(pause_ns);
    }

    /// From here to the matching [`Self::end_group`] full collections are one
    /// step. Groups inside a group are part of it.
    pub fn begin_group(&mut self) {
        self.groups = self.groups.saturating_add(1);
    }

    /// Ends a group. The outermost one gives the step, if there was a full
    /// collection in it. Without a group this does nothing.
    pub fn end_group(&mut self) -> Option<Step> {
        self.groups = self.groups.saturating_sub(1);
        if self.groups > 0 {
            return None;
        }
        let rounds = self.pending.take()?;
        Some(self.step(rounds))
    }

    /// From here to the matching [`Self::resume`] no collection of any kind is
    /// counted.
    pub fn suspend(&mut self) {
        self.suspensions = self.suspensions.saturating_add(1);
    }

    /// Ends a suspension. Without one this does nothing.
    pub fn resume(&mut self) {
        self.suspensions = self.suspensions.saturating_sub(1);
    }

    fn step(&mut self, rounds: Rounds) -> Step {
        let collection = rounds.merged;
        let base = collection.heap.used_heap_size;
        let leak = self.growth.observe(
            base,
            collection.at_unix_us,
            self.settings.consecutive_growth_limit(),
        );
        self.baseline.observe(base, &self.settings);
        Step {
            leak,
            stats: Stats {
                num_full_gc: self.baseline.n,
                num_inc_gc: self.counters.not_full(),
                heap_compactions: self.baseline.n,
                usage_trend: self.baseline.trend_percent(),
                estimated_base: self.baseline.recent,
                current_base: self.baseline.current,
                min: self.baseline.min,
                max: self.baseline.max,
                counters: self.counters,
                rounds: rounds.count,
                collection,
            },
        }
    }
}

impl Rounds {
    fn followed_by(self, next: FullCollection) -> Self {
        Self {
            count: self.count.saturating_add(1),
            merged: FullCollection {
                pause_ns: self.merged.pause_ns.saturating_add(next.pause_ns),
                ..next
            },
        }
    }
}
