//! What would be freed if variables were cleared: their values, where nothing else holds these, and what only these keep.

use super::super::super::analysis::Analysis;
use super::super::super::graph::Bits;
use super::super::super::types::{EdgeType, NodeOrdinal};
use super::super::heap::Heap;
use super::super::incoming::incoming;

/// A variable of one context.
pub(super) struct Instance {
    /// The group that it is counted in.
    pub group: u32,
    pub context: NodeOrdinal,
    pub value: NodeOrdinal,
    pub is_unread: bool,
}

/// Bytes that would be freed.
pub(super) struct Kept {
    pub of_groups: Vec<u64>,
    pub of_unread: u64,
}

/// Counts the values of each group once, however they lie within each other. `groups` is how many there are.
pub(super) fn count(
    heap: &Heap<'_>,
    analysis: &Analysis,
    instances: &[Instance],
    groups: usize,
) -> Kept {
    let snapshot = heap.snapshot();
    let mut places = vec![0u32; snapshot.node_count()];
    let mut ends = vec![0u32; snapshot.node_count()];
    for (place, (node, end, _)) in analysis.dominators.in_tree_order().enumerate() {
        places[node.index()] = place as u32;
        ends[node.index()] = end as u32;
    }
    // Sorted by where the value stands in the tree: what lies within another comes behind it.
    let mut order: Vec<u32> = (0..instances.len() as u32).collect();
    order.sort_unstable_by_key(|&at| (places[instances[at as usize].value.index()], at));
    let holders = Holders::of(heap, instances, &places, &ends);
    let mut kept = Kept {
        of_groups: vec![0; groups],
        of_unread: 0,
    };
    let mut until = vec![0u32; groups];
    let mut until_unread = 0;
    for at in order {
        let one = &instances[at as usize];
        let (place, end) = (places[one.value.index()], ends[one.value.index()]);
        let bytes = analysis.dominators.retained_size(one.value);
        let group = one.group as usize;
        if holders.are_one(one.value) && place >= until[group] {
            until[group] = end;
            kept.of_groups[group] = kept.of_groups[group].saturating_add(bytes);
        }
        if one.is_unread && holders.are_unread(one.value) && place >= until_unread {
            until_unread = end;
            kept.of_unread = kept.of_unread.saturating_add(bytes);
        }
    }
    kept
}

/// Who else holds the values.
struct Holders {
    /// Held by what is no variable that was asked for.
    elsewhere: Bits,
    /// Held by a variable that may be read.
    by_read: Bits,
    /// Held by variables of several groups.
    by_several: Bits,
}

impl Holders {
    fn of(heap: &Heap<'_>, instances: &[Instance], places: &[u32], ends: &[u32]) -> Self {
        let snapshot = heap.snapshot();
        let new = || Bits::new(snapshot.node_count());
        let mut holders = Self {
            elsewhere: new(),
            by_read: new(),
            by_several: new(),
        };
        let mut is_value = new();
        // By context and value: a context may hold a value by several variables.
        let mut by_edge: Vec<(u32, u32, u32)> = Vec::with_capacity(instances.len());
        for one in instances {
            is_value.add(one.value.0);
            by_edge.push((one.value.0, one.context.0, one.group));
            if !one.is_unread {
                holders.by_read.add(one.value.0);
            }
        }
        by_edge.sort_unstable();
        for pair in by_edge.windows(2) {
            if pair[0].0 == pair[1].0 && pair[0].2 != pair[1].2 {
                holders.by_several.add(pair[0].0);
            }
        }
        for (from, edge) in incoming(snapshot, |to| is_value.has(to)) {
            let value = edge.to;
            let is_within =
                (places[value.index()]..ends[value.index()]).contains(&places[from.index()]);
            let is_asked = edge.edge_type == EdgeType::Context && {
                let at = by_edge
                    .partition_point(|&(node, context, _)| (node, context) < (value.0, from.0));
                by_edge
                    .get(at)
                    .is_some_and(|&(node, context, _)| (node, context) == (value.0, from.0))
            };
            if edge.edge_type != EdgeType::Weak && !is_within && !is_asked {
                holders.elsewhere.add(value.0);
            }
        }
        holders
    }

    /// Whether variables of one group alone hold the value.
    fn are_one(&self, value: NodeOrdinal) -> bool {
        !self.elsewhere.has(value.0) && !self.by_several.has(value.0)
    }

    /// Whether variables alone hold the value that none reads.
    fn are_unread(&self, value: NodeOrdinal) -> bool {
        !self.elsewhere.has(value.0) && !self.by_read.has(value.0)
    }
}
