//! The answer of `classes`.

use serde::Serialize;

use super::{SnapshotInfo, SourcePosition};

/// Instances and sizes by class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassesReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many classes there are.
    pub class_count: u64,
    /// The first of them, in the order asked for.
    pub classes: Vec<ClassEntry>,
}

/// One class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassEntry {
    /// Its constructor, `{a, b}` for plain objects that share properties, or
    /// words in parentheses for what has no constructor.
    pub name: String,
    /// Where the constructor stands.
    pub position: Option<SourcePosition>,
    /// Nodes whose shallow size is not 0.
    pub instances: u64,
    /// Bytes of the nodes themselves.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if all of them were.
    pub retained_bytes: Option<u64>,
    /// Fewest steps from a global object; nothing when none leads there.
    pub distance: Option<u32>,
}
