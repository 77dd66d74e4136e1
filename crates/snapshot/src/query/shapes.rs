//! `shapes`: objects that have the same constructor and the same property names,
//! in whatever order, for objects that V8 keeps as dictionaries have none.

use std::cmp::Reverse;
use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHasher};

use super::super::types::{NodeOrdinal, NodeType, StringIndex};
use super::error::QueryError;
use super::fields::Fields;
use super::heap::Heap;
use super::info::SnapshotInfo;
use super::names::Words;
use super::top::smallest;

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

/// Objects grouped by constructor and property names.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapesAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many shapes there are.
    pub shape_count: u64,
    /// The first of them, in the order asked for.
    pub shapes: Vec<ShapeEntry>,
}

/// One shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeEntry {
    /// Name of the constructor.
    pub constructor: String,
    /// Names of the first properties, in the order of the example.
    pub properties: Vec<String>,
    /// How many properties each object has. Those that hold numbers are counted
    /// where V8's hidden class names them, which is where it is not shared with
    /// other objects.
    pub property_count: u64,
    /// How many objects have this shape.
    pub instances: u64,
    /// Bytes of the objects themselves.
    pub shallow_bytes: u64,
    /// One of them: the first in the file.
    pub example_id: u64,
}

/// Objects grouped by constructor and property names. A property that holds a
/// number has no edge in a snapshot; it is known where V8's hidden class of the
/// object is not shared, and missing otherwise.
///
/// # Errors
///
/// [`QueryError::NeedsEdges`]: properties are edges.
pub fn shapes(heap: &Heap<'_>, options: &ShapesOptions) -> Result<ShapesAnswer, QueryError> {
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
    Ok(ShapesAnswer {
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
    let map = Words::follow(heap.snapshot(), group.example, &heap.words().map);
    let names = Fields::default().of(heap, group.example, map);
    ShapeEntry {
        constructor: heap.snapshot().name(group.example).into_owned(),
        properties: names
            .into_iter()
            .take(MAX_LISTED)
            .map(|name| strings.get(StringIndex(name)).into_owned())
            .collect(),
        property_count: group.property_count,
        instances: group.instances,
        shallow_bytes: group.shallow_bytes,
        example_id: heap.snapshot().id(group.example).0,
    }
}

struct Group {
    example: NodeOrdinal,
    property_count: u64,
    instances: u64,
    shallow_bytes: u64,
    /// The next group of the same hash.
    next: Option<u32>,
}

/// Groups by hidden class where that says everything, else by hash. No list of
/// names is kept: an object is compared with the example of its group.
struct Grouping<'a> {
    heap: &'a Heap<'a>,
    groups: Vec<Group>,
    by_hash: FxHashMap<u64, u32>,
    by_map: FxHashMap<u32, u32>,
    fields: Fields,
    /// Whether objects of a constructor are V8's own, by name.
    is_internal: FxHashMap<u32, bool>,
}

impl<'a> Grouping<'a> {
    fn of(heap: &'a Heap<'a>) -> Self {
        let mut grouping = Self {
            heap,
            groups: Vec::new(),
            by_hash: FxHashMap::default(),
            by_map: FxHashMap::default(),
            fields: Fields::default(),
            is_internal: FxHashMap::default(),
        };
        for node in heap.snapshot().ordinals() {
            if grouping.is_object(node) {
                let at = grouping.group(node);
                let group = &mut grouping.groups[at as usize];
                group.instances += 1;
                group.shallow_bytes = group.shallow_bytes.saturating_add(heap.shallow(node));
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

    /// The group of an object, made where there is none.
    fn group(&mut self, node: NodeOrdinal) -> u32 {
        let map = Words::follow(self.heap.snapshot(), node, &self.heap.words().map);
        let known = map.and_then(|map| self.by_map.get(&map.0));
        if let Some(&at) = known
            && self.has_same_name(self.groups[at as usize].example, node)
        {
            return at;
        }
        let at = self.group_by_hash(node, map);
        if let Some(map) = map
            && self.fields.is_certain(self.heap, map)
        {
            self.by_map.insert(map.0, at);
        }
        at
    }

    fn group_by_hash(&mut self, node: NodeOrdinal, map: Option<NodeOrdinal>) -> u32 {
        let mut names = self.fields.of(self.heap, node, map);
        names.sort_unstable();
        let mix = BuildHasherDefault::<FxHasher>::default();
        let constructor = self.heap.snapshot().name_index(node).0;
        let hash = mix.hash_one((constructor, &names));
        let first = self.by_hash.get(&hash).copied();
        let mut at = first;
        while let Some(index) = at {
            if self.is_same(index, node, &names) {
                return index;
            }
            at = self.groups[index as usize].next;
        }
        let index = self.groups.len() as u32;
        self.by_hash.insert(hash, index);
        self.groups.push(Group {
            example: node,
            property_count: names.len() as u64,
            instances: 0,
            shallow_bytes: 0,
            next: first,
        });
        index
    }

    fn has_same_name(&self, a: NodeOrdinal, b: NodeOrdinal) -> bool {
        let snapshot = self.heap.snapshot();
        snapshot.name_index(a) == snapshot.name_index(b)
    }

    /// Whether an object of these names belongs to the group.
    fn is_same(&mut self, group: u32, node: NodeOrdinal, names: &[u32]) -> bool {
        let Group {
            example,
            property_count,
            ..
        } = self.groups[group as usize];
        if property_count != names.len() as u64 || !self.has_same_name(example, node) {
            return false;
        }
        let map = Words::follow(self.heap.snapshot(), example, &self.heap.words().map);
        let mut others = self.fields.of(self.heap, example, map);
        others.sort_unstable();
        others == names
    }
}
