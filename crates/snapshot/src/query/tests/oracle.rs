//! The algorithms once more, with no thought for speed, on random graphs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::testing::{Graph, Random, random_graph};
use super::super::super::{Analysis, EdgeType, NodeId, NodeOrdinal, NodeType};
use super::super::top::smallest;
use super::super::*;

const GRAPHS: u64 = 600;
const MAX_NODES: usize = 40;

/// Random graphs with more closures that have contexts, and with sliced strings.
fn graphs() -> impl Iterator<Item = Graph> {
    (0..GRAPHS).map(|seed| {
        let mut graph = random_graph(seed, MAX_NODES);
        let mut random = Random::new(seed ^ 0x5EED);
        let count = graph.nodes.len();
        for node in 1..count {
            if random.one_in(3) {
                graph.nodes[node].kind = NodeType::Closure;
                graph.nodes[node].name = ["", "f", "g"][random.below(3)].to_owned();
                graph.nodes[node].location = None;
                graph.named(node, EdgeType::Internal, "context", random.below(count));
            } else if random.one_in(4) {
                graph.nodes[node].kind = NodeType::SlicedString;
                graph.nodes[node].edges.clear();
                graph.named(node, EdgeType::Internal, "parent", random.below(count));
            }
        }
        graph
    })
}

#[test]
fn the_smallest_are_the_first_when_all_are_sorted() {
    let mut random = Random::new(1);
    for _ in 0..500 {
        let items: Vec<usize> = (0..random.below(30)).map(|_| random.below(10)).collect();
        let numbered: Vec<(usize, usize)> = items.iter().copied().enumerate().collect();
        let top = random.below(35);
        let mut sorted = numbered.clone();
        sorted.sort_by_key(|&(_, item)| item);
        sorted.truncate(top);
        assert_eq!(smallest(numbered, top, |&(_, item)| item), sorted);
    }
}

#[test]
fn references_are_all_edges_to_the_object() {
    for graph in graphs() {
        let snapshot = graph.snapshot();
        let heap = Heap::fast("a", &snapshot);
        let mut ids = BTreeSet::new();
        for (node, made) in graph.nodes.iter().enumerate() {
            if !ids.insert(made.id) {
                continue;
            }
            let options = RefsOptions { top: usize::MAX };
            let report = refs(&heap, NodeId(made.id), &options).unwrap();
            let edges = graph.edges().filter(|(_, edge)| edge.to == node);
            let mut expected: Vec<(u64, &str)> = edges
                .map(|(from, edge)| (graph.nodes[from].id, edge.kind.name()))
                .collect();
            let found = report.references.iter();
            let mut found: Vec<(u64, &str)> =
                found.map(|one| (one.from.id, one.edge_type)).collect();
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected);
            let strong = expected.iter().filter(|(_, kind)| *kind != "weak");
            assert_eq!(report.strong_count, strong.count() as u64);
        }
    }
}

#[test]
fn shapes_are_the_sets_of_names() {
    for graph in graphs() {
        let mut expected: BTreeMap<(String, Vec<String>), u64> = BTreeMap::new();
        for node in &graph.nodes {
            if node.kind != NodeType::Object || node.name.starts_with("system / ") {
                continue;
            }
            let own = node
                .edges
                .iter()
                .filter(|edge| edge.kind == EdgeType::Property);
            let own = own.filter(|edge| edge.name != "__proto__");
            let mut names: Vec<String> = own.map(|edge| edge.name.clone()).collect();
            names.sort();
            *expected.entry((node.name.clone(), names)).or_default() += 1;
        }
        let snapshot = graph.snapshot();
        let options = ShapesOptions {
            top: usize::MAX,
            ..ShapesOptions::default()
        };
        let report = shapes(&Heap::fast("a", &snapshot), &options).unwrap();
        let found = report.shapes.into_iter().map(|shape| {
            let mut names = shape.properties;
            names.sort();
            ((shape.constructor, names), shape.instances)
        });
        assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    }
}

