//! One `leak` event for one leak although two detectors may find it: which of their results is
//! new to a person who is paged by that event alone. Judges no memory.
//!
//! The trend's confirmation is news, whatever kind of memory it is of: one leak often grows in
//! two. That of the original rule is news if the trend has nothing yet. Nothing is news while the
//! last report is valid: until the trend clears it, or, if only the original rule has reported it,
//! until its memory was freed or its growth has ended.

use super::growth::Leak;
use super::trend::{Change, Kind, KindAssessment, State, Transition};

/// Growth that the original rule has found has ended after so many full collections …
const LEVEL_COLLECTIONS: u32 = 5;

/// … and microseconds without a new height: as long as the trend waits at least.
const LEVEL_US: i64 = 60_000_000;

/// A new height is above the one before by this share of the growth: noise is none.
const NEW_HEIGHT: f64 = 0.02;

/// The last report, as long as it is valid.
#[derive(Clone, Copy, Debug, Default)]
pub struct Once {
    told: Option<Told>,
}

#[derive(Clone, Copy, Debug)]
enum Told {
    /// By the original rule, and the trend has not confirmed it.
    Original(Grown),
    /// By either, and the trend has confirmed it.
    Confirmed,
}

/// How the base has grown since the original rule found it.
#[derive(Clone, Copy, Debug)]
struct Grown {
    base: f64,
    top: f64,
    top_at_us: i64,
    collections_since: u32,
}

impl Once {
    /// The program's full collection left so many bytes, and the trend says this of the heap.
    /// Whether the original rule's leak, if there is one, is news.
    pub fn full(&mut self, at_us: i64, bytes: u64, leak: Option<&Leak>, heap: State) -> bool {
        if heap != State::Ok {
            return false;
        }
        let bytes = bytes as f64;
        if let Some(Told::Original(grown)) = &mut self.told
            && grown.is_over(at_us, bytes)
        {
            self.told = None;
        }
        let Some(leak) = leak.filter(|_| self.told.is_none()) else {
            return false;
        };
        self.told = Some(Told::Original(Grown {
            base: bytes - leak.growth as f64,
            top: bytes,
            top_at_us: at_us,
            collections_since: 0,
        }));
        true
    }

    /// The trend has changed the state of a kind, and these are all of them now. Whether it is a
    /// confirmation and news.
    pub fn changed(&mut self, transition: &Transition, now: &[KindAssessment; 3]) -> bool {
        match (transition.change, self.told) {
            (Change::Confirmed, told) => {
                self.told = Some(Told::Confirmed);
                told.is_none()
            }
            (Change::Cleared(_), Some(Told::Original(_))) => {
                if transition.assessment.kind == Kind::Heap {
                    self.told = None;
                }
                false
            }
            (Change::Cleared(_), Some(Told::Confirmed)) => {
                if !now.iter().any(|assessment| assessment.was_confirmed) {
                    self.told = None;
                }
                false
            }
            _ => false,
        }
    }
}

