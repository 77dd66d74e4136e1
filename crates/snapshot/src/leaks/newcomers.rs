//! The objects of a class that came since an earlier snapshot: what they retain, and
//! the ways to them. Which objects are new is the caller's knowledge.

use rustc_hash::FxHashMap;

use super::super::heap_columns::bucket;
use super::super::{NodeOrdinal, NodeType};
use super::routes::RouteIndex;
use super::{AccessPath, Investigation};

/// Ways are written for so many routes at most, those of most objects first: there are
/// more where each object has a name of its own.
const MOST_WAYS: usize = 200;

/// And no further one when so many steps were written: to the links of a chain each
/// way is as long as the chain. A second's work or two.
const MOST_STEPS: usize = 2_000_000;

/// New objects of one class.
#[derive(Clone, Debug)]
pub struct Newcomers {
    /// How many there are.
    pub count: u64,
    /// Bytes that would be freed with them.
    pub retained_bytes: u64,
    /// The ways that lead to most of them.
    pub ways: Vec<WayToNew>,
}

/// A way, and how many of the new objects are kept in it.
#[derive(Clone, Debug)]
pub struct WayToNew {
    /// The way to one of them; along a chain, to its last link.
    pub path: AccessPath,
    /// How many there are.
    pub count: u64,
}

impl Investigation<'_> {
    /// The new nodes of a bucket of the heap diff, `what`. Linear in the number of
    /// nodes, however long the ways are.
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
        Newcomers {
            count: new.len() as u64,
            retained_bytes: self.retained_together(&new),
            ways: self.ways_to(&new),
        }
    }

    /// One way for each route of these nodes.
    fn ways_to(&mut self, nodes: &[NodeOrdinal]) -> Vec<WayToNew> {
        let mut by_route: FxHashMap<RouteIndex, (NodeOrdinal, u64)> = FxHashMap::default();
        for &node in nodes {
            let route = self.ways.routes.of_node(node);
            by_route.entry(route).or_insert((node, 0)).1 += 1;
        }
        let mut routes: Vec<(RouteIndex, NodeOrdinal, u64)> = by_route
            .into_iter()
            .map(|(route, (first, count))| (route, first, count))
            .collect();
        memwatch_order::sort_by_key(&mut routes, |&(route, _, count)| {
            (std::cmp::Reverse(count), route)
        });
        let mut ways = Vec::new();
        let mut steps = 0;
        for (index, first, count) in routes.into_iter().take(MOST_WAYS) {
            if steps >= MOST_STEPS {
                break;
            }
            let route = self.ways.routes.get(index);
            // The links of a chain are all kept in the way to its end.
            let node = match route.period {
                Some(_) => route.farthest,
                None => first,
            };
            steps += route.max_steps as usize;
            ways.push(WayToNew {
                path: self.path_to(node),
                count,
            });
        }
        ways
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
