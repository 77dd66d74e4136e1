//! `inspect`: one object, as far as the snapshot knows it.

use super::super::columns::Edge;
use super::super::types::{Attachment, EdgeType, NodeId, NodeOrdinal, NodeType};
use super::access::{access, is_digits};
use super::collections::Table;
use super::error::QueryError;
use super::fields::numbers;
use super::heap::Heap;
use super::names::Words;
use super::preview::text_of;
use crate::report::{
    Collection, CollectionEntry, FunctionDetails, InspectReport, MemberEntry, Members, StringText,
};

/// Contexts looked at from a function outwards. Functions nest a few levels, but
/// what a file says may be a chain of any length, or a ring.
const MAX_CONTEXTS: usize = 32;

/// How to answer [`inspect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InspectOptions {
    /// How many properties, elements, entries and the like to list, of each.
    pub top: usize,
    /// Characters of a string's text.
    pub max_text: usize,
}

impl Default for InspectOptions {
    fn default() -> Self {
        Self {
            top: 30,
            max_text: 4096,
        }
    }
}

/// Everything about one object: sizes, who keeps it, and its edges by sort.
///
/// # Errors
///
/// [`QueryError::NoSuchId`].
pub fn inspect(
    heap: &Heap<'_>,
    id: NodeId,
    options: &InspectOptions,
) -> Result<InspectReport, QueryError> {
    let node = heap.find(id)?;
    let snapshot = heap.snapshot();
    let words = heap.words();
    let members = |is_shown: fn(&Heap<'_>, &Edge) -> bool| {
        let edges = snapshot.edges(node);
        members(heap, edges.filter(|edge| is_shown(heap, edge)), options.top)
    };
    let elements = Words::follow(snapshot, node, &words.elements);
    Ok(InspectReport {
        snapshot: heap.info(),
        object: heap.object_ref(node),
        node_type: snapshot.node_type_name(node).to_owned(),
        name: snapshot.name(node).into_owned(),
        position: snapshot.location(node).map(|place| heap.position(place)),
        shallow_bytes: heap.shallow(node),
        self_bytes: snapshot.self_size(node),
        retained_bytes: heap.retained(node),
        distance: heap.distance(node),
        dominator: heap.dominator(node),
        detachedness: detachedness(heap, node),
        text: string_text(heap, node, options.max_text),
        function: function(heap, node, options.top),
        collection: collection(heap, node, options.top),
        elements_bytes: elements.map(|store| snapshot.self_size(store)),
        properties: members(|_, edge| edge.edge_type == EdgeType::Property),
        number_properties: number_properties(heap, node),
        elements: members(|_, edge| edge.edge_type == EdgeType::Element),
        variables: members(|_, edge| edge.edge_type == EdgeType::Context),
        internals: members(|_, edge| {
            let kind = edge.edge_type;
            !matches!(
                kind,
                EdgeType::Property | EdgeType::Element | EdgeType::Context
            )
        }),
    })
}

fn number_properties(heap: &Heap<'_>, node: NodeOrdinal) -> Vec<String> {
    let names = match heap.snapshot().node_type(node) {
        NodeType::Object => numbers(heap, node),
        _ => Vec::new(),
    };
    names.into_iter().map(|name| name.into_owned()).collect()
}

fn detachedness(heap: &Heap<'_>, node: NodeOrdinal) -> Option<&'static str> {
    let state = match heap.analysis() {
        Some(analysis) => analysis.detachedness.of_node(node),
        None => heap.snapshot().attachment(node),
    };
    match state {
        Attachment::Unknown => None,
        Attachment::Attached => Some("attached"),
        Attachment::Detached => Some("detached"),
    }
}

fn members(heap: &Heap<'_>, edges: impl Iterator<Item = Edge>, top: usize) -> Members {
    let mut members = Members::default();
    for edge in edges {
        members.count += 1;
        if members.entries.len() < top {
            members.entries.push(member(heap, &edge));
        }
    }
    members
}

fn member(heap: &Heap<'_>, edge: &Edge) -> MemberEntry {
    let name = heap.snapshot().edge_name(edge);
    let name = match edge.edge_type {
        EdgeType::Property | EdgeType::Element | EdgeType::Context => name.into_owned(),
        // Bare numbers mean nothing, long names are entries of WeakMaps.
        _ if is_digits(&name) => name.into_owned(),
        EdgeType::Internal => access(heap, edge).replacen("(internal) ", "", 1),
        _ => access(heap, edge),
    };
    MemberEntry {
        name,
        weak: edge.edge_type == EdgeType::Weak,
        to: heap.object_ref(edge.to),
        retained_bytes: heap.retained(edge.to),
    }
}

fn string_text(heap: &Heap<'_>, node: NodeOrdinal, max_chars: usize) -> Option<StringText> {
    match heap.snapshot().node_type(node) {
        NodeType::String | NodeType::ConsString => {
            let (text, is_cut) = text_of(heap, node, max_chars);
            Some(StringText { text, is_cut })
        }
        NodeType::SlicedString => {
            let parent = Words::follow(heap.snapshot(), node, &heap.words().parent)?;
            let (text, _) = text_of(heap, parent, max_chars);
            Some(StringText { text, is_cut: true })
        }
        _ => None,
    }
}

fn function(heap: &Heap<'_>, node: NodeOrdinal, top: usize) -> Option<FunctionDetails> {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    if snapshot.node_type(node) != NodeType::Closure {
        return None;
    }
    let context = Words::follow(snapshot, node, &words.context);
    let mut contexts = Vec::new();
    let mut next = context;
    while let Some(one) = next
        && contexts.len() < MAX_CONTEXTS
        && !contexts.contains(&one)
        && !words.native_context.is(snapshot.name_index(one).0)
    {
        contexts.push(one);
        next = Words::follow(snapshot, one, &words.previous);
    }
    let edges = contexts.iter().flat_map(|&one| snapshot.edges(one));
    let variables = edges.filter(|edge| edge.edge_type == EdgeType::Context);
    Some(FunctionDetails {
        name: snapshot.name(node).into_owned(),
        context: context.map(|context| heap.object_ref(context)),
        context_retained_bytes: context.and_then(|context| heap.retained(context)),
        variables: members(heap, variables, top),
    })
}

fn collection(heap: &Heap<'_>, node: NodeOrdinal, top: usize) -> Option<Collection> {
    let table = Table::of(heap, node)?;
    let mut collection = Collection {
        visible_entries: 0,
        capacity: table.capacity(),
        entries: Vec::new(),
    };
    for (key, value) in table.entries(heap) {
        collection.visible_entries += 1;
        if collection.entries.len() < top {
            collection.entries.push(CollectionEntry {
                key: key.map(|key| heap.object_ref(key)),
                value: value.map(|value| heap.object_ref(value)),
            });
        }
    }
    Some(collection)
}