impl Grown {
    /// Whether half of it is free again, or it has not grown for long.
    fn is_over(&mut self, at_us: i64, bytes: f64) -> bool {
        let growth = self.top - self.base;
        if bytes > self.top + NEW_HEIGHT * growth {
            (self.top, self.top_at_us, self.collections_since) = (bytes, at_us, 0);
            return false;
        }
        self.collections_since = self.collections_since.saturating_add(1);
        let is_level = self.collections_since >= LEVEL_COLLECTIONS
            && at_us.saturating_sub(self.top_at_us) >= LEVEL_US;
        is_level || bytes <= self.base + growth / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::HeapNumbers;
    use crate::gc::trend::{Cleared, Reading, Trend};

    const MB: u64 = 1 << 20;
    const S: i64 = 1_000_000;

    const FOUND: Leak = Leak {
        start_unix_us: 0,
        end_unix_us: 4 * S,
        elapsed_us: 4 * S,
        growth: 8 * MB as i64,
        consecutive: 5,
    };

    /// Assessments of which these kinds are confirmed, or were before they paused.
    fn assessments(confirmed: &[Kind]) -> [KindAssessment; 3] {
        let first = Reading {
            at_us: 0,
            at_unix_us: 0,
            heap: HeapNumbers::default(),
            rss: None,
            malloc_free: None,
            allocated: 0,
        };
        let mut assessments = Trend::new(&first).by_kind();
        for assessment in &mut assessments {
            assessment.was_confirmed = confirmed.contains(&assessment.kind);
        }
        assessments
    }

    fn change(once: &mut Once, kind: Kind, change: Change, confirmed: &[Kind]) -> bool {
        let now = assessments(confirmed);
        let of = now.iter().find(|assessment| assessment.kind == kind);
        let transition = Transition {
            change,
            assessment: *of.expect("each kind has one"),
            lasted_us: 0,
        };
        once.changed(&transition, &now)
    }

    fn confirmed(once: &mut Once, kind: Kind) -> bool {
        change(once, kind, Change::Confirmed, &[kind])
    }

    #[test]
    fn growth_that_goes_on_is_told_once() {
        let mut once = Once::default();
        for minute in 0..60 {
            let bytes = (20 + 8 * minute as u64) * MB;
            let is_news = once.full(minute * 60 * S, bytes, Some(&FOUND), State::Ok);
            assert_eq!(is_news, minute == 0, "minute {minute}");
        }
        assert!(!confirmed(&mut once, Kind::Heap));
    }

    #[test]
    fn the_original_rule_is_silent_while_the_trend_has_something_on_the_heap() {
        let mut once = Once::default();
        for state in [State::Suspected, State::Confirmed, State::Paused] {
            assert!(!once.full(0, 20 * MB, Some(&FOUND), state), "{state:?}");
        }
        assert!(confirmed(&mut once, Kind::Heap));
    }

    #[test]
    fn growth_that_was_given_back_is_news_when_it_comes_again() {
        let mut once = Once::default();
        assert!(once.full(0, 20 * MB, Some(&FOUND), State::Ok));
        assert!(!once.full(S, 17 * MB, Some(&FOUND), State::Ok));
        assert!(!once.full(2 * S, 16 * MB, None, State::Ok));
        assert!(once.full(9 * S, 24 * MB, Some(&FOUND), State::Ok));
    }

    #[test]
    fn a_warm_up_that_has_ended_hides_no_leak_of_later() {
        let mut once = Once::default();
        assert!(once.full(0, 20 * MB, Some(&FOUND), State::Ok));
        // A minute without a collection says nothing, nor do many collections in a moment.
        assert!(!once.full(90 * S, 20 * MB, None, State::Ok));
        assert!(!confirmed(&mut once.clone(), Kind::Heap));
        for collection in 0..4 {
            once.full((91 + collection) * S, 20 * MB, None, State::Ok);
        }
        assert!(confirmed(&mut once, Kind::Heap));
    }

    #[test]
    fn one_leak_in_two_kinds_is_told_once_and_one_after_it_again() {
        use Kind::{External, Heap};
        let cleared = Change::Cleared(Cleared::GivenBack);
        let mut once = Once::default();
        assert!(confirmed(&mut once, Heap));
        assert!(!change(
            &mut once,
            External,
            Change::Confirmed,
            &[Heap, External]
        ));
        assert!(!change(&mut once, Heap, cleared, &[External]));
        assert!(!once.full(0, 20 * MB, Some(&FOUND), State::Ok));
        assert!(!change(&mut once, External, cleared, &[]));
        assert!(confirmed(&mut once, External));
    }

    #[test]
    fn what_the_trend_clears_on_the_heap_is_told_anew() {
        use Kind::{External, Heap};
        let cleared = Change::Cleared(Cleared::StoppedGrowing);
        let mut once = Once::default();
        assert!(once.full(0, 20 * MB, Some(&FOUND), State::Ok));
        assert!(!change(&mut once, External, cleared, &[]));
        assert!(!once.full(S, 21 * MB, Some(&FOUND), State::Ok));
        assert!(!change(&mut once, Heap, cleared, &[]));
        assert!(once.full(2 * S, 22 * MB, Some(&FOUND), State::Ok));
    }
}
