//! The answer of `summary`: what the heap consists of, native memory, and what
//! is detached.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, all};

/// What the memory is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SummaryReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// Nodes and bytes by V8's type of node, the most bytes first.
    pub kinds: Vec<KindEntry>,
    /// How many stores of ArrayBuffers there are.
    pub buffer_count: u64,
    /// Bytes of them: what Buffers and typed arrays hold.
    pub buffer_bytes: u64,
    /// How many different names native nodes have.
    pub native_count: u64,
    /// Bytes of all native nodes, stores of ArrayBuffers included.
    pub native_bytes: u64,
    /// The first names, the most bytes first.
    pub native: Vec<NativeEntry>,
    /// How many nodes are detached.
    pub detached_count: u64,
    /// The first of them, the largest first.
    pub detached: Vec<DetachedEntry>,
}

impl From<query::SummaryAnswer> for SummaryReport {
    fn from(answer: query::SummaryAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            kinds: all(answer.kinds),
            buffer_count: answer.buffer_count,
            buffer_bytes: answer.buffer_bytes,
            native_count: answer.native_count,
            native_bytes: answer.native_bytes,
            native: all(answer.native),
            detached_count: answer.detached_count,
            detached: all(answer.detached),
        }
    }
}

/// Nodes of one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct KindEntry {
    /// V8's name for the type.
    pub node_type: String,
    /// How many.
    pub nodes: u64,
    /// Bytes as the file has them.
    pub self_bytes: u64,
}

impl From<query::KindEntry> for KindEntry {
    fn from(entry: query::KindEntry) -> Self {
        Self {
            node_type: entry.node_type,
            nodes: entry.nodes,
            self_bytes: entry.self_bytes,
        }
    }
}

/// Native nodes of one name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NativeEntry {
    /// The name.
    pub name: String,
    /// How many.
    pub nodes: u64,
    /// Bytes as the file has them.
    pub self_bytes: u64,
    /// The largest of them.
    pub example_id: u64,
}

impl From<query::NativeEntry> for NativeEntry {
    fn from(entry: query::NativeEntry) -> Self {
        Self {
            name: entry.name,
            nodes: entry.nodes,
            self_bytes: entry.self_bytes,
            example_id: entry.example_id,
        }
    }
}

/// Something detached from its tree, yet still referred to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DetachedEntry {
    /// V8's number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Bytes of it.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
}

impl From<query::DetachedEntry> for DetachedEntry {
    fn from(entry: query::DetachedEntry) -> Self {
        Self {
            id: entry.id,
            name: entry.name,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
        }
    }
}
