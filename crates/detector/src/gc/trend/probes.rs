//! When to ask V8 for a full collection of our own, and when not. Asks nothing itself.
//!
//! A growing heap is collected ever more rarely, so the samples run out just when they
//! are needed. A *probe* is a full collection that is marked beside the running
//! program. It is asked for only where growth is suspected, in one of three degrees:
//!
//! 1. **A hint.** What is in use after a collection of the young generation is an upper
//!    bound of the base. It has risen a quarter, and 8 MiB, above the last base. Garbage
//!    that grew old does that too: each hint that a probe disproves doubles what the
//!    next one takes.
//! 2. **Growth noticed.** The base rose a tenth, and 4 MiB, above the level that is
//!    known. Six probes, ever further apart, tell whether it goes on; then the level is
//!    known.
//! 3. **A leak suspected** or confirmed: about a dozen samples before it is confirmed.
//!
//! In all of them a probe is never closer than the spacing to another full collection,
//! on a large heap that is suspected it is further away, and what probes have cost stays below a share of
//! the time that went by.

use super::policy::*;

/// Each wrong hint doubles what the next one takes, up to this factor: a program that makes them by the second is asked
/// for hardly any, and one that begins to leak is not unheard for ever.
const MOST_CAUTION: f64 = 64.0;

/// Forced collections after growth was noticed, at most: then its level is known.
const NOTICED_PROBES: u32 = 6;

/// Each of them is this factor further apart than the one before, so that all take a minute at the least spacing.
const NOTICED_LONGER: f64 = 1.5;

/// A forced collection that has not ended by then is given up, in seconds: the program allocates too little for marking
/// to end, so nothing grows either.
const GIVEN_UP_AFTER_S: f64 = 30.0;

/// Seconds that marking takes of the main thread for each mebibyte, outside of its pauses: steps between allocations,
/// barriers, sweeping. V8 reports none of it. Measured on a heap of 400 MiB as 0.3 to 0.4 ms where the helper threads
/// had no core of their own.
const MARKING_S_PER_MIB: f64 = 0.000_35;

/// The share of wall time that marking may take.
const MARKING_SHARE: f64 = 0.013;

/// Seconds whose unused budget is kept: a quiet month does not pay for a minute of collections without end.
const SAVED_S: f64 = 600.0;

/// What may be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbeSettings {
    /// Whether there are any.
    pub enabled: bool,
    /// The share of wall time that they may cost the main thread.
    pub budget: f64,
    /// The least time between a probe and any other full collection, in seconds.
    pub spacing_s: f64,
}

impl ProbeSettings {
    /// The least spacing that can be asked for, in seconds.
    pub const LEAST_SPACING_S: f64 = 2.0;
}

impl Default for ProbeSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            budget: 0.005,
            spacing_s: Self::LEAST_SPACING_S,
        }
    }
}

/// Which samples a kind of memory wants, by its state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wanted {
    /// None but for hints and growth that was noticed.
    Nothing,
    /// Growth of `enough` bytes at `rate` is on its way.
    /// `risen`: the upper bound above the last sample. `is_decisive` where it is above
    /// all that would be enough.
    ToConfirm {
        enough: f64,
        rate: f64,
        /// When it is expected to be there.
        confirms_in_s: f64,
        risen: f64,
        is_decisive: bool,
    },
    /// Growth that was too young at the last sample.
    Soon,
    /// The end of a leak.
    ToEnd,
}

impl Wanted {
    /// Of two kinds that are suspected, the one that wants its next sample sooner: a sample is one of all kinds.
    pub(super) fn sooner(self, other: Self) -> Self {
        if other.rank() > self.rank() {
            other
        } else {
            self
        }
    }

    /// Whether it may decide, whether it has risen, and how fast it comes to what is enough.
    fn rank(self) -> (bool, bool, f64) {
        match self {
            Self::ToConfirm {
                enough,
                rate,
                is_decisive,
                ..
            } => (is_decisive, self.has_risen(), rate / enough.max(1.0)),
            Self::Nothing | Self::Soon | Self::ToEnd => (false, false, 0.0),
        }
    }

    /// Whether the upper bound is far above the last sample.
    fn has_risen(self) -> bool {
        matches!(
            self,
            Self::ToConfirm { enough, risen, .. } if risen >= enough * RISEN_SHARE
        )
    }
}

