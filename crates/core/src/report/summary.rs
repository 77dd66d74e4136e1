//! The answer of `summary`: what the heap consists of, native memory, and what
//! is detached.

use serde::Serialize;

use super::SnapshotInfo;

/// What the memory is.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// Nodes of one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KindEntry {
    /// V8's name for the type.
    pub node_type: String,
    /// How many.
    pub nodes: u64,
    /// Bytes as the file has them.
    pub self_bytes: u64,
}

/// Native nodes of one name.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// Something detached from its tree, yet still referred to.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
