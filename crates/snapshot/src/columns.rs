//! A snapshot as columns of plain integers: one entry for each node, one for
//! each edge. Immutable once made. Reads nothing, computes nothing; sizes here
//! are those of the file.

use std::borrow::Cow;

use super::locations::Locations;
use super::reading::Reading;
use super::strings::StringTable;
use super::types::{
    Attachment, EdgeOrdinal, EdgeType, Location, NodeId, NodeOrdinal, NodeType, StringIndex,
};

/// Bits of a packed edge that number its target.
const TARGET_BITS: u32 = 29;

/// Nodes a snapshot may have, so that a target and the type of an edge fit one
/// `u32`: 536 870 912, a file of some 40 GB.
pub const MAX_NODES: u64 = 1 << TARGET_BITS;

/// Edges a snapshot may have, so that [`EdgeOrdinal`] fits a `u32`.
pub const MAX_EDGES: u64 = u32::MAX as u64;

/// Target and type of an edge in one word: half the memory traffic of the
/// traversals, which is what they spend their time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedEdge(pub u32);

impl PackedEdge {
    const TYPES: [EdgeType; 8] = [
        EdgeType::Context,
        EdgeType::Element,
        EdgeType::Property,
        EdgeType::Internal,
        EdgeType::Hidden,
        EdgeType::Shortcut,
        EdgeType::Weak,
        EdgeType::Other,
    ];

    #[inline]
    pub(crate) const fn new(to: u32, kind: EdgeType) -> Self {
        Self(to | (kind as u32) << TARGET_BITS)
    }

    #[inline]
    pub(crate) const fn to(self) -> u32 {
        self.0 & ((1 << TARGET_BITS) - 1)
    }

    #[inline]
    pub(crate) const fn kind(self) -> EdgeType {
        Self::TYPES[(self.0 >> TARGET_BITS) as usize]
    }

    #[inline]
    pub(crate) const fn is(self, kind: EdgeType) -> bool {
        self.0 >> TARGET_BITS == kind as u32
    }
}

/// 64-bit numbers of which nearly all fit 32 bits: the low halves, and the few
/// high halves that are not 0, by ordinal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WideColumn {
    pub low: Vec<u32>,
    pub high: Vec<(u32, u32)>,
}

impl WideColumn {
    pub(crate) fn push(&mut self, value: u64) {
        if value > u64::from(u32::MAX) {
            self.high
                .push((self.low.len() as u32, (value >> 32) as u32));
        }
        self.low.push(value as u32);
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> u64 {
        let low = u64::from(self.low[index]);
        if self.high.is_empty() {
            return low;
        }
        match self
            .high
            .binary_search_by_key(&(index as u32), |&(at, _)| at)
        {
            Ok(found) => low | u64::from(self.high[found].1) << 32,
            Err(_) => low,
        }
    }

    pub(crate) fn from_values(values: &[u64]) -> Self {
        let mut column = Self::default();
        column.low.reserve_exact(values.len());
        for &value in values {
            column.push(value);
        }
        column
    }

    /// All values as 64-bit numbers, if any needs more than 32.
    pub(crate) fn to_vec_if_wide(&self) -> Option<Vec<u64>> {
        if self.high.is_empty() {
            return None;
        }
        let mut values: Vec<u64> = self.low.iter().map(|&low| u64::from(low)).collect();
        for &(at, high) in &self.high {
            values[at as usize] |= u64::from(high) << 32;
        }
        Some(values)
    }
}

/// One entry for each node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeColumns {
    /// Numbers of the file's own list of types.
    pub types: Vec<u8>,
    pub names: Vec<u32>,
    /// Empty when the reader was told to leave ids out.
    pub ids: WideColumn,
    pub self_sizes: WideColumn,
    /// Ordinal and number, of the nodes where it is not 0.
    pub detachedness: Vec<(u32, u8)>,
    /// Edge counts while reading, then where each node's edges start, and one
    /// more entry for the end. Empty when edges are left out.
    pub first_edge: Vec<u32>,
}

/// One entry for each edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EdgeColumns {
    pub heads: Vec<u32>,
    pub names: Vec<u32>,
}

/// An edge, as handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its place in the file.
    pub ordinal: EdgeOrdinal,
    /// What it is.
    pub edge_type: EdgeType,
    /// An index for [`EdgeType::has_index`], else a [`StringIndex`].
    pub name_or_index: u32,
    /// The node it points at.
    pub to: NodeOrdinal,
}

/// A heap snapshot. See [`super::reader`] for ways to get one and
/// [`super::SnapshotBuilder`] for making one without a file.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) nodes: NodeColumns,
    pub(crate) edges: EdgeColumns,
    pub(crate) locations: Locations,
    pub(crate) strings: StringTable,
    pub(crate) root: u32,
    pub(crate) extra_native_bytes: u64,
    pub(crate) node_type_names: Vec<String>,
    pub(crate) node_types: Vec<NodeType>,
    pub(crate) has_detachedness: bool,
    pub(crate) has_edges: bool,
    /// What was read where V8 did not write the snapshot.
    pub(crate) reading: Option<Reading>,
}

