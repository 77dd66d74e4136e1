//! What grew from each snapshot to the next, and in which holder. Groups are
//! matched by their route, so two runs of one program compare as well as two
//! snapshots of one process; of one process, ids say in addition how many objects
//! are new and how many of the old are gone.
//!
//! What grows in every interval and is in one place is a leak more surely than
//! what is large; a cache that fills, or a program that warms up, grows as well:
//! take the first snapshot after the warm-up, and three or more.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::columns::Snapshot;
use super::super::types::{NodeId, NodeOrdinal};
use super::Investigation;
use super::keys::fnv1a;
use super::parts::AccessPath;
use super::routes::{RouteIndex, mix};
use super::singles::{Large, large_by_route, single};
use super::slots::{Slot, main_route, slots};
use super::suspects::{Suspect, heaviest, is_own, outermost};
use crate::order::sort_by;

/// Objects a slot must have to be remembered: fewer count as none.
const MIN_COUNT: u64 = 5;

/// Bytes of its own that an object must have to be remembered: less counts as
/// none.
const MIN_LARGE_BYTES: u64 = 16 << 10;

/// One of so many nodes is looked at to tell whether two snapshots are of one
/// process.
const SAMPLE: u64 = 64;
/// Share of the ids looked at that must mean the same in both.
const SAME_SHARE: f64 = 0.9;

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
}

#[derive(Debug)]
struct Moment {
    by_slot: FxHashMap<u64, (u64, u64)>,
    /// Large objects, by the hash of their route: how many, and their own bytes.
    by_large: FxHashMap<u64, (u64, u64)>,
    total_bytes: u64,
    /// Larger ids are of later objects.
    last_id: u64,
    sample: FxHashMap<u64, u64>,
}

impl GrowthHistory {
    /// Remembers a snapshot. The oldest comes first.
    pub fn push(&mut self, investigation: &Investigation<'_>) {
        let slots = all_slots(investigation);
        self.remember(investigation, &slots);
    }

