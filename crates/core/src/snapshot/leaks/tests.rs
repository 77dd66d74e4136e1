//! What holds for every graph, checked against definitions carried out to the
//! letter on small random ones, and what is said of graphs like those that
//! programs make.

use std::collections::{BTreeMap, HashSet};

use super::routes::{ROOT, Routes};
use super::testing::{leaking, property, random_heap, shuffled, subscriptions};
use super::words::{Follow, Words};
use super::*;
use crate::snapshot::testing::{Graph, Random};
use crate::snapshot::{EdgeOrdinal, EdgeType, NodeType};

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

/// Bellman and Ford: looks at every edge until nothing changes.
fn naive_costs(snapshot: &Snapshot, words: &mut Words<'_>) -> Vec<Option<NaiveCost>> {
    let mut costs: Vec<Option<NaiveCost>> = vec![None; snapshot.node_count()];
    costs[0] = Some((false, 0, 0));
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
        let costs = naive_costs(&snapshot, &mut ways.words);
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
            let line: Vec<_> = ways
                .routes
                .line(route)
                .into_iter()
                .map(|index| {
                    let route = ways.routes.get(index);
                    let keys = &ways.routes.keys;
                    (
                        keys.text(route.edge).to_owned(),
                        keys.text(route.class).to_owned(),
                    )
                })
                .collect();
            assert_eq!(line, naive, "graph {seed}, node {node}");
            *counts.entry(naive).or_default() += 1;
        }
        for (index, route) in ways.routes.routes.iter().enumerate().skip(1) {
            let line = ways.routes.line(routes::RouteIndex(index as u32));
            let line: Vec<_> = line
                .into_iter()
                .map(|index| {
                    let route = ways.routes.get(index);
                    let keys = &ways.routes.keys;
                    (
                        keys.text(route.edge).to_owned(),
                        keys.text(route.class).to_owned(),
                    )
                })
                .collect();
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
        for slot in slots::slots(&snapshot, &analysis, &ways.tree, &ways.routes, 1) {
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

/// Thresholds for graphs of a few thousand nodes.
fn for_tests() -> Thresholds {
    Thresholds {
        min_bytes: 100_000,
        ..Thresholds::default()
    }
}

/// Signature, class, count, retained bytes and path of each finding.
fn findings_of(heap: &Graph) -> Vec<(String, String, u64, u64, String)> {
    let snapshot = heap.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let findings = investigation.findings(&for_tests());
    let findings = findings.into_iter().map(|finding| {
        let suspect = finding.suspect;
        let parts: Vec<String> = finding
            .path
            .parts
            .iter()
            .map(|part| {
                let turn = part
                    .turn
                    .map(|turn| format!("×{}", turn.times))
                    .unwrap_or_default();
                format!("{}{}{turn}", if part.arrow { " → " } else { "" }, part.text)
            })
            .collect();
        let class = suspect.classes[0].0.clone();
        (
            suspect.signature,
            class,
            suspect.count,
            suspect.retained_bytes,
            parts.concat(),
        )
    });
    findings.collect()
}

#[test]
fn instances_that_share_their_holder_are_one_finding() {
    let found = findings_of(&leaking(2000));
    let [(_, class, count, bytes, path)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (class.as_str(), *count, *bytes),
        ("LeakingClass", 2000, 2000 * 700)
    );
    assert_eq!(
        path,
        " → globalThis.app.registry.listeners → Map → Array[x]"
    );
}

#[test]
fn a_chain_of_closures_is_one_finding_told_in_one_turn() {
    let found = findings_of(&subscriptions(3000));
    let [(_, class, count, _, path)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((class.as_str(), *count), ("send()", 3000));
    assert_eq!(
        path,
        " → Timeout → refreshSubscription() → context.subscriptionTemplate \
         → {template, send}×2999 → send()×2999 → context.original×2999"
    );
}

#[test]
fn findings_do_not_depend_on_ids_or_on_the_order_of_the_file() {
    let mut random = Random::new(1);
    for heap in [leaking(1500), subscriptions(1500)] {
        let found = findings_of(&heap);
        assert_eq!(found.len(), 1);
        for _ in 0..5 {
            assert_eq!(findings_of(&shuffled(&heap, &mut random)), found);
        }
    }
}

#[test]
fn a_signature_is_the_same_whatever_the_numbers() {
    let [few, many] = [leaking(1500), leaking(4000)].map(|heap| findings_of(&heap)[0].0.clone());
    assert_eq!(few, many);
    // To change it is to make every baseline useless.
    assert_eq!(few, "a581575f7bf4ae79");
}

#[test]
fn a_heap_in_which_nothing_piles_up_has_no_finding() {
    assert_eq!(findings_of(&leaking(200)), []);
    assert_eq!(findings_of(&subscriptions(200)), []);
    assert_eq!(findings_of(&Graph::new()), []);
}

fn grown(heaps: &[Graph]) -> Growth {
    let mut history = GrowthHistory::default();
    let (last, earlier) = heaps.split_last().unwrap();
    for heap in earlier {
        let snapshot = heap.snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        history.push(&Investigation::of(&snapshot, &analysis));
    }
    let snapshot = last.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    history.finish(
        &mut investigation,
        &GrowthThresholds::default(),
        &Default::default(),
    )
}

#[test]
fn growth_names_the_holder_and_counts_what_is_new() {
    let growth = grown(&[leaking(1000), leaking(1500), leaking(2500)]);
    assert!(growth.is_same_process);
    let [leak] = &growth.grown[..] else {
        panic!("{:?}", growth.grown);
    };
    assert_eq!(leak.counts, [1000, 1500, 2500]);
    assert_eq!((leak.new_count, leak.freed_count), (Some(1500), Some(0)));
    assert_eq!(leak.size_growth(), 1500 * 700);
}

#[test]
fn what_does_not_grow_in_every_interval_is_no_growth() {
    assert!(
        grown(&[leaking(1000), leaking(2500), leaking(2500)])
            .grown
            .is_empty()
    );
    assert!(grown(&[leaking(2500), leaking(1000)]).grown.is_empty());
    assert!(grown(&[leaking(2500), leaking(2500)]).grown.is_empty());
}

#[test]
fn snapshots_of_different_processes_are_compared_by_route() {
    let mut random = Random::new(3);
    let growth = grown(&[leaking(1000), shuffled(&leaking(2500), &mut random)]);
    assert!(!growth.is_same_process);
    assert_eq!(growth.grown.len(), 1);
    assert_eq!(growth.grown[0].new_count, None);
}

#[test]
fn each_other_way_to_an_object_is_told_once() {
    let mut heap = leaking(20);
    let leak = heap.nodes.len() - 2;
    let seen = property(&mut heap, 1, "seen", "Array", 16);
    heap.indexed(seen, EdgeType::Element, 0, leak);
    heap.indexed(seen, EdgeType::Element, 7, leak);
    heap.named(seen, EdgeType::Weak, "9", leak);
    let snapshot = heap.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let shapes = investigation.paths_to(NodeOrdinal(leak as u32));
    let told: Vec<(u64, String)> = shapes
        .iter()
        .map(|shape| {
            let parts = shape.path.parts.iter().map(|part| part.text.as_str());
            (shape.count, parts.collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, "globalThis .seen [x]".to_owned()),
            (
                1,
                "globalThis .app .registry .listeners Map Array [x]".to_owned()
            ),
        ]
    );
}

#[test]
fn objects_of_a_class_are_counted_by_the_way_they_are_kept() {
    let mut heap = leaking(20);
    property(&mut heap, 1, "spare", "LeakingClass", 16);
    let snapshot = heap.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let counts: Vec<u64> = investigation
        .paths_to_class("LeakingClass")
        .iter()
        .map(|shape| shape.count)
        .collect();
    assert_eq!(counts, [20, 1]);
}

#[test]
fn a_list_of_many_links_does_not_exhaust_the_stack() {
    let mut heap = Graph::new();
    heap.global();
    let mut last = 1;
    for _ in 0..100_000 {
        last = property(&mut heap, last, "next", "Link", 40);
    }
    let found = findings_of(&heap);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].4, " → globalThis.next×100000");
}

#[test]
fn an_edge_knows_the_node_it_leaves() {
    let snapshot = leaking(50).snapshot();
    for node in snapshot.ordinals() {
        for edge in snapshot.edges(node) {
            assert_eq!(
                tree::source_of(&snapshot, EdgeOrdinal(edge.ordinal.0)),
                node
            );
        }
    }
}
