//! The results of a suspicion, as of one moment: kept when growth ends and when the
//! sampler is stopped, until another suspicion has results. Reads no clock.

use std::rc::Rc;

use super::profile::Profile;
use super::series::Growth;

/// A moment with less growth than this share of the most that was seen does not replace a better
/// one: after the growth has ended, and after memory was given back, there is less to see.
const LEAST_SHARE: f64 = 0.75;

/// A leak that continues after a pause is sampled again. Until it has grown by this share of what the
/// evidence holds, or by [`LEAST_NEW_BYTES`], the evidence from before the pause says more.
const LEAST_NEW_SHARE: f64 = 0.1;

/// In bytes of sampled growth: more than what any program keeps between two full collections by chance.
const LEAST_NEW_BYTES: f64 = 1_048_576.0;

/// The live allocations of one moment.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Milliseconds since the Unix epoch.
    pub at_unix_ms: f64,
    /// What was alive.
    pub profile: Rc<Profile>,
    /// How much more of it there was than before.
    pub growth: Rc<Growth>,
}

/// The evidence of the last suspicion that found something.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    kept: Option<Moment>,
    /// The most growth that was seen in the suspicion that is going on.
    most: u64,
    /// Whether what is kept is of the suspicion that is going on, or of the last one.
    is_current: bool,
    /// Growth that a moment needs to replace what is kept of before.
    least: f64,
}

impl Evidence {
    /// A sampler begins for a suspicion: what is kept stays until that has found something.
    /// `goes_on` where it is the suspicion that the evidence is of.
    pub fn begin(&mut self, goes_on: bool) {
        let kept = self.kept.as_ref().filter(|_| goes_on);
        let total = kept.map_or(0, |moment| moment.growth.total());
        self.least = (total as f64 * LEAST_NEW_SHARE).min(LEAST_NEW_BYTES);
        self.is_current = false;
        self.most = 0;
    }

    /// Takes a moment of the suspicion that is going on where it says more than what is kept.
    /// `has_suspects` is asked only before the evidence of an earlier suspicion is replaced.
    pub fn offer(&mut self, moment: Moment, has_suspects: impl FnOnce(&Moment) -> bool) {
        let total = moment.growth.total();
        if !self.is_current && ((total as f64) < self.least || !has_suspects(&moment)) {
            return;
        }
        self.most = self.most.max(total);
        if self.is_current && (total as f64) < self.most as f64 * LEAST_SHARE {
            return;
        }
        self.is_current = true;
        self.kept = Some(moment);
    }

    /// What is kept.
    pub fn kept(&self) -> Option<&Moment> {
        self.kept.as_ref()
    }

    /// Whether the suspicion that is going on, or the last one, has found something.
    pub fn is_current(&self) -> bool {
        self.is_current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(at_unix_ms: f64, growth: i64) -> Moment {
        Moment {
            at_unix_ms,
            profile: Rc::default(),
            growth: Rc::new(Growth {
                of_nodes: vec![growth],
                since_sample: 0,
            }),
        }
    }

    fn at(evidence: &Evidence) -> Option<f64> {
        evidence.kept().map(|moment| moment.at_unix_ms)
    }

    #[test]
    fn the_latest_moment_of_growth_is_kept_and_none_after_it_has_ended() {
        let mut evidence = Evidence::default();
        evidence.begin(false);
        for (ms, growth) in [(1.0, 10), (2.0, 40), (3.0, 35), (4.0, 20), (5.0, 0)] {
            evidence.offer(moment(ms, growth), |_| true);
        }
        assert_eq!(at(&evidence), Some(3.0));
    }

    #[test]
    fn memory_that_is_given_back_in_small_steps_takes_no_evidence_with_it() {
        let mut evidence = Evidence::default();
        evidence.begin(false);
        let mut growth = 1_000_000;
        for step in 0..50 {
            evidence.offer(moment(f64::from(step), growth), |_| true);
            growth = growth * 9 / 10;
        }
        assert!(at(&evidence) < Some(4.0), "{:?}", at(&evidence));
    }

    #[test]
    fn another_suspicion_replaces_it_only_with_something() {
        let mut evidence = Evidence::default();
        evidence.begin(false);
        evidence.offer(moment(1.0, 1_000), |_| true);
        evidence.begin(false);
        assert_eq!((at(&evidence), evidence.is_current()), (Some(1.0), false));
        evidence.offer(moment(2.0, 0), |_| false);
        assert_eq!((at(&evidence), evidence.is_current()), (Some(1.0), false));
        // However little it is in comparison.
        evidence.offer(moment(3.0, 10), |_| true);
        assert_eq!((at(&evidence), evidence.is_current()), (Some(3.0), true));
    }

    #[test]
    fn a_leak_that_goes_on_keeps_its_evidence_until_there_is_as_good_again() {
        let mut evidence = Evidence::default();
        evidence.begin(false);
        evidence.offer(moment(1.0, 50_000_000), |_| true);
        evidence.begin(true);
        evidence.offer(moment(2.0, 200_000), |_| true);
        assert_eq!((at(&evidence), evidence.is_current()), (Some(1.0), false));
        evidence.offer(moment(3.0, 2_000_000), |_| true);
        assert_eq!((at(&evidence), evidence.is_current()), (Some(3.0), true));
    }
}
