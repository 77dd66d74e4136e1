//! Where the base is and where it is going: two moving averages and the
//! extremes, by the original's rule. Does not judge: see `growth`.
//!
//! With `h` the base after the `n`-th full collection, in whole bytes rounded
//! down:
//!
//! - before the `recent_period`-th both averages are `h`. The original meant to
//!   damp them there, and divided integers where it meant real numbers; what
//!   users know, a trend of 0 for the first nine, is that.
//! - then `recent = (recent * (r - 1) + h) / r` and
//!   `ancient = (ancient * (d - 1) + h) / d`, where `r` is the recent period and
//!   `d` the smaller of the ancient period and `n`.
//! - `min` and `max` are kept from the `extremes_period`-th on; 0 means none yet.

use super::settings::Settings;

/// Tenths of a percent in one whole: the trend is rounded to one decimal.
const TENTHS_OF_A_PERCENT: f64 = 1000.0;

/// The state of the averages. All sizes are bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Baseline {
    /// Full collections seen.
    pub n: u64,
    /// The base after the last of them.
    pub current: u64,
    /// The short average.
    pub recent: u64,
    /// The long average.
    pub ancient: u64,
    /// The smallest base, or 0.
    pub min: u64,
    /// The largest base, or 0.
    pub max: u64,
}

impl Baseline {
    pub(super) fn observe(&mut self, base: u64, settings: &Settings) {
        self.n = self.n.saturating_add(1);
        self.current = base;

        let recent_period = u64::from(settings.recent_period());
        if self.n < recent_period {
            self.recent = base;
            self.ancient = base;
        } else {
            self.recent = moved(self.recent, base, recent_period);
            let ancient_period = u64::from(settings.ancient_period()).min(self.n);
            self.ancient = moved(self.ancient, base, ancient_period);
        }

        if self.n >= u64::from(settings.extremes_period()) {
            self.min = if self.min == 0 {
                base
            } else {
                self.min.min(base)
            };
            self.max = self.max.max(base);
        }
    }

    /// How far the short average is above the long one, in percent with one
    /// decimal; negative when memory use falls, 0 when there is no average.
    pub(super) fn trend_percent(&self) -> f64 {
        if self.ancient == 0 {
            return 0.0;
        }
        let difference = (i128::from(self.recent) - i128::from(self.ancient)) as f64;
        let tenths = (difference / self.ancient as f64 * TENTHS_OF_A_PERCENT).round();
        // A small fall rounds to -0.0, which JavaScript prints as "-0".
        tenths / 10.0 + 0.0
    }
}

/// A moving average over `period` values, one value later. `period` is at least
/// 1; the result lies between `average` and `value`, so it fits again.
fn moved(average: u64, value: u64, period: u64) -> u64 {
    let period = u128::from(period.max(1));
    let sum = u128::from(average) * (period - 1) + u128::from(value);
    u64::try_from(sum / period).unwrap_or(u64::MAX)
}
