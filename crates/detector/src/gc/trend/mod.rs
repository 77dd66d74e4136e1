//! Is it leaking? An assessment from series of samples, with a confidence.
//!
//! Samples of three kinds of memory go in after each full collection. For each, the
//! stretch that ends now and looks most like a leak is sought; its growth is weighed
//! against the growth required at its speed and age, and against how much
//! it looks like a leak: steady, not in one step, not decaying, not over. A filling cache
//! and a leak are the same curve until the cache is full, so no line is a leak for its
//! shape alone; it must also have taken most of what a leak may take before it is
//! found. See [`policy`] for each threshold and its reason.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `series` | how was memory over months, in a fixed space? |
//! | `line` | which line is it, and how much is it one? |
//! | `decay` | does it slow down, for certain? |
//! | `load` | what was loaded at once before? |
//! | `evidence` | which stretch looks most like a leak, and how much? |
//! | `known` | what of it is news after false alarms? |
//! | `policy` | which numbers decide, and why? |
//! | `required` | how much growth is required, by them? |
//! | `assessment` | what goes in, what comes out? |
//! | `work` | how much does the program allocate meanwhile? |
//! | `pause` | growth has stopped: is it over, or does it pause with the work? |
//! | `answers` | what is said when somebody asks? |
//! | `watch` | which state is it in, and what changed? |
//! | `probes` | are more samples wanted, and affordable? |
//! | `requests` | which readings and forced collections does the detector ask for? |
//! | `early` | is it worth a look before there is a suspicion? |
//! | `recording` | what went in and came out, for benches? |
//!
//! Nothing here allocates after [`Trend::new`], but for a recording, reads a clock or panics. Times are data;
//! slopes are over a monotonic clock, the wall clock is only told.

mod answers;
mod assessment;
mod decay;
mod early;
mod evidence;
mod known;
mod line;
mod load;
mod pause;
pub mod policy;
mod probes;
pub mod recording;
mod requests;
mod required;
mod series;
mod watch;
mod work;

pub use assessment::{
    Assessment, BeforeAndAfter, Beside, Change, Cleared, Kind, KindAssessment, ProbeTotals,
    Reading, State, Transition, Transitions,
};
pub use probes::ProbeSettings;

use early::Early;
use line::Line;
use policy::{OVERHEAD_SHARE, SHORTEST_S};
use probes::Probes;
use recording::{Input, Recorder};
use requests::{NATIVE_EVERY_S, SETTLES_S};
use series::Series;
use watch::{Explained, Watch};
use work::Work;

/// Follows the memory of one environment. Takes less than 80 KiB, for ever.
///
/// It cannot be copied: readers take an [`Assessment`].
///
/// ```compile_fail
/// # use memwatch_detector::gc::trend::Trend;
/// fn read(trend: &Trend) -> Trend {
///     Trend::clone(trend)
/// }
/// ```
#[derive(Debug)]
pub struct Trend {
    probes: Probes,
    early: Early,
    /// A sign that was not asked for yet.
    has_early_sign: bool,
    watches: [Watch; 3],
    work: Work,
    /// Bytes allocated when the last full collection ended.
    worked_at_full: f64,
    /// In the order of [`Beside`].
    beside: [Series; 4],
    limit: f64,
    /// As far as the heap can grow before its container is full, in bytes; infinite where it
    /// is in none.
    ceiling: f64,
    /// The latest time, in seconds: time never goes back.
    t: f64,
    unix_us: i64,
    native_at: f64,
    /// When a full collection was a sample.
    sampled_at: f64,
    native_from: f64,
    /// Upper bounds of each kind, read since the last full collection.
    upper: [f64; 3],
    /// When the last full collection ended, until native memory was read after it.
    native_due: Option<f64>,
    /// What `malloc` held free at the samples of native memory.
    malloc_free: Series,
    /// Only where a bench asked for it.
    recorder: Option<Box<Recorder>>,
}

