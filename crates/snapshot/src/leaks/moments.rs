//! What is remembered of a snapshot, and how a group of a later one is found in it
//! again: by its route, so that two runs of one program compare; of one process, by
//! ids as well. The way to a holder is not the same in each snapshot: what a running
//! function had is later kept by a timer, what a list had by another. The holder is,
//! and so are the objects that were there. Decides nothing.

use rustc_hash::FxHashMap;

use super::super::columns::Snapshot;
use super::super::numbering::{Nature, Numbering};
use super::super::types::NodeId;
use super::Investigation;
use super::keys::fnv1a;
use super::routes::{RouteIndex, mix};
use super::singles::{Large, large_by_route};
use super::slots::{Slot, main_route};

/// One of so many nodes is looked at to tell whether two snapshots are of one
/// process.
const SAMPLE: u64 = 64;
/// Share of the ids looked at that must mean the same in both.
const SAME_SHARE: f64 = 0.9;

/// Bytes of its own that an object must have to be remembered: less counts as
/// none.
const MIN_LARGE_BYTES: u64 = 16 << 10;

/// Objects of a group and the bytes they retain.
type Amount = (u64, u64);

/// A snapshot as it is remembered.
#[derive(Debug)]
pub(super) struct Moment {
    /// By the hash of the place.
    by_slot: FxHashMap<u64, Amount>,
    /// Of slots that one object has, by its id and the hash of the edge.
    by_holder: FxHashMap<(u64, u64), Amount>,
    /// Large objects, by the hash of their route: how many, and their own bytes.
    by_large: FxHashMap<u64, Amount>,
    /// The own bytes of the largest of each route, by its id.
    by_large_id: FxHashMap<u64, u64>,
    pub total_bytes: u64,
    /// Larger ids are of later objects.
    last_id: u64,
    sample: FxHashMap<u64, (u64, Option<Nature>)>,
}

impl Moment {
    pub(super) fn of(investigation: &Investigation<'_>, slots: &[Slot]) -> Self {
        let snapshot = investigation.snapshot;
        let mut by_slot: FxHashMap<u64, Amount> = FxHashMap::default();
        let mut by_holder: FxHashMap<(u64, u64), Amount> = FxHashMap::default();
        for slot in slots {
            let entry = by_slot.entry(slot_hash(investigation, slot)).or_default();
            entry.0 += slot.count;
            entry.1 = entry.1.saturating_add(slot.retained_bytes);
            if let Some(holder) = holder_key(investigation, slot) {
                by_holder.insert(holder, (slot.count, slot.retained_bytes));
            }
        }
        let routes = &investigation.ways.routes;
        let mut by_large = FxHashMap::default();
        let mut by_large_id = FxHashMap::default();
        for (route, large) in large(investigation) {
            by_large.insert(routes.get(route).hash, (large.count, large.bytes));
            by_large_id.insert(snapshot.id(large.example).0, large.example_bytes);
        }
        let numbered = snapshot.ordinals().map(|node| snapshot.id(node));
        let last_id = numbered.filter(is_stable).max();
        Self {
            by_slot,
            by_holder,
            by_large,
            by_large_id,
            total_bytes: investigation.analysis.total_size(snapshot),
            last_id: last_id.map_or(0, |id| id.0),
            sample: sample(snapshot),
        }
    }
}

/// A slot of the last snapshot with what there was of it in each.
#[derive(Clone, Debug)]
pub(super) struct Matched {
    pub slot: Slot,
    /// Objects in each snapshot, the last included.
    pub counts: Vec<u64>,
    /// Bytes they retain.
    pub retained_bytes: Vec<u64>,
    /// Of one process: how many were not there in the first snapshot.
    pub new_count: Option<u64>,
}

impl Matched {
    /// `moments` ends with the one of this snapshot.
    pub(super) fn of(
        moments: &[Moment],
        last: &Investigation<'_>,
        slots: Vec<Slot>,
        is_same_process: bool,
    ) -> Vec<Self> {
        let earlier = match is_same_process {
            true => &moments[..moments.len() - 1],
            false => &[],
        };
        let last_ids: Vec<u64> = earlier.iter().map(|moment| moment.last_id).collect();
        let old = count_old(last, &slots, &last_ids);
        let slots = slots.into_iter().zip(old);
        slots
            .map(|(slot, old)| {
                let hash = slot_hash(last, &slot);
                let holder = holder_key(last, &slot).filter(|_| is_same_process);
                let amounts = moments.iter().enumerate().map(|(at, moment)| {
                    let by_route = moment.by_slot.get(&hash).copied().unwrap_or_default();
                    let by_holder = holder.and_then(|key| moment.by_holder.get(&key));
                    let by_id = old.get(at).map_or((0, 0), |&many| survivors(&slot, many));
                    by_route
                        .max(by_holder.copied().unwrap_or_default())
                        .max(by_id)
                });
                let (counts, retained_bytes) = amounts.unzip();
                let new_count = old.first().map(|many| slot.count.saturating_sub(*many));
                Self {
                    slot,
                    counts,
                    retained_bytes,
                    new_count,
                }
            })
            .collect()
    }
}

/// As many of the objects of a slot, and their part of what all retain.
fn survivors(slot: &Slot, many: u64) -> Amount {
    let part = many as f64 / slot.count.max(1) as f64;
    (many, (slot.retained_bytes as f64 * part) as u64)
}

