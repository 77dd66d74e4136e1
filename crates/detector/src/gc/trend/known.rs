//! False alarms, and what of a growth is news after them. Does not know what is an
//! alarm: see `watch`.

use super::evidence::Evidence;
use super::line::Line;
use super::policy::OTHER_RATE;

/// How many alarms are remembered: the last ones.
const MOST: usize = 8;

/// Growth that was reported: how fast, and how far. The default is no growth, so all growth is
/// new.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Alarm {
    /// How far it grew, in bytes.
    level: f64,
    /// By how much, in bytes.
    growth: f64,
    /// The slowest that it grew, in bytes a second: of each stretch its fastest part, because a
    /// stretch may begin in the quiet before.
    slowest: f64,
    /// The fastest that a whole stretch grew, in bytes a second.
    fastest: f64,
}

impl Alarm {
    /// The initial values.
    pub(super) fn new(evidence: &Evidence) -> Self {
        let line = &evidence.line;
        Self {
            level: evidence.level,
            growth: grown(line),
            slowest: line.top_rate,
            fastest: line.rate,
        }
    }

    /// It continues, with these values.
    pub(super) fn goes_on(&mut self, evidence: &Evidence) {
        let now = Self::new(evidence);
        self.level = self.level.max(now.level);
        self.growth = self.growth.max(now.growth);
        self.slowest = self.slowest.min(now.slowest);
        self.fastest = self.fastest.max(now.fastest);
    }

    /// Whether this is another growth: faster, slower, or larger.
    fn is_other_than(&self, line: &Line) -> bool {
        line.rate > OTHER_RATE * self.fastest
            || line.top_rate < self.slowest / OTHER_RATE
            || grown(line) > OTHER_RATE * self.growth
    }
}

/// A line through the quiet before rises by more than there is.
fn grown(line: &Line) -> f64 {
    line.growth.min(line.range)
}

/// False alarms: growth that was confirmed, and then stopped or was given back. The
/// same growth up to the same level is not news.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    alarms: [Alarm; MOST],
    /// How many there were.
    count: usize,
}

impl Known {
    /// Takes the place of the oldest.
    pub(super) fn remember(&mut self, alarm: Alarm) {
        self.alarms[self.count % MOST] = alarm;
        self.count += 1;
    }

    /// What of the growth of a line is news, where the line ends at that level.
    pub(super) fn news(&self, line: &Line, level: f64, growth: f64) -> f64 {
        let same = self
            .alarms
            .iter()
            .filter(|alarm| !alarm.is_other_than(line));
        same.fold(growth, |growth, alarm| {
            growth.min(level - alarm.level).max(0.0)
        })
    }
}
