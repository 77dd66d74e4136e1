//! The graph of a snapshot taken in this process, pushed in node by node: which
//! nodes can be reached, and which need to be asked for their names. Keeps no
//! names and no edges beyond [`HeapGraph::finish`], where only the columns of a
//! heap diff remain.

use super::heap_columns::{ClassNames, ColumnsWriter, HeapColumns};
use super::types::NodeType;

/// The type behind a number of `v8::HeapGraphNode::Type`, the same from Node 18 on;
/// object shapes came with 20. (In files the numbers are the file's own.)
#[must_use]
pub const fn node_type_from_v8(number: u32) -> NodeType {
    match number {
        0 => NodeType::Hidden,
        1 => NodeType::Array,
        2 => NodeType::String,
        3 => NodeType::Object,
        4 => NodeType::Code,
        5 => NodeType::Closure,
        6 => NodeType::RegExp,
        7 => NodeType::Number,
        8 => NodeType::Native,
        9 => NodeType::Synthetic,
        10 => NodeType::ConsString,
        11 => NodeType::SlicedString,
        12 => NodeType::Symbol,
        13 => NodeType::BigInt,
        14 => NodeType::ObjectShape,
        _ => NodeType::Other,
    }
}

/// `v8::HeapGraphEdge::kInternal`.
const INTERNAL_EDGE: u8 = 3;

/// No node of this graph has the id.
const ABSENT: u32 = u32::MAX;

/// A snapshot's graph while it is read.
#[derive(Default)]
pub struct HeapGraph {
    ids: Vec<u32>,
    types: Vec<NodeType>,
    shallow_sizes: Vec<u64>,
    /// One more entry than nodes.
    first_edges: Vec<usize>,
    /// Ids while the graph is read, ordinals afterwards.
    edges: Vec<u32>,
    edge_is_internal: Vec<bool>,
}

impl HeapGraph {
    /// An empty graph with room for `nodes`.
    #[must_use]
    pub fn with_capacity(nodes: usize) -> Self {
        /// Edges a node in heaps of small objects, measured at 3.0 to 3.1.
        const EDGES_A_NODE: usize = 3;
        Self {
            ids: Vec::with_capacity(nodes),
            types: Vec::with_capacity(nodes),
            shallow_sizes: Vec::with_capacity(nodes),
            first_edges: Vec::with_capacity(nodes + 1),
            edges: Vec::with_capacity(nodes * EDGES_A_NODE),
            edge_is_internal: Vec::with_capacity(nodes * EDGES_A_NODE),
        }
    }

    /// Adds the next node, whose edges follow with [`Self::push_edges`].
    pub fn push_node(&mut self, id: u32, node_type: NodeType, shallow_size: u64, edge_count: u32) {
        let first = self.first_edges.last().copied().unwrap_or(0);
        if self.first_edges.is_empty() {
            self.first_edges.push(0);
        }
        self.first_edges.push(first + edge_count as usize);
        self.ids.push(id);
        self.types.push(node_type);
        self.shallow_sizes.push(shallow_size);
    }

    /// Adds edges, in the order of the nodes they start from: the ids they lead to,
    /// and V8's numbers of their types, as many as ids.
    pub fn push_edges(&mut self, to_ids: &[u32], v8_types: &[u8]) {
        self.edges.extend_from_slice(to_ids);
        let are_internal = v8_types.iter().map(|&number| number == INTERNAL_EDGE);
        self.edge_is_internal.extend(are_internal);
        self.edge_is_internal.resize(self.edges.len(), false);
    }

