//! How widely in time the live samples of a site are spread. Leaked objects are alive
//! from every period; those of a warm-up only from the first, garbage only from the last.
//!
//! Source: the generation count of Vladimir Šor, "Statistical Approach for Memory Leak
//! Detection in Java Applications", University of Tartu, 2014; there by collections
//! survived, here by V8's rising numbers of samples, so that time is measured in bytes
//! allocated.

use super::profile::Profile;

/// Parts that the time is cut into.
pub const BUCKETS: u32 = 10;

/// A set of parts of the time, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ages(u16);

impl Ages {
    /// The parts of either.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The share of the parts that are in it, from 0 to 1.
    pub fn spread(self) -> f64 {
        f64::from(self.0.count_ones()) / f64::from(BUCKETS)
    }
}

/// The ages of each node's samples that are newer than the sample `since`. `None` where
/// no sample is.
pub fn ages(profile: &Profile, since: u64) -> Option<Vec<Ages>> {
    let length = profile.last_sample().checked_sub(since)?;
    if length == 0 {
        return None;
    }
    let mut ages = vec![Ages::default(); profile.nodes.len()];
    for sample in &profile.samples {
        let Some(place) = sample.id.checked_sub(since + 1) else {
            continue;
        };
        // `place` is below `length`, so the part is below BUCKETS.
        let part = u128::from(place) * u128::from(BUCKETS) / u128::from(length);
        if let Some(of_node) = ages.get_mut(sample.node) {
            of_node.0 |= 1 << part;
        }
    }
    Some(ages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::profile::Sample;
    use crate::sites::testing::ProfileBuilder;

    fn spread_of(ids: &[u64], since: u64) -> Option<f64> {
        let mut profile = ProfileBuilder::new().stack(&["f app.js"], 1).build();
        profile.samples = ids
            .iter()
            .map(|&id| Sample {
                node: 1,
                bytes: 1,
                id,
            })
            .collect();
        ages(&profile, since).map(|ages| ages[1].spread())
    }

    #[test]
    fn samples_of_every_part_of_the_time_are_spread_fully() {
        let all: Vec<u64> = (1..=100).collect();
        assert_eq!(spread_of(&all, 0), Some(1.0));
    }

    #[test]
    fn a_warm_up_fills_the_first_part_and_garbage_the_last() {
        assert_eq!(spread_of(&[1, 2, 3, 4, 5, 100], 0), Some(0.2));
        assert_eq!(spread_of(&[91, 95, 99, 100], 0), Some(0.1));
    }

    #[test]
    fn what_is_older_than_the_beginning_has_no_age() {
        assert_eq!(spread_of(&[1, 2, 3, 20], 10), Some(0.1));
        assert_eq!(spread_of(&[1, 2, 3], 10), None);
        assert_eq!(spread_of(&[], 0), None);
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        assert_eq!(spread_of(&[1, u64::MAX], 0), Some(0.2));
        assert_eq!(spread_of(&[u64::MAX], u64::MAX), None);
    }
}
