//! The answer of `dominator_tree`: the part of the tree that is drawn.

use memwatch_snapshot::query;
use serde::Serialize;

use super::all;

/// The top of a dominator tree.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DominatorTreeReport {
    /// Bytes of all.
    pub total_bytes: u64,
    /// Entries there are, groups included.
    pub entry_count: u64,
    /// The root.
    pub root: DominatorEntry,
}

impl From<query::DominatorTreeAnswer> for DominatorTreeReport {
    fn from(answer: query::DominatorTreeAnswer) -> Self {
        Self {
            total_bytes: answer.total_bytes,
            entry_count: answer.entry_count,
            root: answer.root.into(),
        }
    }
}

/// An object, or several that are dominated by the same one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DominatorEntry {
    /// V8's number; of a group that of its first.
    pub id: u64,
    /// The class; of a group of several classes nothing.
    pub class: Option<String>,
    /// A glance at the object; empty for a group.
    pub preview: String,
    /// How many objects: 1, or those of the group.
    pub count: u64,
    /// Bytes of the objects themselves.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if they were.
    pub retained_bytes: u64,
    /// The nodes that it dominates immediately, where they are listed: the largest first, then groups.
    pub children: Vec<DominatorEntry>,
}

impl From<query::DominatorEntry> for DominatorEntry {
    fn from(entry: query::DominatorEntry) -> Self {
        Self {
            id: entry.id,
            class: entry.class,
            preview: entry.preview,
            count: entry.count,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            children: all(entry.children),
        }
    }
}
