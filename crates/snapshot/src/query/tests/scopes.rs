//! Contexts with their variables, on random graphs, beside the definition of the report with no thought for speed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::super::*;
use crate::testing::{Graph, Random, random_graph};
use crate::{Analysis, EdgeType, Location, NodeOrdinal, NodeType};

const GRAPHS: u64 = 600;
const MAX_NODES: usize = 40;

/// The script of this number is one of Node's own.
const INTERNAL: u32 = 1;

/// Random graphs with closures of two scripts, and contexts that lie within each other, in rings also.
fn graphs() -> impl Iterator<Item = Graph> {
    (0..GRAPHS).map(|seed| {
        let mut graph = random_graph(seed, MAX_NODES);
        let mut random = Random::new(seed ^ 0xC0DE);
        let count = graph.nodes.len();
        let scripts = ["/srv/app.js", "node:fs"].map(|name| graph.node(NodeType::Code, name, 8));
        for node in 1..count {
            if random.one_in(3) {
                let script = random.below(2);
                let shared = graph.node(NodeType::Code, "", 8);
                graph.named(shared, EdgeType::Internal, "script", scripts[script]);
                graph.nodes[node].kind = NodeType::Closure;
                graph.nodes[node].name = ["", "f", "g"][random.below(3)].to_owned();
                graph.nodes[node].location = Some(Location {
                    script_id: script as u32,
                    line: 0,
                    column: node as u32,
                });
                graph.named(node, EdgeType::Internal, "shared", shared);
                graph.named(node, EdgeType::Internal, "context", random.below(count));
            } else {
                graph.nodes[node].location = None;
                for name in ["previous", "scope_info"] {
                    if random.one_in(2) {
                        graph.named(node, EdgeType::Internal, name, random.below(count));
                    }
                }
                if random.one_in(3) {
                    let name = *random.pick(&["", ".this", "user", "cache"]);
                    graph.named(node, EdgeType::Context, name, random.below(count));
                }
            }
        }
        graph
    })
}

/// Where the first internal edge of a name leads.
fn by(graph: &Graph, node: usize, name: &str) -> Option<usize> {
    let mut edges = graph.nodes[node].edges.iter();
    let edge = edges.find(|edge| edge.kind == EdgeType::Internal && edge.name == name)?;
    Some(edge.to)
}

fn closures(graph: &Graph) -> impl Iterator<Item = (usize, usize)> + '_ {
    let nodes = graph.nodes.iter().enumerate();
    nodes
        .filter(|(_, node)| node.kind == NodeType::Closure)
        .filter_map(|(at, _)| Some((at, by(graph, at, "context")?)))
}

/// Contexts of Node's own closures, and those around them.
fn internal(graph: &Graph) -> BTreeSet<usize> {
    let is_internal = |&(closure, _): &(usize, usize)| {
        let location = graph.nodes[closure].location;
        location.is_some_and(|location| location.script_id == INTERNAL)
    };
    let mut found: BTreeSet<usize> = closures(graph)
        .filter(is_internal)
        .map(|(_, context)| context)
        .collect();
    loop {
        let around: Vec<usize> = found
            .iter()
            .filter_map(|&context| by(graph, context, "previous"))
            .collect();
        let before = found.len();
        found.extend(around);
        if found.len() == before {
            return found;
        }
    }
}

/// Name, id and retained size of each variable, in the order of the report.
fn naive_variables(graph: &Graph, analysis: &Analysis, node: usize) -> Vec<(String, u64, u64)> {
    let retained = |to: usize| analysis.dominators.retained_size(NodeOrdinal(to as u32));
    let shallow = |to: usize| analysis.shallow.of(NodeOrdinal(to as u32));
    let edges = graph.nodes[node].edges.iter();
    let mut variables: Vec<_> = edges
        .filter(|edge| edge.kind == EdgeType::Context)
        .filter(|edge| !edge.name.is_empty() && !edge.name.starts_with('.'))
        .collect();
    variables.sort_by_key(|edge| (Reverse(retained(edge.to)), Reverse(shallow(edge.to))));
    variables
        .into_iter()
        .map(|edge| {
            (
                edge.name.clone(),
                graph.nodes[edge.to].id,
                retained(edge.to),
            )
        })
        .collect()
}

