//! Ways, routes and slots, checked against definitions carried out to the letter
//! on small random graphs.

use std::collections::{BTreeMap, HashSet};

use super::routes::{ROOT, Routes};
use super::testing::random_heap;
use super::words::{Follow, Words};
use super::*;
use crate::testing::{Graph, Random};
use crate::{EdgeType, NodeType};

/// Graphs checked; more find nothing further.
const GRAPHS: u64 = 400;

/// Whether a way starts at a system root, its internal edges, its edges.
type NaiveCost = (bool, u32, u32);

fn naive_step(
    snapshot: &Snapshot,
    words: &mut Words<'_>,
    from: NodeOrdinal,
    cost: NaiveCost,
    edge: &super::super::Edge,
) -> Option<NaiveCost> {
    let follow = words.follow(from, edge);
    if follow == Follow::Never {
        return None;
    }
    if from == snapshot.root() {
        return Some((snapshot.node_type(edge.to) == NodeType::Synthetic, 0, 1));
    }
    Some((
        cost.0,
        cost.1 + u32::from(follow == Follow::Internal),
        cost.2 + 1,
    ))
}

/// Bellman and Ford: looks at every edge until nothing changes. Ways start at the root
/// and at modules.
fn naive_costs(
    snapshot: &Snapshot,
    words: &mut Words<'_>,
    modules: &[NodeOrdinal],
) -> Vec<Option<NaiveCost>> {
    let mut costs: Vec<Option<NaiveCost>> = vec![None; snapshot.node_count()];
    costs[0] = Some((false, 0, 0));
    for module in modules {
        costs[module.index()] = Some((false, 0, 0));
    }
    loop {
        let mut changed = false;
        for from in snapshot.ordinals() {
            let Some(cost) = costs[from.index()] else {
                continue;
            };
            for edge in snapshot.edges(from) {
                let Some(next) = naive_step(snapshot, words, from, cost, &edge) else {
                    continue;
                };
                let known = &mut costs[edge.to.index()];
                if edge.to != snapshot.root() && known.is_none_or(|known| next < known) {
                    *known = Some(next);
                    changed = true;
                }
            }
        }
        if !changed {
            return costs;
        }
    }
}

#[test]
fn the_way_to_each_node_is_the_cheapest_there_is() {
    let mut reached = 0;
    for seed in 0..GRAPHS {
        let snapshot = random_heap(seed).snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let mut ways = Ways::of(&snapshot, &analysis.names);
        let costs = naive_costs(&snapshot, &mut ways.words, &[]);
        for node in snapshot.ordinals().skip(1) {
            let way = ways.tree.way(&snapshot, node);
            let mut cost = (false, 0, 0);
            let mut at = snapshot.root();
            for step in &way {
                assert_eq!(step.from, at);
                let edge = snapshot.edge(step.edge);
                cost = naive_step(&snapshot, &mut ways.words, at, cost, &edge).unwrap();
                at = edge.to;
            }
            let cost = (!way.is_empty()).then_some(cost);
            assert_eq!(cost, costs[node.index()], "graph {seed}, node {node}");
            reached += usize::from(cost.is_some());
        }
    }
    assert!(reached > 1000);
}

/// A random heap with modules in it, which hold and are held at random.
fn random_heap_with_modules(seed: u64) -> Graph {
    let mut random = Random::new(seed);
    let mut graph = random_heap(seed);
    let count = graph.nodes.len();
    for _ in 0..1 + random.below(3) {
        let holder = random.below(count);
        let module = graph.node(NodeType::Hidden, "system / SourceTextModule", 144);
        graph.named(holder, EdgeType::Internal, "2", module);
        let code = graph.object("Generator", 88);
        graph.indexed(module, EdgeType::Hidden, 4, code);
        let cells = graph.node(NodeType::Array, "", 16);
        graph.indexed(module, EdgeType::Hidden, 5, cells);
        for (from, kind, name) in [
            (code, EdgeType::Internal, "context"),
            (cells, EdgeType::Internal, "0"),
            (module, EdgeType::Internal, "map"),
        ] {
            graph.named(from, kind, name, 1 + random.below(count - 1));
        }
    }
    graph
}

