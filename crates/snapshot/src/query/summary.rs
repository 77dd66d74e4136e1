//! `summary`: what the memory is, native memory by name, what is detached.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::types::{Attachment, NodeOrdinal, NodeType};
use super::heap::Heap;
use super::info::SnapshotInfo;
use super::top::smallest;
use memwatch_order::sort_by_key;

/// How to answer [`summary`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SummaryOptions {
    /// How many native names and detached nodes to list.
    pub top: usize,
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self { top: 15 }
    }
}

/// What the memory is.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryAnswer {
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
#[derive(Clone, Debug, PartialEq)]
pub struct KindEntry {
    /// V8's name for the type.
    pub node_type: String,
    /// How many.
    pub nodes: u64,
    /// Bytes as the file has them.
    pub self_bytes: u64,
}

/// Native nodes of one name.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
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

/// Sizes by type of node and by native name, as the file has them, and the
/// nodes that are detached.
pub fn summary(heap: &Heap<'_>, options: &SummaryOptions) -> SummaryAnswer {
    let native = native(heap);
    let buffers = native.values().filter(|entry| entry.is_buffer);
    let (buffer_count, buffer_bytes) = sum(buffers);
    let (_, native_bytes) = sum(native.values());
    let names: Vec<Native> = native.into_values().collect();
    let detached = detached(heap);
    SummaryAnswer {
        snapshot: heap.info(),
        kinds: kinds(heap),
        buffer_count,
        buffer_bytes,
        native_count: names.len() as u64,
        native_bytes,
        native: smallest(names, options.top, |one| {
            (Reverse(one.self_bytes), Reverse(one.nodes), one.largest)
        })
        .iter()
        .map(|one| NativeEntry {
            name: heap.snapshot().name(one.largest).into_owned(),
            nodes: one.nodes,
            self_bytes: one.self_bytes,
            example_id: heap.snapshot().id(one.largest).0,
        })
        .collect(),
        detached_count: detached.len() as u64,
        detached: smallest(detached, options.top, |&node| {
            let size = heap.retained(node).unwrap_or_else(|| heap.shallow(node));
            (Reverse(size), node)
        })
        .into_iter()
        .map(|node| DetachedEntry {
            id: heap.snapshot().id(node).0,
            name: heap.snapshot().name(node).into_owned(),
            shallow_bytes: heap.shallow(node),
            retained_bytes: heap.retained(node),
        })
        .collect(),
    }
}

fn kinds(heap: &Heap<'_>) -> Vec<KindEntry> {
    let snapshot = heap.snapshot();
    let mut kinds: Vec<KindEntry> = snapshot
        .node_type_names
        .iter()
        .map(|name| KindEntry {
            node_type: name.clone(),
            nodes: 0,
            self_bytes: 0,
        })
        .collect();
    for (at, &number) in snapshot.nodes.types.iter().enumerate() {
        let kind = &mut kinds[usize::from(number)];
        let size = snapshot.self_size(NodeOrdinal(at as u32));
        kind.nodes += 1;
        kind.self_bytes = kind.self_bytes.saturating_add(size);
    }
    kinds.retain(|kind| kind.nodes > 0);
    sort_by_key(&mut kinds, |kind| {
        (Reverse(kind.self_bytes), Reverse(kind.nodes))
    });
    kinds
}

struct Native {
    largest: NodeOrdinal,
    nodes: u64,
    self_bytes: u64,
    is_buffer: bool,
}

fn native(heap: &Heap<'_>) -> FxHashMap<u32, Native> {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let mut by_name: FxHashMap<u32, Native> = FxHashMap::default();
    for node in snapshot.ordinals() {
        if snapshot.node_type(node) != NodeType::Native {
            continue;
        }
        let name = snapshot.name_index(node).0;
        let size = snapshot.self_size(node);
        let entry = by_name.entry(name).or_insert_with(|| Native {
            largest: node,
            nodes: 0,
            self_bytes: 0,
            is_buffer: words.buffer_data.is(name),
        });
        entry.nodes += 1;
        entry.self_bytes = entry.self_bytes.saturating_add(size);
        if size > snapshot.self_size(entry.largest) {
            entry.largest = node;
        }
    }
    by_name
}

fn sum<'a>(entries: impl Iterator<Item = &'a Native>) -> (u64, u64) {
    entries.fold((0, 0), |(nodes, bytes), entry| {
        (nodes + entry.nodes, entry.self_bytes.saturating_add(bytes))
    })
}

fn detached(heap: &Heap<'_>) -> Vec<NodeOrdinal> {
    let snapshot = heap.snapshot();
    match heap.analysis() {
        Some(analysis) => analysis.detachedness.detached().collect(),
        None => snapshot
            .ordinals()
            .filter(|&node| snapshot.attachment(node) == Attachment::Detached)
            .collect(),
    }
}