impl Snapshot {
    /// How it was read from the memory of a process; nothing of a snapshot that V8 wrote.
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// Says that it was read from memory, and how.
    pub fn set_reading(&mut self, reading: Reading) {
        self.reading = Some(reading);
    }

    /// The same, for who knows more of it than the reader.
    pub fn reading_mut(&mut self) -> Option<&mut Reading> {
        self.reading.as_mut()
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.types.len()
    }

    /// How many edges there are; 0 when they were left out.
    pub fn edge_count(&self) -> usize {
        self.edges.heads.len()
    }

    /// Whether edges were read. Without them there are no retained sizes.
    pub fn has_edges(&self) -> bool {
        self.has_edges
    }

    /// The node from which everything alive is reached.
    pub fn root(&self) -> NodeOrdinal {
        NodeOrdinal(self.root)
    }

    /// Bytes outside the heap that belong to no node.
    pub fn extra_native_bytes(&self) -> u64 {
        self.extra_native_bytes
    }

    /// The string table.
    pub fn strings(&self) -> &StringTable {
        &self.strings
    }

    /// Every node, in order.
    pub fn ordinals(&self) -> impl DoubleEndedIterator<Item = NodeOrdinal> + use<> {
        (0..self.node_count() as u32).map(NodeOrdinal)
    }

    /// What the node is.
    #[inline]
    pub fn node_type(&self, node: NodeOrdinal) -> NodeType {
        self.kind(node.index())
    }

    /// As [`Self::node_type`], by the name the file has for it.
    pub fn node_type_name(&self, node: NodeOrdinal) -> &str {
        &self.node_type_names[usize::from(self.nodes.types[node.index()])]
    }

    /// The string its name is.
    #[inline]
    pub fn name_index(&self, node: NodeOrdinal) -> StringIndex {
        StringIndex(self.nodes.names[node.index()])
    }

    /// Its name: of an object its constructor, of a string its text.
    pub fn name(&self, node: NodeOrdinal) -> Cow<'_, str> {
        self.strings.get(self.name_index(node))
    }

    /// V8's number for it; 0 when ids were left out.
    pub fn id(&self, node: NodeOrdinal) -> NodeId {
        if self.nodes.ids.low.is_empty() {
            return NodeId(0);
        }
        NodeId(self.nodes.ids.get(node.index()))
    }

    /// The node with this id. Looks at every node.
    pub fn node_by_id(&self, id: NodeId) -> Option<NodeOrdinal> {
        let low = id.0 as u32;
        let same_low = self.nodes.ids.low.iter().enumerate();
        same_low
            .filter(|&(_, &other)| other == low)
            .map(|(index, _)| NodeOrdinal(index as u32))
            .find(|&node| self.id(node) == id)
    }

    /// Shallow size in bytes, as the file has it.
    #[inline]
    pub fn self_size(&self, node: NodeOrdinal) -> u64 {
        self.nodes.self_sizes.get(node.index())
    }

    /// Whether its tree is attached, as the file has it.
    pub fn attachment(&self, node: NodeOrdinal) -> Attachment {
        let column = &self.nodes.detachedness;
        match column.binary_search_by_key(&node.0, |&(at, _)| at) {
            Ok(found) => Attachment::from_number(column[found].1),
            Err(_) => Attachment::Unknown,
        }
    }

    /// The edges that leave the node, in the order of the file.
    pub fn edges(&self, node: NodeOrdinal) -> impl ExactSizeIterator<Item = Edge> + '_ {
        self.edge_range(node.index())
            .map(|index| self.edge(EdgeOrdinal(index as u32)))
    }

    /// One edge.
    pub fn edge(&self, ordinal: EdgeOrdinal) -> Edge {
        let head = PackedEdge(self.edges.heads[ordinal.index()]);
        Edge {
            ordinal,
            edge_type: head.kind(),
            name_or_index: self.edges.names[ordinal.index()],
            to: NodeOrdinal(head.to()),
        }
    }

    /// The name of an edge, or its index in digits.
    pub fn edge_name(&self, edge: &Edge) -> Cow<'_, str> {
        if edge.edge_type.has_index() {
            Cow::Owned(edge.name_or_index.to_string())
        } else {
            self.strings.get(StringIndex(edge.name_or_index))
        }
    }

    /// Where the node's constructor, or the function it is, stands in its source.
    pub fn location(&self, node: NodeOrdinal) -> Option<Location> {
        self.locations.of(node)
    }

    #[inline]
    pub(crate) fn kind(&self, index: usize) -> NodeType {
        self.node_types[usize::from(self.nodes.types[index])]
    }

    #[inline]
    pub(crate) fn edge_range(&self, index: usize) -> std::ops::Range<usize> {
        if !self.has_edges {
            return 0..0;
        }
        self.nodes.first_edge[index] as usize..self.nodes.first_edge[index + 1] as usize
    }

    #[inline]
    pub(crate) fn heads(&self, index: usize) -> &[u32] {
        &self.edges.heads[self.edge_range(index)]
    }
}
