//! Immediate dominators and retained sizes of a snapshot, as Chrome DevTools
//! counts them: over essential edges (see `preorder`), nodes that only weak
//! edges lead to being kept by the root. Kept in the numbering of the walk, in
//! which neighbours in the tree are near each other in memory.

use std::sync::atomic::{AtomicU32, Ordering};

use super::super::columns::{PackedEdge, Snapshot, WideColumn};
use super::super::threads::both;
use super::super::types::{EdgeType, NodeOrdinal};
use super::later_edges::LaterEdges;
use super::preorder::Preorder;
use super::semi_nca::{Outcome, immediate_dominators};
use super::{Bits, KnownNames, ShallowSizes};

/// Immediate dominators and retained sizes.
#[derive(Clone, Debug)]
pub struct Dominators {
    /// Number of each ordinal.
    numbers: Vec<u32>,
    /// Ordinal of each number.
    vertices: Vec<u32>,
    /// Of each number; smaller than it but for 0, the root.
    immediate: Vec<u32>,
    retained: WideColumn,
}

impl Dominators {
    /// The node without which this one would be freed, and nothing nearer to
    /// it. The root is its own.
    #[inline]
    pub fn immediate(&self, node: NodeOrdinal) -> NodeOrdinal {
        let dominator = self.immediate[self.numbers[node.index()] as usize];
        NodeOrdinal(self.vertices[dominator as usize])
    }

    /// The node, what would free it if it were freed, and so on up to the root.
    pub fn line(&self, node: NodeOrdinal) -> impl Iterator<Item = NodeOrdinal> + '_ {
        std::iter::successors(Some(node), |&at| {
            let above = self.immediate(at);
            (above != at).then_some(above)
        })
    }

    /// Bytes that would be freed if the node were, its own included.
    #[inline]
    pub fn retained_size(&self, node: NodeOrdinal) -> u64 {
        (self.retained).get(self.numbers[node.index()] as usize)
    }

    /// How many nodes would be freed if the node were, itself included. The oracle compares it: sizes
    /// that are right by chance have counts that are not.
    #[cfg(test)]
    pub fn retained_count(&self, node: NodeOrdinal) -> u32 {
        self.tree_sizes()[self.numbers[node.index()] as usize]
    }

    /// Of each number: how many it dominates, itself included.
    fn tree_sizes(&self) -> Vec<u32> {
        let mut sizes = vec![1u32; self.immediate.len()];
        for number in (1..self.immediate.len()).rev() {
            sizes[self.immediate[number] as usize] += sizes[number];
        }
        sizes
    }

    /// The dominator tree the other way: which nodes each one dominates
    /// immediately.
    pub fn dominated(&self) -> Dominated {
        let count = self.immediate.len();
        let mut first = vec![0u32; count + 1];
        for &dominator in &self.immediate[1..] {
            first[self.vertices[dominator as usize] as usize] += 1;
        }
        let mut sum = 0;
        for entry in &mut first {
            sum += *entry;
            *entry = sum;
        }
        let mut nodes = vec![0u32; sum as usize];
        for node in (0..count as u32).rev().map(NodeOrdinal) {
            if self.numbers[node.index()] != 0 {
                let at = &mut first[self.immediate(node).index()];
                *at -= 1;
                nodes[*at as usize] = node.0;
            }
        }
        Dominated { first, nodes }
    }

    /// The nodes that retain so much, and dominate none that does.
    pub(crate) fn innermost_of_at_least(&self, least: u64) -> Vec<NodeOrdinal> {
        let is_large = |&number: &usize| self.retained.get(number) >= least;
        let large: Vec<usize> = (0..self.immediate.len()).filter(is_large).collect();
        let mut is_outer = Bits::new(self.immediate.len());
        // The root is its own dominator.
        for &number in large.iter().filter(|&&number| number > 0) {
            is_outer.add(self.immediate[number]);
        }
        let inner = large
            .into_iter()
            .filter(|&number| !is_outer.has(number as u32));
        inner
            .map(|number| NodeOrdinal(self.vertices[number]))
            .collect()
    }

    /// Every node after its dominator and followed at once by what it
    /// dominates: its ordinal, the place in this order after the last it
    /// dominates, and its retained size.
    pub(crate) fn in_tree_order(&self) -> impl Iterator<Item = (NodeOrdinal, usize, u64)> + '_ {
        let count = self.immediate.len();
        let tree_sizes = self.tree_sizes();
        // The place of the next node each one dominates.
        let mut next = vec![0u32; count];
        let mut order = vec![0u32; count];
        next[0] = 1;
        for number in 1..count {
            let dominator = self.immediate[number] as usize;
            let place = next[dominator];
            next[dominator] = place + tree_sizes[number];
            next[number] = place + 1;
            order[place as usize] = number as u32;
        }
        drop(next);
        order.into_iter().enumerate().map(move |(place, number)| {
            let number = number as usize;
            let end = place + tree_sizes[number] as usize;
            (
                NodeOrdinal(self.vertices[number]),
                end,
                self.retained.get(number),
            )
        })
    }
}

