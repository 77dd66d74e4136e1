//! Single objects that are large by themselves: a string that grows by and by, a
//! buffer, an array of numbers, the table of a Map. What an object holds counts
//! for others; here it is only what it is made of.

use rustc_hash::FxHashMap;

use super::super::Analysis;
use super::super::columns::Snapshot;
use super::super::types::{NodeOrdinal, NodeType};
use super::kinds::{Certainty, Kind};
use super::routes::{RouteIndex, Ways};
use super::signature::signature;
use super::suspects::{Found, Suspect, Thresholds, is_own_node};

/// Bytes of the object itself and its parts: the pieces of a string that was put
/// together, the memory of an ArrayBuffer, an array's elements.
pub(super) fn own_bytes(snapshot: &Snapshot, analysis: &Analysis, node: NodeOrdinal) -> u64 {
    match snapshot.node_type(node) {
        NodeType::ConsString => analysis.dominators.retained_size(node),
        NodeType::Object if is_array_buffer(snapshot, node) => {
            analysis.dominators.retained_size(node)
        }
        _ => analysis.shallow.of(node),
    }
}

fn is_array_buffer(snapshot: &Snapshot, node: NodeOrdinal) -> bool {
    let name = snapshot.name_index(node);
    let names = ["ArrayBuffer", "SharedArrayBuffer"];
    names.iter().any(|text| snapshot.strings().is(name, text))
}

/// The large ones.
pub(super) fn singles(
    snapshot: &Snapshot,
    analysis: &Analysis,
    ways: &Ways<'_>,
    thresholds: &Thresholds,
) -> Vec<Found> {
    let total = analysis.total_size(snapshot).max(1);
    let large = large_nodes(snapshot, analysis, ways, thresholds.single_bytes);
    large
        .filter(|&(_, bytes)| bytes as f64 >= total as f64 * thresholds.single_share)
        .map(|(node, bytes)| single(snapshot, analysis, ways, (node, bytes)))
        .collect()
}

/// An object as a suspect by its own size.
pub(super) fn single(
    snapshot: &Snapshot,
    analysis: &Analysis,
    ways: &Ways<'_>,
    (node, bytes): (NodeOrdinal, u64),
) -> Found {
    let routes = &ways.routes;
    let index = routes.of_node(node);
    let total = analysis.total_size(snapshot).max(1);
    let suspect = Suspect {
        signature: signature(ways, index),
        kind: Kind::Single,
        certainty: Certainty::Possible,
        classes: vec![(routes.keys.text(routes.get(index).class).to_owned(), 1)],
        count: 1,
        shallow_bytes: analysis.shallow.of(node),
        retained_bytes: bytes,
        share: bytes as f64 / total as f64,
        holder_bytes: 0,
        holder: routes.holder(node),
        held: 1,
        holders: 1,
        example: node,
    };
    Found {
        suspect,
        is_chain: false,
        routes: vec![index],
    }
}

fn large_nodes<'a>(
    snapshot: &'a Snapshot,
    analysis: &'a Analysis,
    ways: &'a Ways<'_>,
    min_bytes: u64,
) -> impl Iterator<Item = (NodeOrdinal, u64)> + 'a {
    // Nearly all are out at once: nothing is larger by itself than what it retains.
    let candidates = snapshot
        .ordinals()
        .filter(move |&node| analysis.dominators.retained_size(node) >= min_bytes);
    let sized = candidates.map(move |node| (node, own_bytes(snapshot, analysis, node)));
    sized.filter(move |&(node, bytes)| {
        bytes >= min_bytes
            && matches!(
                snapshot.node_type(node),
                NodeType::Object | NodeType::String | NodeType::ConsString
            )
            && !ways.routes.is_storage(node)
            && !ways.routes.get(ways.routes.of_node(node)).is_internal
            && !is_own_node(snapshot, ways, node)
    })
}

/// The large objects of one route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Large {
    /// How many.
    pub count: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// The largest.
    pub example: NodeOrdinal,
    /// Its own bytes.
    pub example_bytes: u64,
}

/// Objects of at least so many bytes of their own, by route.
pub(super) fn large_by_route(
    snapshot: &Snapshot,
    analysis: &Analysis,
    ways: &Ways<'_>,
    min_bytes: u64,
) -> FxHashMap<RouteIndex, Large> {
    let mut by_route: FxHashMap<RouteIndex, Large> = FxHashMap::default();
    for (node, bytes) in large_nodes(snapshot, analysis, ways, min_bytes) {
        let large = by_route.entry(ways.routes.of_node(node)).or_insert(Large {
            count: 0,
            bytes: 0,
            example: node,
            example_bytes: 0,
        });
        large.count += 1;
        large.bytes = large.bytes.saturating_add(bytes);
        if bytes > large.example_bytes {
            (large.example, large.example_bytes) = (node, bytes);
        }
    }
    by_route
}
