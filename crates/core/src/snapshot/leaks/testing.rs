//! Snapshots made in code, for tests: written as V8 writes them, then read. Not
//! a way to make one elsewhere.

use serde_json::json;

use super::super::{Columns, PushReader, Snapshot};

const NODE_TYPES: [&str; 10] = [
    "hidden", "array", "string", "object", "code", "closure", "number", "native", "synthetic",
    "concatenated string",
];
const EDGE_TYPES: [&str; 7] =
    ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

#[derive(Clone)]
struct Node {
    kind: &'static str,
    name: String,
    size: u64,
    id: u64,
}

#[derive(Clone)]
struct Edge {
    from: usize,
    kind: &'static str,
    name: String,
    to: usize,
}

/// A graph to be. Node 0 is the root.
#[derive(Clone)]
pub struct Heap {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl Heap {
    /// A root and nothing else.
    pub fn new() -> Self {
        let mut heap = Self { nodes: Vec::new(), edges: Vec::new() };
        heap.node("synthetic", "", 0);
        heap
    }

    /// A root and a global object, which is node 1.
    pub fn with_global() -> Self {
        let mut heap = Self::new();
        let global = heap.node("object", "global", 16);
        heap.edge(0, "shortcut", "1", global);
        heap
    }

    pub fn node(&mut self, kind: &'static str, name: &str, size: u64) -> usize {
        let id = self.nodes.len() as u64 * 2 + 1;
        self.nodes.push(Node { kind, name: name.to_owned(), size, id });
        self.nodes.len() - 1
    }

    pub fn edge(&mut self, from: usize, kind: &'static str, name: &str, to: usize) {
        self.edges.push(Edge { from, kind, name: name.to_owned(), to });
    }

    /// A new node that is a property of another.
    pub fn property(&mut self, of: usize, name: &str, class: &str, size: u64) -> usize {
        let node = self.node("object", class, size);
        self.edge(of, "property", name, node);
        node
    }

    /// A Map with its table, as a property.
    pub fn map(&mut self, of: usize, name: &str) -> (usize, usize) {
        let map = self.property(of, name, "Map", 16);
        let table = self.node("array", "", 64);
        self.edge(map, "internal", "table", table);
        (map, table)
    }

    /// A function with its context, as a property.
    pub fn function(&mut self, of: usize, property: &str, name: &str, context: usize) -> usize {
        let function = self.node("closure", name, 64);
        self.edge(of, "property", property, function);
        self.edge(function, "internal", "context", context);
        function
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The same graph with nodes, and the edges of each, in another order, and
    /// other ids. The root stays first.
    pub fn shuffled(&self, random: &mut Random) -> Self {
        let mut order: Vec<usize> = (1..self.nodes.len()).collect();
        random.shuffle(&mut order);
        order.insert(0, 0);
        let mut place = vec![0; order.len()];
        for (to, &from) in order.iter().enumerate() {
            place[from] = to;
        }
        let mut ids: Vec<u64> = (0..self.nodes.len() as u64).map(|n| n * 2 + 101).collect();
        random.shuffle(&mut ids);
        let nodes = order.iter().zip(ids);
        let nodes = nodes.map(|(&from, id)| Node { id, ..self.nodes[from].clone() });
        let mut edges: Vec<Edge> = self.edges.clone();
        for edge in &mut edges {
            (edge.from, edge.to) = (place[edge.from], place[edge.to]);
        }
        random.shuffle(&mut edges);
        Self { nodes: nodes.collect(), edges }
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut strings: Vec<String> = vec![String::new()];
        let mut intern = |text: &str| {
            strings.iter().position(|known| known == text).unwrap_or_else(|| {
                strings.push(text.to_owned());
                strings.len() - 1
            })
        };
        let index = |list: &[&str], name: &str| list.iter().position(|one| *one == name);
        let mut edges_of = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            edges_of[edge.from].push(edge);
        }
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        for (node, own) in self.nodes.iter().zip(&edges_of) {
            let kind = index(&NODE_TYPES, node.kind).unwrap() as u64;
            let name = intern(&node.name) as u64;
            nodes.extend([kind, name, node.id, node.size, own.len() as u64]);
            for edge in own {
                let name = match edge.kind {
                    "element" | "hidden" => edge.name.parse().unwrap(),
                    _ => intern(&edge.name) as u64,
                };
                let kind = index(&EDGE_TYPES, edge.kind).unwrap() as u64;
                edges.extend([kind, name, edge.to as u64 * 5]);
            }
        }
        let text = json!({
            "snapshot": {
                "meta": {
                    "node_fields": ["type", "name", "id", "self_size", "edge_count"],
                    "node_types": [NODE_TYPES, "string", "number", "number", "number"],
                    "edge_fields": ["type", "name_or_index", "to_node"],
                    "edge_types": [EDGE_TYPES, "string_or_number", "node"],
                },
                "node_count": self.nodes.len(),
                "edge_count": self.edges.len(),
            },
        });
        // The order of the sections counts, which a map does not keep.
        let head = text.to_string();
        let text = format!(
            "{},\"nodes\":{},\"edges\":{},\"strings\":{}}}",
            &head[..head.len() - 1],
            json!(nodes),
            json!(edges),
            json!(strings)
        );
        let mut reader = PushReader::new(Columns::ALL);
        reader.push(text.as_bytes()).unwrap();
        reader.finish().unwrap()
    }
}

/// Numbers that look random and are the same each time: xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
