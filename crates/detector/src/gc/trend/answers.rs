//! What the detector answers when it is asked: assessments with their evidence, and the numbers
//! beside them. Changes nothing.

use crate::limits::{Limit, LimitKind};

use super::evidence::Evidence;
use super::watch::Watch;
use super::{
    Assessment, BeforeAndAfter, Beside, Kind, KindAssessment, ProbeTotals, State, Trend,
    microseconds,
};

/// A limit that is further away than this is not reported, in seconds.
const YEAR_S: f64 = 365.0 * 86_400.0;

impl Trend {
    /// All of what follows at once.
    #[must_use]
    pub fn assessment(&self) -> Assessment {
        let (count, cost_ns) = self.probes();
        Assessment {
            worst: self.worst_kind(),
            kinds: self.by_kind(),
            beside: self.beside(),
            probes: ProbeTotals {
                count,
                cost_ns,
                is_running: self.is_probing(),
            },
        }
    }

    /// The assessment of the kind of memory that is worst.
    #[must_use]
    pub fn worst_kind(&self) -> KindAssessment {
        self.assess(self.worst())
    }

    /// Of kinds that are as bad, the one that has grown by more bytes: that is where the memory is. Where none grows, the one that
    /// looks most like it.
    fn worst(&self) -> &Watch {
        let worst = self.watches.iter().reduce(|worst, other| {
            let rank = |watch: &Watch| match severity(watch) {
                0 => (0, 0.0, watch.confidence),
                severity => (severity, watch.kept(), watch.confidence),
            };
            if rank(other) > rank(worst) {
                other
            } else {
                worst
            }
        });
        worst.unwrap_or(&self.watches[0])
    }

    /// The assessments on all kinds.
    #[must_use]
    pub fn by_kind(&self) -> [KindAssessment; 3] {
        [0, 1, 2].map(|i| self.assess(&self.watches[i]))
    }

    /// The state of the heap alone, without its evidence.
    #[must_use]
    pub fn heap_state(&self) -> State {
        self.watches[0].state
    }

    /// The numbers beside it.
    #[must_use]
    pub fn beside(&self) -> Beside {
        let from = self.worst().told().map_or(self.t, |told| told.line.from);
        let [malloced, global_handles, native_contexts, detached_contexts] =
            [0, 1, 2, 3].map(|i| {
                let series = &self.beside[i];
                BeforeAndAfter {
                    before: series.at(from),
                    after: series.at(self.t),
                }
            });
        Beside {
            malloced,
            global_handles,
            native_contexts,
            detached_contexts,
        }
    }

    pub(super) fn assess(&self, watch: &Watch) -> KindAssessment {
        self.assess_by(watch, watch.told())
    }

    pub(super) fn assess_by(&self, watch: &Watch, told: Option<&Evidence>) -> KindAssessment {
        let line = told.map(|evidence| &evidence.line);
        let growth = &watch.growth;
        let is_paused = watch.state == State::Paused;
        let (from, until) = match line {
            Some(_) if is_paused => (growth.from, growth.until),
            Some(line) => (line.from, self.t),
            None => (self.t, self.t),
        };
        let [start_us, end_us] = [from, until].map(|t| microseconds(self.t - t));
        let rate = match line {
            Some(_) if is_paused => growth.bytes() / growth.seconds().max(1.0),
            Some(line) => line.rate,
            None => 0.0,
        };
        let left_s = (self.limit - watch.last) / rate;
        let limit = (watch.kind == Kind::Heap).then_some(Limit {
            kind: LimitKind::V8Heap,
            bytes: self.limit as u64,
            used: watch.last as u64,
        });
        let has_limit = limit.is_some() && !is_paused && (0.0..YEAR_S).contains(&left_s);
        let is_grown = watch.state != State::Ok;
        KindAssessment {
            kind: watch.kind,
            state: watch.state,
            was_confirmed: is_grown && watch.was_confirmed,
            confidence: match told {
                Some(told) if is_paused => told.confidence,
                _ => watch.confidence,
            },
            start_unix_us: self.unix_us.saturating_sub(start_us),
            end_unix_us: self.unix_us.saturating_sub(end_us),
            elapsed_us: start_us - end_us,
            growth: match line {
                Some(_) if is_paused => growth.bytes() as i64,
                Some(line) => line.growth as i64,
                None => 0,
            },
            enough: told.map_or(0, |evidence| evidence.enough as i64),
            base: line.map_or(watch.last, |line| line.base) as i64,
            current: watch.last as i64,
            kept: if is_grown { watch.kept() as i64 } else { 0 },
            rate,
            samples: line.map_or(0, |line| line.samples),
            steadiness: line.map_or(0.0, |line| line.steadiness),
            persistence: line.map_or(0.0, |line| line.second_half),
            limit,
            limit_unix_us: has_limit.then(|| self.unix_us.saturating_add(microseconds(left_s))),
        }
    }
}

/// Which state is worse: what was confirmed and only pauses is worse than a suspicion.
fn severity(watch: &Watch) -> u8 {
    match (watch.state, watch.was_confirmed) {
        (State::Ok, _) => 0,
        (State::Paused, false) => 1,
        (State::Suspected, _) => 2,
        (State::Paused, true) => 3,
        (State::Confirmed, _) => 4,
    }
}
