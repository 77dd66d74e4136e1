//! Where objects pile up. A *slot* is a place where one holder has many: the
//! elements of an array, the entries of a Map, the values of a dictionary, the
//! reactions of a promise, the links of a chain. It is a route's parent and an
//! edge, whatever the classes behind it; of what native code holds, the class. Judges nothing.

use rustc_hash::FxHashMap;

use super::super::Analysis;
use super::super::columns::Snapshot;
use super::super::graph::Bits;
use super::super::types::{NodeOrdinal, NodeType};
use super::keys::{ANY, Key, Keys, REACTION, TASK};
use super::kinds::{is_callback_list, is_collection};
use super::routes::{ROOT, RouteIndex, Routes};
use super::tree::PathTree;

/// One slot with its numbers.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The holder's route.
    pub parent: RouteIndex,
    pub edge: Key,
    /// The routes of what it holds, of which there are as many as classes.
    pub routes: Vec<RouteIndex>,
    /// Routes of other sides of the same tree: counted, and of no other use. Which of the sides
    /// is the larger one differs from run to run.
    pub sides: Vec<RouteIndex>,
    /// Objects in it. Strings and numbers count only if there is nothing else:
    /// the keys of a Map are not what piles up.
    pub count: u64,
    /// Their own sizes.
    pub shallow_bytes: u64,
    /// What would be freed with them, each byte once.
    pub retained_bytes: u64,
    /// The holder with the most of them; of a chain, what holds its first link.
    pub holder: NodeOrdinal,
    /// How many that one holds; of a chain, its links.
    pub held: u64,
    /// How many holders there are; of chains, what hold first links.
    pub holders: u64,
    /// An object in it: the one that retains most; of a chain, the last link.
    pub example: NodeOrdinal,
    /// What would be freed with the holder, if there is one and it is a collection; what
    /// its objects share is in it. Otherwise 0.
    pub holder_bytes: u64,
    /// What of that is not in another finding.
    pub shared_bytes: u64,
    /// Whether its objects hold each other in turn.
    pub is_chain: bool,
    /// Whether native code holds them: open sockets, and what addons keep.
    pub is_handles: bool,
    /// Whether so many in one place are odd by their number alone: links of a
    /// chain, reactions of a promise, listeners.
    pub is_odd: bool,
}

impl Slot {
    /// Its own routes, and those of other sides of the same tree.
    pub(super) fn all_routes(&self) -> impl Iterator<Item = RouteIndex> + '_ {
        self.routes.iter().chain(&self.sides).copied()
    }
}

/// Slots of at least `min_count` objects, and at least `min_held` in one holder or
/// chain.
pub(super) fn slots(
    snapshot: &Snapshot,
    analysis: &Analysis,
    tree: &PathTree,
    routes: &Routes<'_>,
    (min_count, min_held): (u64, u64),
) -> Vec<Slot> {
    let (mut slots, of_route) = candidates(snapshot, routes, min_count);
    if slots.is_empty() {
        return slots;
    }
    measure(snapshot, analysis, routes, &mut slots, &of_route);
    for slot in slots.iter_mut().filter(|slot| slot.is_chain) {
        follow(snapshot, tree, routes, slot);
    }
    for slot in &mut slots {
        let is_deep = slot.is_chain && slot.held >= MIN_DEPTH;
        slot.is_odd = is_deep
            || matches!(slot.edge, REACTION | TASK)
            || is_callback_list(routes, slot.parent);
        let is_collection = slot.holders == 1
            && !slot.is_chain
            && (slot.edge == REACTION || is_collection(snapshot, slot.holder));
        if is_collection {
            slot.holder_bytes = analysis.dominators.retained_size(slot.holder);
            slot.shared_bytes = slot.holder_bytes;
        }
        // Of a tree, all are below one: how deep it is says nothing.
        if slot.is_chain && !is_deep {
            slot.held = slot.count;
        }
    }
    let mut slots = one_tick_queue(routes, grown_trees(routes, slots));
    slots.retain(|slot| slot.held >= min_held);
    slots
}

/// Trees whose nodes are in arrays or Maps: what counts is the nodes, not what
/// they are in; and where one of these has most of them, it is no tree.
fn grown_trees(routes: &Routes<'_>, mut slots: Vec<Slot>) -> Vec<Slot> {
    let is_tree = |slot: &Slot| slot.is_chain && !slot.is_odd;
    let trees: Vec<(RouteIndex, NodeOrdinal, u64)> = slots
        .iter()
        .filter(|slot| is_tree(slot))
        .map(|tree| (main_route(routes, tree), tree.holder, tree.holders))
        .collect();
    let mut told: Vec<RouteIndex> = Vec::new();
    for slot in slots
        .iter_mut()
        .filter(|slot| !slot.is_chain && slot.edge == ANY)
    {
        let Some(&(tree, holder, holders)) = trees.iter().find(|one| one.0 == slot.parent) else {
            continue;
        };
        told.push(tree);
        if slot.held < slot.count / 2 {
            slot.is_chain = true;
            slot.held = slot.count;
            slot.holder = holder;
            slot.holders = holders;
        }
    }
    slots.retain(|slot| {
        !is_tree(slot) || slot.edge == ANY || !told.contains(&main_route(routes, slot))
    });
    slots
}

