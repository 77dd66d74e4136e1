//! What the detector asks for between samples: readings of native memory, and forced collections. Makes neither; what
//! they may cost is in `probes`.

use super::probes::Wanted;
use super::recording::Input;
use super::{State, Trend, seconds};

/// Native memory is read so long after a full collection, in seconds: native code frees the memory of dead objects in
/// finalizers, on the event loop. Full collections that are closer to each other are one sample.
pub(super) const SETTLES_S: f64 = 0.1;

/// How often native memory is read between full collections at most, in seconds: the system is asked for it. And how
/// long after one, where the event loop does not turn meanwhile: what `malloc` holds free is asked there alone.
pub(super) const NATIVE_EVERY_S: f64 = 2.0;

impl Trend {
    /// Whether the resident set size is wanted with a reading that no full collection
    /// made.
    #[must_use]
    pub fn wants_rss(&self, at_us: i64) -> bool {
        let t = seconds(at_us);
        let is_due = self.native_due.is_some_and(|from| t - from >= SETTLES_S);
        is_due || t - self.native_at >= NATIVE_EVERY_S
    }

    /// Whether the next reading that no full collection made should come soon: native
    /// memory is still to be read after the last one, or it has risen, or is suspected.
    /// A program whose heap hardly changes has too few young collections to wait for.
    #[must_use]
    pub fn wants_reading_soon(&self) -> bool {
        let native = &self.watches[2];
        let is_judged = native.series.count() > 0;
        let is_suspected = native.state == State::Suspected;
        is_judged && (self.native_due.is_some() || is_suspected || self.probes.has_hint_of(2))
    }

    /// Whether a probe is to be asked for now.
    #[must_use]
    pub fn wants_probe(&self, at_us: i64) -> bool {
        self.probes.is_due(seconds(at_us), self.wanted())
    }

    /// A probe was asked for.
    pub fn probe_begins(&mut self, at_us: i64) {
        self.note(Input::ProbeBegins(at_us));
        let wanted = self.wanted();
        self.probes.begin(seconds(at_us), wanted);
    }

    /// The probe under way came to nothing.
    pub fn probe_gives_up(&mut self, at_us: i64) {
        self.note(Input::ProbeGivesUp(at_us));
        self.probes.give_up(seconds(at_us));
    }

    /// Whether a probe is under way.
    #[must_use]
    pub fn is_probing(&self) -> bool {
        self.probes.is_running()
    }

    /// Whether a probe has been under way for so long that it is to be given up.
    #[must_use]
    pub fn probe_is_overdue(&self, at_us: i64) -> bool {
        self.probes.is_overdue(seconds(at_us))
    }

    /// A probe held up the main thread for this long.
    pub fn probe_costs(&mut self, at_us: i64, nanoseconds: u64) {
        self.note(Input::ProbeCosts(at_us, nanoseconds));
        self.probes.pay(seconds(at_us), nanoseconds);
    }

    /// Probes that have ended, and what all have cost in nanoseconds.
    #[must_use]
    pub const fn probes(&self) -> (u64, u64) {
        (self.probes.count, self.probes.cost_ns)
    }

    /// Whether a program whose growth has paused has worked since the last full collection.
    fn a_pause_may_be_over(&self) -> bool {
        let allocated = self.work.total() - self.worked_at_full;
        self.watches
            .iter()
            .filter_map(|watch| watch.paused.as_ref())
            .any(|since| since.is_worth_a_sample(allocated))
    }

    fn wanted(&self) -> Wanted {
        let suspected = self
            .watches
            .iter()
            .zip(self.upper)
            .filter(|(watch, _)| watch.state == State::Suspected)
            .filter_map(|(watch, upper)| Some((watch, watch.told()?, upper)))
            .map(|(watch, told, upper)| Wanted::ToConfirm {
                enough: told.enough,
                rate: told.line.rate,
                confirms_in_s: watch.confirms_in_s(told),
                risen: upper - watch.last,
                is_decisive: upper - told.line.base >= told.enough,
            })
            .reduce(Wanted::sooner);
        match suspected {
            Some(wanted) => wanted,
            None if self.watches.iter().any(|w| w.state == State::Confirmed) => Wanted::ToEnd,
            None if self.watches.iter().any(|w| w.is_ripe(self.t)) => Wanted::Soon,
            None if self.a_pause_may_be_over() => Wanted::ToEnd,
            None => Wanted::Nothing,
        }
    }
}
