//! An early sign of fast growth: the base rises by a half, and again, while it is still
//! small. Much weaker than a suspicion, and no state: what starts and loads a lot does
//! the same. It only says when it is worth a little to learn what the program is doing,
//! for a fast leak is suspected at hundreds of megabytes, where learning costs more.

use super::policy::MIB;

/// The live heap rises by this factor, and again, …
const FACTOR: f64 = 1.5;

/// … and by this over both steps, in bytes: what a small program loads at its start is less.
const RISE: f64 = 16.0 * MIB;

/// The largest heap for which there is a sign, in bytes: V8 walks it to start a profile, at 0.35 ms for each mebibyte.
const MOST: f64 = 64.0 * MIB;

/// The least time between two signs, in seconds: each costs a profile.
const REST_S: f64 = 1800.0;

/// The last two bases, in bytes.
#[derive(Debug)]
pub(super) struct Early {
    before: f64,
    last: f64,
    rests_until: f64,
}

impl Early {
    /// Begins with what is in use, an upper bound of the base.
    pub(super) fn new(used: f64) -> Self {
        Self {
            before: f64::INFINITY,
            last: used,
            rests_until: f64::NEG_INFINITY,
        }
    }

    /// A full collection left this base: whether it is a sign.
    ///
    /// Both steps together must be a factor of 1.5², and the last one 1.5: the first may be
    /// smaller, for the very first base is an upper bound.
    pub(super) fn full(&mut self, t: f64, base: f64) -> bool {
        let [before, last] = [self.before, self.last];
        (self.before, self.last) = (last, base);
        let is_sign = t >= self.rests_until
            && base <= MOST
            && base >= FACTOR * last
            && base >= FACTOR * FACTOR * before
            && base - before >= RISE;
        if is_sign {
            self.rests_until = t + REST_S;
        }
        is_sign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    /// At which of the bases, in mebibytes and 10 s apart, there was a sign. The first is
    /// what was in use before.
    fn signs(bases: &[f64]) -> Vec<usize> {
        let mut early = Early::new(bases[0] * MIB);
        let rest = bases.iter().enumerate().skip(1);
        rest.filter(|&(at, &base)| early.full(at as f64 * 10.0, base * MIB))
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn the_second_base_in_a_row_that_is_half_as_large_again_is_a_sign() {
        assert_eq!(signs(&[5.0, 11.0, 39.0, 124.0, 396.0]), [2]);
        assert_eq!(signs(&[10.0, 16.0, 27.0]), [2]);
    }

    #[test]
    fn one_large_step_is_no_sign() {
        assert_eq!(signs(&[40.0, 40.0, 75.0, 76.0]), NONE);
        assert_eq!(signs(&[5.0, 70.0, 71.0, 72.0, 70.0]), NONE);
    }

    #[test]
    fn what_a_small_program_loads_is_no_sign() {
        assert_eq!(signs(&[4.0, 8.0, 16.0, 19.0]), NONE);
    }

    #[test]
    fn a_large_heap_gives_none_for_to_look_would_cost_too_much() {
        assert_eq!(signs(&[30.0, 60.0, 120.0, 240.0]), NONE);
        assert_eq!(signs(&[5.0, 20.0, 65.0]), NONE);
    }

    #[test]
    fn a_base_that_fell_in_between_begins_anew() {
        assert_eq!(signs(&[40.0, 20.0, 60.0, 20.0, 60.0]), NONE);
    }

    #[test]
    fn there_is_one_in_half_an_hour_at_most() {
        let waves: Vec<f64> = (0..600).map(|i| [5.0, 12.0, 40.0][i % 3]).collect();
        let found = signs(&waves);
        assert!(found.len() > 2);
        assert!(
            found
                .windows(2)
                .all(|pair| (pair[1] - pair[0]) as f64 * 10.0 >= REST_S)
        );
    }

    #[test]
    fn a_leak_at_a_calm_rate_gives_none() {
        let bases: Vec<f64> = (0..60).map(|i| 5.0 + f64::from(i)).collect();
        assert_eq!(signs(&bases), NONE);
    }
}