/// Which nodes each node dominates immediately, in order of ordinals.
#[derive(Clone, Debug)]
pub struct Dominated {
    first: Vec<u32>,
    nodes: Vec<u32>,
}

impl Dominated {
    /// Those of one node.
    pub fn of(&self, node: NodeOrdinal) -> impl ExactSizeIterator<Item = NodeOrdinal> + '_ {
        let range = self.first[node.index()] as usize..self.first[node.index() + 1] as usize;
        self.nodes[range].iter().map(|&node| NodeOrdinal(node))
    }
}

/// A dominator tree without sizes.
pub(crate) struct DominatorTree {
    numbers: Vec<u32>,
    vertices: Vec<u32>,
    outcome: Outcome,
}

impl DominatorTree {
    pub(crate) fn of(preorder: Preorder, edges: SortedEdges) -> Self {
        Self {
            numbers: preorder.numbers,
            vertices: preorder.vertices,
            outcome: immediate_dominators(preorder.parents, edges.smallest, edges.later),
        }
    }

    /// Sums sizes from the leaves to the root: a dominator's number is smaller
    /// than those of the nodes it dominates.
    pub(crate) fn with_sizes(self, shallow: &ShallowSizes) -> Dominators {
        let Outcome {
            immediate,
            wide_scratch: mut retained,
        } = self.outcome;
        for (size, &vertex) in retained.iter_mut().zip(&self.vertices) {
            *size = shallow.by_index(vertex as usize);
        }
        for number in (1..immediate.len()).rev() {
            let dominator = immediate[number] as usize;
            // Saturates: sizes in a damaged file may be anything.
            retained[dominator] = retained[dominator].saturating_add(retained[number]);
        }
        Dominators {
            numbers: self.numbers,
            vertices: self.vertices,
            immediate,
            retained: WideColumn::from_values(&retained),
        }
    }
}

/// Essential edges between reached nodes, in preorder numbers.
pub(crate) struct SortedEdges {
    /// Of the edges from an earlier number, the smallest.
    smallest: Vec<u32>,
    later: Vec<LaterEdges>,
}

impl SortedEdges {
    pub(crate) fn of(
        snapshot: &Snapshot,
        names: &KnownNames,
        preorder: &Preorder,
        threads: usize,
    ) -> Self {
        let parents = preorder.parents.iter();
        let smallest: Vec<AtomicU32> = parents.map(|&parent| AtomicU32::new(parent)).collect();
        let reached = preorder.reached;
        let sort = |numbers: std::ops::Range<u32>| {
            // Every edge but the first to a node may lead back.
            let share = numbers.len() as f64 / f64::from(reached.max(1));
            let expected = snapshot.edge_count() as f64 * share;
            let mut later = LaterEdges::new(reached, expected as usize);
            for number in numbers {
                sort_edges_of(number, snapshot, names, preorder, &smallest, &mut later);
            }
            later
        };
        let (first, second) = if threads > 1 {
            let half = reached / 2;
            let (first, second) = both(threads, || sort(0..half), || sort(half..reached));
            (first, Some(second))
        } else {
            (sort(0..reached), None)
        };
        Self {
            smallest: smallest.into_iter().map(AtomicU32::into_inner).collect(),
            later: [Some(first), second].into_iter().flatten().collect(),
        }
    }
}

#[inline]
fn sort_edges_of(
    number: u32,
    snapshot: &Snapshot,
    names: &KnownNames,
    preorder: &Preorder,
    smallest: &[AtomicU32],
    later: &mut LaterEdges,
) {
    let from = preorder.vertices[number as usize];
    let is_root = number == 0;
    let is_page = preorder.is_page(number, from);
    let has_entries = names.has_entries(from);
    for ordinal in snapshot.edge_range(from as usize) {
        let edge = PackedEdge(snapshot.edges.heads[ordinal]);
        let to = edge.to();
        if edge.is(EdgeType::Weak) || to == from || edge.is(EdgeType::Shortcut) && !is_root {
            continue;
        }
        let target = preorder.numbers[to as usize];
        if !is_root && !is_page && preorder.is_page(target, to) {
            continue;
        }
        if has_entries && names.is_from_table(snapshot, from, ordinal) {
            continue;
        }
        let cell = &smallest[target as usize];
        if target < number {
            // A node the root points at has nothing left to find.
            if target != 0 && cell.load(Ordering::Relaxed) != 0 {
                later.add(number, target);
            }
        } else if cell.load(Ordering::Relaxed) > number {
            cell.fetch_min(number, Ordering::Relaxed);
        }
    }
}