impl Trend {
    /// Begins with a reading between collections: an upper bound of the base.
    #[must_use]
    pub fn new(first: &Reading) -> Self {
        let t = seconds(first.at_us);
        let heap = &first.heap;
        let mut trend = Self {
            probes: Probes::new(t, heap.used_heap_size as f64),
            early: Early::new(heap.used_heap_size as f64),
            has_early_sign: false,
            watches: [Kind::Heap, Kind::External, Kind::Native].map(Watch::new),
            work: Work::new(),
            worked_at_full: 0.0,
            beside: std::array::from_fn(|_| Series::new()),
            limit: heap.heap_size_limit as f64,
            ceiling: f64::INFINITY,
            t,
            unix_us: first.at_unix_us,
            native_at: f64::NEG_INFINITY,
            sampled_at: f64::NEG_INFINITY,
            native_from: t + SHORTEST_S,
            upper: [0.0; 3],
            native_due: None,
            malloc_free: Series::new(),
            recorder: None,
        };
        // It counts as a sample: garbage in it only makes the growth look smaller.
        trend.take(first, true);
        trend
    }

    /// The settings of probes.
    pub fn set_probe_settings(&mut self, settings: ProbeSettings) {
        self.note(Input::Settings(settings));
        self.probes.settings = settings;
    }

    /// A full collection ended. A reading of nothing in use is a mistake and ignored.
    pub fn full(&mut self, reading: &Reading, is_probe: bool) -> Transitions {
        self.note(Input::Full(*reading, is_probe));
        let changes = self.after_full(reading, is_probe);
        self.said(changes)
    }

    fn after_full(&mut self, reading: &Reading, is_probe: bool) -> Transitions {
        if reading.heap.used_heap_size == 0 {
            if is_probe {
                self.probes.give_up(self.t);
            }
            return [None; 3];
        }
        if !is_probe && seconds(reading.at_us) < self.sampled_at + SETTLES_S {
            return [None; 3];
        }
        let changes = self.take(reading, true);
        self.sampled_at = self.t;
        let base = self.watches[0].last;
        self.probes.full(self.t, base, is_probe);
        let is_sign = self.early.full(self.t, base);
        self.has_early_sign |= is_sign && self.watches[0].state == State::Ok;
        self.upper = [0.0; 3];
        changes
    }

    /// A collection of the young generation ended: what is in use is an upper bound.
    pub fn young(&mut self, reading: &Reading) -> Transitions {
        self.note(Input::Young(*reading));
        if reading.heap.used_heap_size == 0 {
            return [None; 3];
        }
        let changes = self.take(reading, false);
        self.said(changes)
    }

    /// Whether there was an early sign of fast growth since this was last asked: no
    /// suspicion, but a reason to learn what the program does while that is cheap. There
    /// is one in half an hour at most, and only while the heap is small.
    pub fn take_early_sign(&mut self) -> bool {
        std::mem::take(&mut self.has_early_sign)
    }

    /// As many bytes are left for the process, in its container: growth is judged by the share
    /// of the limit that it would reach first. `None` where there is no container.
    pub fn set_room(&mut self, left_bytes: Option<u64>) {
        self.note(Input::Room(left_bytes));
        let in_use = self.watches[0].last;
        self.ceiling = left_bytes.map_or(f64::INFINITY, |left| in_use + left as f64);
    }

    /// Samples taken in of each kind.
    #[must_use]
    pub fn counts(&self) -> [u64; 3] {
        [0, 1, 2].map(|i| self.watches[i].series.count())
    }

