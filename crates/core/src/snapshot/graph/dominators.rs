//! Immediate dominators and retained sizes of a snapshot, as Chrome DevTools
//! counts them: over essential edges (see `preorder`), nodes that only weak
//! edges lead to being kept by the root.

use std::sync::atomic::{AtomicU32, Ordering};

use super::super::columns::{PackedEdge, Snapshot};
use super::super::types::{EdgeType, NodeOrdinal};
use super::preorder::Preorder;
use super::retained::{preorder_of_tree, retained_sizes};
use super::semi_nca::{LaterEdges, immediate_dominators};
use super::{KnownNames, ShallowSizes};

/// Immediate dominators and retained sizes, by ordinal.
#[derive(Clone, Debug)]
pub struct Dominators {
    immediate: Vec<u32>,
    retained: Vec<u64>,
}

impl Dominators {
    /// The node without which this one would be freed, and nothing nearer to
    /// it. The root is its own.
    #[inline]
    pub fn immediate(&self, node: NodeOrdinal) -> NodeOrdinal {
        NodeOrdinal(self.immediate[node.index()])
    }

    /// Bytes that would be freed if the node were, its own included.
    #[inline]
    pub fn retained_size(&self, node: NodeOrdinal) -> u64 {
        self.retained[node.index()]
    }

    pub(super) fn from_preorder(
        snapshot: &Snapshot,
        names: &KnownNames,
        preorder: Preorder,
        shallow: &ShallowSizes,
        threads: usize,
    ) -> Self {
        let (semi, later) = sort_edges(snapshot, names, &preorder, threads);
        let Preorder {
            vertices,
            numbers,
            parents,
            ..
        } = preorder;
        drop(numbers);
        let immediate = immediate_dominators(parents, semi, later);
        let retained = retained_sizes(&immediate, &vertices, shallow);
        let mut by_ordinal = vec![0; vertices.len()];
        for (&vertex, &number) in vertices.iter().zip(&immediate) {
            by_ordinal[vertex as usize] = vertices[number as usize];
        }
        Self {
            immediate: by_ordinal,
            retained,
        }
    }

    /// The other direction: which nodes each one dominates immediately.
    pub fn dominated(&self, root: NodeOrdinal) -> Dominated {
        let count = self.immediate.len();
        let mut first = vec![0u32; count + 1];
        for (node, &dominator) in self.immediate.iter().enumerate() {
            first[dominator as usize] += u32::from(node != root.index());
        }
        let mut sum = 0;
        for entry in &mut first {
            sum += *entry;
            *entry = sum;
        }
        let mut nodes = vec![0u32; sum as usize];
        for (node, &dominator) in self.immediate.iter().enumerate().rev() {
            if node != root.index() {
                let at = &mut first[dominator as usize];
                *at -= 1;
                nodes[*at as usize] = node as u32;
            }
        }
        Dominated { first, nodes }
    }

    /// Every node, each after its dominator and followed at once by what it
    /// dominates, together with how many nodes it dominates, itself included.
    pub(crate) fn in_tree_order(&self, root: NodeOrdinal) -> (Vec<u32>, Vec<u32>) {
        preorder_of_tree(&self.immediate, root.0)
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

/// Splits the essential edges between reached nodes into those from an earlier
/// number (the smallest of which is all that counts) and those from a later.
fn sort_edges(
    snapshot: &Snapshot,
    names: &KnownNames,
    preorder: &Preorder,
    threads: usize,
) -> (Vec<u32>, Vec<LaterEdges>) {
    let smallest: Vec<AtomicU32> = preorder
        .parents
        .iter()
        .map(|&p| AtomicU32::new(p))
        .collect();
    let reached = preorder.reached;
    let sort = |from: u32, to: u32| {
        let mut later = LaterEdges::new(reached);
        for number in from..to {
            sort_edges_of(number, snapshot, names, preorder, &smallest, &mut later);
        }
        later
    };
    let later = if threads > 1 {
        let half = reached / 2;
        std::thread::scope(|scope| {
            let other = scope.spawn(|| sort(half, reached));
            let mine = sort(0, half);
            let other = other.join();
            vec![
                mine,
                other.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            ]
        })
    } else {
        vec![sort(0, reached)]
    };
    (
        smallest.into_iter().map(AtomicU32::into_inner).collect(),
        later,
    )
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
