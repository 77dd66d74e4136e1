//! The answer of `refs`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{ObjectRef, SnapshotInfo, all};

/// The references to an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl From<query::RefsAnswer> for RefsReport {
    fn from(answer: query::RefsAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            object: answer.object.into(),
            retained_bytes: answer.retained_bytes,
            dominator: answer.dominator.map(Into::into),
            reference_count: answer.reference_count,
            strong_count: answer.strong_count,
            groups: all(answer.groups),
            references: all(answer.references),
        }
    }
}

/// One reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The object whose internal part that is: the Map of a table, the object of elements.
    pub owner: Option<ObjectRef>,
    /// Bytes the referring object retains.
    pub retained_bytes: Option<u64>,
    /// Steps of the referring object from a global object.
    pub distance: Option<u32>,
}

impl From<query::RefEntry> for RefEntry {
    fn from(entry: query::RefEntry) -> Self {
        Self {
            access: entry.access,
            edge_type: entry.edge_type,
            weak: entry.weak,
            from: entry.from.into(),
            owner: entry.owner.map(Into::into),
            retained_bytes: entry.retained_bytes,
            distance: entry.distance,
        }
    }
}

/// References of one sort.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefGroup {
    /// As one would write it, with `[x]` for any index.
    pub access: String,
    /// Class of the objects that refer.
    pub class: String,
    /// How many.
    pub count: u64,
    /// One of them.
    pub example_id: u64,
}

impl From<query::RefGroup> for RefGroup {
    fn from(entry: query::RefGroup) -> Self {
        Self {
            access: entry.access,
            class: entry.class,
            count: entry.count,
            example_id: entry.example_id,
        }
    }
}
