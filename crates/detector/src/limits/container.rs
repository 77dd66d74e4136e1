//! When the container of this process is full: its use over time, and which of two limits
//! comes first. Reads nothing.

use std::path::PathBuf;

use super::{GroupMemory, Limit, LimitKind};
use crate::gc::trend::{KindAssessment, State};

/// Readings that are kept. When there are as many, every other one goes: any age is covered
/// by half of them at least.
const MOST_READINGS: usize = 64;

/// Least readings that a pace is drawn from.
const LEAST_READINGS: usize = 5;

/// Least time that a pace is drawn from, in seconds: between two full collections the
/// resident memory of a program that is well rises, too.
const LEAST_SPAN_S: f64 = 30.0;

/// Further away a limit is not reported, in seconds.
const YEAR_S: f64 = 365.0 * 86_400.0;

/// The use of the tightest control group, over time.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// Which group; of another one nothing before counts.
    path: Option<PathBuf>,
    memory: Option<GroupMemory>,
    /// Seconds of a monotonic clock, and bytes in use.
    readings: Vec<(f64, f64)>,
}

impl Container {
    /// Nothing is known yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            path: None,
            memory: None,
            readings: Vec::new(),
        }
    }

    /// What the tightest group has now; `None` where no group has a limit.
    pub fn read(&mut self, t: f64, tightest: Option<(PathBuf, GroupMemory)>) {
        let Some((path, memory)) = tightest else {
            *self = Self::new();
            return;
        };
        let is_other = self.path.as_ref() != Some(&path)
            || self.memory.is_none_or(|m| m.limit != memory.limit);
        if is_other {
            self.readings.clear();
            self.path = Some(path);
        }
        self.memory = Some(memory);
        if self.readings.len() >= MOST_READINGS {
            let mut place = 0;
            self.readings.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
        self.readings.push((t, memory.kept as f64));
    }

    /// The directory of the group that is the tightest; `None` also of a limit that only
    /// Node.js knows.
    #[must_use]
    pub fn path(&self) -> Option<&std::path::Path> {
        let path = self.path.as_deref()?;
        (!path.as_os_str().is_empty()).then_some(path)
    }

    /// Its limit and what counts against it.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.memory.map(|memory| Limit {
            kind: LimitKind::Container,
            bytes: memory.limit,
            used: memory.kept,
        })
    }

    /// What may still be taken, in bytes, swap included.
    #[must_use]
    pub fn left_bytes(&self) -> Option<u64> {
        self.memory.map(|memory| memory.left)
    }

    /// Bytes a second by which the use of the group grew lately, over so many seconds or the
    /// least that says something: the median of the slopes between all pairs (Theil-Sen), so
    /// that the teeth of collections do not count. `None` where that is not known.
    #[must_use]
    pub fn pace(&self, over_s: f64) -> Option<f64> {
        let (now, _) = *self.readings.last()?;
        let from = now - over_s.max(LEAST_SPAN_S);
        let lately: Vec<_> = self.readings.iter().filter(|(t, _)| *t >= from).collect();
        let span = now - lately.first()?.0;
        if lately.len() < LEAST_READINGS || span < LEAST_SPAN_S / 2.0 {
            return None;
        }
        let mut slopes: Vec<f64> = lately
            .iter()
            .enumerate()
            .flat_map(|(i, (t, used))| {
                lately[i + 1..]
                    .iter()
                    .filter(move |(later, _)| later > t)
                    .map(move |(later, more)| (more - used) / (later - t))
            })
            .collect();
        let middle = slopes.len() / 2;
        memwatch_order::sort_by(&mut slopes, f64::total_cmp);
        slopes.get(middle).copied()
    }

    /// Seconds until it is full where something grows at this rate, in bytes a second, for so
    /// many seconds: the group may grow faster than what is suspected in one process of it,
    /// and it cannot grow slower for long.
    #[must_use]
    pub fn full_in_s(&self, rate: f64, over_s: f64) -> Option<f64> {
        if rate <= 0.0 {
            return None;
        }
        let pace = self.pace(over_s).unwrap_or(0.0).max(rate);
        let left_s = self.left_bytes()? as f64 / pace;
        (0.0..YEAR_S).contains(&left_s).then_some(left_s)
    }
}

/// How something grows towards limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approach {
    /// Bytes a second; 0 where nothing grows.
    pub rate: f64,
    /// Microseconds for which it has grown.
    pub elapsed_us: i64,
    /// Wall clock now, microseconds since the Unix epoch.
    pub now_unix_us: i64,
    /// The limit of this kind of memory itself, where it has one, and when it is reached.
    pub limit: Option<Limit>,
    /// Microseconds since the Unix epoch.
    pub limit_unix_us: Option<i64>,
}

impl Approach {
    /// The limit that comes first, its own or the container's, and when it is reached. Where
    /// nothing grows, the one that less is left of.
    #[must_use]
    pub fn first(&self, container: &Container) -> (Option<Limit>, Option<i64>) {
        let own = (self.limit, self.limit_unix_us);
        let Some(limit) = container.limit() else {
            return own;
        };
        let at_unix_us = container
            .full_in_s(self.rate, self.elapsed_us as f64 / 1e6)
            .map(|left_s| self.now_unix_us.saturating_add((left_s * 1e6) as i64));
        let is_first = match (at_unix_us, self.limit_unix_us) {
            (Some(container), Some(heap)) => container < heap,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => self.limit.is_none_or(|heap| {
                container.left_bytes().unwrap_or(u64::MAX) < heap.bytes.saturating_sub(heap.used)
            }),
        };
        if is_first {
            (Some(limit), at_unix_us)
        } else {
            own
        }
    }
}

/// The assessment with the limit that comes first.
#[must_use]
pub fn first_of(assessment: KindAssessment, container: &Container) -> KindAssessment {
    let approach = Approach {
        // What has paused reaches no limit.
        rate: if assessment.state == State::Paused {
            0.0
        } else {
            assessment.rate
        },
        elapsed_us: assessment.elapsed_us,
        now_unix_us: assessment.end_unix_us,
        limit: assessment.limit,
        limit_unix_us: assessment.limit_unix_us,
    };
    let (limit, limit_unix_us) = approach.first(container);
    KindAssessment {
        limit,
        limit_unix_us,
        ..assessment
    }
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