#[test]
fn from_the_root_or_a_module_on_each_step_is_the_cheapest_there_is() {
    let mut modules_met = 0;
    for seed in 0..GRAPHS {
        let snapshot = random_heap_with_modules(seed).snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let mut ways = Ways::of(&snapshot, &analysis.names);
        let mut modules: Vec<NodeOrdinal> = ways.words.modules().sources().collect();
        modules.retain(|&module| !ways.tree.way(&snapshot, module).is_empty());
        modules_met += modules.len();
        // What leads to modules is as it was found first.
        let mut fixed: HashSet<NodeOrdinal> = modules.iter().copied().collect();
        for &module in &modules {
            let way = ways.tree.way(&snapshot, module);
            assert_eq!(way[0].from, snapshot.root());
            fixed.extend(way.iter().map(|step| step.from));
        }
        let costs = naive_costs(&snapshot, &mut ways.words, &modules);
        for node in snapshot.ordinals().skip(1) {
            if fixed.contains(&node) {
                continue;
            }
            let cost = ways.tree.step(&snapshot, node).and_then(|step| {
                let edge = snapshot.edge(step.edge);
                let before = costs[step.from.index()].expect("it is reached");
                naive_step(&snapshot, &mut ways.words, step.from, before, &edge)
            });
            assert_eq!(cost, costs[node.index()], "graph {seed}, node {node}");
        }
    }
    assert!(modules_met as u64 > GRAPHS / 2);
}

/// The route of a node to the letter: the edges and classes on its way, without
/// storage, cut back at each repetition.
fn naive_route(
    snapshot: &Snapshot,
    ways: &mut Ways<'_>,
    node: NodeOrdinal,
) -> Vec<(String, String)> {
    let mut line: Vec<(String, String)> = Vec::new();
    for step in ways.tree.way(snapshot, node) {
        let edge = snapshot.edge(step.edge);
        if step.from != snapshot.root() && ways.words.is_storage(edge.to) {
            continue;
        }
        let Routes { keys, .. } = &mut ways.routes;
        let key = keys.edge(&mut ways.words, step.from, &edge);
        let class = keys.class(edge.to);
        let step = (keys.text(key).to_owned(), keys.text(class).to_owned());
        let last = line.len().saturating_sub(8);
        match line[last..].iter().rposition(|known| *known == step) {
            Some(at) => line.truncate(last + at + 1),
            None => line.push(step),
        }
    }
    line
}

/// The same, as it was found.
fn line_of(ways: &Ways<'_>, route: RouteIndex) -> Vec<(String, String)> {
    let line = ways.routes.line(route).into_iter();
    line.map(|index| {
        let route = ways.routes.get(index);
        let text = |key| ways.routes.keys.text(key).to_owned();
        (text(route.edge), text(route.class))
    })
    .collect()
}

#[test]
fn nodes_have_one_route_exactly_if_their_ways_read_the_same() {
    let mut folded = 0;
    for seed in 0..GRAPHS {
        let snapshot = random_heap(seed).snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let mut ways = Ways::of(&snapshot, &analysis.names);
        let mut counts: BTreeMap<Vec<(String, String)>, u32> = BTreeMap::new();
        for node in snapshot.ordinals().skip(1) {
            let route = ways.routes.of_node(node);
            if route == ROOT || ways.routes.is_storage(node) {
                continue;
            }
            let naive = naive_route(&snapshot, &mut ways, node);
            assert_eq!(line_of(&ways, route), naive, "graph {seed}, node {node}");
            *counts.entry(naive).or_default() += 1;
        }
        for (index, route) in ways.routes.routes.iter().enumerate().skip(1) {
            let line = line_of(&ways, RouteIndex(index as u32));
            assert_eq!(counts.get(&line), Some(&route.count), "graph {seed}");
            folded += usize::from(route.period.is_some());
        }
    }
    assert!(folded > 10);
}

/// Bytes kept by any of the nodes: what cannot be reached without them.
fn naive_retained(snapshot: &Snapshot, analysis: &Analysis, nodes: &HashSet<u32>) -> u64 {
    let dominated = |node: NodeOrdinal| {
        let mut at = node;
        while at != snapshot.root() {
            if nodes.contains(&at.0) {
                return true;
            }
            at = analysis.dominators.immediate(at);
        }
        false
    };
    let kept = snapshot.ordinals().filter(|&node| dominated(node));
    kept.map(|node| analysis.shallow.of(node)).sum()
}

#[test]
fn a_slot_retains_each_byte_once() {
    let mut checked = 0;
    for seed in 0..GRAPHS {
        let snapshot = random_heap(seed).snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let ways = Ways::of(&snapshot, &analysis.names);
        for slot in slots::slots(&snapshot, &analysis, &ways.tree, &ways.routes, (1, 1)) {
            let inside = snapshot.ordinals().filter(|&node| {
                !ways.routes.is_storage(node) && slot.routes.contains(&ways.routes.of_node(node))
            });
            let nodes: HashSet<u32> = inside.map(|node| node.0).collect();
            assert_eq!(
                slot.retained_bytes,
                naive_retained(&snapshot, &analysis, &nodes),
                "graph {seed}"
            );
            checked += 1;
        }
    }
    assert!(checked > 100);
}
