//! Edges by where they lead, found by one pass over the column of targets: for
//! questions about few nodes, for which turning all edges round costs more.

use super::super::columns::{Edge, PackedEdge, Snapshot};
use super::super::types::{EdgeOrdinal, NodeOrdinal};

/// Every edge to a node that is wanted, with the node it comes from, in the
/// order of the file.
pub(super) fn incoming<'a>(
    snapshot: &'a Snapshot,
    is_wanted: impl Fn(u32) -> bool + 'a,
) -> impl Iterator<Item = (NodeOrdinal, Edge)> + 'a {
    let heads = snapshot.edges.heads.iter().enumerate();
    heads
        .filter(move |&(_, &head)| is_wanted(PackedEdge(head).to()))
        .map(|(at, _)| {
            // The last node whose edges start here or before; nodes without
            // edges start where the next one does.
            let starts = &snapshot.nodes.first_edge;
            let from = starts.partition_point(|&start| start as usize <= at) - 1;
            (
                NodeOrdinal(from as u32),
                snapshot.edge(EdgeOrdinal(at as u32)),
            )
        })
}
