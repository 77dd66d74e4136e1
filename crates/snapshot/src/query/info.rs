//! What the answers to questions have in common. Sizes are bytes, lines and columns count from
//! 0, as V8 has them. What a fast run cannot know is `None`, never 0.

use super::super::classes::Precision;
use super::super::reading::Reading;

/// Which snapshot an answer is about.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotInfo {
    /// As the caller named it.
    pub file: String,
    /// How many nodes it has.
    pub nodes: u64,
    /// How many edges; none when they were not read.
    pub edges: Option<u64>,
    /// Sum of the shallow sizes of all nodes, in bytes.
    pub shallow_bytes: u64,
    /// Native memory that belongs to no node, in bytes.
    pub extra_native_bytes: u64,
    /// What the numbers are worth.
    pub precision: Precision,
    /// Strings that are not UTF-8, so that V8 alone did not write the file. Their damaged
    /// characters are U+FFFD in every text.
    pub invalid_strings: u64,
    /// How it was read from the memory of a process; nothing of a snapshot that V8 wrote.
    pub reading: Option<Reading>,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourcePosition {
    /// Name of the script, when a function of it says so.
    pub script: Option<String>,
    /// V8's number for it.
    pub script_id: u32,
    /// From 0.
    pub line: u32,
    /// From 0, in UTF-16 units.
    pub column: u32,
}

/// An object, by the id one can go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// V8's number.
    pub id: u64,
    /// Its class.
    pub class: String,
    /// A glance at it: `{name: "user-7", tags: Array}`.
    pub preview: String,
}
