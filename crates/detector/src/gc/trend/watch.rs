//! One kind of memory: its series, and its state. What is emitted, and
//! in which words, is not decided here.

use super::decay::Decay;
use super::evidence::{Evidence, strongest};
use super::known::{Alarm, Known};
use super::line::Line;
use super::load::Load;
use super::pause::{Growth, Meaning, Since};
use super::policy::*;
use super::required::{self, ramp};
use super::series::Series;
use super::work::Work;
use super::{Change, Cleared, Kind, State};

/// What of a growth is no leak, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Explained {
    /// The overhead of other kinds.
    pub overhead: f64,
    /// What `malloc` holds free.
    pub held_free: f64,
}

impl Explained {
    /// The confidence that is left.
    fn weighed(self, evidence: &Evidence) -> f64 {
        let growth = evidence.line.growth;
        let without = |bytes: f64| ramp((growth - bytes) / growth.max(1.0), UNEXPLAINED);
        let most = evidence.confidence * without(self.overhead);
        let in_use = evidence.confidence * without(self.overhead + self.held_free);
        in_use.max(most.min(SUSPECT_AT))
    }
}

/// The state of one kind.
#[derive(Debug)]
pub(super) struct Watch {
    pub kind: Kind,
    pub series: Series,
    load: Load,
    pub state: State,
    pub evidence: Option<Evidence>,
    /// Confidence at the last sample.
    pub confidence: f64,
    /// The newest value, in bytes, and when.
    pub last: f64,
    last_t: f64,
    /// When it was first suspected, in seconds.
    suspected_at: f64,
    /// The lowest that its growth has begun at since then, in bytes: the stretch that looks most
    /// like a leak moves on in a long run, and what grew before it is still kept.
    suspected_from: f64,
    /// The line at its most convincing, since it was suspected.
    pub strongest: Option<Evidence>,
    /// How it grew since then.
    alarm: Alarm,
    /// The false alarms.
    known: Known,
    /// Since when confidence has been too low, and what was done since.
    low_since: Option<(f64, Since)>,
    /// The growth that is suspected, confirmed or paused.
    pub growth: Growth,
    /// What was done since it paused.
    pub paused: Option<Since>,
    /// Whether the last growth was confirmed.
    pub was_confirmed: bool,
}

