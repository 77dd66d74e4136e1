//! What grew from each snapshot to the next, and in which holder. How a group is
//! found again in another snapshot is the part of `moments`.
//!
//! What grows in every interval and is in one place is a leak more surely than
//! what is large; a cache that fills, or a program that warms up, grows as well:
//! take the first snapshot after the warm-up, and three or more.

use rustc_hash::FxHashSet;

use super::Investigation;
use super::moments::{Matched, Moment, large, large_series, same_process};
use super::parts::AccessPath;
use super::routes::RouteIndex;
use super::singles::{Large, single};
use super::slots::{Slot, slots};
use super::suspects::{Suspect, heaviest, is_own, outermost};
use memwatch_order::sort_by;

/// Objects a slot must have to be remembered: fewer count as none.
const MIN_COUNT: u64 = 5;

/// What is too little to be growth. An idle server allocates some dozens of
/// objects between two snapshots, connections and their timers among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GrowthThresholds {
    /// Objects more in the last snapshot than in the first.
    pub min_count: u64,
    /// Bytes more that they retain.
    pub min_bytes: u64,
    /// Fewer objects are growth if they retain so many bytes more; so is a single
    /// object that becomes larger by as many.
    pub few_bytes: u64,
}

impl Default for GrowthThresholds {
    fn default() -> Self {
        Self {
            min_count: 100,
            min_bytes: 16 << 10,
            few_bytes: 256 << 10,
        }
    }
}

/// A group that grew in every interval.
#[derive(Clone, Debug)]
pub struct Grown {
    /// As it is in the last snapshot.
    pub suspect: Suspect,
    /// The way to it, in the last snapshot.
    pub path: AccessPath,
    /// Objects in each snapshot.
    pub counts: Vec<u64>,
    /// Bytes they retain in each snapshot.
    pub retained_bytes: Vec<u64>,
    /// Of one process: how many were not there in the first snapshot.
    pub new_count: Option<u64>,
    /// Of one process: how many of the first snapshot's are no longer there.
    pub freed_count: Option<u64>,
    /// Whether the signature is one of the baseline's.
    pub is_known: bool,
}

impl Grown {
    /// Objects more than in the first snapshot.
    pub fn count_growth(&self) -> u64 {
        difference(&self.counts)
    }

    /// Bytes more than in the first snapshot.
    pub fn size_growth(&self) -> u64 {
        difference(&self.retained_bytes)
    }
}

fn difference(values: &[u64]) -> u64 {
    match (values.first(), values.last()) {
        (Some(first), Some(last)) => last.saturating_sub(*first),
        _ => 0,
    }
}

/// What grew, and whether ids could be compared.
#[derive(Clone, Debug)]
pub struct Growth {
    /// Those that grew most first.
    pub grown: Vec<Grown>,
    /// Whether all snapshots are of one process.
    pub is_same_process: bool,
    /// Bytes of all, in each snapshot.
    pub total_bytes: Vec<u64>,
}

/// What is remembered of the snapshots before the last: some hundred bytes for
/// each place where objects pile up, not the snapshots themselves.
#[derive(Debug, Default)]
pub struct GrowthHistory {
    moments: Vec<Moment>,
    has_other_ids: bool,
}

impl GrowthHistory {
    /// Remembers a snapshot. The oldest comes first.
    pub fn push(&mut self, investigation: &Investigation<'_>) {
        let slots = all_slots(investigation);
        self.moments.push(Moment::of(investigation, &slots));
    }

    /// All ids were compared, and do not mean the same objects in each snapshot. Few of them are remembered here, and
    /// between two numberings of a heap that hardly changed these may all be the same.
    pub fn set_other_ids(&mut self) {
        self.has_other_ids = true;
    }

