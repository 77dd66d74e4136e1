//! `diff`: what changed between two snapshots, by class.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::classes::{Class, ClassRow, SnapshotDiff};
use super::classes::class_table;
use super::heap::Heap;
use super::top::smallest;
use crate::report::{DiffEntry, DiffReport};

/// Of the ids that are in both snapshots, the share that may be of another type
/// of node. V8 makes one type of another in few cases, such as a string that it
/// flattens; between two processes it is a matter of chance.
const MAX_OTHER_TYPE_SHARE: f64 = 0.02;

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

/// Objects that were allocated and freed between two snapshots of one process.
/// Exact when both heaps are; then the classes are to be made comparable first:
/// `before` is to have the interfaces of `after`, see [`Heap::with_interfaces`],
/// which is how Chrome DevTools compares.
pub fn diff(before: &Heap<'_>, after: &Heap<'_>, options: &DiffOptions) -> DiffReport {
    let changes = SnapshotDiff::of_classes(
        (before.snapshot(), before.analysis(), before.classes()),
        (after.snapshot(), after.analysis(), after.classes()),
    );
    let others = changes.same_id_count as f64 * MAX_OTHER_TYPE_SHARE;
    let seems_unrelated = changes.other_type_count as f64 > others || changes.same_id_count == 0;
    let (old, new) = (rows_by_class(before), rows_by_class(after));
    let entries: Vec<DiffEntry> = changes
        .rows
        .into_iter()
        .map(|row| {
            let (old, new) = (old.get(&row.class), new.get(&row.class));
            let shallow = |row: Option<&ClassRow>| row.map_or(0, |row| row.shallow_size);
            let retained = |row: Option<&ClassRow>| row.map_or(Some(0), |row| row.retained_size);
            let is_exact = before.analysis().is_some() && after.analysis().is_some();
            let retained = match (retained(old), retained(new)) {
                (Some(old), Some(new)) if is_exact => Some(growth(old, new)),
                _ => None,
            };
            DiffEntry {
                position: row.class.location.map(|place| after.position(place)),
                allocated: row.allocated_count,
                allocated_bytes: row.allocated_size,
                freed: row.freed_count,
                freed_bytes: row.freed_size,
                net: row.count_growth(),
                net_bytes: row.size_growth(),
                shallow_growth_bytes: growth(shallow(old), shallow(new)),
                retained_growth_bytes: retained,
                name: row.class.name,
            }
        })
        .collect();
    let sizes = entries.iter().map(|entry| entry.net_bytes);
    let key = |entry: &DiffEntry| {
        let most = match options.order {
            DiffOrder::Retained => entry.retained_growth_bytes.unwrap_or(entry.net_bytes),
            DiffOrder::Net => entry.net_bytes,
            DiffOrder::Instances => entry.net,
            DiffOrder::Allocated => entry.allocated_bytes.try_into().unwrap_or(i64::MAX),
        };
        (
            Reverse(most),
            Reverse(entry.allocated_bytes),
            entry.name.clone(),
        )
    };
    DiffReport {
        before: before.info(),
        after: after.info(),
        seems_unrelated,
        class_count: entries.len() as u64,
        net_bytes: sizes.fold(0, i64::saturating_add),
        classes: smallest(entries, options.top, key),
    }
}

/// What is more than before.
pub(super) fn growth(before: u64, after: u64) -> i64 {
    after.wrapping_sub(before) as i64
}

fn rows_by_class(heap: &Heap<'_>) -> FxHashMap<Class, ClassRow> {
    let rows = class_table(heap).rows.into_iter();
    rows.map(|row| (heap.classes().class(row.class).clone(), row))
        .collect()
}
