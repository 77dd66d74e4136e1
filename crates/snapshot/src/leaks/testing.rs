//! Graphs like those that programs make, for the tests of this module and of its reports.

use crate::testing::{Graph, Random};
use crate::{EdgeType, NodeType};

/// A new object that is a property of another.
pub fn property(graph: &mut Graph, of: usize, name: &str, class: &str, size: u64) -> usize {
    let node = graph.object(class, size);
    graph.property(of, name, node);
    node
}

/// A Map as a property; gives its table.
pub fn map(graph: &mut Graph, of: usize, name: &str) -> usize {
    let map = property(graph, of, name, "Map", 16);
    let table = graph.node(NodeType::Array, "", 64);
    graph.named(map, EdgeType::Internal, "table", table);
    table
}

/// A function as a property, with its context.
pub fn function(graph: &mut Graph, of: usize, property: &str, name: &str, context: usize) -> usize {
    let function = graph.node(NodeType::Closure, name, 64);
    graph.property(of, property, function);
    graph.named(function, EdgeType::Internal, "context", context);
    function
}

/// The same graph with its nodes in another order, and other ids. The root stays
/// first; the edges of a node stay as they are, the order of properties being
/// the program's.
pub fn shuffled(graph: &Graph, random: &mut Random) -> Graph {
    let count = graph.nodes.len();
    let mut order: Vec<usize> = (1..count).collect();
    shuffle(&mut order, random);
    order.insert(0, 0);
    let mut place = vec![0; count];
    for (to, &from) in order.iter().enumerate() {
        place[from] = to;
    }
    let mut ids: Vec<u64> = (0..count as u64).map(|at| 2 * at + 101).collect();
    shuffle(&mut ids, random);
    let mut shuffled = graph.clone();
    for ((node, &from), id) in shuffled.nodes.iter_mut().zip(&order).zip(ids) {
        *node = graph.nodes[from].clone();
        node.id = id;
        for edge in &mut node.edges {
            edge.to = place[edge.to];
        }
    }
    shuffled
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for at in (1..items.len()).rev() {
        items.swap(at, random.below(at + 1));
    }
}

/// `globalThis.app.registry.listeners → Map → Array[x]`, with so many objects of
/// 700 bytes.
pub fn leaking(count: u32) -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let app = property(&mut graph, global, "app", "Object", 32);
    let registry = property(&mut graph, app, "registry", "Registry", 24);
    let table = map(&mut graph, registry, "listeners");
    let list = graph.object("Array", 32);
    graph.indexed(table, EdgeType::Hidden, 3, list);
    for index in 0..count {
        let leak = graph.object("LeakingClass", 600);
        graph.indexed(list, EdgeType::Element, index, leak);
        property(&mut graph, leak, "payload", "Array", 100);
    }
    graph
}

/// A timer keeps the newest subscription, whose function's context keeps the one
/// before.
pub fn subscriptions(length: usize) -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let lists = property(&mut graph, global, "lists", "Object", 16);
    let list = property(&mut graph, lists, "1000", "TimersList", 48);
    let timer = property(&mut graph, list, "_idleNext", "Timeout", 96);
    let mut context = graph.object("system / Context", 32);
    function(
        &mut graph,
        timer,
        "_onTimeout",
        "refreshSubscription",
        context,
    );
    let mut variable = "subscriptionTemplate";
    for _ in 0..length {
        let subscription = graph.object("Object", 32);
        graph.named(context, EdgeType::Context, variable, subscription);
        property(&mut graph, subscription, "template", "EmailTemplate", 700);
        context = graph.object("system / Context", 32);
        function(&mut graph, subscription, "send", "send", context);
        variable = "original";
    }
    graph
}

const CLASSES: [&str; 4] = ["A", "B", "Map", "system / Context"];
const NAMES: [&str; 6] = ["a", "b1", "b2", "table", "map", "previous"];
const NODE_TYPES: [NodeType; 6] = [
    NodeType::Object,
    NodeType::Array,
    NodeType::Closure,
    NodeType::Synthetic,
    NodeType::Hidden,
    NodeType::String,
];
const EDGE_TYPES: [EdgeType; 7] = [
    EdgeType::Context,
    EdgeType::Element,
    EdgeType::Property,
    EdgeType::Internal,
    EdgeType::Hidden,
    EdgeType::Shortcut,
    EdgeType::Weak,
];

/// A graph in which names are those that rules hang on.
pub fn random_heap(seed: u64) -> Graph {
    let mut random = Random::new(seed);
    let mut graph = Graph::new();
    let count = 2 + random.below(30);
    for _ in 0..count {
        let kind = *random.pick(&NODE_TYPES);
        let class = *random.pick(&CLASSES);
        let is_synthetic = kind == NodeType::Synthetic;
        let name = if is_synthetic { "(Stack roots)" } else { class };
        graph.node(kind, name, random.below(100) as u64);
    }
    for _ in 0..count * 2 {
        let (from, to) = (random.below(count + 1), 1 + random.below(count));
        let kind = *random.pick(&EDGE_TYPES);
        if kind.has_index() {
            graph.indexed(from, kind, random.below(3) as u32, to);
        } else {
            let name = *random.pick(&NAMES);
            graph.named(from, kind, name, to);
        }
    }
    graph
}