    /// What grew up to this snapshot, the last. `baseline` has the signatures
    /// that are known.
    pub fn finish(
        mut self,
        last: &mut Investigation<'_>,
        thresholds: &GrowthThresholds,
        baseline: &FxHashSet<String>,
    ) -> Growth {
        let slots = all_slots(last);
        self.moments.push(Moment::of(last, &slots));
        let is_same_process = !self.has_other_ids && same_process(&self.moments);
        let matched = Matched::of(&self.moments, last, slots, is_same_process);
        let matched = growing(last, matched, thresholds);
        let slots = matched.iter().map(|one| one.slot.clone()).collect();
        let slots = outermost(slots, &last.ways, |_| true);
        let mut grown = Vec::new();
        for slot in slots {
            let place = (slot.parent, slot.edge);
            let Some(Matched {
                counts,
                retained_bytes,
                new_count,
                ..
            }) = matched
                .iter()
                .find(|one| (one.slot.parent, one.slot.edge) == place)
                .cloned()
            else {
                continue;
            };
            let total = last.analysis.total_size(last.snapshot).max(1);
            let found = heaviest(last.snapshot, &last.ways, slot, total);
            let path = last.path_of(&found);
            let freed_count =
                new_count.map(|new| (counts[0] + new).saturating_sub(counts[counts.len() - 1]));
            grown.push(Grown {
                is_known: baseline.contains(&found.suspect.signature),
                suspect: found.suspect,
                path,
                counts,
                retained_bytes,
                new_count,
                freed_count,
            });
        }
        let mut singles = self.grown_singles(last, &grown, thresholds, baseline, is_same_process);
        grown.append(&mut singles);
        sort_by(&mut grown, |a, b| {
            let by_size = b.size_growth().cmp(&a.size_growth());
            by_size.then_with(|| a.suspect.signature.cmp(&b.suspect.signature))
        });
        Growth {
            grown,
            is_same_process,
            total_bytes: self
                .moments
                .iter()
                .map(|moment| moment.total_bytes)
                .collect(),
        }
    }

    /// Objects that became larger themselves: a string that is appended to, a
    /// buffer, an array of numbers, a table. Not where its entries are told of.
    fn grown_singles(
        &self,
        last: &mut Investigation<'_>,
        told: &[Grown],
        thresholds: &GrowthThresholds,
        baseline: &FxHashSet<String>,
        is_same_process: bool,
    ) -> Vec<Grown> {
        let large: Vec<(RouteIndex, Large)> = large(last).into_iter().collect();
        let mut grown = Vec::new();
        for (route, large) in large {
            let routes = &last.ways.routes;
            let (counts, retained_bytes) =
                large_series(&self.moments, last, (route, large), is_same_process);
            let line = routes.line(route);
            let is_told = told.iter().any(|one| {
                one.suspect.holder == large.example
                    || line.contains(&routes.of_node(one.suspect.example))
            });
            if is_told
                || !grows(&retained_bytes)
                || difference(&retained_bytes) < thresholds.few_bytes
            {
                continue;
            }
            let at = (large.example, large.example_bytes);
            let mut found = single(last.snapshot, last.analysis, &last.ways, at);
            found.suspect.count = large.count;
            let path = last.path_of(&found);
            grown.push(Grown {
                is_known: baseline.contains(&found.suspect.signature),
                suspect: found.suspect,
                path,
                counts,
                retained_bytes,
                new_count: None,
                freed_count: None,
            });
        }
        grown
    }
}

/// The slots that grew in every interval, and enough.
fn growing(
    last: &Investigation<'_>,
    mut matched: Vec<Matched>,
    thresholds: &GrowthThresholds,
) -> Vec<Matched> {
    matched.retain(|one| {
        let (more, more_bytes) = (difference(&one.counts), difference(&one.retained_bytes));
        let many = more >= thresholds.min_count && more_bytes >= thresholds.min_bytes;
        let few = more >= MIN_COUNT && more_bytes >= thresholds.few_bytes;
        grows(&one.counts) && (many || few) && !is_own(last.snapshot, &last.ways, &one.slot)
    });
    matched
}

fn all_slots(investigation: &Investigation<'_>) -> Vec<Slot> {
    let Investigation {
        snapshot,
        analysis,
        ways,
    } = investigation;
    slots(snapshot, analysis, &ways.tree, &ways.routes, (MIN_COUNT, 1))
}

/// Whether it is more each time.
fn grows(series: &[u64]) -> bool {
    series.windows(2).all(|pair| pair[1] > pair[0])
}
