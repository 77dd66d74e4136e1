//! The properties plain objects begin with: each list once, and which list each
//! object has. What names and interfaces are made of.

use rustc_hash::FxHashMap;

use super::super::columns::{PackedEdge, Snapshot};
use super::super::graph::KnownNames;
use super::super::strings::utf16_len;
use super::super::types::{EdgeType, NodeType, StringIndex};
use super::interfaces::formatted;

/// Length in UTF-16 units beyond which an interface's name takes no more
/// properties, and a list neither.
const MAX_NAME_LENGTH: usize = 120;

/// Stands at the end of a list that leaves properties out.
const MORE: u32 = u32::MAX;

/// The properties some plain objects begin with.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    list: Box<[u32]>,
    /// How many objects begin so.
    pub count: usize,
}

impl Shape {
    /// Names of the properties, in their order.
    pub(crate) fn properties(&self) -> &[u32] {
        self.list.strip_suffix(&[MORE]).unwrap_or(&self.list)
    }

    /// Whether the objects have no further properties.
    pub(crate) fn is_whole(&self) -> bool {
        self.list.last() != Some(&MORE)
    }
}

/// The shapes of a snapshot's plain objects.
#[derive(Clone, Debug)]
pub(crate) struct Shapes {
    /// In the order in which they are met.
    pub shapes: Vec<Shape>,
    /// Which of them each plain object has, in the order of the objects.
    pub of_objects: Vec<u32>,
}

impl Shapes {
    pub(crate) fn of(snapshot: &Snapshot, names: &KnownNames) -> Self {
        let mut finder = Finder {
            snapshot,
            names,
            lengths: FxHashMap::default(),
            known: FxHashMap::default(),
            shapes: Vec::new(),
            bare: None,
            list: Vec::new(),
            last: Vec::new(),
            last_shape: None,
        };
        let objects = (0..snapshot.node_count())
            .filter(|&node| is_plain_object(snapshot, names, node))
            .map(|node| finder.shape_of(node));
        let of_objects = objects.collect();
        Self {
            shapes: finder.shapes,
            of_objects,
        }
    }
}

/// Whether rules for plain objects apply.
pub(super) fn is_plain_object(snapshot: &Snapshot, names: &KnownNames, node: usize) -> bool {
    snapshot.kind(node) == NodeType::Object && names.is_object(snapshot.nodes.names[node])
}

/// The names of the properties of a node, in the order of the file.
pub(super) fn properties(snapshot: &Snapshot, node: usize) -> impl Iterator<Item = u32> + '_ {
    let range = snapshot.edge_range(node);
    let heads = &snapshot.edges.heads[range.clone()];
    let edges = heads.iter().zip(&snapshot.edges.names[range]);
    edges
        .filter(|&(&head, _)| PackedEdge(head).is(EdgeType::Property))
        .map(|(_, &name)| name)
}

struct Finder<'a> {
    snapshot: &'a Snapshot,
    names: &'a KnownNames,
    /// Length as written of each name, once known.
    lengths: FxHashMap<u32, usize>,
    known: FxHashMap<Box<[u32]>, u32>,
    shapes: Vec<Shape>,
    /// The shape of objects without properties, once met.
    bare: Option<u32>,
    list: Vec<u32>,
    /// All properties of the last object, and its shape: neighbours are mostly alike.
    last: Vec<u32>,
    last_shape: Option<u32>,
}

impl Finder<'_> {
    fn shape_of(&mut self, node: usize) -> u32 {
        let properties = properties(self.snapshot, node);
        if let Some(shape) = self.last_shape
            && properties.eq(self.last.iter().copied())
        {
            self.shapes[shape as usize].count += 1;
            return shape;
        }
        let shape = self.find(node);
        self.last.clear();
        self.last.extend(self::properties(self.snapshot, node));
        self.last_shape = Some(shape);
        shape
    }

    fn find(&mut self, node: usize) -> u32 {
        self.list_properties(node);
        // Numbers make no edges, so objects without any are the most frequent.
        // (And comparing nothing with nothing is slow where the C library looks
        // at 64 bytes at once: the address of nothing is not mapped.)
        let shape = match (self.list.is_empty(), self.bare) {
            (true, Some(bare)) => bare,
            (is_bare, _) => {
                let shape = self.look_up();
                self.bare = is_bare.then_some(shape).or(self.bare);
                shape
            }
        };
        self.shapes[shape as usize].count += 1;
        shape
    }

    fn look_up(&mut self) -> u32 {
        if let Some(&shape) = self.known.get(self.list.as_slice()) {
            return shape;
        }
        let list: Box<[u32]> = self.list.as_slice().into();
        let shape = self.shapes.len() as u32;
        self.known.insert(list.clone(), shape);
        self.shapes.push(Shape { list, count: 0 });
        shape
    }

    /// Lists as many properties as a name holds. `__proto__` never counts.
    fn list_properties(&mut self, node: usize) {
        self.list.clear();
        let mut length = "{".len();
        for name in properties(self.snapshot, node) {
            if self.names.is_proto(name) {
                continue;
            }
            let strings = &self.snapshot.strings;
            let added = *self
                .lengths
                .entry(name)
                .or_insert_with(|| utf16_len(&formatted(&strings.get(StringIndex(name)))));
            // By length, not by number: see `interfaces::name_of`.
            let is_first = length == "{".len();
            if !is_first && length + added > MAX_NAME_LENGTH {
                self.list.push(MORE);
                return;
            }
            if !is_first {
                length += ", ".len();
            }
            length += added;
            self.list.push(name);
        }
    }
}
