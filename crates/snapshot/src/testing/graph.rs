//! A heap graph to be filled by hand.

use super::super::builder::{NewNode, SnapshotBuilder};
use super::super::columns::Snapshot;
use super::super::types::{EdgeType, Location, NodeId, NodeOrdinal, NodeType};

/// A node of a [`Graph`].
#[derive(Clone, Debug)]
pub struct TestNode {
    /// What it is.
    pub kind: NodeType,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: u64,
    /// Shallow size.
    pub size: u64,
    /// 0, 1 or 2.
    pub detachedness: u64,
    /// Where its constructor stands.
    pub location: Option<Location>,
    /// Its edges.
    pub edges: Vec<TestEdge>,
}

/// An edge of a [`Graph`].
#[derive(Clone, Debug)]
pub struct TestEdge {
    /// What it is.
    pub kind: EdgeType,
    /// Its name; digits for [`EdgeType::has_index`].
    pub name: String,
    /// Place of its target.
    pub to: usize,
}

/// Nodes with their edges; node 0 is the root, which is there from the start.
#[derive(Clone, Debug)]
pub struct Graph {
    /// In order of their ordinals.
    pub nodes: Vec<TestNode>,
    /// As in the header.
    pub extra_native_bytes: u64,
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Graph {
    /// A root and nothing else.
    pub fn new() -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            extra_native_bytes: 0,
        };
        graph.node(NodeType::Synthetic, "", 0);
        graph
    }

    /// Adds a node; its id is the next odd number.
    pub fn node(&mut self, kind: NodeType, name: &str, size: u64) -> usize {
        self.nodes.push(TestNode {
            kind,
            name: name.to_owned(),
            id: 2 * self.nodes.len() as u64 + 1,
            size,
            detachedness: 0,
            location: None,
            edges: Vec::new(),
        });
        self.nodes.len() - 1
    }

    /// Adds a JavaScript object.
    pub fn object(&mut self, class: &str, size: u64) -> usize {
        self.node(NodeType::Object, class, size)
    }

    /// Adds a global object: one the root has a shortcut to.
    pub fn global(&mut self) -> usize {
        let global = self.object("global", 8);
        self.named(0, EdgeType::Shortcut, "global", global);
        global
    }

    /// Adds an edge that goes by name.
    pub fn named(&mut self, from: usize, kind: EdgeType, name: &str, to: usize) {
        self.nodes[from].edges.push(TestEdge {
            kind,
            name: name.to_owned(),
            to,
        });
    }

    /// Adds an edge that goes by number.
    pub fn indexed(&mut self, from: usize, kind: EdgeType, index: u32, to: usize) {
        self.named(from, kind, &index.to_string(), to);
    }

    /// Adds a property.
    pub fn property(&mut self, from: usize, name: &str, to: usize) {
        self.named(from, EdgeType::Property, name, to);
    }

    /// Adds the two edges V8 writes for an entry of a WeakMap.
    pub fn weak_map_entry(&mut self, table: usize, key: usize, value: usize) {
        let part = format!(
            "part of key (K @{}) -> value (V @{}) pair in WeakMap (table @{})",
            self.nodes[key].id, self.nodes[value].id, self.nodes[table].id
        );
        let by_key = format!("{} / {part}", self.nodes[key].edges.len());
        self.named(key, EdgeType::Internal, &by_key, value);
        let by_table = format!("{} / {part}", self.nodes[table].edges.len());
        self.named(table, EdgeType::Internal, &by_table, value);
    }

    /// Every edge: source, and the edge.
    pub fn edges(&self) -> impl Iterator<Item = (usize, &TestEdge)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.flat_map(|(from, node)| node.edges.iter().map(move |edge| (from, edge)))
    }

    /// The snapshot, made by a [`SnapshotBuilder`].
    ///
    /// # Panics
    ///
    /// When an edge leads nowhere: the test is wrong.
    pub fn snapshot(&self) -> Snapshot {
        let mut builder = SnapshotBuilder::new();
        builder.extra_native_bytes(self.extra_native_bytes);
        for (ordinal, node) in self.nodes.iter().enumerate() {
            let name = builder.string(&node.name);
            builder.node(NewNode {
                node_type: node.kind,
                name,
                id: NodeId(node.id),
                self_size: node.size,
                detachedness: node.detachedness as u8,
            });
            if let Some(location) = node.location {
                builder.location(NodeOrdinal(ordinal as u32), location);
            }
            for edge in &node.edges {
                let to = NodeOrdinal(edge.to as u32);
                if edge.kind.has_index() {
                    let index = edge.name.parse().expect("the edge goes by number");
                    builder.indexed_edge(edge.kind, index, to);
                } else {
                    let name = builder.string(&edge.name);
                    builder.named_edge(edge.kind, name, to);
                }
            }
        }
        builder.finish().expect("the graph is whole")
    }
}