#[test]
fn contexts_are_those_with_variables_that_are_not_of_node_by_what_they_keep() {
    let (mut contexts, mut of_several) = (0, 0);
    for graph in graphs() {
        let snapshot = graph.snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let heap = Heap::exact("a", &snapshot, &analysis);
        let internal = internal(&graph);
        let retained = |node: usize| analysis.dominators.retained_size(NodeOrdinal(node as u32));
        let mut nodes: Vec<usize> = (0..graph.nodes.len())
            .filter(|node| !internal.contains(node))
            .filter(|&node| !naive_variables(&graph, &analysis, node).is_empty())
            .collect();
        nodes.sort_by_key(|&node| (Reverse(retained(node)), node));
        let mut alike: BTreeMap<usize, u64> = BTreeMap::new();
        for &node in &nodes {
            if let Some(scope) = by(&graph, node, "scope_info") {
                *alike.entry(scope).or_default() += 1;
            }
        }

        let answer = scopes(&heap, &ScopesOptions { top: usize::MAX }).unwrap();
        assert_eq!(answer.context_count, nodes.len() as u64);
        assert_eq!(answer.scopes.len(), nodes.len());
        for (scope, node) in answer.scopes.into_iter().zip(nodes) {
            let own: Vec<usize> = closures(&graph)
                .filter(|&(_, context)| context == node)
                .map(|(closure, _)| closure)
                .collect();
            let around = by(&graph, node, "previous");
            let around =
                around.filter(|&around| graph.nodes[around].name != "system / NativeContext");
            assert_eq!(scope.id, graph.nodes[node].id);
            assert_eq!(scope.retained_bytes, Some(retained(node)));
            assert_eq!(scope.around, around.map(|around| graph.nodes[around].id));
            let of_scope = by(&graph, node, "scope_info").map(|scope| alike[&scope]);
            assert_eq!(scope.alike, of_scope);
            assert_eq!(scope.closure_count, own.len() as u64);
            let first = own.first().map(|&closure| &graph.nodes[closure]);
            assert_eq!(scope.name, first.map_or("", |first| first.name.as_str()));
            let place = scope.position.map(|position| position.column);
            let location = first.and_then(|first| first.location);
            assert_eq!(place, location.map(|location| location.column));
            let expected = naive_variables(&graph, &analysis, node);
            assert_eq!(scope.variable_count, expected.len() as u64);
            let named = scope.variables.into_iter();
            let found: Vec<_> = named
                .map(|one| {
                    (
                        one.name,
                        one.value.id,
                        one.retained_bytes.unwrap_or_default(),
                    )
                })
                .collect();
            assert_eq!(found, expected[..expected.len().min(10)]);
            contexts += 1;
            of_several += u64::from(of_scope > Some(1));
        }
    }
    // The graphs have what the definition is about.
    assert!(
        contexts > 1000 && of_several > 50,
        "{contexts} {of_several}"
    );
}

#[test]
fn of_many_the_first_are_those_that_keep_most() {
    let mut graph = Graph::new();
    let global = graph.global();
    for size in [10, 30, 20] {
        let context = graph.object("system / Context", 32);
        graph.property(global, "c", context);
        let value = graph.object("Value", size);
        graph.named(context, EdgeType::Context, "value", value);
    }
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let heap = Heap::exact("a", &snapshot, &analysis);
    let answer = scopes(&heap, &ScopesOptions { top: 2 }).unwrap();
    let sizes: Vec<_> = answer.scopes.iter().map(|one| one.retained_bytes).collect();
    assert_eq!((answer.context_count, sizes), (3, vec![Some(62), Some(52)]));
}