    fn remember(&mut self, investigation: &Investigation<'_>, slots: &[Slot]) {
        let mut by_slot: FxHashMap<u64, (u64, u64)> = FxHashMap::default();
        for slot in slots {
            let entry = by_slot.entry(slot_hash(investigation, slot)).or_default();
            entry.0 += slot.count;
            entry.1 = entry.1.saturating_add(slot.retained_bytes);
        }
        let snapshot = investigation.snapshot;
        let odd = snapshot
            .ordinals()
            .map(|node| snapshot.id(node).0)
            .filter(|id| id % 2 == 1);
        let routes = &investigation.ways.routes;
        let by_large = large(investigation).into_iter();
        self.moments.push(Moment {
            by_slot,
            by_large: by_large
                .map(|(route, large)| (routes.get(route).hash, (large.count, large.bytes)))
                .collect(),
            total_bytes: investigation.analysis.total_size(snapshot),
            last_id: odd.max().unwrap_or(0),
            sample: sample(snapshot),
        });
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
        self.remember(last, &slots);
        let is_same_process = self.is_same_process();
        let slots = self.growing(last, slots, thresholds);
        let slots = outermost(slots, &last.ways, |_| true);
        let first_id = is_same_process.then(|| self.moments[0].last_id);
        let new_counts = count_new(last, &slots, first_id);
        let mut grown = Vec::new();
        for (slot, new_count) in slots.into_iter().zip(new_counts) {
            let hash = slot_hash(last, &slot);
            let (counts, retained_bytes) = self.series(|moment| moment.by_slot.get(&hash));
            let total = last.analysis.total_size(last.snapshot).max(1);
            let found = heaviest(last.snapshot, &last.ways, slot, total);
            let path = last.path_of(&found);
            // V8 gives what is not its own no number, but an address.
            let is_numbered = last.id(found.suspect.example).0 % 2 == 1;
            let new_count = new_count.filter(|_| is_numbered);
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
        let mut singles = self.grown_singles(last, &grown, thresholds, baseline);
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

    /// The slots that grew in every interval, and enough.
    fn growing(
        &self,
        last: &Investigation<'_>,
        mut slots: Vec<Slot>,
        thresholds: &GrowthThresholds,
    ) -> Vec<Slot> {
        slots.retain(|slot| {
            let hash = slot_hash(last, slot);
            let (counts, bytes) = self.series(|moment| moment.by_slot.get(&hash));
            let (more, more_bytes) = (difference(&counts), difference(&bytes));
            let many = more >= thresholds.min_count && more_bytes >= thresholds.min_bytes;
            let few = more >= MIN_COUNT && more_bytes >= thresholds.few_bytes;
            grows(&counts) && (many || few) && !is_own(last.snapshot, &last.ways, slot)
        });
        slots
    }

    /// Objects that became larger themselves: a string that is appended to, a
    /// buffer, an array of numbers, a table. Not where its entries are told of.
    fn grown_singles(
        &self,
        last: &mut Investigation<'_>,
        told: &[Grown],
        thresholds: &GrowthThresholds,
        baseline: &FxHashSet<String>,
    ) -> Vec<Grown> {
        let large: Vec<(RouteIndex, Large)> = large(last).into_iter().collect();
        let mut grown = Vec::new();
        for (route, large) in large {
            let routes = &last.ways.routes;
            let hash = routes.get(route).hash;
            let (counts, retained_bytes) = self.series(|moment| moment.by_large.get(&hash));
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

    /// Objects and bytes in each snapshot.
    fn series<'a>(
        &'a self,
        of: impl Fn(&'a Moment) -> Option<&'a (u64, u64)>,
    ) -> (Vec<u64>, Vec<u64>) {
        let values = self.moments.iter();
        values
            .map(|moment| of(moment).copied().unwrap_or_default())
            .unzip()
    }

    fn is_same_process(&self) -> bool {
        self.moments.windows(2).all(|pair| {
            let (before, after) = (&pair[0], &pair[1]);
            let old = after.sample.iter().filter(|&(&id, _)| id <= before.last_id);
            let (mut all, mut same) = (0u64, 0u64);
            for (id, print) in old {
                all += 1;
                same += u64::from(before.sample.get(id) == Some(print));
            }
            all > 0 && same as f64 >= all as f64 * SAME_SHARE
        })
    }
}

fn all_slots(investigation: &Investigation<'_>) -> Vec<Slot> {
    let Investigation {
        snapshot,
        analysis,
        ways,
    } = investigation;
    slots(snapshot, analysis, &ways.tree, &ways.routes, (MIN_COUNT, 1))
}

fn large(investigation: &Investigation<'_>) -> FxHashMap<RouteIndex, Large> {
    let Investigation {
        snapshot,
        analysis,
        ways,
    } = investigation;
    large_by_route(snapshot, analysis, ways, MIN_LARGE_BYTES)
}

/// Whether it is more each time.
fn grows(series: &[u64]) -> bool {
    series.windows(2).all(|pair| pair[1] > pair[0])
}

/// The same for the same slot in every snapshot.
fn slot_hash(investigation: &Investigation<'_>, slot: &Slot) -> u64 {
    let routes = &investigation.ways.routes;
    mix(routes.get(slot.parent).hash, routes.keys.hash(slot.edge))
}

/// What some of the ids mean: the type and name of the node.
fn sample(snapshot: &Snapshot) -> FxHashMap<u64, u64> {
    let ids = snapshot.ordinals().map(|node| (node, snapshot.id(node)));
    ids.filter(|&(_, NodeId(id))| id % 2 == 1 && id / 2 % SAMPLE == 0)
        .map(|(node, NodeId(id))| {
            (
                id,
                fnv1a(snapshot.node_type(node) as u64, &snapshot.name(node)),
            )
        })
        .collect()
}

/// How many objects of each slot have ids that were given after `first_id`.
fn count_new(last: &Investigation<'_>, slots: &[Slot], first_id: Option<u64>) -> Vec<Option<u64>> {
    let Some(first_id) = first_id else {
        return vec![None; slots.len()];
    };
    let mut slot_of: FxHashMap<RouteIndex, usize> = FxHashMap::default();
    for (at, slot) in slots.iter().enumerate() {
        // As they are counted: values only if there is nothing else.
        let is_value = |route: RouteIndex| {
            let routes = &last.ways.routes;
            routes.keys.is_value(routes.get(route).class)
        };
        let only_values = slot.routes.iter().all(|&route| is_value(route));
        let counted = slot
            .routes
            .iter()
            .filter(|&&route| only_values || !is_value(route));
        let routes = &last.ways.routes;
        let all: u64 = counted
            .clone()
            .map(|&route| u64::from(routes.get(route).count))
            .sum();
        // Keys and values that are objects are one entry.
        let main = (all > slot.count).then(|| main_route(routes, slot));
        let counted = counted.filter(|&&route| main.is_none_or(|main| route == main));
        slot_of.extend(counted.map(|&route| (route, at)));
    }
    let mut counts = vec![0u64; slots.len()];
    let routes = &last.ways.routes;
    let is_new = |node: NodeOrdinal| last.snapshot.id(node).0 > first_id;
    for node in last.snapshot.ordinals() {
        if !routes.is_storage(node)
            && is_new(node)
            && let Some(&at) = slot_of.get(&routes.of_node(node))
        {
            counts[at] += 1;
        }
    }
    counts.into_iter().map(Some).collect()
}
