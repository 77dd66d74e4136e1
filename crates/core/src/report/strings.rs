//! The answer of `strings`.

use serde::Serialize;

use super::{ObjectRef, SnapshotInfo};

/// Strings that are there more than once, that are large, or that keep larger
/// ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StringsReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many strings there are.
    pub string_count: u64,
    /// Bytes of them all, each itself.
    pub string_bytes: u64,
    /// How many texts are there more than once.
    pub duplicate_count: u64,
    /// Bytes that would be saved if each were there once.
    pub wasted_bytes: u64,
    /// Whether that is an upper bound: of some of the texts the snapshot has only
    /// the start.
    pub wasted_is_bound: bool,
    /// Those that waste most.
    pub duplicates: Vec<DuplicateEntry>,
    /// The largest strings that are not a part of another.
    pub largest: Vec<StringEntry>,
    /// How many strings are kept by nothing but slices of them.
    pub sliced_count: u64,
    /// Bytes of all those.
    pub sliced_bytes: u64,
    /// The largest of those.
    pub sliced: Vec<SlicedEntry>,
}

/// A text that is there more than once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateEntry {
    /// The text, as much as a line holds.
    pub preview: String,
    /// Whether the snapshot has only the start of it, so that the strings may
    /// differ further on. They are of one size.
    pub is_cut: bool,
    /// How many strings have it.
    pub copies: u64,
    /// Bytes of each.
    pub bytes_each: u64,
    /// Bytes of all but one.
    pub wasted_bytes: u64,
    /// One of them.
    pub example_id: u64,
    /// Who refers to it, `access` beside whom; nothing in a fast run.
    pub holder: Option<Holder>,
}

/// A reference to a string.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// As one would write it: `.name`.
    pub access: String,
    /// The object that refers.
    pub from: ObjectRef,
}

/// A large string.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StringEntry {
    /// V8's number.
    pub id: u64,
    /// The text, as much as a line holds.
    pub preview: String,
    /// Bytes of the string itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were, parts of it included.
    pub retained_bytes: Option<u64>,
    /// Who refers to it.
    pub holder: Option<Holder>,
}

/// A string kept by nothing but slices of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SlicedEntry {
    /// V8's number of the string that is kept.
    pub parent_id: u64,
    /// Its text, as much as a line holds.
    pub preview: String,
    /// Bytes of it.
    pub parent_bytes: u64,
    /// How many slices of it there are.
    pub slices: u64,
    /// Bytes of the slices themselves. How long they are is not in snapshots.
    pub slice_bytes: u64,
    /// One of the slices.
    pub example_id: u64,
    /// Who refers to that slice.
    pub holder: Option<Holder>,
}
