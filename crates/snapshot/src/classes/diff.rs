//! What changed between two snapshots of one process, by class: an object is
//! the same when its id is.

use std::collections::HashMap;

use super::super::analysis::Analysis;
use super::super::columns::{Snapshot, WideColumn};
use super::super::error::SnapshotError;
use super::super::graph::Bits;
use super::super::numbering::{Nature, Numbering, is_numbered};
use super::super::reader::{Columns, ReadOptions, read};
use super::super::strings::SnapshotBytes;
use super::super::threads::both;
use super::super::types::{NodeOrdinal, NodeType};
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
    /// Bytes by which objects grew that are in both: tables, backing stores.
    pub grown_size: i64,
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
    /// The earlier snapshot.
    pub before: DiffSide,
    /// The later one.
    pub after: DiffSide,
    /// Whether an id means one object in both. Otherwise they are of two processes, or V8 has
    /// numbered the heap anew, and the rows compare classes as wholes: all objects of the
    /// earlier count as freed, all of the later as allocated.
    pub ids_correspond: bool,
}

/// What is to be said of one side of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiffSide {
    /// How many nodes it has.
    pub node_count: u64,
    /// Sum of their shallow sizes, in bytes.
    pub shallow_size: u64,
    /// As [`Snapshot::extra_native_bytes`].
    pub extra_native_bytes: u64,
    /// As [`StringTable::invalid_count`](super::super::StringTable::invalid_count).
    pub invalid_strings: u64,
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
    types: &'a [u8],
    node_types: &'a [NodeType],
    classes: &'a Classes,
    extra_native_bytes: u64,
    invalid_strings: u64,
}

impl Side<'_> {
    fn nature(&self, node: usize) -> Option<Nature> {
        Nature::of(self.node_types[usize::from(self.types[node])])
    }

    /// The largest id that V8 counted up to.
    fn last_id(&self) -> u64 {
        let ids = (0..self.ids.low.len()).map(|node| self.ids.get(node));
        ids.filter(|&id| is_numbered(id)).max().unwrap_or(0)
    }

    fn described(&self) -> DiffSide {
        let count = self.sizes.low.len();
        let sizes = (0..count).map(|node| self.sizes.get(node));
        DiffSide {
            node_count: count as u64,
            shallow_size: sizes.fold(0, u64::saturating_add),
            extra_native_bytes: self.extra_native_bytes,
            invalid_strings: self.invalid_strings,
        }
    }
}

/// The same, owned; all else of the snapshot is gone.
struct OwnedSide {
    ids: WideColumn,
    sizes: WideColumn,
    types: Vec<u8>,
    node_types: Vec<NodeType>,
    classes: Classes,
    extra_native_bytes: u64,
    invalid_strings: u64,
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
            extra_native_bytes: snapshot.extra_native_bytes,
            invalid_strings: snapshot.strings.invalid_count(),
            ids: snapshot.nodes.ids,
            sizes: snapshot.nodes.self_sizes,
            types: snapshot.nodes.types,
            node_types: snapshot.node_types,
            classes,
        })
    }

    fn side(&self) -> Side<'_> {
        Side {
            ids: &self.ids,
            sizes: &self.sizes,
            types: &self.types,
            node_types: &self.node_types,
            classes: &self.classes,
            extra_native_bytes: self.extra_native_bytes,
            invalid_strings: self.invalid_strings,
        }
    }
}

impl SnapshotDiff {
    /// The exact difference: as DevTools' comparison of `after` with `before`.
    pub fn exact(before: (&Snapshot, &Analysis), after: (&Snapshot, &Analysis)) -> Self {
        let interfaces = &after.1.interfaces;
        let old_classes = Classes::with_interfaces(before.0, before.1, interfaces);
        Self::of_classes(
            (before.0, Some(before.1), &old_classes),
            (after.0, Some(after.1), &after.1.classes),
        )
    }