/// An upper bound that rose far above the last sample of its kind.
#[derive(Clone, Copy, Debug)]
struct Hint {
    kind: usize,
    excess: f64,
    base: f64,
}

/// The share of the last sample that its upper bound rises by for a hint.
fn hint_share(kind: usize) -> f64 {
    [SMALL_SHARE, SMALL_SHARE, NOTICED_SHARE][kind]
}

/// The plan of one environment. Times are monotonic seconds.
#[derive(Debug)]
pub(super) struct Probes {
    pub settings: ProbeSettings,
    /// Probes that have ended.
    pub count: u64,
    /// What they cost the main thread, as far as it can be measured, in nanoseconds.
    pub cost_ns: u64,
    /// Cost that is not paid for yet, in seconds; below 0 there is something saved.
    debt_s: f64,
    debt_at: f64,
    running_since: Option<f64>,
    /// The reading that is a hint, and the one that the probe under way or just ended
    /// was asked for.
    hint: Option<Hint>,
    hinted: Option<Hint>,
    /// How much more the next hint takes, for each kind of memory.
    caution: [f64; 3],
    base: f64,
    known: f64,
    noticed_left: u32,
    last_full: f64,
}

impl Probes {
    /// Begins with what is in use, an upper bound of the base.
    pub(super) fn new(t: f64, used: f64) -> Self {
        Self {
            settings: ProbeSettings::default(),
            count: 0,
            cost_ns: 0,
            debt_s: 0.0,
            debt_at: t,
            running_since: None,
            hint: None,
            hinted: None,
            caution: [1.0; 3],
            base: used,
            known: used,
            noticed_left: NOTICED_PROBES,
            last_full: t,
        }
    }

    /// A reading between full collections: of each kind of memory its upper bound, and
    /// its last sample.
    pub(super) fn young(&mut self, readings: &[(f64, f64); 3]) {
        self.hint = (0..readings.len())
            .map(|kind| {
                let (upper, base) = readings[kind];
                let excess = upper - base;
                Hint { kind, excess, base }
            })
            .find(|hint| {
                let least = LEAST_BYTES.max(hint_share(hint.kind) * hint.base);
                hint.excess >= least * self.caution[hint.kind]
            });
    }

    /// A sample of one kind of memory: it tells whether a hint was right.
    pub(super) fn sampled(&mut self, kind: usize, value: f64) {
        let Some(hint) = self.hinted.take_if(|hint| hint.kind == kind) else {
            return;
        };
        let caution = &mut self.caution[kind];
        *caution = if value - hint.base >= RISEN_SHARE * hint.excess {
            1.0
        } else {
            (*caution * 2.0).min(MOST_CAUTION)
        };
    }

    /// A full collection left this base.
    pub(super) fn full(&mut self, t: f64, base: f64, is_probe: bool) {
        if is_probe {
            self.count += 1;
            self.running_since = None;
            if self.is_noticed() {
                self.noticed_left = self.noticed_left.saturating_sub(1);
            }
        }
        self.base = base;
        self.hint = None;
        self.last_full = t;
        if base < self.known || self.noticed_left == 0 {
            self.known = base;
            self.noticed_left = NOTICED_PROBES;
        }
    }

    /// Whether a probe is to be asked for now.
    pub(super) fn is_due(&self, t: f64, wanted: Wanted) -> bool {
        if !self.settings.enabled || self.running_since.is_some() {
            return false;
        }
        let is_decisive = matches!(
            wanted,
            Wanted::ToConfirm {
                is_decisive: true,
                ..
            }
        );
        let may_owe_s = if is_decisive {
            LONGEST_S * self.settings.budget
        } else {
            0.0
        };
        if self.debt_s - (t - self.debt_at) * self.settings.budget > may_owe_s {
            return false;
        }
        let spacing = self.settings.spacing_s;
        let has_risen = wanted.has_risen();
        // Growth that was only noticed has few probes, ever further apart as it is.
        let rests = matches!(wanted, Wanted::ToConfirm { .. }) && !is_decisive && !has_risen;
        let marking_s = self.base / MIB * MARKING_S_PER_MIB;
        let rest = match rests {
            true => spacing.max(marking_s / MARKING_SHARE),
            false => spacing,
        };
        let wait = match wanted {
            Wanted::ToConfirm { .. } if has_risen => spacing,
            Wanted::ToConfirm {
                enough,
                rate,
                confirms_in_s,
                ..
            } => (enough / SAMPLES_TO_CONFIRM / rate.max(1.0)).min(confirms_in_s),
            Wanted::Soon => spacing,
            Wanted::ToEnd => ENDED_S,
            Wanted::Nothing if self.is_noticed() => {
                let done = NOTICED_PROBES - self.noticed_left;
                spacing * NOTICED_LONGER.powi(done.cast_signed())
            }
            Wanted::Nothing if self.hint.is_some() => spacing,
            Wanted::Nothing => return false,
        };
        t - self.last_full >= wait.min(LONGEST_S).max(rest)
    }

