//! `inspect`: one object, as far as the snapshot knows it.

use super::super::columns::Edge;
use super::super::types::{Attachment, EdgeType, NodeId, NodeOrdinal, NodeType};
use super::access::{access, is_digits};
use super::collections::Table;
use super::error::QueryError;
use super::fields::numbers;
use super::heap::Heap;
use super::info::{ObjectRef, SnapshotInfo, SourcePosition};
use super::names::Words;
use super::preview::text_of;

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

/// All there is to know about one object.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The object.
    pub object: ObjectRef,
    /// Where it is in the memory of the process; nothing where no core was read.
    pub address: Option<u64>,
    /// What V8 calls its type: `object`, `closure`, `string`, …
    pub node_type: String,
    /// Its name in the snapshot: its constructor, a function's name.
    pub name: String,
    /// Where its constructor stands, or the function it is.
    pub position: Option<SourcePosition>,
    /// Bytes of the object and of the internal parts only it owns.
    pub shallow_bytes: u64,
    /// Bytes as the file has them, without those parts.
    pub self_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Steps from a global object; nothing when none leads there.
    pub distance: Option<u32>,
    /// The nearest object without which it would be freed.
    pub dominator: Option<ObjectRef>,
    /// `attached`, `detached`, or nothing when the embedder did not say.
    pub detachedness: Option<&'static str>,
    /// Of a string, its text.
    pub text: Option<StringText>,
    /// Of a function, its variables.
    pub function: Option<FunctionDetails>,
    /// Of a Map, Set, WeakMap or WeakSet, its entries.
    pub collection: Option<Collection>,
    /// Bytes of the store behind the indexed elements, capacity included.
    pub elements_bytes: Option<u64>,
    /// Named properties.
    pub properties: Members,
    /// Names of properties that hold numbers, as far as they are known: their
    /// values are not in snapshots, and where V8's hidden class is shared with
    /// other objects, neither are their names.
    pub number_properties: Vec<String>,
    /// Indexed elements that are not numbers.
    pub elements: Members,
    /// Variables, when it is itself a context.
    pub variables: Members,
    /// What JavaScript cannot see.
    pub internals: Members,
}

/// Edges of one sort.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members {
    /// How many there are.
    pub count: u64,
    /// The first of them, in the order of the file.
    pub entries: Vec<MemberEntry>,
}

/// One edge.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberEntry {
    /// The property, the index, or V8's word.
    pub name: String,
    /// Whether it keeps its target alive: weak ones do not.
    pub weak: bool,
    /// What it leads to.
    pub to: ObjectRef,
    /// Bytes its target retains.
    pub retained_bytes: Option<u64>,
}

/// The text of a string.
#[derive(Clone, Debug, PartialEq)]
pub struct StringText {
    /// As far as the snapshot has it.
    pub text: String,
    /// Whether it may go on: V8 cuts strings, at 1 024 characters unless told
    /// otherwise, and does not say where in its parent a sliced string begins.
    pub is_cut: bool,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDetails {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Where its variables live.
    pub context: Option<ObjectRef>,
    /// Bytes that context retains.
    pub context_retained_bytes: Option<u64>,
    /// The variables, those of outer contexts after those of inner ones.
    pub variables: Members,
}

/// A Map, Set, WeakMap or WeakSet.
#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    /// How many entries have a key or a value that is in the snapshot. Entries
    /// of small integers alone are not.
    pub visible_entries: u64,
    /// How many fit before the table grows, where its layout is known.
    pub capacity: Option<u64>,
    /// The first entries.
    pub entries: Vec<CollectionEntry>,
}

/// One entry. What is not in the snapshot, a small integer, is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionEntry {
    /// The key, or the element of a set.
    pub key: Option<ObjectRef>,
    /// The value.
    pub value: Option<ObjectRef>,
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
) -> Result<InspectAnswer, QueryError> {
    let node = heap.find(id)?;
    let snapshot = heap.snapshot();
    let words = heap.words();
    let members = |is_shown: fn(&Heap<'_>, &Edge) -> bool| {
        let edges = snapshot.edges(node);
        members(heap, edges.filter(|edge| is_shown(heap, edge)), options.top)
    };
    let elements = Words::follow(snapshot, node, &words.elements);
    Ok(InspectAnswer {
        snapshot: heap.info(),
        object: heap.object_ref(node),
        address: snapshot
            .reading()
            .and_then(|reading| reading.addresses.of(id)),
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