    fn take(&mut self, reading: &Reading, is_full: bool) -> Transitions {
        self.t = seconds(reading.at_us).max(self.t);
        self.unix_us = reading.at_unix_us;
        let heap = &reading.heap;
        self.limit = heap.heap_size_limit as f64;
        self.work.push(self.t, reading.allocated as f64);
        let mut changes = [None; 3];
        let [used, external] = [heap.used_heap_size as f64, heap.external_memory as f64];
        if is_full {
            changes[0] = self.sample(0, used);
            changes[1] = self.sample(1, external);
            let beside = [
                heap.malloced_memory,
                heap.used_global_handles_size,
                heap.number_of_native_contexts,
                heap.number_of_detached_contexts,
            ];
            for (series, value) in self.beside.iter_mut().zip(beside) {
                series.push(self.t, value as f64);
            }
            self.native_due = Some(self.t);
            self.worked_at_full = self.work.total();
        } else {
            changes = [0, 1, 2].map(|index| self.between(index));
            self.upper = [used, external, self.upper[2]];
        }
        if let Some(rss) = reading.rss.filter(|_| self.t >= self.native_from) {
            self.native_at = self.t;
            let is_first = self.watches[2].series.count() == 0;
            let knows_malloc = reading.malloc_free.is_some() || self.malloc_free.count() == 0;
            let wait = if knows_malloc {
                SETTLES_S
            } else {
                NATIVE_EVERY_S
            };
            let after = |from: f64| self.t - from >= wait;
            let is_due = is_first || self.native_due.is_some_and(after);
            let others = heap
                .total_physical_size
                .saturating_add(heap.external_memory)
                .saturating_add(heap.malloced_memory);
            let native = rss.saturating_sub(others) as f64;
            if is_due {
                if let Some(free) = reading.malloc_free {
                    self.malloc_free.push(self.t, free as f64);
                }
                changes[2] = self.sample(2, native).or(changes[2]);
                self.native_due = None;
                self.upper[2] = 0.0;
            } else {
                self.upper[2] = native;
            }
        }
        if !is_full {
            let excess = [0, 1, 2].map(|i| (self.upper[i], self.watches[i].last));
            self.probes.young(&excess);
        }
        changes
    }

    fn sample(&mut self, index: usize, value: f64) -> Option<Transition> {
        let (before, from) = self.watches.split_at_mut(index);
        let (watch, after) = from.split_first_mut()?;
        let (t, malloc_free) = (self.t, &self.malloc_free);
        // What an allocator keeps of the heap's growth is no growth of its own.
        let others = || {
            before
                .iter()
                .chain(&*after)
                .filter(|other| other.kind != Kind::Native)
        };
        let along = |line: &Line| others().map(|other| other.along(line)).sum::<f64>();
        // Native memory is what is left when the others are deducted.
        let explained = |line: &Line| match index {
            2 => Explained {
                overhead: beside_others(line, before),
                held_free: risen(malloc_free, line.from, t),
            },
            _ => Explained::default(),
        };
        let limit = self.limit.min(self.ceiling);
        let change = watch.sample(t, value, limit, explained, along, &self.work);
        self.probes.sampled(index, value);
        Some(self.transition(index, change?))
    }

    /// A reading that no full collection made may show that growth has paused.
    fn between(&mut self, index: usize) -> Option<Transition> {
        let change = self.watches[index].between(self.t, &self.work)?;
        Some(self.transition(index, change))
    }

    fn transition(&self, index: usize, change: Change) -> Transition {
        let watch = &self.watches[index];
        let assessment = match (change, &watch.strongest) {
            // What there is of it by now is noise.
            (Change::Cleared(_), Some(strongest)) => KindAssessment {
                confidence: strongest.confidence,
                was_confirmed: watch.was_confirmed,
                kept: watch.kept() as i64,
                ..self.assess_by(watch, Some(strongest))
            },
            _ => self.assess(watch),
        };
        let lasted_s = match change {
            Change::Paused => watch.growth.seconds(),
            _ => watch.lasted_s(),
        };
        Transition {
            change,
            assessment,
            lasted_us: microseconds(lasted_s),
        }
    }
}

/// What the growth of other kinds takes of native memory: their overhead.
fn beside_others(line: &Line, others: &[Watch]) -> f64 {
    let grown = others
        .iter()
        .map(|other| (other.last - other.series.at(line.from)).max(0.0));
    OVERHEAD_SHARE * grown.sum::<f64>()
}

/// By how much a series is higher than it was then; 0 where it has no samples, or fell. Of free memory that `malloc` holds,
/// this is resident and nobody's: a program that frees what it took, and takes more of it between two full collections
/// each time, leaves it behind.
fn risen(series: &Series, from: f64, to: f64) -> f64 {
    if series.count() == 0 {
        return 0.0;
    }
    (series.at(to) - series.at(from)).max(0.0)
}

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// The conversion saturates.
fn microseconds(s: f64) -> i64 {
    (s * 1e6) as i64
}
