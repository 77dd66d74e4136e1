//! The result of `HeapDiff#end()` and `#compare()`. The names of its keys and its texts are those of
//! the original packages.

use std::collections::HashMap;

use memwatch_snapshot::heap_columns::HeapColumns;
use memwatch_snapshot::heap_diff::{ClassChange, HeapChange};
use serde::Serialize;

use crate::{Date, NewcomersEntry, NewcomersPath, text};

/// What changed between two snapshots of one heap.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeapDiffReport {
    /// The heap in the first snapshot.
    pub before: HeapSide,
    /// The heap in the second snapshot.
    pub after: HeapSide,
    /// The difference.
    pub change: HeapChangeEntry,
}

/// One snapshot in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeapSide {
    /// All nodes of the snapshot.
    pub nodes: u64,
    /// When it was taken, to the millisecond.
    pub time: Date,
    /// The shallow sizes of all nodes that can be reached, in bytes.
    pub size_bytes: u64,
    /// The same for people: `2.67 mb`.
    pub size: String,
}

/// The difference of two snapshots.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeapChangeEntry {
    /// `after.size_bytes - before.size_bytes`, in bytes; negative when the heap shrank.
    pub size_bytes: i64,
    /// The same for people: `-54 kb`.
    pub size: String,
    /// Nodes of the first snapshot that are gone.
    pub freed_nodes: u64,
    /// Nodes that were not there before.
    pub allocated_nodes: u64,
    /// By class, in ascending order of the bytes of `what`. Classes with no new and no freed node
    /// are left out.
    pub details: Vec<ClassChangeEntry>,
}

/// What changed in one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassChangeEntry {
    /// The name of the constructor, or `Array`, `String`, `Closure`, `Code`, `RegExp`, `Number`, `Native`.
    pub what: String,
    /// Shallow sizes of the new nodes less those of the freed ones, in bytes.
    pub size_bytes: i64,
    /// The same for people: `234.38 kb`.
    pub size: String,
    /// New nodes.
    #[serde(rename = "+")]
    pub allocated: u64,
    /// Freed nodes.
    #[serde(rename = "-")]
    pub freed: u64,
    /// What keeps the new objects: with `retainers`, for the classes that grew most.
    #[serde(flatten)]
    pub new_objects: Option<NewObjects>,
}

/// What keeps the new objects of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewObjects {
    /// Bytes that would be freed with them.
    pub retained_size_bytes: u64,
    /// The same for people: `1.2 mb`.
    pub retained_size: String,
    /// The retaining paths to most of them, three at most.
    pub paths: Vec<NewcomersPath>,
}

impl HeapDiffReport {
    /// Of two sides and what differs; of some classes with what keeps their new objects.
    #[must_use]
    pub fn of(
        before: HeapSide,
        after: HeapSide,
        change: &HeapChange,
        newcomers: &HashMap<String, NewcomersEntry>,
    ) -> Self {
        let details = change.details.iter();
        Self {
            before,
            after,
            change: HeapChangeEntry {
                size_bytes: change.size_bytes,
                size: text::size(change.size_bytes),
                freed_nodes: change.freed_nodes,
                allocated_nodes: change.allocated_nodes,
                details: details
                    .map(|class| ClassChangeEntry::of(class, newcomers.get(&class.what)))
                    .collect(),
            },
        }
    }
}

impl HeapSide {
    /// Of what was there at a moment, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn of(columns: &HeapColumns, at_unix_ms: f64) -> Self {
        let bytes = columns.total_bytes();
        Self {
            nodes: columns.node_count(),
            time: Date::from_unix_ms(at_unix_ms as i64),
            size_bytes: bytes,
            size: size(bytes),
        }
    }
}

impl ClassChangeEntry {
    fn of(class: &ClassChange, newcomers: Option<&NewcomersEntry>) -> Self {
        Self {
            what: class.what.clone(),
            size_bytes: class.size_bytes,
            size: text::size(class.size_bytes),
            allocated: class.allocated,
            freed: class.freed,
            new_objects: newcomers.map(|new| NewObjects {
                retained_size_bytes: new.retained_bytes,
                retained_size: size(new.retained_bytes),
                paths: new.paths.clone(),
            }),
        }
    }
}

fn size(bytes: u64) -> String {
    text::size(i64::try_from(bytes).unwrap_or(i64::MAX))
}
