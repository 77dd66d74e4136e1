//! The answer of `diff` for three snapshots and more: what grows every time.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, SourcePosition, all};

/// Classes that grew from each snapshot to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GrowthReport {
    /// The snapshots, the oldest first.
    pub snapshots: Vec<SnapshotInfo>,
    /// How many classes grew every time.
    pub class_count: u64,
    /// The first of them: what has a constructor before V8's own, then the most
    /// growth.
    pub classes: Vec<GrowthEntry>,
}

impl From<query::GrowthAnswer> for GrowthReport {
    fn from(answer: query::GrowthAnswer) -> Self {
        Self {
            snapshots: all(answer.snapshots),
            class_count: answer.class_count,
            classes: all(answer.classes),
        }
    }
}

/// A class that grew every time: in instances, or in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GrowthEntry {
    /// As in `classes`.
    pub name: String,
    /// The position of the constructor; `null` where none is known.
    pub position: Option<SourcePosition>,
    /// Instances in each snapshot.
    pub instances: Vec<u64>,
    /// Their shallow sizes in each snapshot.
    pub shallow_bytes: Vec<u64>,
    /// What the class retains in each snapshot.
    pub retained_bytes: Vec<Option<u64>>,
    /// Whether the instances became more every time.
    pub instances_grow: bool,
    /// Whether the bytes did.
    pub bytes_grow: bool,
}

impl From<query::GrowthEntry> for GrowthEntry {
    fn from(entry: query::GrowthEntry) -> Self {
        Self {
            name: entry.name,
            position: entry.position.map(Into::into),
            instances: entry.instances,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            instances_grow: entry.instances_grow,
            bytes_grow: entry.bytes_grow,
        }
    }
}
