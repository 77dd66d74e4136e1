//! Did the base grow too often in a row? The original rule, unchanged: any growth
//! counts, the first full collection counts (it grew from nothing), and after a
//! leak the count restarts. Produces no text: the crate `report` does.

use super::sample::HeapNumbers;

/// The shortest interval a rate is worked out over, in microseconds. A clock
/// that stood still says nothing about speed; a millisecond is less than any
/// five full collections take, so the rate is an upper bound, and a number.
const SHORTEST_INTERVAL_US: i64 = 1_000;

/// A limit that is further away is not reported.
const HOURS_OF_A_YEAR: f64 = 365.0 * 24.0;

/// Growth in too many full collections in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Wall clock at the first growing collection, microseconds since the Unix
    /// epoch.
    pub start_unix_us: i64,
    /// Wall clock at the last one, likewise. Earlier than the start only where
    /// the clock was set back in between.
    pub end_unix_us: i64,
    /// Microseconds between them; time for which the clock went backwards is
    /// left out, so this is never negative.
    pub elapsed_us: i64,
    /// Bytes from the base after the first growing collection to the base after
    /// the last: the growth of one interval less than there were collections.
    pub growth: i64,
    /// Growing collections in a row: the limit, or more where it was lowered
    /// while they were being counted.
    pub consecutive: u32,
}

impl Leak {
    /// Bytes an hour at this speed, cut to a whole number. A shorter interval
    /// than a millisecond is taken for one: never infinite, never of the wrong
    /// sign.
    #[must_use]
    pub fn bytes_per_hour(&self) -> i64 {
        // The original's order of operations: for whole seconds the result is
        // the same to the last bit. The conversion saturates.
        let seconds = self.elapsed_us.max(SHORTEST_INTERVAL_US) as f64 / 1e6;
        (self.growth as f64 / (seconds / 3600.0)) as i64
    }

    /// Wall clock at which a heap limit is reached at this speed, in microseconds since
    /// the Unix epoch; `None` where nothing grows, or where it takes more than a year.
    #[must_use]
    pub fn limit_unix_us(&self, heap: &HeapNumbers) -> Option<i64> {
        let left = heap.heap_size_limit.saturating_sub(heap.used_heap_size);
        let hours = left as f64 / self.bytes_per_hour() as f64;
        (0.0..HOURS_OF_A_YEAR).contains(&hours).then(|| {
            self.end_unix_us
                .saturating_add((hours * 3600.0 * 1e6) as i64)
        })
    }
}

/// The state of the rule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GrowthRun {
    last_base: u64,
    last_at_us: i64,
    /// Growing collections in a row so far.
    length: u32,
    first_base: u64,
    first_at_us: i64,
    elapsed_us: i64,
}

impl GrowthRun {
    pub(super) fn observe(&mut self, base: u64, at_us: i64, limit: u32) -> Option<Leak> {
        let grew = self.last_base < base;
        let since_last_us = at_us.saturating_sub(self.last_at_us).max(0);
        self.last_base = base;
        self.last_at_us = at_us;

        if !grew {
            self.length = 0;
            return None;
        }
        if self.length == 0 {
            self.first_base = base;
            self.first_at_us = at_us;
            self.elapsed_us = 0;
        } else {
            self.elapsed_us = self.elapsed_us.saturating_add(since_last_us);
        }
        self.length = self.length.saturating_add(1);
        if self.length < limit {
            return None;
        }
        Some(Leak {
            start_unix_us: self.first_at_us,
            end_unix_us: at_us,
            elapsed_us: self.elapsed_us,
            growth: i64::try_from(base.saturating_sub(self.first_base)).unwrap_or(i64::MAX),
            consecutive: std::mem::take(&mut self.length),
        })
    }
}
