//! Numbers and graphs that look random and are the same every time.

use super::super::types::{EdgeType, Location, NodeType};
use super::graph::Graph;

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014): small, seeded, good enough to vary tests.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next_u64() % limit as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const NODE_TYPES: &[NodeType] = &[
    NodeType::Object,
    NodeType::Object,
    NodeType::Object,
    NodeType::Hidden,
    NodeType::Array,
    NodeType::Native,
    NodeType::Closure,
    NodeType::String,
    NodeType::Synthetic,
];

const EDGE_TYPES: &[EdgeType] = &[
    EdgeType::Property,
    EdgeType::Property,
    EdgeType::Element,
    EdgeType::Internal,
    EdgeType::Internal,
    EdgeType::Hidden,
    EdgeType::Context,
    EdgeType::Shortcut,
    EdgeType::Weak,
];

const NODE_NAMES: &[&str] = &[
    "Object",
    "Object",
    "User",
    "(map descriptors)",
    "system / NativeContext",
    "system / ExternalStringData",
    "(Document DOM trees)",
    "<div id=\"a\">",
    "Detached <p class=b>",
    "caf\u{e9} \u{1F600} \\ \"q\"",
];

const EDGE_NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "__proto__",
    "map",
    "sloppy_function_map",
    "12",
    "needs, 'quotes'",
];

/// A graph of up to `max_nodes` nodes in which every rule has something to do:
/// unreachable circles, several roots of the user's, pairs of edges for entries
/// of WeakMaps, parts with one owner and with several, detached natives.
pub fn random_graph(seed: u64, max_nodes: usize) -> Graph {
    let mut random = Random::new(seed);
    let count = 1 + random.below(max_nodes);
    let mut graph = Graph::new();
    for ordinal in 1..count {
        let kind = *random.pick(NODE_TYPES);
        let name = *random.pick(NODE_NAMES);
        let size = if random.one_in(8) {
            0
        } else {
            8 * random.below(100) as u64
        };
        let node = graph.node(kind, name, size);
        // Dense ones and far ones; those of native nodes are even, as V8 has it.
        let id = 2 * (ordinal as u64 + random.below(3) as u64 * 1_000_000);
        graph.nodes[node].id = id + u64::from(kind != NodeType::Native);
        if kind == NodeType::Native && random.one_in(3) {
            graph.nodes[node].detachedness = random.below(3) as u64;
        }
        if random.one_in(5) {
            graph.nodes[node].location = Some(Location {
                script_id: random.below(3) as u32,
                line: random.below(5) as u32,
                column: random.below(5) as u32,
            });
        }
    }
    // From sparse, with much that is unreachable, to dense.
    let edges = count * random.below(6);
    for _ in 0..edges {
        let (from, to) = (random.below(count), random.below(count));
        let kind = *random.pick(EDGE_TYPES);
        if kind.has_index() {
            graph.indexed(from, kind, random.below(9) as u32, to);
        } else {
            let name = *random.pick(EDGE_NAMES);
            graph.named(from, kind, name, to);
        }
    }
    for _ in 0..1 + random.below(4) {
        let kind = *random.pick(&[EdgeType::Shortcut, EdgeType::Element, EdgeType::Property]);
        let to = random.below(count);
        if kind.has_index() {
            graph.indexed(0, kind, 1, to);
        } else {
            graph.named(0, kind, "global", to);
        }
    }
    for _ in 0..random.below(4) {
        let mut any = || random.below(count);
        let (table, key, value) = (any(), any(), any());
        graph.weak_map_entry(table, key, value);
    }
    graph
}
