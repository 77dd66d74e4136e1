//! `diff`: what changed between two snapshots, by class.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::classes::{Class, DiffReadError, DiffSide, Precision, SnapshotDiff};
use super::super::strings::SnapshotBytes;
use super::super::types::Location;
use super::classes::class_table;
use super::heap::Heap;
use super::info::{SnapshotInfo, SourcePosition};
use super::top::smallest;

/// By what classes are ordered, the most growth first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffOrder {
    /// Bytes the class retains more; in a fast run, as [`Self::Net`].
    Retained,
    /// Bytes allocated less bytes freed.
    #[default]
    Net,
    /// Objects allocated less objects freed.
    Instances,
    /// Bytes allocated.
    Allocated,
}

/// How to answer [`diff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// How many to list.
    pub top: usize,
    /// In which order.
    pub order: DiffOrder,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self {
            top: 20,
            order: DiffOrder::default(),
        }
    }
}

/// What changed between two snapshots of one process, by class.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffAnswer {
    /// The older one.
    pub before: SnapshotInfo,
    /// The newer one.
    pub after: SnapshotInfo,
    /// Whether the ids of one mean nothing in the other: they are of two processes, or V8 has
    /// numbered the heap anew between them. Classes are compared as wholes then.
    pub seems_unrelated: bool,
    /// How many classes changed.
    pub class_count: u64,
    /// Bytes more than before, of all classes.
    pub net_bytes: i64,
    /// The first of them, in the order asked for.
    pub classes: Vec<DiffEntry>,
}

/// Changes of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffEntry {
    /// As in `classes`.
    pub name: String,
    /// Where the constructor stands.
    pub position: Option<SourcePosition>,
    /// Objects that were not there before. Not known where ids mean nothing; nor are the three
    /// below.
    pub allocated: Option<u64>,
    /// Their shallow sizes.
    pub allocated_bytes: Option<u64>,
    /// Objects that are no longer there.
    pub freed: Option<u64>,
    /// Their shallow sizes.
    pub freed_bytes: Option<u64>,
    /// Objects more than before.
    pub net: i64,
    /// Bytes of allocated objects less those of freed ones. Objects that are in
    /// both and grew are not in it, but in `shallowGrowthBytes`.
    pub net_bytes: i64,
    /// Bytes more than before, objects that grew included.
    pub shallow_growth_bytes: i64,
    /// Bytes the class retains more than before.
    pub retained_growth_bytes: Option<i64>,
}

/// Objects that were allocated and freed between two snapshots of one process.
/// Exact when both heaps are; then the classes are to be made comparable first:
/// `before` is to have the interfaces of `after`, see [`Heap::with_interfaces`],
/// which is how Chrome DevTools compares.
pub fn diff(before: &Heap<'_>, after: &Heap<'_>, options: &DiffOptions) -> DiffAnswer {
    let changes = SnapshotDiff::of_classes(
        (before.snapshot(), before.analysis(), before.classes()),
        (after.snapshot(), after.analysis(), after.classes()),
    );
    let tables = match (before.analysis(), after.analysis()) {
        (Some(_), Some(_)) => Some((retained_by_class(before), retained_by_class(after))),
        _ => None,
    };
    let retained_growth = |class: &Class| {
        let (old, new) = tables.as_ref()?;
        let of = |table: &FxHashMap<Class, u64>| table.get(class).copied().unwrap_or(0);
        Some(growth(of(old), of(new)))
    };
    let place = |location| after.position(location);
    report(
        changes,
        (before.info(), after.info()),
        retained_growth,
        place,
        options,
    )
}

/// The fast comparison straight from two files, each with its name: keeps of
/// them only what is compared, and takes a fraction of the memory.
///
/// # Errors
///
/// When one of the files cannot be read.
pub fn fast_diff(
    before: (&str, SnapshotBytes),
    after: (&str, SnapshotBytes),
    threads: usize,
    options: &DiffOptions,
) -> Result<DiffAnswer, DiffReadError> {
    let changes = SnapshotDiff::read_fast(before.1, after.1, threads)?;
    let info = |file: &str, side: DiffSide| SnapshotInfo {
        file: file.to_owned(),
        nodes: side.node_count,
        edges: None,
        shallow_bytes: side.shallow_size,
        extra_native_bytes: side.extra_native_bytes,
        precision: Precision::Fast,
        invalid_strings: side.invalid_strings,
        reading: None,
    };
    let infos = (info(before.0, changes.before), info(after.0, changes.after));
    let place = |location: Location| SourcePosition {
        script: None,
        script_id: location.script_id,
        line: location.line,
        column: location.column,
    };
    Ok(report(changes, infos, |_| None, place, options))
}

fn report(
    changes: SnapshotDiff,
    (before, after): (SnapshotInfo, SnapshotInfo),
    retained_growth: impl Fn(&Class) -> Option<i64>,
    place: impl Fn(Location) -> SourcePosition,
    options: &DiffOptions,
) -> DiffAnswer {
    let known = changes.ids_correspond;
    let entries = changes.rows.into_iter().map(|row| DiffEntry {
        position: row.class.location.map(&place),
        allocated: known.then_some(row.allocated_count),
        allocated_bytes: known.then_some(row.allocated_size),
        freed: known.then_some(row.freed_count),
        freed_bytes: known.then_some(row.freed_size),
        net: row.count_growth(),
        net_bytes: row.size_growth(),
        shallow_growth_bytes: row.size_growth().saturating_add(row.grown_size),
        retained_growth_bytes: retained_growth(&row.class),
        name: row.class.name,
    });
    let entries: Vec<DiffEntry> = entries.collect();
    let sizes = entries.iter().map(|entry| entry.net_bytes);
    let key = |entry: &DiffEntry| {
        let most = match options.order {
            DiffOrder::Retained => entry.retained_growth_bytes.unwrap_or(entry.net_bytes),
            DiffOrder::Net => entry.net_bytes,
            DiffOrder::Instances => entry.net,
            DiffOrder::Allocated => entry.allocated_bytes.map_or(entry.net_bytes, |bytes| {
                bytes.try_into().unwrap_or(i64::MAX)
            }),
        };
        (
            Reverse(most),
            Reverse(entry.allocated_bytes),
            entry.name.clone(),
        )
    };
    DiffAnswer {
        before,
        after,
        seems_unrelated: !known,
        class_count: entries.len() as u64,
        net_bytes: sizes.fold(0, i64::saturating_add),
        classes: smallest(entries, options.top, key),
    }
}

/// What is more than before.
pub(super) fn growth(before: u64, after: u64) -> i64 {
    after.wrapping_sub(before) as i64
}

fn retained_by_class(heap: &Heap<'_>) -> FxHashMap<Class, u64> {
    let rows = class_table(heap).rows.into_iter();
    rows.filter_map(|row| Some((heap.classes().class(row.class).clone(), row.retained_size?)))
        .collect()
}
