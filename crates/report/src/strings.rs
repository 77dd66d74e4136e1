//! The answer of `strings`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{ObjectRef, SnapshotInfo, all};

/// Strings that are there more than once, that are large, or that keep larger
/// ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl From<query::StringsAnswer> for StringsReport {
    fn from(answer: query::StringsAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            string_count: answer.string_count,
            string_bytes: answer.string_bytes,
            duplicate_count: answer.duplicate_count,
            wasted_bytes: answer.wasted_bytes,
            wasted_is_bound: answer.wasted_is_bound,
            duplicates: all(answer.duplicates),
            largest: all(answer.largest),
            sliced_count: answer.sliced_count,
            sliced_bytes: answer.sliced_bytes,
            sliced: all(answer.sliced),
        }
    }
}

/// A text that is there more than once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl From<query::DuplicateEntry> for DuplicateEntry {
    fn from(entry: query::DuplicateEntry) -> Self {
        Self {
            preview: entry.preview,
            is_cut: entry.is_cut,
            copies: entry.copies,
            bytes_each: entry.bytes_each,
            wasted_bytes: entry.wasted_bytes,
            example_id: entry.example_id,
            holder: entry.holder.map(Into::into),
        }
    }
}

/// A reference to a string.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// As one would write it: `.name`.
    pub access: String,
    /// The object that refers.
    pub from: ObjectRef,
}

impl From<query::Holder> for Holder {
    fn from(entry: query::Holder) -> Self {
        Self {
            access: entry.access,
            from: entry.from.into(),
        }
    }
}

/// A large string.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// An object that refers to it.
    pub holder: Option<Holder>,
}

impl From<query::StringEntry> for StringEntry {
    fn from(entry: query::StringEntry) -> Self {
        Self {
            id: entry.id,
            preview: entry.preview,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            holder: entry.holder.map(Into::into),
        }
    }
}

/// A string kept by nothing but slices of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// An object that refers to that slice.
    pub holder: Option<Holder>,
}

impl From<query::SlicedEntry> for SlicedEntry {
    fn from(entry: query::SlicedEntry) -> Self {
        Self {
            parent_id: entry.parent_id,
            preview: entry.preview,
            parent_bytes: entry.parent_bytes,
            slices: entry.slices,
            slice_bytes: entry.slice_bytes,
            example_id: entry.example_id,
            holder: entry.holder.map(Into::into),
        }
    }
}
