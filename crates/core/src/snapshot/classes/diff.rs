//! What changed between two snapshots of one process, by class: an object is
//! the same when its id is.

use std::collections::HashMap;

use super::super::columns::Snapshot;
use super::super::graph::{Analysis, Bits, ShallowSizes};
use super::assign::{Class, Classes};
use super::interfaces::InterfaceDefinitions;
use super::table::Precision;

/// Changes of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassDiff {
    /// Which class.
    pub class: Class,
    /// Objects that were not there before.
    pub allocated_count: u64,
    /// Their shallow sizes, in bytes.
    pub allocated_size: u64,
    /// Objects that are no longer there.
    pub freed_count: u64,
    /// Their shallow sizes, in bytes.
    pub freed_size: u64,
}

impl ClassDiff {
    /// Objects more than before.
    pub fn count_growth(&self) -> i64 {
        self.allocated_count.wrapping_sub(self.freed_count) as i64
    }

    /// Bytes more than before.
    pub fn size_growth(&self) -> i64 {
        self.allocated_size.wrapping_sub(self.freed_size) as i64
    }
}

/// Every class of which something changed.
#[derive(Clone, Debug)]
pub struct SnapshotDiff {
    /// What the numbers are worth.
    pub precision: Precision,
    /// Classes of the earlier snapshot first.
    pub rows: Vec<ClassDiff>,
}

/// One side of a comparison.
struct Side<'a> {
    snapshot: &'a Snapshot,
    shallow: &'a ShallowSizes,
    classes: Classes,
}

impl SnapshotDiff {
    /// The exact difference: as DevTools' comparison of `after` with `before`.
    pub fn exact(before: (&Snapshot, &Analysis), after: (&Snapshot, &Analysis)) -> Self {
        let interfaces = InterfaceDefinitions::infer(after.0, after.1);
        let side = |(snapshot, analysis): (&'_ Snapshot, &'_ Analysis)| {
            Classes::with_interfaces(snapshot, analysis, &interfaces)
        };
        let before = Side {
            snapshot: before.0,
            shallow: &before.1.shallow,
            classes: side(before),
        };
        let after = Side {
            snapshot: after.0,
            shallow: &after.1.shallow,
            classes: side(after),
        };
        Self {
            precision: Precision::Exact,
            rows: compare(&before, &after),
        }
    }

    /// The difference that needs no edges: raw sizes, plain objects in one class.
    pub fn fast(before: &Snapshot, after: &Snapshot) -> Self {
        let sizes = (ShallowSizes::raw(before), ShallowSizes::raw(after));
        let side = |snapshot, shallow| Side {
            snapshot,
            shallow,
            classes: Classes::without_edges(snapshot),
        };
        Self {
            precision: Precision::Fast,
            rows: compare(&side(before, &sizes.0), &side(after, &sizes.1)),
        }
    }
}

fn compare(before: &Side<'_>, after: &Side<'_>) -> Vec<ClassDiff> {
    let classes = before.classes.iter().chain(after.classes.iter());
    let mut rows: Vec<ClassDiff> = Vec::new();
    let mut row_of: HashMap<&Class, usize> = HashMap::new();
    let mut row_of_class: Vec<usize> = Vec::new();
    for (_, class) in classes {
        row_of_class.push(*row_of.entry(class).or_insert_with(|| {
            rows.push(ClassDiff {
                class: class.clone(),
                allocated_count: 0,
                allocated_size: 0,
                freed_count: 0,
                freed_size: 0,
            });
            rows.len() - 1
        }));
    }
    let (rows_before, rows_after) = row_of_class.split_at(before.classes.len());
    let index = IdIndex::of(before);
    let mut same = Bits::new(before.snapshot.node_count());
    for node in after.snapshot.ordinals() {
        let size = after.shallow.of(node);
        if size == 0 {
            continue;
        }
        let row = rows_after[after.classes.of_node(node).index()];
        let old = index.find(after.snapshot.nodes.ids.get(node.index()));
        if let Some(old) = old
            && rows_before[before
                .classes
                .of_node(super::super::NodeOrdinal(old))
                .index()]
                == row
        {
            same.add(old);
            continue;
        }
        rows[row].allocated_count += 1;
        rows[row].allocated_size = rows[row].allocated_size.saturating_add(size);
    }
    for node in before.snapshot.ordinals() {
        let size = before.shallow.of(node);
        if size != 0 && !same.has(node.0) {
            let row = &mut rows[rows_before[before.classes.of_node(node).index()]];
            row.freed_count += 1;
            row.freed_size = row.freed_size.saturating_add(size);
        }
    }
    rows.retain(|row| row.allocated_count != 0 || row.freed_count != 0);
    rows
}

/// Ordinals by id, of nodes whose size is not 0. V8 numbers JavaScript objects
/// with odd numbers nearly without gaps, so those are looked up in a column;
/// native ids may be hashes and are searched.
struct IdIndex {
    odd: Vec<u32>,
    others: Vec<(u64, u32)>,
}

/// No node has the id.
const NO_NODE: u32 = u32::MAX;

/// Slots of the column for each node there is: an isolate that has seen many
/// more objects than it holds has larger ids, which are then searched.
const MAX_SLOTS_PER_NODE: usize = 8;

impl IdIndex {
    fn of(side: &Side<'_>) -> Self {
        let ids = &side.snapshot.nodes.ids;
        let count = ids.low.len();
        let mut index = Self {
            odd: Vec::new(),
            others: Vec::new(),
        };
        let limit = count.saturating_mul(MAX_SLOTS_PER_NODE);
        for node in side.snapshot.ordinals() {
            if side.shallow.of(node) == 0 {
                continue;
            }
            let id = ids.get(node.index());
            let slot = usize::try_from(id / 2).unwrap_or(usize::MAX);
            if id.is_multiple_of(2) || slot >= limit {
                index.others.push((id, node.0));
                continue;
            }
            if slot >= index.odd.len() {
                index.odd.resize((slot + 1).max(count).min(limit), NO_NODE);
            }
            index.odd[slot] = node.0;
        }
        index.others.sort_unstable();
        index
    }

    fn find(&self, id: u64) -> Option<u32> {
        if id % 2 == 1
            && let Some(&node) = self.odd.get(usize::try_from(id / 2).ok()?)
            && node != NO_NODE
        {
            return Some(node);
        }
        let found = self.others.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        Some(self.others[found].1)
    }
}
