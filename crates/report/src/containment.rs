//! The answer of `containment`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{ObjectRef, SnapshotInfo, all};

/// What an object refers to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContainmentReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The object; the root where none was named.
    pub object: ObjectRef,
    /// Bytes of the object itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// How many references there are.
    pub child_count: u64,
    /// The first of them: those that lead to what keeps most, weak ones last.
    pub children: Vec<ChildEntry>,
}

impl From<query::ContainmentAnswer> for ContainmentReport {
    fn from(answer: query::ContainmentAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            object: answer.object.into(),
            shallow_bytes: answer.shallow_bytes,
            retained_bytes: answer.retained_bytes,
            child_count: answer.child_count,
            children: all(answer.children),
        }
    }
}

/// One reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChildEntry {
    /// As one would write it: `.name`, `[3]`, `context.x`, `(internal) map`.
    pub access: String,
    /// What V8 calls the sort of edge.
    pub edge_type: &'static str,
    /// Whether it does not keep its target alive.
    pub weak: bool,
    /// The object that it leads to.
    pub to: ObjectRef,
    /// Bytes of that object itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Its steps from a global object.
    pub distance: Option<u32>,
    /// How many references it has.
    pub child_count: u64,
}

impl From<query::ChildEntry> for ChildEntry {
    fn from(entry: query::ChildEntry) -> Self {
        Self {
            access: entry.access,
            edge_type: entry.edge_type,
            weak: entry.weak,
            to: entry.to.into(),
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            distance: entry.distance,
            child_count: entry.child_count,
        }
    }
}
