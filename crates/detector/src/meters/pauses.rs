//! Pauses of one kind of collection as a histogram of fixed size.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the buckets in nanoseconds, each inclusive: a scavenge as it
/// should be (1 ms), one that is noticed in a frame or a fast reply (5, 25 ms), what
/// a user notices (100 ms), what health checks notice (0.5 s), what clients give up
/// on (2.5 s). Six, because each costs a time series for each kind and thread.
pub const PAUSE_BOUNDS_NS: [u64; BUCKETS - 1] = [
    1_000_000,
    5_000_000,
    25_000_000,
    100_000_000,
    500_000_000,
    2_500_000_000,
];

/// Buckets, with the one for everything longer than the last bound.
pub const BUCKETS: usize = 7;

/// A histogram that one thread adds to and any may read.
#[derive(Debug, Default)]
pub(super) struct PauseHistogram {
    counts: [AtomicU64; BUCKETS],
    sum_ns: AtomicU64,
}

impl PauseHistogram {
    /// Adds one pause. Does not allocate, lock or wait.
    pub(super) fn add(&self, pause_ns: u64) {
        let bucket = PAUSE_BOUNDS_NS.partition_point(|bound| *bound < pause_ns);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(pause_ns, Ordering::Relaxed);
    }

    /// What it holds now. A pause that is being added by another thread may be
    /// counted and not summed yet, or the other way round.
    pub(super) fn read(&self) -> Pauses {
        Pauses {
            counts: std::array::from_fn(|bucket| self.counts[bucket].load(Ordering::Relaxed)),
            sum_ns: self.sum_ns.load(Ordering::Relaxed),
        }
    }
}

/// Pauses of one kind, as read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pauses {
    /// How many fell into each bucket, not cumulated: see [`PAUSE_BOUNDS_NS`].
    pub counts: [u64; BUCKETS],
    /// All of them together, in nanoseconds.
    pub sum_ns: u64,
}

impl Pauses {
    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = count.saturating_add(more);
        }
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket_of(pause_ns: u64) -> usize {
        let histogram = PauseHistogram::default();
        histogram.add(pause_ns);
        let counts = histogram.read().counts;
        assert_eq!(counts.iter().sum::<u64>(), 1);
        counts.iter().position(|count| *count == 1).expect("one")
    }

    #[test]
    fn a_pause_is_in_the_first_bucket_whose_bound_it_does_not_exceed() {
        for (bucket, bound) in PAUSE_BOUNDS_NS.into_iter().enumerate() {
            assert_eq!(bucket_of(bound - 1), bucket);
            assert_eq!(bucket_of(bound), bucket);
            assert_eq!(bucket_of(bound + 1), bucket + 1);
        }
        assert_eq!(bucket_of(0), 0);
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn the_count_and_the_sum_are_those_of_all_pauses() {
        let histogram = PauseHistogram::default();
        let pauses = [1, 999_999, 30_000_000, 7_000_000_000];
        for pause_ns in pauses {
            histogram.add(pause_ns);
        }
        let read = histogram.read();
        assert_eq!(read.count(), pauses.len() as u64);
        assert_eq!(read.sum_ns, pauses.iter().sum::<u64>());
    }

    #[test]
    fn bounds_rise() {
        assert!(PAUSE_BOUNDS_NS.is_sorted_by(|left, right| left < right));
    }
}
