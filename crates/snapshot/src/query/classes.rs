//! `classes`: the class table in an order.

use std::cmp::Reverse;

use super::super::classes::{ClassRow, ClassTable};
use super::heap::{Heap, steps};
use super::info::{SnapshotInfo, SourcePosition};
use super::top::smallest;

/// By what classes are ordered, the most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassOrder {
    /// Bytes that would be freed; without an analysis, as [`Self::Shallow`].
    #[default]
    Retained,
    /// Bytes of the objects themselves.
    Shallow,
    /// How many.
    Instances,
}

/// How to answer [`classes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassesOptions {
    /// How many to list.
    pub top: usize,
    /// In which order.
    pub order: ClassOrder,
}

impl Default for ClassesOptions {
    fn default() -> Self {
        Self {
            top: 20,
            order: ClassOrder::default(),
        }
    }
}

/// Instances and sizes by class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassesAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many classes there are.
    pub class_count: u64,
    /// The first of them, in the order asked for.
    pub classes: Vec<ClassEntry>,
}

/// One class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassEntry {
    /// Its constructor, `{a, b}` for plain objects that share properties, or
    /// words in parentheses for what has no constructor.
    pub name: String,
    /// Where the constructor stands.
    pub position: Option<SourcePosition>,
    /// Nodes whose shallow size is not 0.
    pub instances: u64,
    /// Bytes of the nodes themselves.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if all of them were.
    pub retained_bytes: Option<u64>,
    /// Fewest steps from a global object; nothing when none leads there.
    pub distance: Option<u32>,
}

/// Instances, shallow and retained size of each class, as in Chrome DevTools'
/// Summary. A fast heap gives no retained sizes and no distances.
pub fn classes(heap: &Heap<'_>, options: &ClassesOptions) -> ClassesAnswer {
    let table = class_table(heap);
    let key = |row: &ClassRow| {
        let name = &heap.classes().class(row.class).name;
        let (most, then) = match options.order {
            ClassOrder::Retained => (row.retained_size.unwrap_or(0), row.shallow_size),
            ClassOrder::Shallow => (row.shallow_size, row.count),
            ClassOrder::Instances => (row.count, row.shallow_size),
        };
        (Reverse(most), Reverse(then), name.clone())
    };
    ClassesAnswer {
        snapshot: heap.info(),
        class_count: table.rows.len() as u64,
        classes: smallest(table.rows, options.top, key)
            .iter()
            .map(|row| entry(heap, row))
            .collect(),
    }
}

/// The table by what is known of the heap.
pub(super) fn class_table(heap: &Heap<'_>) -> ClassTable {
    match heap.analysis() {
        Some(analysis) => ClassTable::with_classes(analysis, heap.classes(), heap.threads()),
        None => ClassTable::fast(heap.snapshot(), heap.classes()),
    }
}

fn entry(heap: &Heap<'_>, row: &ClassRow) -> ClassEntry {
    let class = heap.classes().class(row.class);
    ClassEntry {
        name: class.name.clone(),
        position: class.location.map(|location| heap.position(location)),
        instances: row.count,
        shallow_bytes: row.shallow_size,
        retained_bytes: row.retained_size,
        distance: row.distance.and_then(steps),
    }
}
