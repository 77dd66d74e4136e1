//! A snapshot made without a file: nodes, edges and names pushed in, as by a
//! walk over V8's own graph. Checks what the reader checks.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::columns::{EdgeColumns, MAX_EDGES, MAX_NODES, NodeColumns, PackedEdge, Snapshot};
use super::error::{SnapshotError, SnapshotErrorKind as Kind};
use super::locations::{FoundLocations, Locations};
use super::strings::{Starts, StringTable};
use super::types::{EdgeType, Location, NodeId, NodeOrdinal, NodeType, StringIndex};

/// Says of a name that it is a number, until all texts are known and the numbers come after them.
const NUMBER: u32 = 1 << 31;

/// What a node is, all but its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewNode {
    /// What it is.
    pub node_type: NodeType,
    /// From [`SnapshotBuilder::string`].
    pub name: StringIndex,
    /// V8's number for it.
    pub id: NodeId,
    /// Shallow size in bytes.
    pub self_size: u64,
    /// As in the file: 0 unknown, 1 attached, 2 detached.
    pub detachedness: u8,
}

/// A place in a source that a builder knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourcePlace(u32);

/// Collects a snapshot. Each node's edges come right after the node; they may
/// lead to nodes that come later.
///
/// ```
/// use memwatch_snapshot::{EdgeType, NewNode, NodeId, NodeOrdinal, NodeType};
/// use memwatch_snapshot::SnapshotBuilder;
///
/// let mut builder = SnapshotBuilder::new();
/// let mut node = |builder: &mut SnapshotBuilder, node_type, name, id| {
///     let name = builder.string(name);
///     let (id, self_size, detachedness) = (NodeId(id), 16, 0);
///     builder.node(NewNode { node_type, name, id, self_size, detachedness });
/// };
/// node(&mut builder, NodeType::Synthetic, "(root)", 1);
/// builder.indexed_edge(EdgeType::Element, 0, NodeOrdinal(1));
/// node(&mut builder, NodeType::Object, "User", 3);
/// let snapshot = builder.finish().unwrap();
/// assert_eq!(snapshot.name(NodeOrdinal(1)), "User");
/// assert_eq!(snapshot.edges(snapshot.root()).len(), 1);
/// ```
#[derive(Debug, Default)]
pub struct SnapshotBuilder {
    nodes: NodeColumns,
    edges: EdgeColumns,
    locations: FoundLocations,
    text: Vec<u8>,
    starts: Starts,
    /// One more than the largest that was asked for.
    numbers: u32,
    known: FxHashMap<String, u32>,
    extra_native_bytes: u64,
    root: u32,
}

impl SnapshotBuilder {
    /// An empty one, the first node of which will be the root.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Self::new`], with room for so much.
    pub fn with_capacity(nodes: usize, edges: usize) -> Self {
        let mut builder = Self::new();
        builder.nodes.types.reserve_exact(nodes);
        builder.nodes.names.reserve_exact(nodes);
        builder.nodes.ids.low.reserve_exact(nodes);
        builder.nodes.self_sizes.low.reserve_exact(nodes);
        builder.nodes.first_edge.reserve_exact(nodes + 1);
        builder.edges.heads.reserve_exact(edges);
        builder.edges.names.reserve_exact(edges);
        builder
    }

    /// Sets room for at least so many edges aside, if there is any: a guess may be too large. Room that is not used costs
    /// no memory, and columns that are large from the beginning grow without being copied.
    pub fn expect_edges(&mut self, edges: usize) {
        let EdgeColumns { heads, names } = &mut self.edges;
        // Where there is no room they grow, as others do.
        let _ = heads.try_reserve_exact(edges);
        let _ = names.try_reserve_exact(edges);
    }

    /// The place of a string in the table, which is added if it is not there.
    pub fn string(&mut self, text: &str) -> StringIndex {
        if let Some(&known) = self.known.get(text) {
            return StringIndex(known);
        }
        let index = self.new_string(text);
        self.known.insert(text.to_owned(), index.0);
        index
    }

