//! Properties a snapshot does not show. A property that holds a small integer or
//! a double has no edge, but V8's hidden class of the object (a node named
//! `system / Map`, not JavaScript's) lists every property in its descriptors.
//! Hidden classes that came from one another share that list, the longest being
//! the one of the last; so it is only certain for those with no transition to
//! another. Objects kept as dictionaries have no descriptors.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::super::types::{EdgeType, NodeOrdinal, NodeType};
use super::heap::Heap;
use super::names::Words;

/// A descriptor is a name, details and a value.
const SLOTS_PER_DESCRIPTOR: u64 = 3;

/// The properties the hidden class of an object lists, in order, as string
/// indices; nothing when they are not certain. Accessors of V8's own are left
/// out, and so are symbols.
pub(super) fn listed(heap: &Heap<'_>, node: NodeOrdinal) -> Option<Vec<u32>> {
    let map = Words::follow(heap.snapshot(), node, &heap.words().map)?;
    listed_by(heap, map)
}

/// As [`listed`], by the hidden class itself.
pub(super) fn listed_by(heap: &Heap<'_>, map: NodeOrdinal) -> Option<Vec<u32>> {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let mut descriptors = None;
    for edge in snapshot.edges(map) {
        if edge.edge_type.has_index() {
            continue;
        }
        let name = edge.name_or_index;
        if words.transition.is(name) || words.transitions.is(name) {
            return None;
        }
        if words.descriptors.is(name) {
            descriptors = Some(edge.to);
        }
    }
    let names = of_descriptors(heap, descriptors?);
    (!names.is_empty()).then_some(names)
}

fn of_descriptors(heap: &Heap<'_>, descriptors: NodeOrdinal) -> Vec<u32> {
    let snapshot = heap.snapshot();
    let mut names: Vec<(u64, u32)> = Vec::new();
    let mut accessors: Vec<u64> = Vec::new();
    for edge in snapshot.edges(descriptors) {
        let Ok(slot) = snapshot.edge_name(&edge).parse::<u64>() else {
            continue;
        };
        let (at, part) = (slot / SLOTS_PER_DESCRIPTOR, slot % SLOTS_PER_DESCRIPTOR);
        let is_name = part == 0 && edge.edge_type == EdgeType::Internal;
        if is_name && snapshot.node_type(edge.to) == NodeType::String {
            names.push((at, snapshot.name_index(edge.to).0));
        } else if part == 2 && is_accessor(heap, edge.to) {
            accessors.push(at);
        }
    }
    names.sort_unstable();
    names.retain(|(at, _)| !accessors.contains(at));
    names.into_iter().map(|(_, name)| name).collect()
}

/// `AccessorInfo`, which V8 calls itself: `length` of an array. What JavaScript
/// defined is an `AccessorPair` and has edges.
fn is_accessor(heap: &Heap<'_>, node: NodeOrdinal) -> bool {
    let name = heap.snapshot().name(node);
    name == "system / AccessorInfo"
}

/// The properties with an edge, but for `__proto__`, in the order of the file.
pub(super) fn visible<'a>(heap: &'a Heap<'_>, node: NodeOrdinal) -> impl Iterator<Item = u32> + 'a {
    let proto = &heap.words().proto;
    let edges = heap.snapshot().edges(node);
    edges
        .filter(|edge| edge.edge_type == EdgeType::Property && !proto.is(edge.name_or_index))
        .map(|edge| edge.name_or_index)
}

/// Names of properties by hidden class, asked for once each.
#[derive(Default)]
pub(super) struct Fields {
    of_map: FxHashMap<u32, Option<Vec<u32>>>,
}

impl Fields {
    /// All properties of an object, as far as is known: those the hidden class
    /// lists, then any others that have an edge.
    pub(super) fn of(
        &mut self,
        heap: &Heap<'_>,
        node: NodeOrdinal,
        map: Option<NodeOrdinal>,
    ) -> Vec<u32> {
        let Some(listed) = map.and_then(|map| self.by_map(heap, map)) else {
            return visible(heap, node).collect();
        };
        let mut names = listed.to_vec();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        names.extend(visible(heap, node).filter(|name| sorted.binary_search(name).is_err()));
        names
    }

    /// Whether the hidden class alone says which properties there are.
    pub(super) fn is_certain(&mut self, heap: &Heap<'_>, map: NodeOrdinal) -> bool {
        self.by_map(heap, map).is_some()
    }

    fn by_map(&mut self, heap: &Heap<'_>, map: NodeOrdinal) -> Option<&[u32]> {
        let listed = self.of_map.entry(map.0);
        listed.or_insert_with(|| listed_by(heap, map)).as_deref()
    }
}

/// The properties of an object that have no edge: they hold numbers.
pub(super) fn numbers<'a>(heap: &'a Heap<'_>, node: NodeOrdinal) -> Vec<Cow<'a, str>> {
    let mut seen: Vec<u32> = visible(heap, node).collect();
    seen.sort_unstable();
    let listed = listed(heap, node).unwrap_or_default();
    let missing = listed
        .into_iter()
        .filter(|name| seen.binary_search(name).is_err());
    let strings = heap.snapshot().strings();
    missing
        .map(|name| strings.get(super::super::StringIndex(name)))
        .collect()
}
