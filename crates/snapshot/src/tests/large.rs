//! Graphs too deep or too large for the naive oracle.

use super::super::testing::{Graph, Random};
use super::rules::{analysed, dominator, ordinal};

#[test]
fn a_doubly_linked_list_of_a_hundred_thousand_links_is_a_chain() {
    const LINKS: usize = 100_000;
    let mut graph = Graph::new();
    let mut last = graph.global();
    for _ in 0..LINKS {
        let link = graph.object("Link", 8);
        graph.property(last, "next", link);
        graph.property(link, "previous", last);
        last = link;
    }
    let (snapshot, analysis) = analysed(&graph);
    for node in 2..snapshot.node_count() {
        assert_eq!(dominator(&analysis, node), node - 1);
    }
    let first = analysis.dominators.retained_size(ordinal(1));
    assert_eq!(first, 8 * (LINKS as u64 + 1));
    assert_eq!(
        analysis.distances.get(ordinal(last)),
        Some(LINKS as u32 + 1)
    );
}

/// Immediate dominators by iteration to a fixed point (Cooper, Harvey and
/// Kennedy, "A Simple, Fast Dominance Algorithm", 2001): another algorithm, for
/// graphs too large to take nodes away one by one. Every node must be reached.
fn iterated_dominators(graph: &Graph) -> Vec<usize> {
    let count = graph.nodes.len();
    let mut order = Vec::new();
    let mut numbers = vec![usize::MAX; count];
    let mut seen = vec![false; count];
    let mut stack = vec![(0, 0)];
    seen[0] = true;
    while let Some((node, next)) = stack.pop() {
        if let Some(edge) = graph.nodes[node].edges.get(next) {
            stack.push((node, next + 1));
            if !std::mem::replace(&mut seen[edge.to], true) {
                stack.push((edge.to, 0));
            }
        } else {
            numbers[node] = order.len();
            order.push(node);
        }
    }
    let mut sources = vec![Vec::new(); count];
    for (from, edge) in graph.edges() {
        sources[edge.to].push(from);
    }
    let mut dominators = vec![usize::MAX; count];
    dominators[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for &node in order.iter().rev().skip(1) {
            let mut best = usize::MAX;
            for &source in &sources[node] {
                if dominators[source] == usize::MAX {
                    continue;
                }
                let (mut a, mut b) = (source, if best == usize::MAX { source } else { best });
                while a != b {
                    while numbers[a] < numbers[b] {
                        a = dominators[a];
                    }
                    while numbers[b] < numbers[a] {
                        b = dominators[b];
                    }
                }
                best = a;
            }
            changed |= dominators[node] != best;
            dominators[node] = best;
        }
    }
    dominators
}

#[test]
fn dominators_of_large_graphs_are_those_of_another_algorithm() {
    for seed in 0..4 {
        let mut random = Random::new(seed);
        let mut graph = Graph::new();
        graph.global();
        for node in 2..150_000 {
            graph.object("A", 8);
            // A tree of varying depth, so that every node is reached.
            let depth = 1 + random.below(if seed % 2 == 0 { 8 } else { 50_000 });
            graph.property(node - (depth.min(node - 1)), "a", node);
        }
        for _ in 0..150_000 {
            let to = 1 + random.below(graph.nodes.len() - 1);
            let from = if random.one_in(3) {
                1 + random.below(graph.nodes.len() - 1)
            } else {
                (to + random.below(40)).min(graph.nodes.len() - 1)
            };
            graph.property(from, "b", to);
        }
        let (_, analysis) = analysed(&graph);
        for (node, wanted) in iterated_dominators(&graph).into_iter().enumerate() {
            assert_eq!(
                dominator(&analysis, node),
                wanted,
                "seed {seed}, node {node}"
            );
        }
    }
}
