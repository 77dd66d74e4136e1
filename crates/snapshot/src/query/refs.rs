//! `refs`: who refers to an object. Edges are looked through for the one object
//! rather than turned round for all.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::columns::Edge;
use super::super::graph::Bits;
use super::super::types::{EdgeType, NodeId, NodeOrdinal, NodeType};
use super::access::{access, general_access};
use super::collections::{Slot, Table, TableKind};
use super::error::QueryError;
use super::heap::Heap;
use super::incoming::incoming;
use super::info::{ObjectRef, SnapshotInfo};
use super::preview::quoted;
use super::top::smallest;

/// Characters of a key within an access.
const KEY_WIDTH: usize = 40;

/// How to answer [`refs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefsOptions {
    /// How many references to list, and how many groups of them.
    pub top: usize,
}

impl Default for RefsOptions {
    fn default() -> Self {
        Self { top: 20 }
    }
}

/// Who refers to an object.
#[derive(Clone, Debug, PartialEq)]
pub struct RefsAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The object.
    pub object: ObjectRef,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// The nearest object without which it would be freed.
    pub dominator: Option<ObjectRef>,
    /// How many references there are.
    pub reference_count: u64,
    /// How many of them keep the object alive: all but the weak ones.
    pub strong_count: u64,
    /// References of one sort from objects of one class, the most first. Only
    /// when there are more references than `references` has, and some alike.
    pub groups: Vec<RefGroup>,
    /// The first of them: those that keep it before weak ones, JavaScript's own
    /// before internal ones, near a global object before far.
    pub references: Vec<RefEntry>,
}

/// One reference.
#[derive(Clone, Debug, PartialEq)]
pub struct RefEntry {
    /// As one would write it: `.name`, `[3]`, `context.x`, `(internal) map`.
    pub access: String,
    /// What V8 calls the sort of edge.
    pub edge_type: &'static str,
    /// Whether it does not keep the object alive.
    pub weak: bool,
    /// The object that refers.
    pub from: ObjectRef,
    /// Whose internal part that is: the Map of a table, the object of elements.
    pub owner: Option<ObjectRef>,
    /// Bytes the referring object retains.
    pub retained_bytes: Option<u64>,
    /// Steps of the referring object from a global object.
    pub distance: Option<u32>,
}

/// References of one sort.
#[derive(Clone, Debug, PartialEq)]
pub struct RefGroup {
    /// As in [`RefEntry::access`], with `[x]` for any index.
    pub access: String,
    /// Class of the objects that refer.
    pub class: String,
    /// How many.
    pub count: u64,
    /// One of them.
    pub example_id: u64,
}

/// Every reference to an object, weak ones included and marked. What refers from
/// the inside of a Map, a Set or an object is written as from there.
///
/// # Errors
///
/// [`QueryError::NoSuchId`]; [`QueryError::NeedsEdges`].
pub fn refs(heap: &Heap<'_>, id: NodeId, options: &RefsOptions) -> Result<RefsAnswer, QueryError> {
    heap.need_edges()?;
    let node = heap.find(id)?;
    let found = Reference::all_to(heap, node);
    let reference_count = found.len();
    let strong_count = found.iter().filter(|one| !one.is_weak()).count();
    let groups = match reference_count > options.top {
        true => groups(heap, &found, options.top),
        false => Vec::new(),
    };
    let first = smallest(found, options.top, |one| one.rank(heap)).into_iter();
    Ok(RefsAnswer {
        snapshot: heap.info(),
        object: heap.object_ref(node),
        retained_bytes: heap.retained(node),
        dominator: heap.dominator(node),
        reference_count: reference_count as u64,
        strong_count: strong_count as u64,
        groups,
        references: first.map(|one| one.entry(heap)).collect(),
    })
}

#[derive(Clone, Copy)]
struct Reference {
    from: NodeOrdinal,
    edge: Edge,
    /// Whose part `from` is, and by which edge.
    owner: Option<(NodeOrdinal, Edge)>,
}

impl Reference {
    fn all_to(heap: &Heap<'_>, node: NodeOrdinal) -> Vec<Self> {
        let references = incoming(heap.snapshot(), |to| to == node.0);
        let references = references.map(|(from, edge)| Self {
            from,
            edge,
            owner: None,
        });
        let mut found: Vec<Self> = references.collect();
        add_owners(heap, &mut found);
        found
    }

    fn is_weak(&self) -> bool {
        self.edge.edge_type == EdgeType::Weak
    }

    /// Smaller comes first.
    fn rank(&self, heap: &Heap<'_>) -> (u8, u8, u32, Reverse<u64>) {
        let kind = match self.edge.edge_type {
            EdgeType::Property | EdgeType::Element | EdgeType::Context => 0,
            _ if self.slot(heap).is_some() => 0,
            EdgeType::Internal => 1,
            _ => 2,
        };
        let from = self.holder();
        let distance = heap.distance(from).unwrap_or(u32::MAX);
        let retained = heap.retained(from).unwrap_or(0);
        (u8::from(self.is_weak()), kind, distance, Reverse(retained))
    }

