//! The answer of `diff` for three snapshots and more: what grows every time.

use serde::Serialize;

use super::{SnapshotInfo, SourcePosition};

/// Classes that grew from each snapshot to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// A class that grew every time: in instances, or in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GrowthEntry {
    /// As in `classes`.
    pub name: String,
    /// Where the constructor stands.
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
