//! `shapes`: objects that have the same constructor and the same property names,
//! in whatever order, for objects that V8 keeps as dictionaries have none.

use std::cmp::Reverse;
use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHasher};

use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::error::QueryError;
use super::heap::Heap;
use super::top::smallest;
use crate::report::{ShapeEntry, ShapesReport};

/// Properties listed of one shape; an object used as a dictionary has thousands.
const MAX_LISTED: usize = 100;

/// By what shapes are ordered, the most first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShapeOrder {
    /// How many objects.
    #[default]
    Instances,
    /// How many properties each has.
    Properties,
    /// Bytes of the objects themselves.
    Shallow,
}

/// How to answer [`shapes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapesOptions {
    /// How many to list.
    pub top: usize,
    /// In which order.
    pub order: ShapeOrder,
}

impl Default for ShapesOptions {
    fn default() -> Self {
        Self {
            top: 20,
            order: ShapeOrder::default(),
        }
    }
}

/// Objects grouped by constructor and property names. Properties that hold small
/// integers or unboxed doubles have no edge in a snapshot: they are not seen, and
/// objects that differ in nothing else have one shape.
///
/// # Errors
///
/// [`QueryError::NeedsEdges`]: properties are edges.
pub fn shapes(heap: &Heap<'_>, options: &ShapesOptions) -> Result<ShapesReport, QueryError> {
    heap.need_edges()?;
    let groups = Grouping::of(heap).groups;
    let key = |group: &Group| {
        let (most, then) = match options.order {
            ShapeOrder::Instances => (group.instances, group.shallow_bytes),
            ShapeOrder::Properties => (group.property_count, group.shallow_bytes),
            ShapeOrder::Shallow => (group.shallow_bytes, group.instances),
        };
        (Reverse(most), Reverse(then))
    };
    Ok(ShapesReport {
        snapshot: heap.info(),
        shape_count: groups.len() as u64,
        shapes: smallest(groups, options.top, key)
            .iter()
            .map(|group| entry(heap, group))
            .collect(),
    })
}

fn entry(heap: &Heap<'_>, group: &Group) -> ShapeEntry {
    let strings = heap.snapshot().strings();
    let names = properties(heap, group.example).take(MAX_LISTED);
    ShapeEntry {
        constructor: heap.snapshot().name(group.example).into_owned(),
        properties: names
            .map(|name| strings.get(StringIndex(name)).into_owned())
            .collect(),
        property_count: group.property_count,
        instances: group.instances,
        shallow_bytes: group.shallow_bytes,
        example_id: heap.snapshot().id(group.example).0,
    }
}

/// The names of the properties an object has itself, in the order of the file.
fn properties<'a>(heap: &'a Heap<'_>, node: NodeOrdinal) -> impl Iterator<Item = u32> + 'a {
    let proto = &heap.words().proto;
    let edges = heap.snapshot().edges(node);
    edges
        .filter(|edge| edge.edge_type == EdgeType::Property && !proto.is(edge.name_or_index))
        .map(|edge| edge.name_or_index)
}

struct Group {
    example: NodeOrdinal,
    property_count: u64,
    instances: u64,
    shallow_bytes: u64,
    /// The next group of the same hash.
    next: Option<u32>,
}

/// Groups by hash. No list of names is kept: an object is compared with the
/// example of its group.
struct Grouping<'a> {
    heap: &'a Heap<'a>,
    groups: Vec<Group>,
    by_hash: FxHashMap<u64, u32>,
    /// Whether objects of a constructor are V8's own, by name.
    is_internal: FxHashMap<u32, bool>,
}

impl<'a> Grouping<'a> {
    fn of(heap: &'a Heap<'a>) -> Self {
        let mut grouping = Self {
            heap,
            groups: Vec::new(),
            by_hash: FxHashMap::default(),
            is_internal: FxHashMap::default(),
        };
        for node in heap.snapshot().ordinals() {
            if grouping.is_object(node) {
                grouping.add(node);
            }
        }
        grouping
    }

    /// V8's contexts are objects by type, named `system / Context`.
    fn is_object(&mut self, node: NodeOrdinal) -> bool {
        let snapshot = self.heap.snapshot();
        let name = snapshot.name_index(node);
        snapshot.node_type(node) == NodeType::Object
            && !*self
                .is_internal
                .entry(name.0)
                .or_insert_with(|| snapshot.strings().raw(name).starts_with(b"system / "))
    }

    fn add(&mut self, node: NodeOrdinal) {
        let (hash, property_count) = self.hash(node);
        let shallow_bytes = self.heap.shallow(node);
        let first = self.by_hash.get(&hash).copied();
        let mut at = first;
        while let Some(index) = at {
            if self.is_same(self.groups[index as usize].example, node) {
                let group = &mut self.groups[index as usize];
                group.instances += 1;
                group.shallow_bytes = group.shallow_bytes.saturating_add(shallow_bytes);
                return;
            }
            at = self.groups[index as usize].next;
        }
        self.by_hash.insert(hash, self.groups.len() as u32);
        self.groups.push(Group {
            example: node,
            property_count,
            instances: 1,
            shallow_bytes,
            next: first,
        });
    }

    /// A hash that does not depend on the order of the properties.
    fn hash(&self, node: NodeOrdinal) -> (u64, u64) {
        let mix = BuildHasherDefault::<FxHasher>::default();
        let constructor = self.heap.snapshot().name_index(node).0;
        let mut hash = mix.hash_one((constructor, u8::MAX));
        let mut count = 0;
        for name in properties(self.heap, node) {
            hash = hash.wrapping_add(mix.hash_one(name));
            count += 1;
        }
        (hash, count)
    }

    fn is_same(&self, a: NodeOrdinal, b: NodeOrdinal) -> bool {
        let snapshot = self.heap.snapshot();
        if snapshot.name_index(a) != snapshot.name_index(b) {
            return false;
        }
        if properties(self.heap, a).eq(properties(self.heap, b)) {
            return true;
        }
        let sorted = |node| {
            let mut names: Vec<u32> = properties(self.heap, node).collect();
            names.sort_unstable();
            names
        };
        sorted(a) == sorted(b)
    }
}
