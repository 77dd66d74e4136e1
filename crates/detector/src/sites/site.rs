//! A site: the report on one function. Which functions are sites, and in which order, is decided
//! elsewhere.

use super::shares::LabelShare;

/// A function as a place of allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Index into [`Profile::functions`].
    pub function: usize,
    /// Bytes alive that were allocated in it or below.
    pub bytes: u64,
    /// The same in objects.
    pub count: u64,
    /// How many bytes more than before.
    pub growth: i64,
    /// Its part of all growth, from 0 to 1.
    pub share: f64,
    /// The part of the time that its live samples come from, from 0 to 1; 1 where
    /// V8 does not report it.
    pub age_spread: f64,
    /// The functions of the call below it that grew most, innermost first, without the frames of labels.
    pub stack: Vec<usize>,
    /// The parts of its growth that were allocated under labels, the most first, and what is not known.
    pub labels: Vec<LabelShare>,
}

impl Site {
    /// One of which nothing is known yet.
    pub(super) fn of(function: usize) -> Self {
        Self {
            function,
            bytes: 0,
            count: 0,
            growth: 0,
            share: 0.0,
            age_spread: 1.0,
            stack: Vec::new(),
            labels: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, bytes: u64, count: u64, growth: i64) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.count = self.count.saturating_add(count);
        self.growth = self.growth.saturating_add(growth);
    }

    /// Its part of all growth; none where it has shrunk.
    pub(super) fn set_share(&mut self, total_growth: u64) {
        self.share = match (u64::try_from(self.growth), total_growth) {
            (Ok(growth), 1..) => (growth as f64 / total_growth as f64).min(1.0),
            _ => 0.0,
        };
    }
}
