//! `containment`: what an object refers to, one step at a time, from the roots on, with what each of these keeps. Every
//! edge is there as V8 wrote it; `inspect` shows an object as a programmer has it.

use std::cmp::Reverse;

use super::super::columns::Edge;
use super::super::types::{EdgeType, NodeId};
use super::access::access;
use super::error::QueryError;
use super::heap::Heap;
use super::info::{ObjectRef, SnapshotInfo};
use super::top::smallest;

/// How to answer [`containment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainmentOptions {
    /// How many references to list.
    pub top: usize,
}

impl Default for ContainmentOptions {
    fn default() -> Self {
        Self { top: 20 }
    }
}

/// What an object refers to.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainmentAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The object.
    pub object: ObjectRef,
    /// Bytes of the object itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// How many references there are.
    pub child_count: u64,
    /// The first of them: those that lead to what keeps most.
    pub children: Vec<ChildEntry>,
}

/// One reference.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildEntry {
    /// As one would write it: `.name`, `[3]`, `context.x`, `(internal) map`.
    pub access: String,
    /// What V8 calls the sort of edge.
    pub edge_type: &'static str,
    /// Whether it does not keep its target alive.
    pub weak: bool,
    /// What it leads to.
    pub to: ObjectRef,
    /// Bytes of that object itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Its steps from a global object.
    pub distance: Option<u32>,
    /// How many references it has.
    pub child_count: u64,
}

/// The references of an object, or of the root where none is named.
///
/// # Errors
///
/// [`QueryError::NoSuchId`]; [`QueryError::NeedsEdges`].
pub fn containment(
    heap: &Heap<'_>,
    id: Option<NodeId>,
    options: &ContainmentOptions,
) -> Result<ContainmentAnswer, QueryError> {
    heap.need_edges()?;
    let snapshot = heap.snapshot();
    let node = id.map_or(Ok(snapshot.root()), |id| heap.find(id))?;
    let edges: Vec<Edge> = snapshot.edges(node).collect();
    let child_count = edges.len() as u64;
    let key = |edge: &Edge| {
        let is_weak = edge.edge_type == EdgeType::Weak;
        (
            is_weak,
            Reverse(heap.retained(edge.to)),
            Reverse(heap.shallow(edge.to)),
        )
    };
    let children = smallest(edges, options.top, key).into_iter();
    Ok(ContainmentAnswer {
        snapshot: heap.info(),
        object: heap.object_ref(node),
        shallow_bytes: heap.shallow(node),
        retained_bytes: heap.retained(node),
        child_count,
        children: children.map(|edge| entry(heap, &edge)).collect(),
    })
}

fn entry(heap: &Heap<'_>, edge: &Edge) -> ChildEntry {
    ChildEntry {
        access: access(heap, edge),
        edge_type: edge.edge_type.name(),
        weak: edge.edge_type == EdgeType::Weak,
        to: heap.object_ref(edge.to),
        shallow_bytes: heap.shallow(edge.to),
        retained_bytes: heap.retained(edge.to),
        distance: heap.distance(edge.to),
        child_count: heap.snapshot().edges(edge.to).len() as u64,
    }
}
