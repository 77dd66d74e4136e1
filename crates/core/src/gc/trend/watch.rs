//! One kind of memory: its series, and where its verdict stands. What is emitted, and
//! in which words, is not decided here.

use super::evidence::{Evidence, strongest};
use super::known::{Alarm, Known};
use super::load::Load;
use super::series::Series;
use super::settings::TrendSettings;
use super::{Change, Cleared, Kind, State};

/// The state of one kind.
#[derive(Clone, Debug)]
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
    /// The line at its most convincing, since it was suspected.
    pub strongest: Option<Evidence>,
    /// How it grew since then.
    alarm: Alarm,
    /// The alarms that proved wrong.
    known: Known,
    /// Since when confidence has been too low.
    low_since: Option<f64>,
}

impl Watch {
    pub fn new(kind: Kind) -> Self {
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
            strongest: None,
            alarm: Alarm::default(),
            known: Known::default(),
            low_since: None,
        }
    }

    /// The evidence to tell: that of now, or of when it was strongest where there is
    /// none any more.
    pub fn told(&self) -> Option<&Evidence> {
        self.evidence
            .as_ref()
            .filter(|now| now.confidence > 0.0)
            .or(self.strongest.as_ref())
    }

    /// Adds a sample and says what changed with it. `is_possible` is false where
    /// another kind explains the growth.
    pub fn sample(
        &mut self,
        t: f64,
        value: f64,
        limit: f64,
        is_possible: bool,
        settings: &TrendSettings,
    ) -> Option<Change> {
        if self.series.count() > 0 {
            let rise = value - self.last;
            self.load.step(self.last_t, t, rise, settings);
        }
        self.series.push(t, value);
        (self.last, self.last_t) = (value, t);
        self.evidence = if is_possible {
            strongest(
                &self.series,
                self.kind,
                limit,
                &self.load,
                &self.known,
                settings,
            )
        } else {
            None
        };
        self.confidence = self.evidence.map_or(0.0, |evidence| evidence.confidence);
        if let Some(now) = self.evidence
            && self
                .strongest
                .is_none_or(|then| then.confidence <= now.confidence)
        {
            self.strongest = Some(now);
        }
        self.note_alarm(settings);
        match self.state {
            State::Ok if self.confidence >= settings.suspect_at => {
                self.state = State::Suspected;
                self.strongest = self.evidence;
                self.suspected_at = t;
                self.low_since = None;
                Some(Change::Suspected)
            }
            State::Ok => {
                self.strongest = None;
                None
            }
            State::Suspected if self.confidence >= settings.confirm_at => {
                self.state = State::Confirmed;
                self.low_since = None;
                Some(Change::Confirmed)
            }
            State::Suspected | State::Confirmed => self.clear_if_over(t, settings),
        }
    }

    /// Keeps how it grows, from the suspicion on, in case it proves wrong.
    fn note_alarm(&mut self, settings: &TrendSettings) {
        let Some(now) = self
            .evidence
            .filter(|now| now.confidence >= settings.suspect_at)
        else {
            return;
        };
        if self.state == State::Ok {
            self.alarm = Alarm::new(&now);
        } else {
            self.alarm.goes_on(&now);
        }
    }

    fn clear_if_over(&mut self, t: f64, settings: &TrendSettings) -> Option<Change> {
        if self.confidence >= settings.clear_below {
            self.low_since = None;
            return None;
        }
        let since = *self.low_since.get_or_insert(t);
        let line = self.strongest.map(|evidence| evidence.line);
        let grew_s = line.map_or(0.0, |line| line.span);
        if t - since < settings.clear_least_s.max(settings.clear_share * grew_s) {
            return None;
        }
        let was_given_back = line.is_some_and(|line| self.last < line.base + line.growth / 2.0);
        if self.state == State::Confirmed {
            self.known.remember(self.alarm);
        }
        self.state = State::Ok;
        self.low_since = None;
        Some(Change::Cleared(if was_given_back {
            Cleared::GivenBack
        } else {
            Cleared::StoppedGrowing
        }))
    }

    /// Seconds from the first suspicion to the last sample.
    pub fn lasted_s(&self) -> f64 {
        self.last_t - self.suspected_at
    }
}