    /// The difference by classes that are known already. Sizes are those of the
    /// file on a side without an analysis, and the whole is [`Precision::Fast`]
    /// then.
    pub fn of_classes(
        before: (&Snapshot, Option<&Analysis>, &Classes),
        after: (&Snapshot, Option<&Analysis>, &Classes),
    ) -> Self {
        let precision = match (before.1, after.1) {
            (Some(_), Some(_)) => Precision::Exact,
            _ => Precision::Fast,
        };
        compare(&side(before), &side(after), precision)
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
        Ok(compare(&before.side(), &after.side(), Precision::Fast))
    }
}

fn side<'a>(
    (snapshot, analysis, classes): (&'a Snapshot, Option<&'a Analysis>, &'a Classes),
) -> Side<'a> {
    Side {
        ids: &snapshot.nodes.ids,
        sizes: match analysis {
            Some(analysis) => analysis.shallow.column(),
            None => &snapshot.nodes.self_sizes,
        },
        types: &snapshot.nodes.types,
        node_types: &snapshot.node_types,
        classes,
        extra_native_bytes: snapshot.extra_native_bytes,
        invalid_strings: snapshot.strings.invalid_count(),
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
                grown_size: 0,
            });
            rows.len() - 1
        })
    });
    let mut rows_before: Vec<usize> = row_of_class.collect();
    let rows_after = rows_before.split_off(before.classes.len());
    (rows, rows_before, rows_after)
}

fn compare(before: &Side<'_>, after: &Side<'_>, precision: Precision) -> SnapshotDiff {
    let index = IdIndex::of(before);
    let ids_correspond = numbering(before, after, &index).is_one();
    let (mut rows, rows_before, rows_after) = rows_of(before, after);
    let row_before = |node: u32| rows_before[before.classes.of_node(NodeOrdinal(node)).index()];
    let mut same = Bits::new(before.sizes.low.len());
    for node in 0..after.sizes.low.len() {
        let size = after.sizes.get(node);
        if size == 0 {
            continue;
        }
        let row = rows_after[after.classes.of_node(NodeOrdinal(node as u32)).index()];
        let old = match ids_correspond {
            true => index.find(after.ids.get(node)),
            false => None,
        };
        let is_same = |&old: &u32| row_before(old) == row && before.sizes.get(old as usize) != 0;
        if let Some(old) = old.filter(is_same) {
            same.add(old);
            let growth = size.wrapping_sub(before.sizes.get(old as usize)) as i64;
            rows[row].grown_size = rows[row].grown_size.saturating_add(growth);
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
    rows.retain(|row| match ids_correspond {
        true => row.allocated_count != 0 || row.freed_count != 0,
        false => row.count_growth() != 0 || row.size_growth() != 0,
    });
    SnapshotDiff {
        precision,
        rows,
        before: before.described(),
        after: after.described(),
        ids_correspond,
    }
}

/// What the ids of both show. Nodes that take no memory of their own are counted as well: between two numberings
/// an id may belong to a large object here and there to what counts to another.
fn numbering(before: &Side<'_>, after: &Side<'_>, index: &IdIndex) -> Numbering {
    let mut numbering = Numbering::default();
    let mut met = Bits::new(before.sizes.low.len());
    let (last_before, last_after) = (before.last_id(), after.last_id());
    for node in 0..after.sizes.low.len() {
        let id = after.ids.get(node);
        if !is_numbered(id) {
            continue;
        }
        match index.find(id) {
            Some(old) => {
                met.add(old);
                numbering.met(before.nature(old as usize), after.nature(node));
            }
            None => numbering.inserted += u64::from(id < last_before),
        }
    }
    for node in 0..before.sizes.low.len() {
        let id = before.ids.get(node);
        let is_gap = is_numbered(id) && id < last_after;
        numbering.gaps += u64::from(is_gap && !met.has(node as u32));
    }
    numbering
}
