//! One good referrer for each of a few nodes, by one pass over the edges: for
//! lists in which each entry shows where it hangs.

use rustc_hash::FxHashMap;

use super::super::columns::Edge;
use super::super::graph::Bits;
use super::super::types::{EdgeType, NodeOrdinal, NodeType};
use super::access::access;
use super::heap::Heap;
use super::incoming::incoming;
use super::strings::Holder;

/// The holders found, by node.
pub(super) struct Holders {
    best: FxHashMap<u32, (u32, NodeOrdinal, Edge)>,
}

impl Holders {
    /// Looks for what refers to each node: what JavaScript can write first, then
    /// what is nearest to a global object, then what comes first in the file.
    pub(super) fn of(heap: &Heap<'_>, nodes: impl IntoIterator<Item = NodeOrdinal>) -> Self {
        let snapshot = heap.snapshot();
        let mut wanted = Bits::new(snapshot.node_count());
        nodes.into_iter().for_each(|node| wanted.add(node.0));
        let mut best: FxHashMap<u32, (u32, NodeOrdinal, Edge)> = FxHashMap::default();
        for (from, edge) in incoming(snapshot, |to| wanted.has(to)) {
            if edge.edge_type == EdgeType::Weak {
                continue;
            }
            let rank = rank(heap, from, &edge);
            let known = best.get(&edge.to.0);
            if known.is_none_or(|&(other, ..)| rank < other) {
                best.insert(edge.to.0, (rank, from, edge));
            }
        }
        Self { best }
    }

    /// Who refers to the node, and how.
    pub(super) fn get(&self, heap: &Heap<'_>, node: NodeOrdinal) -> Option<Holder> {
        let (_, from, edge) = self.best.get(&node.0)?;
        Some(Holder {
            access: access(heap, edge),
            from: heap.object_ref(*from),
        })
    }
}

/// Smaller is better.
fn rank(heap: &Heap<'_>, from: NodeOrdinal, edge: &Edge) -> u32 {
    /// Farther than any path that people follow, so that the sort of edge
    /// decides before the distance does.
    const FAR: u32 = 1 << 24;
    let by_edge = match edge.edge_type {
        EdgeType::Property | EdgeType::Context | EdgeType::Element => 0,
        EdgeType::Internal => 1,
        _ => 2,
    };
    let by_node = match heap.snapshot().node_type(from) {
        NodeType::Synthetic => 8,
        NodeType::Code | NodeType::ObjectShape => 4,
        _ => 0,
    };
    let distance = heap.distance(from).map_or(FAR - 1, |far| far.min(FAR - 1));
    (by_edge + by_node) * FAR + distance
}
