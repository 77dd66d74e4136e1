//! What changed between two snapshots of one heap, by class: the contract's heap
//! diff. Says nothing about who keeps what.

use std::collections::BTreeMap;

use super::heap_columns::{HeapColumns, NO_CLASS};
use super::numbering::Numbering;

/// The change of one class. Sizes are shallow sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassChange {
    /// The class: a constructor's name, or the bucket of a kind (`Array`).
    pub what: String,
    /// Bytes of what was allocated less bytes of what was freed.
    pub size_bytes: i64,
    /// Nodes that are in the later snapshot only.
    pub allocated: u64,
    /// Nodes that are in the earlier snapshot only.
    pub freed: u64,
}

/// The change between two snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapChange {
    /// Bytes after less bytes before, of everything that can be reached.
    pub size_bytes: i64,
    /// Nodes that are in the earlier snapshot only.
    pub freed_nodes: u64,
    /// Nodes that are in the later snapshot only.
    pub allocated_nodes: u64,
    /// By class, in the byte order of their names. Classes of which something came
    /// and as much went are there too.
    pub details: Vec<ClassChange>,
}

/// Compares two snapshots of one isolate: V8 gives an object one id for its life,
/// so a node is the same exactly where the id is.
///
/// One merge of the two sorted id columns: linear in time, no memory but the
/// classes'.
#[must_use]
pub fn heap_change(before: &HeapColumns, after: &HeapColumns) -> HeapChange {
    let mut freed = Side::new(before);
    let mut allocated = Side::new(after);
    let (mut b, mut a) = (0, 0);
    loop {
        match (before.ids.get(b), after.ids.get(a)) {
            (None, None) => break,
            (Some(id_before), Some(id_after)) if id_before == id_after => {
                b += 1;
                a += 1;
            }
            (Some(id_before), id_after) if id_after.is_none_or(|id| id_before < id) => {
                freed.count(b);
                b += 1;
            }
            _ => {
                allocated.count(a);
                a += 1;
            }
        }
    }
    HeapChange {
        size_bytes: signed(after.total_bytes).saturating_sub(signed(before.total_bytes)),
        freed_nodes: freed.nodes,
        allocated_nodes: allocated.nodes,
        details: details(&freed, &allocated),
    }
}

/// Whether the ids of two snapshots mean the same objects. They do not where V8 has numbered
/// the heap anew between them; then [`heap_change`] means nothing.
///
/// One merge, as in [`heap_change`].
#[must_use]
pub fn ids_correspond(before: &HeapColumns, after: &HeapColumns) -> bool {
    let largest = |columns: &HeapColumns| columns.numbered().map(|(id, _)| id).last().unwrap_or(0);
    let (last_before, last_after) = (largest(before), largest(after));
    let (mut olds, mut news) = (before.numbered().peekable(), after.numbered().peekable());
    let mut numbering = Numbering::default();
    loop {
        match (olds.peek().copied(), news.peek().copied()) {
            (None, None) => break,
            (Some((old, was)), Some((new, is))) if old == new => {
                numbering.met(was, is);
                olds.next();
                news.next();
            }
            (Some((old, _)), new) if new.is_none_or(|(new, _)| old < new) => {
                numbering.gaps += u64::from(old < last_after);
                olds.next();
            }
            (_, new) => {
                numbering.inserted += u64::from(new.is_some_and(|(new, _)| new < last_before));
                news.next();
            }
        }
    }
    numbering.is_one()
}

/// The nodes that one snapshot has and the other has not.
struct Side<'a> {
    columns: &'a HeapColumns,
    nodes: u64,
    /// `(nodes, bytes)` by class index.
    classes: Vec<(u64, u64)>,
}

impl<'a> Side<'a> {
    fn new(columns: &'a HeapColumns) -> Self {
        Self {
            columns,
            nodes: 0,
            classes: vec![(0, 0); columns.class_names.len()],
        }
    }

    fn count(&mut self, row: usize) {
        self.nodes += 1;
        let class = self.columns.classes[row];
        if class != NO_CLASS {
            let (nodes, bytes) = &mut self.classes[class as usize];
            *nodes += 1;
            *bytes = bytes.saturating_add(self.columns.shallow_size(row));
        }
    }

    fn by_name(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.columns
            .class_names
            .iter()
            .zip(&self.classes)
            .filter(|(_, (nodes, _))| *nodes > 0)
            .map(|(name, &(nodes, bytes))| (name.as_str(), nodes, bytes))
    }
}

fn details(freed: &Side, allocated: &Side) -> Vec<ClassChange> {
    let mut changes: BTreeMap<&str, ClassChange> = BTreeMap::new();
    for (name, nodes, bytes) in freed.by_name() {
        let change = changes.entry(name).or_insert_with(|| unchanged(name));
        change.freed += nodes;
        change.size_bytes = change.size_bytes.saturating_sub(signed(bytes));
    }
    for (name, nodes, bytes) in allocated.by_name() {
        let change = changes.entry(name).or_insert_with(|| unchanged(name));
        change.allocated += nodes;
        change.size_bytes = change.size_bytes.saturating_add(signed(bytes));
    }
    changes.into_values().collect()
}

fn unchanged(name: &str) -> ClassChange {
    ClassChange {
        what: name.to_owned(),
        size_bytes: 0,
        allocated: 0,
        freed: 0,
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
