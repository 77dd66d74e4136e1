//! What changed between two snapshots of one process, by class: an object is
//! the same when its id is.

use std::collections::HashMap;

use super::super::analysis::Analysis;
use super::super::columns::{Snapshot, WideColumn};
use super::super::error::SnapshotError;
use super::super::graph::Bits;
use super::super::reader::{Columns, ReadOptions, read};
use super::super::strings::SnapshotBytes;
use super::super::threads::both;
use super::super::types::NodeOrdinal;
use super::assign::{Class, Classes};
use super::ids::IdIndex;
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

/// Which of two files could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffReadError {
    /// The earlier one.
    Before(SnapshotError),
    /// The later one.
    After(SnapshotError),
}

/// What a comparison needs of one side.
pub(super) struct Side<'a> {
    pub ids: &'a WideColumn,
    pub sizes: &'a WideColumn,
    classes: &'a Classes,
}

/// The same, owned; all else of the snapshot is gone.
struct OwnedSide {
    ids: WideColumn,
    sizes: WideColumn,
    classes: Classes,
}

impl OwnedSide {
    fn read(bytes: SnapshotBytes) -> Result<Self, SnapshotError> {
        let options = ReadOptions {
            columns: Columns::NODES,
            threads: 1,
        };
        let snapshot = read(bytes, options)?;
        let classes = Classes::without_edges(&snapshot);
        Ok(Self {
            ids: snapshot.nodes.ids,
            sizes: snapshot.nodes.self_sizes,
            classes,
        })
    }

    fn side(&self) -> Side<'_> {
        Side {
            ids: &self.ids,
            sizes: &self.sizes,
            classes: &self.classes,
        }
    }
}

impl SnapshotDiff {
    /// The exact difference: as DevTools' comparison of `after` with `before`.
    pub fn exact(before: (&Snapshot, &Analysis), after: (&Snapshot, &Analysis)) -> Self {
        let interfaces = &after.1.interfaces;
        let old_classes = Classes::with_interfaces(before.0, before.1, interfaces);
        let before = Side {
            ids: &before.0.nodes.ids,
            sizes: before.1.shallow.column(),
            classes: &old_classes,
        };
        let after = Side {
            ids: &after.0.nodes.ids,
            sizes: after.1.shallow.column(),
            classes: &after.1.classes,
        };
        Self {
            precision: Precision::Exact,
            rows: compare(&before, &after),
        }
    }

    /// The difference that needs no edges, straight from two files: raw sizes,
    /// plain objects in one class. Keeps of each file only what it compares, so
    /// it takes a fraction of the memory. With 2 `threads` both are read at once.
    ///
    /// # Errors
    ///
    /// When one of the files cannot be read.
    pub fn read_fast(
        before: SnapshotBytes,
        after: SnapshotBytes,
        threads: usize,
    ) -> Result<Self, DiffReadError> {
        let (before, after) = both(
            threads,
            || OwnedSide::read(before).map_err(DiffReadError::Before),
            || OwnedSide::read(after).map_err(DiffReadError::After),
        );
        let (before, after) = (before?, after?);
        Ok(Self {
            precision: Precision::Fast,
            rows: compare(&before.side(), &after.side()),
        })
    }
}

/// Rows of the classes of both sides, and which row each class has.
fn rows_of(before: &Side<'_>, after: &Side<'_>) -> (Vec<ClassDiff>, Vec<usize>, Vec<usize>) {
    let classes = before.classes.iter().chain(after.classes.iter());
    let mut rows: Vec<ClassDiff> = Vec::new();
    let mut row_of: HashMap<&Class, usize> = HashMap::new();
    let row_of_class = classes.map(|(_, class)| {
        *row_of.entry(class).or_insert_with(|| {
            rows.push(ClassDiff {
                class: class.clone(),
                allocated_count: 0,
                allocated_size: 0,
                freed_count: 0,
                freed_size: 0,
            });
            rows.len() - 1
        })
    });
    let mut rows_before: Vec<usize> = row_of_class.collect();
    let rows_after = rows_before.split_off(before.classes.len());
    (rows, rows_before, rows_after)
}

fn compare(before: &Side<'_>, after: &Side<'_>) -> Vec<ClassDiff> {
    let (mut rows, rows_before, rows_after) = rows_of(before, after);
    let row_before = |node: u32| rows_before[before.classes.of_node(NodeOrdinal(node)).index()];
    let index = IdIndex::of(before);
    let mut same = Bits::new(before.sizes.low.len());
    for node in 0..after.sizes.low.len() {
        let size = after.sizes.get(node);
        if size == 0 {
            continue;
        }
        let row = rows_after[after.classes.of_node(NodeOrdinal(node as u32)).index()];
        let old = index.find(after.ids.get(node));
        if let Some(old) = old
            && row_before(old) == row
        {
            same.add(old);
            continue;
        }
        rows[row].allocated_count += 1;
        rows[row].allocated_size = rows[row].allocated_size.saturating_add(size);
    }
    for node in 0..before.sizes.low.len() as u32 {
        let size = before.sizes.get(node as usize);
        if size != 0 && !same.has(node) {
            let row = &mut rows[row_before(node)];
            row.freed_count += 1;
            row.freed_size = row.freed_size.saturating_add(size);
        }
    }
    rows.retain(|row| row.allocated_count != 0 || row.freed_count != 0);
    rows
}
