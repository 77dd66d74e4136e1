//! The answer of `refs`.

use serde::Serialize;

use super::{ObjectRef, SnapshotInfo};

/// Who refers to an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefsReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The object.
    pub object: ObjectRef,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// The nearest object without which it would be freed.
    pub dominator: Option<ObjectRef>,
    /// How many references there are.
    pub reference_count: u64,
    /// How many of them keep the object alive: all but the weak ones.
    pub strong_count: u64,
    /// References of one sort from objects of one class, the most first. Only
    /// when there are more references than `references` has, and some alike.
    pub groups: Vec<RefGroup>,
    /// The first of them: those that keep it before weak ones, JavaScript's own
    /// before internal ones, near a global object before far.
    pub references: Vec<RefEntry>,
}

/// One reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefEntry {
    /// As one would write it: `.name`, `[3]`, `context.x`, `(internal) map`.
    pub access: String,
    /// What V8 calls the sort of edge.
    pub edge_type: &'static str,
    /// Whether it does not keep the object alive.
    pub weak: bool,
    /// The object that refers.
    pub from: ObjectRef,
    /// Whose internal part that is: the Map of a table, the object of elements.
    pub owner: Option<ObjectRef>,
    /// Bytes the referring object retains.
    pub retained_bytes: Option<u64>,
    /// Steps of the referring object from a global object.
    pub distance: Option<u32>,
}

/// References of one sort.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefGroup {
    /// As in [`RefEntry::access`], with `[x]` for any index.
    pub access: String,
    /// Class of the objects that refer.
    pub class: String,
    /// How many.
    pub count: u64,
    /// One of them.
    pub example_id: u64,
}
