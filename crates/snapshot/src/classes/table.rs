//! Instances, shallow and retained size of each class.

use super::super::analysis::Analysis;
use super::super::columns::{Snapshot, WideColumn};
use super::super::graph::{Distances, NO_DISTANCE};
use super::super::threads::both;
use super::super::types::NodeOrdinal;
use super::assign::{ClassIndex, Classes};

/// How far numbers can be held against Chrome DevTools'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// By every rule: the numbers are those DevTools shows.
    Exact,
    /// From nodes alone: sizes as the file has them, plain objects in one class,
    /// no retained sizes.
    Fast,
}

/// One class of a [`ClassTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassRow {
    /// Which class.
    pub class: ClassIndex,
    /// Nodes whose shallow size is not 0.
    pub count: u64,
    /// Bytes of the nodes themselves.
    pub shallow_size: u64,
    /// Bytes that would be freed if all of them were, each once though one may
    /// retain another. Nothing when the table is [`Precision::Fast`].
    pub retained_size: Option<u64>,
    /// The smallest distance of any, see [`Distances::number`]. Nothing when
    /// the table is [`Precision::Fast`].
    pub distance: Option<i32>,
}

/// Every class that has nodes of a size, in the order in which they are met.
#[derive(Clone, Debug)]
pub struct ClassTable {
    /// What the numbers are worth.
    pub precision: Precision,
    /// One for each class.
    pub rows: Vec<ClassRow>,
}

impl ClassTable {
    /// The exact table. `threads` as in [`Analysis::of`].
    pub fn of(analysis: &Analysis, threads: usize) -> Self {
        Self::with_classes(analysis, &analysis.classes, threads)
    }

    /// The exact table by other classes of the same snapshot.
    pub fn with_classes(analysis: &Analysis, classes: &Classes, threads: usize) -> Self {
        let distances = Some(&analysis.distances).filter(|distances| distances.are_known());
        let (retained, mut rows) = both(
            threads,
            || retained_by_class(analysis, classes),
            || count(classes, analysis.shallow.column(), distances),
        );
        for row in &mut rows {
            row.retained_size = Some(retained[row.class.index()]);
        }
        Self {
            precision: Precision::Exact,
            rows,
        }
    }

    /// The table that needs no edges.
    pub fn fast(snapshot: &Snapshot, classes: &Classes) -> Self {
        Self {
            precision: Precision::Fast,
            rows: count(classes, &snapshot.nodes.self_sizes, None),
        }
    }
}

fn count(classes: &Classes, sizes: &WideColumn, distances: Option<&Distances>) -> Vec<ClassRow> {
    let mut rows: Vec<ClassRow> = Vec::new();
    let mut row_of_class = vec![usize::MAX; classes.len()];
    for node in (0..sizes.low.len() as u32).map(NodeOrdinal) {
        let size = sizes.get(node.index());
        if size == 0 {
            continue;
        }
        let class = classes.of_node(node);
        let distance = distances.map(|distances| distances.number(node));
        let at = &mut row_of_class[class.index()];
        if *at == usize::MAX {
            *at = rows.len();
            rows.push(ClassRow {
                class,
                count: 0,
                shallow_size: 0,
                retained_size: None,
                distance,
            });
        }
        let row = &mut rows[*at];
        row.count += 1;
        row.shallow_size = row.shallow_size.saturating_add(size);
        // `NO_DISTANCE` is negative, and wins as it does in DevTools.
        const { assert!(NO_DISTANCE < 0) };
        row.distance = row.distance.min(distance);
    }
    rows
}

/// Sums retained sizes of the nodes above which, in the dominator tree, there is
/// none of their class. The tree is walked in an order in which what a node
/// dominates is a range, so one number for each class says where its ends.
fn retained_by_class(analysis: &Analysis, classes: &Classes) -> Vec<u64> {
    let mut retained = vec![0u64; classes.len()];
    let mut covered_until = vec![0usize; classes.len()];
    for (at, (node, end, size)) in analysis.dominators.in_tree_order().enumerate() {
        let class = classes.of_node(node).index();
        if at < covered_until[class] || analysis.shallow.of(node) == 0 {
            continue;
        }
        let sum = &mut retained[class];
        *sum = sum.saturating_add(size);
        covered_until[class] = end;
    }
    retained
}