    /// The table it comes from, if it comes from a Map or Set, and the slot.
    fn slot(&self, heap: &Heap<'_>) -> Option<(Table, Slot)> {
        let table = Table::of(heap, self.owner?.0)?;
        let number = heap.snapshot().edge_name(&self.edge).parse().ok()?;
        (table.node == self.from).then(|| Some((table, table.slot(number)?)))?
    }

    fn access(&self, heap: &Heap<'_>) -> String {
        let Some((table, slot)) = self.slot(heap) else {
            return match &self.owner {
                Some((_, part)) => self.within_part(heap, part),
                None => access(heap, &self.edge),
            };
        };
        match (table.kind, slot) {
            (TableKind::Set, _) => "(Set element)".to_owned(),
            (TableKind::Weak, _) => "(WeakMap entry)".to_owned(),
            (TableKind::Map, Slot::Key(_)) => "(Map key)".to_owned(),
            (TableKind::Map, Slot::Value(entry)) => {
                let key = table.key(heap, entry);
                format!(
                    ".get({})",
                    key.map_or("number".to_owned(), |key| key_text(heap, key))
                )
            }
        }
    }

    fn general_access(&self, heap: &Heap<'_>) -> String {
        match self.slot(heap) {
            Some((table, Slot::Value(_))) if table.kind == TableKind::Map => ".get(x)".to_owned(),
            Some(_) => self.access(heap),
            None => match &self.owner {
                Some((_, part)) => format!("({}) x", heap.snapshot().edge_name(part)),
                None => general_access(heap, &self.edge),
            },
        }
    }

    /// `(elements) 3`: what the object has, its store has once more.
    fn within_part(&self, heap: &Heap<'_>, part: &Edge) -> String {
        let snapshot = heap.snapshot();
        format!(
            "({}) {}",
            snapshot.edge_name(part),
            snapshot.edge_name(&self.edge)
        )
    }

    /// The object of which people would say that it refers.
    fn holder(&self) -> NodeOrdinal {
        self.owner.map_or(self.from, |(owner, _)| owner)
    }

    fn entry(&self, heap: &Heap<'_>) -> RefEntry {
        RefEntry {
            access: self.access(heap),
            edge_type: self.edge.edge_type.name(),
            weak: self.is_weak(),
            from: heap.object_ref(self.from),
            owner: self.owner.map(|(owner, _)| heap.object_ref(owner)),
            retained_bytes: heap.retained(self.holder()),
            distance: heap.distance(self.holder()),
        }
    }
}

fn key_text(heap: &Heap<'_>, key: NodeOrdinal) -> String {
    match heap.snapshot().node_type(key) {
        NodeType::String => quoted(&heap.snapshot().name(key), KEY_WIDTH),
        _ => heap.class(key).name.clone(),
    }
}

/// Finds whose part the referring arrays and hidden nodes are: one more pass.
fn add_owners(heap: &Heap<'_>, found: &mut [Reference]) {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let mut parts = Bits::new(snapshot.node_count());
    let mut any = false;
    for reference in found.iter() {
        let kind = snapshot.node_type(reference.from);
        if matches!(kind, NodeType::Array | NodeType::Hidden) {
            parts.add(reference.from.0);
            any = true;
        }
    }
    if !any {
        return;
    }
    let mut owners: FxHashMap<u32, (NodeOrdinal, Edge)> = FxHashMap::default();
    let is_part =
        |name| words.table.is(name) || words.elements.is(name) || words.properties.is(name);
    for (from, edge) in incoming(snapshot, |to| parts.has(to)) {
        if edge.edge_type == EdgeType::Internal && is_part(edge.name_or_index) {
            owners.entry(edge.to.0).or_insert((from, edge));
        }
    }
    for reference in found {
        reference.owner = owners.get(&reference.from.0).copied();
    }
}

fn groups(heap: &Heap<'_>, found: &[Reference], top: usize) -> Vec<RefGroup> {
    let mut groups: Vec<RefGroup> = Vec::new();
    let mut known: FxHashMap<(String, String), usize> = FxHashMap::default();
    for reference in found {
        let from = reference.holder();
        let class = heap.object_ref(from).class;
        let access = reference.general_access(heap);
        let at = *known
            .entry((access.clone(), class.clone()))
            .or_insert_with(|| {
                groups.push(RefGroup {
                    access,
                    class,
                    count: 0,
                    example_id: heap.snapshot().id(from).0,
                });
                groups.len() - 1
            });
        groups[at].count += 1;
    }
    if groups.len() == found.len() {
        return Vec::new();
    }
    smallest(groups, top, |group| Reverse(group.count))
}