    /// Whether the last reading was a hint of growth of this kind of memory, for a probe to
    /// prove or disprove.
    pub(super) fn has_hint_of(&self, kind: usize) -> bool {
        self.settings.enabled && self.hint.is_some_and(|hint| hint.kind == kind)
    }

    /// One was asked for.
    pub(super) fn begin(&mut self, t: f64, wanted: Wanted) {
        self.running_since = Some(t);
        if wanted == Wanted::Nothing && !self.is_noticed() {
            self.hinted = self.hint;
        }
    }

    /// It came to nothing: V8 refused it, it took too long, or another collection came
    /// before it. The next one waits as if it had come to something.
    pub(super) fn give_up(&mut self, t: f64) {
        self.running_since = None;
        self.hinted = None;
        self.last_full = self.last_full.max(t);
    }

    /// Whether one is under way.
    pub(super) fn is_running(&self) -> bool {
        self.running_since.is_some()
    }

    /// Whether one has been under way for too long.
    pub(super) fn is_overdue(&self, t: f64) -> bool {
        self.running_since
            .is_some_and(|since| t - since >= GIVEN_UP_AFTER_S)
    }

    /// The main thread was held up for this long by a probe.
    pub(super) fn pay(&mut self, t: f64, cost_ns: u64) {
        self.cost_ns = self.cost_ns.saturating_add(cost_ns);
        let earned = (t - self.debt_at) * self.settings.budget;
        self.debt_s = (self.debt_s - earned).max(-SAVED_S * self.settings.budget);
        self.debt_s += cost_ns as f64 / 1e9;
        self.debt_at = t;
    }

    fn is_noticed(&self) -> bool {
        self.base - self.known >= NOTICED_BYTES.max(NOTICED_SHARE * self.known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds from a full collection that left this base until a probe is due.
    fn wait(base: f64, wanted: Wanted) -> f64 {
        let mut probes = Probes::new(0.0, base);
        probes.full(100.0, base, false);
        let due = (0..1000).map(|tenths| f64::from(tenths) / 10.0);
        due.into_iter()
            .find(|after| probes.is_due(100.0 + after, wanted))
            .unwrap_or(f64::INFINITY)
    }

    /// Growth of which a sample is wanted each second.
    fn growing(risen: f64, is_decisive: bool) -> Wanted {
        Wanted::ToConfirm {
            enough: 600.0 * MIB,
            rate: 50.0 * MIB,
            confirms_in_s: f64::INFINITY,
            risen: risen * MIB,
            is_decisive,
        }
    }

    #[test]
    fn the_larger_the_heap_the_further_apart_are_probes() {
        let waits = [20.0, 100.0, 405.0, 1205.0].map(|mib| wait(mib * MIB, growing(50.0, false)));
        assert_eq!(waits, [2.0, 2.7, 11.0, 32.5]);
    }

    #[test]
    fn a_probe_that_may_decide_waits_no_longer_for_the_heap() {
        assert_eq!(wait(1200.0 * MIB, growing(50.0, true)), 2.0);
        assert_eq!(wait(1200.0 * MIB, growing(240.0, false)), 2.0);
    }

    #[test]
    fn a_probe_that_held_the_program_up_puts_off_all_but_the_one_that_decides() {
        let due = |is_decisive| {
            let mut probes = Probes::new(0.0, 290.0 * MIB);
            probes.pay(5.0, 245_000_000);
            probes.full(5.0, 290.0 * MIB, true);
            probes.is_due(11.0, growing(340.0, is_decisive))
        };
        assert!(due(true));
        assert!(!due(false));
    }

    #[test]
    fn the_end_of_a_leak_is_waited_for() {
        assert_eq!(wait(400.0 * MIB, Wanted::ToEnd), ENDED_S);
        assert_eq!(wait(400.0 * MIB, Wanted::Nothing), f64::INFINITY);
    }
}
