//! How much growth is too much, and how far the averages look back. Keeps the
//! numbers usable; applies none of them.

/// Consecutive growing full collections that make a leak.
const CONSECUTIVE_GROWTH_LIMIT: u32 = 5;
/// Full collections the short average looks back on.
const RECENT_PERIOD: u32 = 10;
/// Full collections the long average looks back on.
const ANCIENT_PERIOD: u32 = 120;
/// The full collection from which extremes are kept: the first ones are those
/// of a program that is still starting.
const EXTREMES_PERIOD: u32 = 3;

/// The four numbers memwatch-ng made adjustable, with the values of every other
/// generation as defaults: 5, 10, 120, 3. All are numbers of full collections.
///
/// A setter takes any number and never fails. **Below 1 it takes 1**: a limit of
/// 0 already meant "at the first growth", which is what 1 means; a period of 0
/// or less had no meaning (it divided by zero).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    consecutive_growth_limit: u32,
    recent_period: u32,
    ancient_period: u32,
    extremes_period: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            consecutive_growth_limit: CONSECUTIVE_GROWTH_LIMIT,
            recent_period: RECENT_PERIOD,
            ancient_period: ANCIENT_PERIOD,
            extremes_period: EXTREMES_PERIOD,
        }
    }
}

impl Settings {
    /// Growing full collections in a row that make a leak.
    #[must_use]
    pub const fn consecutive_growth_limit(&self) -> u32 {
        self.consecutive_growth_limit
    }

    /// Full collections `estimated_base` looks back on.
    #[must_use]
    pub const fn recent_period(&self) -> u32 {
        self.recent_period
    }

    /// Full collections the average behind `usage_trend` looks back on.
    #[must_use]
    pub const fn ancient_period(&self) -> u32 {
        self.ancient_period
    }

    /// The full collection from which `min` and `max` are kept.
    #[must_use]
    pub const fn extremes_period(&self) -> u32 {
        self.extremes_period
    }

    /// Sets [`Self::consecutive_growth_limit`]; below 1 it takes 1.
    pub fn set_consecutive_growth_limit(&mut self, limit: i32) {
        self.consecutive_growth_limit = at_least_one(limit);
    }

    /// Sets [`Self::recent_period`]; below 1 it takes 1, and then
    /// `estimated_base` is the current base.
    pub fn set_recent_period(&mut self, period: i32) {
        self.recent_period = at_least_one(period);
    }

    /// Sets [`Self::ancient_period`]; below 1 it takes 1.
    pub fn set_ancient_period(&mut self, period: i32) {
        self.ancient_period = at_least_one(period);
    }

    /// Sets [`Self::extremes_period`]; below 1 it takes 1: from the first on.
    pub fn set_extremes_period(&mut self, period: i32) {
        self.extremes_period = at_least_one(period);
    }
}

fn at_least_one(number: i32) -> u32 {
    number.max(1).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_every_generation() {
        assert_eq!(numbers(&Settings::default()), [5, 10, 120, 3]);
    }

    #[test]
    fn a_setter_changes_its_own_number_and_takes_one_for_anything_below() {
        let setters: [fn(&mut Settings, i32); 4] = [
            Settings::set_consecutive_growth_limit,
            Settings::set_recent_period,
            Settings::set_ancient_period,
            Settings::set_extremes_period,
        ];
        for (given, taken) in [
            (7, 7),
            (1, 1),
            (0, 1),
            (-1, 1),
            (i32::MIN, 1),
            (i32::MAX, 2_147_483_647),
        ] {
            for (place, set) in setters.iter().enumerate() {
                let mut settings = Settings::default();
                set(&mut settings, given);
                let mut expected = [5, 10, 120, 3];
                expected[place] = taken;
                assert_eq!(numbers(&settings), expected);
            }
        }
    }

    fn numbers(settings: &Settings) -> [u32; 4] {
        [
            settings.consecutive_growth_limit(),
            settings.recent_period(),
            settings.ancient_period(),
            settings.extremes_period(),
        ]
    }
}