/// The class of the blocks in which Node has the queue of `process.nextTick()`.
const TICK_BLOCK: &str = "FixedCircularBuffer";

/// The blocks of Node's queue are each reached by a way of its own; what waits in them
/// is one group.
fn one_tick_queue(routes: &Routes<'_>, slots: Vec<Slot>) -> Vec<Slot> {
    let is_block = |slot: &Slot| {
        let block = routes.get(routes.get(slot.parent).parent);
        !slot.is_chain && slot.edge == ANY && routes.keys.text(block.class) == TICK_BLOCK
    };
    let (mut blocks, mut others): (Vec<Slot>, Vec<Slot>) = slots.into_iter().partition(is_block);
    // A program may have more than one such queue: undici's pools are made of the same blocks.
    let queue_of = |slot: &Slot| {
        let mut at = slot.parent;
        while at != routes.get(at).parent {
            at = routes.get(at).parent;
            if routes.keys.text(routes.get(at).class) != TICK_BLOCK {
                break;
            }
        }
        at
    };
    // The same one stands for all of them in each snapshot.
    memwatch_order::sort_by_key(&mut blocks, |slot| {
        let parent = routes.get(slot.parent);
        (parent.depth, parent.hash)
    });
    let mut queues: Vec<(RouteIndex, Slot)> = Vec::new();
    for block in blocks {
        let owner = queue_of(&block);
        let Some((_, queue)) = queues.iter_mut().find(|known| known.0 == owner) else {
            queues.push((owner, block));
            continue;
        };
        queue.routes.extend(block.routes);
        queue.count += block.count;
        queue.held += block.held;
        queue.holders += block.holders;
        queue.shallow_bytes = queue.shallow_bytes.saturating_add(block.shallow_bytes);
        queue.retained_bytes = queue.retained_bytes.saturating_add(block.retained_bytes);
        (queue.holder_bytes, queue.shared_bytes) = (0, 0);
    }
    others.extend(queues.into_iter().map(|(_, queue)| queue));
    others
}

/// Links from which on what holds each other is a list, and not a tree: a tree of
/// so many levels would hold more objects than there is memory for.
const MIN_DEPTH: u64 = 50;

/// No slot.
const NONE: u32 = u32::MAX;

fn candidates(snapshot: &Snapshot, routes: &Routes<'_>, min_held: u64) -> (Vec<Slot>, Vec<u32>) {
    let mut by_place: FxHashMap<(RouteIndex, Key, bool), u32> = FxHashMap::default();
    let mut slots: Vec<Slot> = Vec::new();
    let mut of_route = vec![NONE; routes.routes.len()];
    for (index, route) in routes.routes.iter().enumerate().skip(1) {
        let is_chain = route.period.is_some();
        let is_roots = snapshot.node_type(route.example) == NodeType::Synthetic;
        // What native code holds has nothing in common but that: each class is a slot of its own.
        let is_handles = is_handles(routes, route.parent) && !routes.keys.is_value(route.class);
        if is_roots || !is_chain && !is_handles && !Keys::is_one_of_many(route.edge) {
            continue;
        }
        let place = if is_handles { route.class } else { route.edge };
        let fresh = slots.len() as u32;
        let at = *by_place
            .entry((route.parent, place, is_handles))
            .or_insert(fresh);
        if at == fresh {
            slots.push(Slot {
                parent: route.parent,
                edge: route.edge,
                routes: Vec::new(),
                sides: Vec::new(),
                count: 0,
                shallow_bytes: 0,
                retained_bytes: 0,
                holder: snapshot_root(routes),
                held: 0,
                holders: 0,
                example: route.example,
                holder_bytes: 0,
                shared_bytes: 0,
                is_chain: false,
                is_handles,
                is_odd: false,
            });
        }
        let slot = &mut slots[at as usize];
        slot.routes.push(RouteIndex(index as u32));
        if !routes.keys.is_value(route.class) {
            slot.count += u64::from(route.count);
        }
        slot.is_chain |= is_chain;
        of_route[index] = at;
    }
    for slot in &mut slots {
        let objects = slot.routes.iter().map(|&route| routes.get(route));
        let mut objects = objects.filter(|route| !routes.keys.is_value(route.class));
        // Each entry of a Map is there twice if its key is an object, too.
        if let (Some(key), Some(value), None) = (objects.next(), objects.next(), objects.next())
            && key.count == value.count
        {
            slot.count = u64::from(key.count);
        }
    }
    for slot in slots.iter_mut().filter(|slot| slot.count == 0) {
        let counts = slot
            .routes
            .iter()
            .map(|&route| u64::from(routes.get(route).count));
        slot.count = counts.sum();
    }
    let mut renumbered = vec![NONE; slots.len()];
    let mut kept = Vec::new();
    for (at, slot) in slots.into_iter().enumerate() {
        if slot.count >= min_held {
            renumbered[at] = kept.len() as u32;
            kept.push(slot);
        }
    }
    for at in &mut of_route {
        if *at != NONE {
            *at = renumbered[*at as usize];
        }
    }
    (kept, of_route)
}

