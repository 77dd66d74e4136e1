//! The answer of `classes`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, SourcePosition, all};

/// Instances and sizes by class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClassesReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many classes there are.
    pub class_count: u64,
    /// The first of them, in the order asked for.
    pub classes: Vec<ClassEntry>,
}

impl From<query::ClassesAnswer> for ClassesReport {
    fn from(answer: query::ClassesAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            class_count: answer.class_count,
            classes: all(answer.classes),
        }
    }
}

/// One class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClassEntry {
    /// Its constructor, `{a, b}` for plain objects that share properties, or
    /// words in parentheses for what has no constructor.
    pub name: String,
    /// The position of the constructor; `null` where none is known.
    pub position: Option<SourcePosition>,
    /// Nodes whose shallow size is not 0.
    pub instances: u64,
    /// Bytes of the nodes themselves.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if all of them were.
    pub retained_bytes: Option<u64>,
    /// Fewest steps from a global object; `null` when none leads there.
    pub distance: Option<u32>,
}

impl From<query::ClassEntry> for ClassEntry {
    fn from(entry: query::ClassEntry) -> Self {
        Self {
            name: entry.name,
            position: entry.position.map(Into::into),
            instances: entry.instances,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            distance: entry.distance,
        }
    }
}