/// Of large objects of one route, how many there were in each snapshot, and their own
/// bytes.
pub(super) fn large_series(
    moments: &[Moment],
    last: &Investigation<'_>,
    (route, large): (RouteIndex, Large),
    is_same_process: bool,
) -> (Vec<u64>, Vec<u64>) {
    let hash = last.ways.routes.get(route).hash;
    let id = is_same_process.then(|| last.snapshot.id(large.example).0);
    let amounts = moments.iter().map(|moment| {
        let by_route = moment.by_large.get(&hash).copied().unwrap_or_default();
        let by_id = id.and_then(|id| moment.by_large_id.get(&id));
        let by_id = by_id.map_or((0, 0), |&bytes| (1, bytes));
        by_route.max(by_id)
    });
    amounts.unzip()
}

/// The large objects of a snapshot, by route.
pub(super) fn large(investigation: &Investigation<'_>) -> FxHashMap<RouteIndex, Large> {
    let Investigation {
        snapshot,
        analysis,
        ways,
    } = investigation;
    large_by_route(snapshot, analysis, ways, MIN_LARGE_BYTES)
}

/// Whether each of the snapshots is of the process of the one before it.
pub(super) fn same_process(moments: &[Moment]) -> bool {
    moments.windows(2).all(|pair| {
        let (before, after) = (&pair[0], &pair[1]);
        let old = after.sample.iter().filter(|&(&id, _)| id <= before.last_id);
        let (mut all, mut same) = (0u64, 0u64);
        let mut numbering = Numbering::default();
        for (id, print) in old {
            all += 1;
            let was = before.sample.get(id);
            same += u64::from(was == Some(print));
            match was {
                Some(was) => numbering.met(was.1, print.1),
                None => numbering.inserted += u64::from(*id < before.last_id),
            }
        }
        let old = before.sample.keys();
        let freed = old.filter(|id| !after.sample.contains_key(id));
        numbering.gaps = freed.filter(|&&id| id < after.last_id).count() as u64;
        all > 0 && same as f64 >= all as f64 * SAME_SHARE && numbering.is_one()
    })
}

/// The same for the same slot in every snapshot.
fn slot_hash(investigation: &Investigation<'_>, slot: &Slot) -> u64 {
    let routes = &investigation.ways.routes;
    mix(routes.get(slot.parent).hash, routes.keys.hash(slot.edge))
}

/// The one object that has all of the slot, and by which edges.
fn holder_key(investigation: &Investigation<'_>, slot: &Slot) -> Option<(u64, u64)> {
    let id = investigation.snapshot.id(slot.holder);
    let keys = &investigation.ways.routes.keys;
    (slot.holders == 1 && is_stable(&id)).then(|| (id.0, keys.hash(slot.edge)))
}

/// Whether V8 numbered the node and keeps the number: what is not its own has an
/// address.
fn is_stable(id: &NodeId) -> bool {
    id.0 % 2 == 1
}

/// What some of the ids mean: the type and name of the node.
fn sample(snapshot: &Snapshot) -> FxHashMap<u64, (u64, Option<Nature>)> {
    let ids = snapshot.ordinals().map(|node| (node, snapshot.id(node)));
    ids.filter(|(_, id)| is_stable(id) && id.0 / 2 % SAMPLE == 0)
        .map(|(node, NodeId(id))| {
            let node_type = snapshot.node_type(node);
            let print = fnv1a(node_type as u64, &snapshot.name(node));
            (id, (print, Nature::of(node_type)))
        })
        .collect()
}

/// For each slot how many of its objects have ids that were given up to each of
/// `last_ids`, which rise. Nothing is known of objects that V8 has no number of.
fn count_old(last: &Investigation<'_>, slots: &[Slot], last_ids: &[u64]) -> Vec<Vec<u64>> {
    let routes = &last.ways.routes;
    let mut slot_of: FxHashMap<RouteIndex, usize> = FxHashMap::default();
    for (at, slot) in slots.iter().enumerate() {
        slot_of.extend(
            counted_routes(last, slot)
                .into_iter()
                .map(|route| (route, at)),
        );
    }
    let mut counts = vec![vec![0u64; last_ids.len()]; slots.len()];
    let mut unnumbered = vec![false; slots.len()];
    for node in last.snapshot.ordinals() {
        if routes.is_storage(node) {
            continue;
        }
        let Some(&at) = slot_of.get(&routes.of_node(node)) else {
            continue;
        };
        let id = last.snapshot.id(node);
        unnumbered[at] |= !is_stable(&id);
        let is_old = last_ids.iter().map(|&last_id| id.0 <= last_id);
        for (count, is_old) in counts[at].iter_mut().zip(is_old) {
            *count += u64::from(is_old);
        }
    }
    for (counts, unnumbered) in counts.iter_mut().zip(unnumbered) {
        if unnumbered {
            counts.clear();
        }
    }
    counts
}

/// The routes whose objects make up the count of a slot: values only if there is
/// nothing else; keys and values that are objects are one entry.
fn counted_routes(last: &Investigation<'_>, slot: &Slot) -> Vec<RouteIndex> {
    let routes = &last.ways.routes;
    let is_value = |route: RouteIndex| routes.keys.is_value(routes.get(route).class);
    let only_values = slot.routes.iter().all(|&route| is_value(route));
    let all = slot.routes.iter().copied();
    let mut counted: Vec<RouteIndex> = all
        .filter(|&route| only_values || !is_value(route))
        .collect();
    let many: u64 = counted
        .iter()
        .map(|&route| u64::from(routes.get(route).count))
        .sum();
    if many > slot.count {
        let main = main_route(routes, slot);
        counted.retain(|&route| route == main);
    }
    counted
}