/// The functions of a graph, as the report's documentation defines them.
fn naive_functions(graph: &Graph, analysis: &Analysis) -> BTreeMap<String, [u64; 5]> {
    let closures = |name: &str| -> Vec<usize> {
        let nodes = graph.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.kind == NodeType::Closure && node.name == name)
            .map(|(at, _)| at)
            .collect()
    };
    let context_of = |closure: &usize| {
        let edges = graph.nodes[*closure].edges.iter();
        let mut contexts =
            edges.filter(|edge| edge.kind == EdgeType::Internal && edge.name == "context");
        let context = contexts.next()?.to;
        (graph.nodes[context].name != "system / NativeContext").then_some(context)
    };
    let names: BTreeSet<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.kind == NodeType::Closure)
        .map(|node| node.name.as_str())
        .collect();
    let contexts: BTreeMap<&str, BTreeSet<usize>> = names
        .iter()
        .map(|&name| (name, closures(name).iter().filter_map(context_of).collect()))
        .collect();
    // The nearest to the root of a set, among a node and its dominators.
    let topmost = |node: usize, set: &BTreeSet<usize>| {
        let mut found = None;
        let mut at = node;
        loop {
            if set.contains(&at) {
                found = Some(at);
            }
            let next = analysis
                .dominators
                .immediate(NodeOrdinal(at as u32))
                .index();
            if next == at {
                return found;
            }
            at = next;
        }
    };
    let mut functions = BTreeMap::new();
    for name in names {
        let closures: BTreeSet<usize> = closures(name).into_iter().collect();
        let own = &contexts[name];
        let is_shared = |context: &usize| {
            contexts
                .iter()
                .any(|(&other, set)| other != name && set.contains(context))
        };
        let mut numbers = [closures.len() as u64, 0, own.len() as u64, 0, 0];
        for node in 0..graph.nodes.len() {
            let size = analysis.shallow.of(NodeOrdinal(node as u32));
            if topmost(node, &closures).is_some() {
                numbers[1] += size;
            }
            match topmost(node, own) {
                Some(context) if is_shared(&context) => numbers[4] += size,
                Some(_) => numbers[3] += size,
                None => {}
            }
        }
        functions.insert(name.to_owned(), numbers);
    }
    functions
}

#[test]
fn contexts_keep_what_the_definition_says() {
    for graph in graphs() {
        // One position each, so that a name is a function.
        let mut graph = graph;
        for node in &mut graph.nodes {
            if node.kind == NodeType::Closure {
                node.location = None;
            }
        }
        let snapshot = graph.snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let options = FunctionsOptions {
            top: usize::MAX,
            ..FunctionsOptions::default()
        };
        let heap = Heap::exact("a", &snapshot, &analysis);
        let report = functions(&heap, &options).unwrap();
        let found = report.functions.into_iter().map(|one| {
            let numbers = [
                one.closures,
                one.retained_bytes.unwrap(),
                one.contexts.unwrap(),
                one.own_context_bytes.unwrap(),
                one.shared_context_bytes.unwrap(),
            ];
            (one.name, numbers)
        });
        assert_eq!(
            found.collect::<BTreeMap<_, _>>(),
            naive_functions(&graph, &analysis)
        );
    }
}

#[test]
fn only_slices_keep_what_nothing_else_refers_to() {
    for graph in graphs() {
        let is_slice = |node: usize| graph.nodes[node].kind == NodeType::SlicedString;
        let parent_of = |slice: usize| {
            let mut edges = graph.nodes[slice].edges.iter();
            edges.find(|edge| edge.name == "parent").map(|edge| edge.to)
        };
        let parents: BTreeSet<usize> = (0..graph.nodes.len())
            .filter(|&node| is_slice(node))
            .filter_map(parent_of)
            .collect();
        let expected = parents.into_iter().filter(|&parent| {
            let mut edges = graph.edges().filter(|(_, edge)| edge.to == parent);
            edges.all(|(from, edge)| is_slice(from) || edge.kind == EdgeType::Weak)
        });
        let mut expected: Vec<u64> = expected.map(|parent| graph.nodes[parent].id).collect();
        let snapshot = graph.snapshot();
        let options = StringsOptions {
            top: usize::MAX,
            ..StringsOptions::default()
        };
        let report = strings(&Heap::fast("a", &snapshot), &options);
        let mut found: Vec<u64> = report.sliced.iter().map(|one| one.parent_id).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected);
    }
}