    /// Leaves out what `hidden_ids` alone keep alive, and them, and finds out whose
    /// names are needed. Edges that lead to no node, or are missing, count as none.
    /// `is_map` is asked of a few nodes, by ordinal, whether V8 names them so: Node 18
    /// has no type for hidden classes.
    #[must_use]
    pub fn resolve(
        mut self,
        root_id: u32,
        hidden_ids: &[u32],
        is_map: impl FnMut(u32) -> bool,
    ) -> ReachableGraph {
        let lookup = IdLookup::new(&self.ids);
        for to in &mut self.edges {
            *to = lookup.ordinal(*to);
        }
        let mut hidden = vec![false; self.ids.len()];
        for &id in hidden_ids {
            if let Some(flag) = hidden.get_mut(lookup.ordinal(id) as usize) {
                *flag = true;
            }
        }
        let reachable = self.reachable_from(lookup.ordinal(root_id), hidden);
        let shapes = self.shapes(is_map);
        let (unnamed, names) = self.names_needed(&reachable, &shapes);
        ReachableGraph {
            graph: self,
            reachable,
            unnamed,
            names,
        }
    }

    fn edges_of(&self, ordinal: usize) -> impl Iterator<Item = (u32, bool)> + '_ {
        let end = self.first_edges[ordinal + 1].min(self.edges.len());
        let start = self.first_edges[ordinal].min(end);
        self.edges[start..end]
            .iter()
            .copied()
            .zip(self.edge_is_internal[start..end].iter().copied())
    }

    /// Depth first over edges of all types, with a stack of its own: lists of
    /// millions of links are real.
    fn reachable_from(&self, root: u32, seen_at_start: Vec<bool>) -> Vec<bool> {
        let mut seen = seen_at_start;
        let mut reachable = vec![false; self.ids.len()];
        let mut stack = Vec::new();
        let mut visit = |ordinal: u32, stack: &mut Vec<u32>| {
            if let Some(seen) = seen.get_mut(ordinal as usize)
                && !*seen
            {
                *seen = true;
                stack.push(ordinal);
            }
        };
        visit(root, &mut stack);
        while let Some(ordinal) = stack.pop() {
            reachable[ordinal as usize] = true;
            for (to, _) in self.edges_of(ordinal as usize) {
                visit(to, &mut stack);
            }
        }
        reachable
    }

    /// The ordinals to ask for names, and for each node the place of its name among
    /// them, or [`ABSENT`] where it needs none.
    fn names_needed(&self, reachable: &[bool], shapes: &[bool]) -> (Vec<u32>, Vec<u32>) {
        let mut unnamed = Vec::new();
        let mut names = vec![ABSENT; self.ids.len()];
        let mut name_of_shape = vec![ABSENT; self.ids.len()];
        for (ordinal, _) in self
            .types
            .iter()
            .zip(reachable)
            .enumerate()
            .filter(|&(_, (&node_type, &reachable))| reachable && node_type == NodeType::Object)
        {
            let mut alone = ABSENT;
            let name = match self.shape_of(ordinal, shapes) {
                Some(shape) => &mut name_of_shape[shape as usize],
                None => &mut alone,
            };
            if *name == ABSENT {
                *name = to_u32(unnamed.len());
                unnamed.push(to_u32(ordinal));
            }
            names[ordinal] = *name;
        }
        (unnamed, names)
    }

    /// The shape of an object. The edge to it is the only internal one that leads
    /// from an object to a shape.
    fn shape_of(&self, ordinal: usize, shapes: &[bool]) -> Option<u32> {
        self.edges_of(ordinal)
            .find(|&(to, internal)| internal && shapes.get(to as usize) == Some(&true))
            .map(|(to, _)| to)
    }

    /// Which nodes are hidden classes. Where they have no type of their own, they are
    /// found by theirs: every map refers to the map of maps, and that to itself.
    fn shapes(&self, mut is_map: impl FnMut(u32) -> bool) -> Vec<bool> {
        let have_type = |&kind: &NodeType| kind == NodeType::ObjectShape;
        if self.types.iter().any(have_type) {
            return self.types.iter().map(have_type).collect();
        }
        let hidden = |&ordinal: &usize| self.types[ordinal] == NodeType::Hidden;
        let mut refers_to = |ordinal: usize, is_it: &dyn Fn(usize) -> bool| {
            let mut edges = self.edges_of(ordinal);
            edges.any(|(to, internal)| internal && is_it(to as usize)) && is_map(to_u32(ordinal))
        };
        let all = 0..self.ids.len();
        let of_maps: Vec<usize> = all
            .clone()
            .filter(hidden)
            .filter(|&ordinal| refers_to(ordinal, &|to| to == ordinal))
            .collect();
        let mut shapes = vec![false; self.ids.len()];
        for ordinal in all.filter(hidden) {
            shapes[ordinal] = refers_to(ordinal, &|to| of_maps.contains(&to));
        }
        shapes
    }
}