/// Groups of roots in which native code has what it holds.
const HANDLES: [&str; 2] = ["(Global handles)", "(Traced handles)"];

fn is_handles(routes: &Routes<'_>, route: RouteIndex) -> bool {
    HANDLES.contains(&routes.keys.text(routes.get(route).class))
}

fn snapshot_root(routes: &Routes<'_>) -> NodeOrdinal {
    routes.get(ROOT).example
}

/// The route most objects of the slot have. What is a string or a number only
/// if there is nothing else: the keys of a Map are not what leaks.
pub(super) fn main_route(routes: &Routes<'_>, slot: &Slot) -> RouteIndex {
    let rank = |&&index: &&RouteIndex| {
        let route = routes.get(index);
        let is_called =
            matches!(slot.edge, REACTION | TASK) && routes.keys.text(route.class).ends_with("()");
        (
            !routes.keys.is_value(route.class),
            is_called,
            route.count,
            routes.keys.text(route.class) != "Object",
            std::cmp::Reverse(route.hash),
        )
    };
    slot.routes
        .iter()
        .max_by_key(rank)
        .copied()
        .unwrap_or(slot.parent)
}

/// Goes back from the link that is farthest from the root: how long the chain
/// is, and what holds its first link. Of a tree, this is its depth.
fn follow(snapshot: &Snapshot, tree: &PathTree, routes: &Routes<'_>, slot: &mut Slot) {
    let links = slot
        .routes
        .iter()
        .filter(|&&route| routes.get(route).period.is_some());
    let Some(&route) = links.max_by_key(|&&route| routes.get(route).count) else {
        return;
    };
    slot.example = routes.get(route).farthest;
    slot.held = 0;
    let mut at = slot.example;
    loop {
        if routes.of_node(at) == route && !routes.is_storage(at) {
            slot.held += 1;
            slot.holder = routes.holder(at);
        }
        match tree.step(snapshot, at) {
            Some(step) => at = step.from,
            None => break,
        }
    }
}

/// One walk over the dominator tree, in an order in which what a node dominates
/// follows it at once: a number for each slot says where what was already
/// counted ends.
fn measure(
    snapshot: &Snapshot,
    analysis: &Analysis,
    routes: &Routes<'_>,
    slots: &mut [Slot],
    of_route: &[u32],
) {
    let mut covered_until = vec![0usize; slots.len()];
    let mut example_bytes = vec![0u64; slots.len()];
    let main: Vec<RouteIndex> = slots.iter().map(|slot| main_route(routes, slot)).collect();
    let mut holders = Bits::new(snapshot.node_count());
    for (at, (node, end, retained)) in analysis.dominators.in_tree_order().enumerate() {
        if routes.is_storage(node) {
            continue;
        }
        let number = of_route[routes.of_node(node).index()];
        if number == NONE {
            continue;
        }
        let slot = &mut slots[number as usize];
        let number = number as usize;
        slot.shallow_bytes = slot.shallow_bytes.saturating_add(analysis.shallow.of(node));
        if at >= covered_until[number] {
            slot.retained_bytes = slot.retained_bytes.saturating_add(retained);
            covered_until[number] = end;
        }
        let is_main = routes.of_node(node) == main[number];
        if is_main && (retained > example_bytes[number] || example_bytes[number] == 0) {
            example_bytes[number] = retained.max(1);
            slot.example = node;
        }
        let holder = routes.holder(node);
        if slot.is_handles {
            // One object, which is none of the program's, has them all.
            (slot.holder, slot.held, slot.holders) = (holder, slot.count, 1);
            continue;
        }
        if slot.is_chain {
            // As many chains as there are holders of first links.
            let is_first = routes.of_node(holder) == slot.parent;
            slot.holders += u64::from(is_first && holders.insert(holder.0));
            continue;
        }
        // No object has entries in two slots but promises, whose reactions are
        // all there is.
        slot.holders += u64::from(holders.insert(holder.0));
        let held = u64::from(routes.held(holder));
        // Of equal ones the first in the file, whatever the order of the walk.
        if held > slot.held || held == slot.held && holder < slot.holder {
            slot.held = held;
            slot.holder = holder;
        }
    }
}
