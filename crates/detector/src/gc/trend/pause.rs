//! Growth that has stopped: is it over, or does it pause with the work of the program? Keeps what
//! was allocated since. What state follows is not decided here: see `watch`.

use super::policy::*;
use super::work::Work;

/// A growth that is suspected or confirmed, or was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Growth {
    /// When it began, in seconds.
    pub from: f64,
    /// When memory last reached a new height, in seconds.
    pub until: f64,
    /// Where it began, in bytes.
    pub base: f64,
    /// The height it reached, in bytes.
    pub top: f64,
}

impl Growth {
    pub(super) fn bytes(&self) -> f64 {
        (self.top - self.base).max(0.0)
    }

    pub(super) fn seconds(&self) -> f64 {
        (self.until - self.from).max(0.0)
    }
}

/// What a sample means for growth that has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Half of it, or more, is free again.
    GivenBack,
    /// The program worked as before, and nothing grew.
    Over,
    /// It grows again.
    GrowsAgain,
    /// The program has not done enough to know.
    Unknown,
}

/// What the program did since growth stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Since {
    /// Bytes allocated while the growth came, and how many a second.
    grew_by_work: f64,
    rate: f64,
    /// Memory when it stopped, in bytes.
    level: f64,
    /// Bytes allocated in the program's life, then and at the last reading, and its time.
    began: f64,
    counted: f64,
    counted_t: f64,
    /// Seconds and bytes in which it did a share of its work at least. What timers of an idle
    /// program allocate in a night is not what its requests did.
    worked_s: f64,
    worked: f64,
}

impl Since {
    /// Begins at a time when growth stands at `level`.
    pub(super) fn new(t: f64, level: f64, growth: &Growth, work: &Work) -> Self {
        let grew_by_work = work.between(growth.from, growth.until);
        Self {
            grew_by_work,
            rate: grew_by_work / growth.seconds().max(1.0),
            level,
            began: work.total(),
            counted: work.total(),
            counted_t: t,
            worked_s: 0.0,
            worked: 0.0,
        }
    }

    /// Memory when growth stopped, in bytes.
    pub(super) fn level(&self) -> f64 {
        self.level
    }

    /// Whether the program allocates hardly anything in comparison.
    pub(super) fn is_idle_rate(&self, bytes: f64, seconds: f64) -> bool {
        bytes < IDLE_SHARE * self.rate * seconds
    }

    /// Counts what was allocated up to a reading.
    pub(super) fn count(&mut self, t: f64, work: &Work) {
        let (bytes, seconds) = (work.total() - self.counted, t - self.counted_t);
        if seconds < COUNTED_S {
            return;
        }
        (self.counted, self.counted_t) = (work.total(), t);
        if bytes > 0.0 && !self.is_idle_rate(bytes, seconds) {
            self.worked_s += seconds;
            self.worked += bytes;
        }
    }

    /// What a full collection that left `value` means. `waits_s` is how long the same work
    /// must have gone on.
    pub(super) fn meaning(
        &mut self,
        value: f64,
        growth: &Growth,
        waits_s: f64,
        work: &Work,
    ) -> Meaning {
        if value < growth.base + growth.bytes() / 2.0 {
            return Meaning::GivenBack;
        }
        let rise = value - self.level;
        if work.total() - self.began < rise {
            // More than was allocated since: it came before.
            self.level = value;
            return Meaning::Unknown;
        }
        let noticed = (NOTICED_SHARE * growth.bytes()).min(CALM_BYTES);
        if rise >= noticed.max(NOTICED_BYTES) {
            return Meaning::GrowsAgain;
        }
        let went_on =
            self.worked_s >= waits_s && self.worked >= SAME_WORK_SHARE * self.rate * self.worked_s;
        let is_comparable = self.worked >= self.grew_by_work;
        let expected = growth.bytes() * self.worked / self.grew_by_work.max(1.0);
        let is_level = rise < BEGUN * expected;
        if self.worked > 0.0 && (went_on || is_comparable) && is_level {
            Meaning::Over
        } else {
            Meaning::Unknown
        }
    }

    /// Whether enough was allocated since the last full collection for another one to tell
    /// something.
    pub(super) fn is_worth_a_sample(&self, allocated: f64) -> bool {
        allocated >= LEAST_SHARE * self.grew_by_work
    }
}

/// What is allocated is counted over this many seconds at least: work comes in bursts.
const COUNTED_S: f64 = 5.0;
