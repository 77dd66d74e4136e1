//! The answer of `diff` for two snapshots.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, SourcePosition, all};

/// What changed between two snapshots of one process, by class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DiffReport {
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

impl From<query::DiffAnswer> for DiffReport {
    fn from(answer: query::DiffAnswer) -> Self {
        Self {
            before: answer.before.into(),
            after: answer.after.into(),
            seems_unrelated: answer.seems_unrelated,
            class_count: answer.class_count,
            net_bytes: answer.net_bytes,
            classes: all(answer.classes),
        }
    }
}

/// Changes of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DiffEntry {
    /// As in `classes`.
    pub name: String,
    /// The position of the constructor; `null` where none is known.
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

impl From<query::DiffEntry> for DiffEntry {
    fn from(entry: query::DiffEntry) -> Self {
        Self {
            name: entry.name,
            position: entry.position.map(Into::into),
            allocated: entry.allocated,
            allocated_bytes: entry.allocated_bytes,
            freed: entry.freed,
            freed_bytes: entry.freed_bytes,
            net: entry.net,
            net_bytes: entry.net_bytes,
            shallow_growth_bytes: entry.shallow_growth_bytes,
            retained_growth_bytes: entry.retained_growth_bytes,
        }
    }
}