/// A graph of which it is known what counts.
pub struct ReachableGraph {
    graph: HeapGraph,
    reachable: Vec<bool>,
    unnamed: Vec<u32>,
    /// By ordinal: where in `unnamed`, or [`ABSENT`].
    names: Vec<u32>,
}

impl ReachableGraph {
    /// The ordinals whose names are needed for [`Self::finish`]: of the objects
    /// that share a shape, and so a constructor, one; and each object that has no
    /// shape in the graph.
    #[must_use]
    pub fn unnamed(&self) -> &[u32] {
        &self.unnamed
    }

    /// The columns, given the names of [`Self::unnamed`] in the same order. A name that
    /// is missing counts as of no class.
    #[must_use]
    pub fn finish(self, names: &ClassNames) -> HeapColumns {
        let mut writer = ColumnsWriter::new(self.graph.ids.len());
        for ordinal in (0..self.graph.ids.len()).filter(|&ordinal| self.reachable[ordinal]) {
            let class = match self.graph.types[ordinal] {
                NodeType::Object => names.class_of(self.names[ordinal] as usize),
                node_type => names.class_of_type(node_type),
            };
            writer.push(
                self.graph.ids[ordinal],
                self.graph.shallow_sizes[ordinal],
                class,
            );
        }
        writer.finish(names)
    }
}

/// From V8's ids to ordinals.
enum IdLookup {
    /// Ids that grow with the number of nodes: a table over half the id, and the
    /// even ones (native memory; some versions hash them) aside.
    Dense {
        odd: Vec<u32>,
        even: Vec<(u32, u32)>,
    },
    /// Ids far apart, as after many snapshots of a busy heap: sorted pairs.
    Sparse(Vec<(u32, u32)>),
}

impl IdLookup {
    /// Table entries a node up to which the table is smaller and faster than pairs.
    const MOST_ENTRIES_A_NODE: usize = 4;

    fn new(ids: &[u32]) -> Self {
        let highest_odd = ids.iter().copied().filter(|id| id & 1 == 1).max();
        let entries = highest_odd.map_or(0, |id| id as usize / 2 + 1);
        let pairs = |keep: fn(&u32) -> bool| {
            let mut pairs: Vec<(u32, u32)> = (0..)
                .zip(ids)
                .filter(|(_, id)| keep(id))
                .map(|(ordinal, &id)| (id, ordinal))
                .collect();
            pairs.sort_unstable();
            pairs
        };
        if entries > ids.len() * Self::MOST_ENTRIES_A_NODE {
            return Self::Sparse(pairs(|_| true));
        }
        let mut odd = vec![ABSENT; entries];
        for (ordinal, &id) in (0..).zip(ids) {
            if id & 1 == 1 {
                odd[id as usize / 2] = ordinal;
            }
        }
        Self::Dense {
            odd,
            even: pairs(|id| id & 1 == 0),
        }
    }

    fn ordinal(&self, id: u32) -> u32 {
        let pairs = match self {
            Self::Dense { odd, .. } if id & 1 == 1 => {
                return odd.get(id as usize / 2).copied().unwrap_or(ABSENT);
            }
            Self::Dense { even, .. } => even,
            Self::Sparse(pairs) => pairs,
        };
        pairs
            .binary_search_by_key(&id, |&(id, _)| id)
            .map_or(ABSENT, |at| pairs[at].1)
    }
}

/// Ordinals are counted by V8 in 32 bits.
fn to_u32(ordinal: usize) -> u32 {
    u32::try_from(ordinal).unwrap_or(ABSENT)
}