impl Watch {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            series: Series::new(),
            load: Load::default(),
            state: State::Ok,
            evidence: None,
            confidence: 0.0,
            last: 0.0,
            last_t: 0.0,
            suspected_at: 0.0,
            suspected_from: f64::INFINITY,
            strongest: None,
            alarm: Alarm::default(),
            known: Known::default(),
            low_since: None,
            growth: Growth::default(),
            paused: None,
            was_confirmed: false,
        }
    }

    /// The evidence to tell: that of now, or of when it was strongest where there is
    /// none any more.
    pub(super) fn told(&self) -> Option<&Evidence> {
        self.evidence
            .as_ref()
            .filter(|now| now.confidence > 0.0 && self.state != State::Paused)
            .or(self.strongest.as_ref())
    }

    /// In how many seconds a suspicion of native memory that has half of its evidence may be confirmed: when the growth is expected to be
    /// enough, with the samples that are missing spread over the time until then: it takes more of them than other memory,
    /// and is suspected late. Infinite where something else is missing, which more samples do not bring sooner.
    pub(super) fn confirms_in_s(&self, of: &Evidence) -> f64 {
        if self.kind != Kind::Native || self.confidence < CONFIRM_AT / 2.0 {
            return f64::INFINITY;
        }
        let left = of.line.base + of.enough - self.last;
        let (_, all) = required::samples_of(self.kind, of.line.top_rate);
        let missing = all - of.line.samples as f64;
        let is_decided = self.suspected_at == self.last_t && self.confidence >= CONFIRM_AT;
        if left > 0.0 {
            left / of.line.rate / missing.max(1.0)
        } else if missing > 0.0 || is_decided {
            0.0
        } else {
            f64::INFINITY
        }
    }

    /// Whether it grew too young to be suspected at the last sample, and is old enough at a time.
    pub(super) fn is_ripe(&self, t: f64) -> bool {
        let ripe_at = self
            .evidence
            .map_or(f64::INFINITY, |evidence| evidence.ripe_at);
        self.state == State::Ok && self.last_t < ripe_at && ripe_at <= t
    }

    /// Adds a sample and says what changed with it. `explained` says what of a growth has another cause, `along` by how
    /// much other kinds grew with it.
    pub(super) fn sample(
        &mut self,
        t: f64,
        value: f64,
        limit: f64,
        explained: impl Fn(&Line) -> Explained,
        along: impl Fn(&Line) -> f64,
        work: &Work,
    ) -> Option<Change> {
        if self.series.count() > 0 {
            let rise = value - self.last;
            self.load.step(self.last_t, t, rise);
        }
        self.series.push(t, value);
        (self.last, self.last_t) = (value, t);
        let (load, known) = (&self.load, &self.known);
        self.evidence = strongest(&self.series, self.kind, limit, load, known, along);
        if let Some(evidence) = &mut self.evidence {
            evidence.confidence = explained(&evidence.line).weighed(evidence);
        }
        self.confidence = self.evidence.map_or(0.0, |evidence| evidence.confidence);
        if let Some(now) = self.evidence
            && self.state != State::Paused
            && self
                .strongest
                .is_none_or(|then| then.confidence <= now.confidence)
        {
            self.strongest = Some(now);
        }
        self.note_alarm();
        let change = match self.state {
            State::Ok if self.confidence >= SUSPECT_AT => {
                self.state = State::Suspected;
                self.strongest = self.evidence;
                self.suspected_at = t;
                self.suspected_from = f64::INFINITY;
                self.low_since = None;
                self.growth.top = f64::NEG_INFINITY;
                self.was_confirmed = false;
                Some(Change::Suspected)
            }
            State::Ok => {
                self.strongest = None;
                None
            }
            State::Suspected if self.confidence >= CONFIRM_AT && !self.slows_down(limit) => {
                self.state = State::Confirmed;
                self.low_since = None;
                let is_news = !self.was_confirmed;
                self.was_confirmed = true;
                is_news.then_some(Change::Confirmed)
            }
            State::Suspected | State::Confirmed => self.may_have_stopped(t, work),
            State::Paused => self.goes_on_or_is_over(t, work),
        };
        if matches!(self.state, State::Suspected | State::Confirmed) {
            self.note_growth(t);
        }
        change
    }

    /// Whether it has slowed down for certain since it was suspected: the last minutes alone
    /// look straight on any curve.
    fn slows_down(&self, limit: f64) -> bool {
        // What was loaded fast and is followed by a calm leak has slowed down, too.
        let from = self.suspected_at.max(self.load.left_behind(self.last_t));
        let since = Decay::since(&self.series, from);
        let base = self.suspected_from;
        self.kind != Kind::Native
            && self.last - base < required::largest_cache(base, limit)
            && since.is_some_and(|decay| {
                decay.rate < MID_RATE_MOST
                    && decay.second_half < SLOWING
                    && decay.second_half + SLOWING_ERRORS * decay.error < 1.0
            })
    }

    /// A reading that no full collection made. A program that hardly allocates has no full
    /// collection that would show that the growth has paused.
    pub(super) fn between(&mut self, t: f64, work: &Work) -> Option<Change> {
        match self.state {
            State::Ok => None,
            State::Paused => {
                if let Some(since) = &mut self.paused {
                    since.count(t, work);
                }
                None
            }
            State::Suspected | State::Confirmed => {
                let window = ENDED_S;
                if t - self.growth.until < window {
                    return None;
                }
                let since = Since::new(t, self.last, &self.growth, work);
                let allocated = work.between(t - window, t);
                since
                    .is_idle_rate(allocated, window)
                    .then(|| self.pauses(t, work))
            }
        }
    }

    /// By how much it grew along with a line of another kind, in bytes: as much as it would have at the rate of its second
    /// half, where that is less. What was loaded in the first half, or is given back by now, did not grow with it.
    pub(super) fn along(&self, line: &Line) -> f64 {
        let since = |t: f64| self.last - self.series.at(t);
        let second_half = since(line.from + line.span / 2.0);
        since(line.from).min(2.0 * second_half).max(0.0)
    }

    /// What of the last growth is still in use, in bytes.
    pub(super) fn kept(&self) -> f64 {
        (self.last - self.growth.base).max(0.0)
    }

    /// Keeps from where to where it has grown.
    fn note_growth(&mut self, t: f64) {
        let Some(strongest) = &self.strongest else {
            return;
        };
        self.growth.from = strongest.line.from;
        self.growth.base = strongest.line.base.max(0.0);
        // A line through a few samples may begin below all that was measured.
        let lowest = self.series.lowest_since(self.growth.from);
        self.suspected_from = self.suspected_from.min(self.growth.base.max(lowest));
        let least = NEGLIGIBLE * (self.growth.top - self.growth.base).max(0.0);
        if self.last > self.growth.top + least {
            self.growth.top = self.last;
            self.growth.until = t;
        }
    }

    fn pauses(&mut self, t: f64, work: &Work) -> Change {
        self.state = State::Paused;
        self.low_since = None;
        self.paused = Some(Since::new(t, self.last, &self.growth, work));
        Change::Paused
    }

    /// Keeps how it grows, from the suspicion on, in case it proves wrong.
    fn note_alarm(&mut self) {
        let Some(now) = self.evidence.filter(|now| now.confidence >= SUSPECT_AT) else {
            return;
        };
        if self.state == State::Ok {
            self.alarm = Alarm::new(&now);
        } else {
            self.alarm.goes_on(&now);
        }
    }

    fn may_have_stopped(&mut self, t: f64, work: &Work) -> Option<Change> {
        if self.confidence >= SUSPECT_AT / 2.0 {
            self.low_since = None;
            return None;
        }
        let growth = self.growth;
        let (since, done) = self
            .low_since
            .get_or_insert_with(|| (t, Since::new(t, self.last, &growth, work)));
        done.count(t, work);
        let waits_s = required::waits_s(growth.seconds());
        if t - *since < waits_s {
            return None;
        }
        // The work is counted in pieces, so the last of it may be missing.
        match done.meaning(self.last, &growth, 0.7 * waits_s, work) {
            Meaning::GivenBack => Some(self.is_over(Cleared::GivenBack)),
            Meaning::Over => Some(self.is_over(Cleared::StoppedGrowing)),
            Meaning::GrowsAgain => {
                self.low_since = None;
                None
            }
            Meaning::Unknown => Some(self.pauses(t, work)),
        }
    }

    fn goes_on_or_is_over(&mut self, t: f64, work: &Work) -> Option<Change> {
        let growth = self.growth;
        let waits_s = required::waits_s(growth.seconds());
        let since = self
            .paused
            .get_or_insert_with(|| Since::new(t, self.last, &growth, work));
        since.count(t, work);
        match since.meaning(self.last, &growth, waits_s, work) {
            Meaning::GivenBack => Some(self.is_over(Cleared::GivenBack)),
            Meaning::Over => Some(self.is_over(Cleared::StoppedGrowing)),
            Meaning::GrowsAgain => {
                self.paused = None;
                self.state = if self.was_confirmed {
                    State::Confirmed
                } else {
                    State::Suspected
                };
                Some(Change::Resumed)
            }
            Meaning::Unknown => {
                // Growth of before the pause that only this collection shows.
                self.growth.top = self.growth.top.max(since.level());
                None
            }
        }
    }

    fn is_over(&mut self, why: Cleared) -> Change {
        if self.was_confirmed {
            self.known.remember(self.alarm);
        }
        self.state = State::Ok;
        self.low_since = None;
        self.paused = None;
        Change::Cleared(why)
    }

    /// Seconds from the first suspicion to the last sample.
    pub(super) fn lasted_s(&self) -> f64 {
        self.last_t - self.suspected_at
    }
}