    /// Adds a string without looking whether it is there: for callers that keep
    /// their own record of strings, such as V8's pointers.
    pub fn new_string(&mut self, text: &str) -> StringIndex {
        let index = self.starts.len() as u32;
        self.starts.grow(self.text.len() as u64);
        let mut rest = text.as_bytes();
        // The table holds JSON; control characters need no escape to be
        // read back by it.
        while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            self.text.extend_from_slice(&rest[..at]);
            self.text.extend_from_slice(&[b'\\', rest[at]]);
            rest = &rest[at + 1..];
        }
        self.text.extend_from_slice(rest);
        self.text.push(b'"');
        StringIndex(index)
    }

    /// A number in digits as the name of edges. It takes no room, so that each of the references of an array can have
    /// its own; to [`Self::string`] it is unknown.
    #[inline]
    pub fn number(&mut self, number: u32) -> StringIndex {
        if number >= NUMBER {
            return self.string(&number.to_string());
        }
        self.numbers = self.numbers.max(number + 1);
        StringIndex(NUMBER | number)
    }

    /// Adds a node; edges added from now on are its own.
    #[inline]
    pub fn node(&mut self, node: NewNode) -> NodeOrdinal {
        let ordinal = self.nodes.types.len() as u32;
        self.nodes.types.push(node.node_type as u8);
        self.nodes.names.push(node.name.0);
        self.nodes.ids.push(node.id.0);
        self.nodes.self_sizes.push(node.self_size);
        self.nodes.first_edge.push(self.edges.heads.len() as u32);
        if node.detachedness != 0 {
            self.nodes.detachedness.push((ordinal, node.detachedness));
        }
        NodeOrdinal(ordinal)
    }

    /// Adds an edge of a type that goes by name.
    #[inline]
    pub fn named_edge(&mut self, edge_type: EdgeType, name: StringIndex, to: NodeOrdinal) {
        self.edge(edge_type, name.0, to);
    }

    /// Adds an edge of a type that goes by number, see [`EdgeType::has_index`].
    #[inline]
    pub fn indexed_edge(&mut self, edge_type: EdgeType, index: u32, to: NodeOrdinal) {
        self.edge(edge_type, index, to);
    }

    #[inline]
    fn edge(&mut self, edge_type: EdgeType, name: u32, to: NodeOrdinal) {
        // A target too large to pack is out of range as well; `finish` says so.
        let to = to.0.min(MAX_NODES as u32 - 1);
        self.edges.heads.push(PackedEdge::new(to, edge_type).0);
        self.edges.names.push(name);
    }

    /// Says where the constructor or function of a node stands.
    pub fn location(&mut self, node: NodeOrdinal, location: Location) {
        self.locations.push(node.0, location);
    }

    /// A place in a source, for [`Self::located`]: many nodes have few places.
    pub fn place(&mut self, location: Location) -> SourcePlace {
        SourcePlace(self.locations.place(location))
    }

    /// The same as [`Self::location`].
    #[inline]
    pub fn located(&mut self, node: NodeOrdinal, place: SourcePlace) {
        self.locations.push_place(node.0, place.0);
    }

    /// Bytes outside the heap that belong to no node.
    pub fn extra_native_bytes(&mut self, bytes: u64) {
        self.extra_native_bytes = bytes;
    }

    /// Makes a node other than the first the root.
    pub fn root(&mut self, node: NodeOrdinal) {
        self.root = node.0;
    }

    /// The snapshot.
    ///
    /// # Errors
    ///
    /// When there is no root, an edge or a location leads to no node, or a name
    /// is no string; the offset is always 0.
    pub fn finish(mut self) -> Result<Snapshot, SnapshotError> {
        let fail = |kind, message: &'static str| Err(SnapshotError::new(kind, 0, message));
        let count = self.nodes.types.len();
        let strings = self.starts.len();
        if count as u64 >= MAX_NODES || self.edges.heads.len() as u64 > MAX_EDGES {
            return fail(Kind::TooLarge, "more nodes or edges than can be numbered");
        }
        if self.root as usize >= count {
            return fail(Kind::Target, "the root is not a node");
        }
        if self.locations.nodes().any(|node| node as usize >= count) {
            return fail(Kind::Target, "a location belongs to no node");
        }
        if strings as u64 + u64::from(self.numbers) > u64::from(u32::MAX)
            || strings as u64 > u64::from(NUMBER)
        {
            return fail(Kind::TooLarge, "more names than can be numbered");
        }
        let (mut is_target, mut is_name) = (true, true);
        for (&head, name) in self.edges.heads.iter().zip(&mut self.edges.names) {
            let edge = PackedEdge(head);
            is_target &= (edge.to() as usize) < count;
            if !edge.kind().has_index() {
                if *name & NUMBER != 0 {
                    let number = *name & !NUMBER;
                    is_name &= number < self.numbers;
                    *name = strings as u32 + number;
                } else {
                    is_name &= (*name as usize) < strings;
                }
            }
        }
        if !is_target {
            return fail(Kind::Target, "an edge leads to no node");
        }
        let mut names = self.nodes.names.iter();
        if !is_name || names.any(|&name| name as usize >= strings) {
            return fail(Kind::Name, "a name is not a string");
        }
        if !self.edges.heads.is_empty() && self.nodes.first_edge.first() != Some(&0) {
            return fail(Kind::Count, "there are edges before the first node");
        }
        self.nodes.first_edge.push(self.edges.heads.len() as u32);
        let node_types: Vec<NodeType> = NodeType::KNOWN
            .iter()
            .copied()
            .chain([NodeType::Other])
            .collect();
        Ok(Snapshot {
            node_type_names: node_types.iter().map(|kind| kind.name().into()).collect(),
            node_types,
            locations: Locations::new(count, self.locations),
            strings: StringTable::with_numbers(Arc::new(self.text), self.starts, self.numbers),
            root: self.root,
            extra_native_bytes: self.extra_native_bytes,
            has_detachedness: true,
            has_edges: true,
            reading: None,
            nodes: self.nodes,
            edges: self.edges,
        })
    }
}
