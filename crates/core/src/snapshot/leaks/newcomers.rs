//! The objects of a class that came since an earlier snapshot: what they retain, and
//! the ways to them. Which objects are new is the caller's knowledge.

use super::super::heap_columns::bucket;
use super::super::{NodeOrdinal, NodeType};
use super::{AccessPath, Investigation};

/// Ways are written for so many of the new objects at most, evenly spread: enough to
/// see every way that matters, and fast for any number.
const SAMPLE: usize = 1000;

/// New objects of one class.
#[derive(Clone, Debug)]
pub struct Newcomers {
    /// How many there are.
    pub count: u64,
    /// Bytes that would be freed with them.
    pub retained_bytes: u64,
    /// A way to each of some of them, [`SAMPLE`] at most.
    pub ways: Vec<(NodeOrdinal, AccessPath)>,
}

impl Investigation<'_> {
    /// The new nodes of a bucket of the heap diff, `what`. Linear in the number of
    /// nodes.
    pub fn newcomers(&mut self, what: &str, is_new: &dyn Fn(u64) -> bool) -> Newcomers {
        let snapshot = self.snapshot;
        let is_of_bucket = |node: NodeOrdinal| match snapshot.node_type(node) {
            NodeType::Object => snapshot.name(node) == what,
            other => bucket(other) == Some(what),
        };
        let new: Vec<NodeOrdinal> = snapshot
            .ordinals()
            .filter(|&node| is_of_bucket(node) && is_new(snapshot.id(node).0))
            .collect();
        let every = new.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<NodeOrdinal> = new.iter().copied().step_by(every).collect();
        Newcomers {
            count: new.len() as u64,
            retained_bytes: self.retained_together(&new),
            ways: sample
                .into_iter()
                .map(|node| (node, self.path_to(node)))
                .collect(),
        }
    }

    /// Retained sizes, where one object that is under another in the dominator tree
    /// counts with that one only.
    fn retained_together(&self, nodes: &[NodeOrdinal]) -> u64 {
        #[derive(Clone, Copy, PartialEq)]
        enum Above {
            Unknown,
            Member,
            NoMember,
        }
        let dominators = &self.analysis.dominators;
        let count = self.snapshot.node_count();
        let mut is_member = vec![false; count];
        for node in nodes {
            is_member[node.index()] = true;
        }
        let mut above = vec![Above::Unknown; count];
        above[self.snapshot.root().index()] = Above::NoMember;
        let mut total: u64 = 0;
        let mut way = Vec::new();
        for &node in nodes {
            // Up to the first of which it is known, then down again with the answer.
            let mut at = node;
            while above[at.index()] == Above::Unknown {
                way.push(at);
                at = dominators.immediate(at);
            }
            while let Some(below) = way.pop() {
                let parent = dominators.immediate(below);
                above[below.index()] = match is_member[parent.index()] {
                    true => Above::Member,
                    false => above[parent.index()],
                };
            }
            if above[node.index()] == Above::NoMember {
                total = total.saturating_add(dominators.retained_size(node));
            }
        }
        total
    }
}
