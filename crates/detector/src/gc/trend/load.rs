//! What was loaded at once, and until when. The series becomes coarse with age, so this is kept
//! beside it. Says nothing of leaks: that a load is none shows in what follows it.

use super::policy::*;

/// Of a stretch of growth, this share may be the end of the load: the points of a series are the wider the older they
/// are, up to a tenth of their age.
const LOAD_OVERLAP: f64 = 0.1;

/// The newest row of fast steps from one sample to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    /// By how much memory rose in it, in bytes.
    bytes: f64,
    /// When it ended, in seconds.
    until: f64,
}

impl Load {
    /// Adds a step. What falls fast again was not loaded.
    pub(super) fn step(&mut self, from: f64, until: f64, rise: f64) {
        if rise.abs() < MID_RATE_MOST * (until - from) {
            return;
        }
        let pause = from - self.until;
        let goes_on = pause <= ENDED_S;
        let is_another = !goes_on && (rise > self.bytes || pause > LOAD_SETTLES_S);
        if is_another {
            self.bytes = 0.0;
        }
        if goes_on || is_another {
            self.bytes = (self.bytes + rise).max(0.0);
            // The noise behind a load is not the load.
            if rise.abs() >= LEAST_SHARE * self.bytes {
                self.until = until;
            }
        }
    }

    /// From when on the points of a series have none of it in them, in seconds: the older they
    /// are, the wider.
    pub(super) fn left_behind(&self, now: f64) -> f64 {
        if self.bytes > 0.0 {
            self.until + LOAD_OVERLAP * (now - self.until)
        } else {
            0.0
        }
    }

    /// What was loaded right before a stretch of growth, in bytes. The stretch may begin with the
    /// end of it.
    pub(super) fn before(&self, from: f64, span: f64) -> f64 {
        let settles = (from + span) - self.until <= LOAD_SETTLES_S;
        let is_before = self.until <= from + LOAD_OVERLAP * span;
        if settles && is_before {
            self.bytes
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: f64 = 1e6;

    /// After steps of (seconds from the one before, megabytes).
    fn load(steps: &[(f64, f64)]) -> Load {
        let mut load = Load::default();
        let mut t = 0.0;
        for (seconds, rise) in steps {
            load.step(t, t + seconds, rise * MB);
            t += seconds;
        }
        load
    }

    fn megabytes(load: &Load, from: f64, span: f64) -> f64 {
        load.before(from, span) / MB
    }

    #[test]
    fn fast_steps_in_a_row_are_one_load_and_slow_ones_are_none() {
        let load = load(&[(1.0, 100.0), (1.0, 150.0), (1.0, 50.0), (20.0, 10.0)]);
        assert_eq!(megabytes(&load, 4.0, 60.0), 300.0);
        assert_eq!(megabytes(&self::load(&[(30.0, 20.0)]), 30.0, 60.0), 0.0);
    }

    #[test]
    fn what_falls_fast_again_was_not_loaded() {
        let load = load(&[(1.0, 100.0), (1.0, -90.0)]);
        assert_eq!(megabytes(&load, 2.0, 60.0), 10.0);
    }

    #[test]
    fn it_is_before_what_begins_with_its_end_and_not_before_what_contains_it() {
        let load = load(&[(20.0, 1.0), (4.0, 300.0)]);
        assert_eq!(megabytes(&load, 23.0, 60.0), 300.0);
        assert_eq!(megabytes(&load, 5.0, 60.0), 0.0);
    }

    #[test]
    fn a_small_step_later_does_not_hide_it_and_after_ten_minutes_it_has_settled() {
        let load = load(&[(4.0, 300.0), (60.0, 2.0), (0.5, 3.0)]);
        assert_eq!(megabytes(&load, 5.0, 100.0), 300.0);
        assert_eq!(megabytes(&load, 5.0, 900.0), 0.0);
    }
}
