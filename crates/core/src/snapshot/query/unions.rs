//! What groups of nodes retain together, each byte once: the dominator tree is
//! walked from the top, and a node below another of its group adds nothing.

use super::super::columns::Snapshot;
use super::super::graph::{Analysis, Bits};
use super::super::types::NodeOrdinal;

/// The dominator tree in an order in which all that a node dominates is a range.
pub(super) struct TreeOrder {
    order: Vec<u32>,
    sizes: Vec<u32>,
}

impl TreeOrder {
    pub fn of(snapshot: &Snapshot, analysis: &Analysis) -> Self {
        let (order, sizes) = analysis.dominators.in_tree_order(snapshot.root());
        Self { order, sizes }
    }

    /// The nodes of a set, from the top, each with the range it dominates.
    pub fn of_set<'a>(&'a self, set: &'a Bits) -> impl Iterator<Item = (NodeOrdinal, Span)> + 'a {
        let places = self.order.iter().enumerate();
        places
            .filter(|&(_, &node)| set.has(node))
            .map(|(at, &node)| {
                let end = at + self.sizes[node as usize] as usize;
                (NodeOrdinal(node), Span { at, end })
            })
    }
}

/// Places in the order: of a node, and of the first one it does not dominate.
#[derive(Clone, Copy)]
pub(super) struct Span {
    at: usize,
    end: usize,
}

/// How far each group is covered.
pub(super) struct Cover {
    until: Vec<usize>,
}

impl Cover {
    pub fn new(groups: usize) -> Self {
        Self {
            until: vec![0; groups],
        }
    }

    /// Whether the node adds to the group; it then covers what it dominates.
    pub fn adds(&mut self, group: usize, span: Span) -> bool {
        let adds = span.at >= self.until[group];
        if adds {
            self.until[group] = span.end;
        }
        adds
    }
}
