//! The answer of `instances`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, all};

/// The objects of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InstancesReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The class asked for.
    pub class: String,
    /// How many there are.
    pub instance_count: u64,
    /// Bytes of them all, each itself.
    pub shallow_bytes: u64,
    /// The first of them, in the order asked for.
    pub instances: Vec<InstanceEntry>,
}

impl From<query::InstancesAnswer> for InstancesReport {
    fn from(answer: query::InstancesAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            class: answer.class,
            instance_count: answer.instance_count,
            shallow_bytes: answer.shallow_bytes,
            instances: all(answer.instances),
        }
    }
}

/// One object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InstanceEntry {
    /// V8's number.
    pub id: u64,
    /// Bytes of the object itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Steps from a global object; `null` when none leads there.
    pub distance: Option<u32>,
    /// A preview of its contents.
    pub preview: String,
}

impl From<query::InstanceEntry> for InstanceEntry {
    fn from(entry: query::InstanceEntry) -> Self {
        Self {
            id: entry.id,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            distance: entry.distance,
            preview: entry.preview,
        }
    }
}
