//! The algorithms once more, as the definitions have them and with no thought
//! for speed, compared on thousands of random graphs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::testing::{Graph, Random, TestEdge, random_graph};
use super::super::{Analysis, ClassTable, EdgeType, NodeOrdinal, NodeType, SnapshotDiff};

const GRAPHS: u64 = 3000;
const MAX_NODES: usize = 24;

/// What the definitions say about a graph.
struct Naive<'a> {
    graph: &'a Graph,
    page: BTreeSet<usize>,
}

impl<'a> Naive<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut naive = Self {
            graph,
            page: BTreeSet::new(),
        };
        let seeds = graph.nodes[0].edges.iter().filter(|edge| match edge.kind {
            EdgeType::Shortcut => true,
            EdgeType::Element => naive.is_document_trees(edge.to),
            _ => false,
        });
        let seeds: Vec<usize> = seeds.map(|edge| edge.to).collect();
        naive.page = naive.closure(seeds, |_, edge| edge.kind != EdgeType::Weak);
        naive
    }

    fn is_document_trees(&self, node: usize) -> bool {
        let node = &self.graph.nodes[node];
        node.kind == NodeType::Synthetic && node.name == "(Document DOM trees)"
    }

    fn is_user_root(&self, node: usize) -> bool {
        self.graph.nodes[node].kind != NodeType::Synthetic || self.is_document_trees(node)
    }

    fn closure(
        &self,
        seeds: Vec<usize>,
        follows: impl Fn(usize, &TestEdge) -> bool,
    ) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut queue = seeds;
        while let Some(node) = queue.pop() {
            if found.insert(node) {
                let edges = self.graph.nodes[node].edges.iter();
                queue.extend(edges.filter(|edge| follows(node, edge)).map(|edge| edge.to));
            }
        }
        found
    }

    fn is_essential(&self, from: usize, edge: &TestEdge) -> bool {
        let table = format!("(table @{})", self.graph.nodes[from].id);
        let is_from_table = edge.kind == EdgeType::Internal
            && edge.name.contains(" / part of key (")
            && edge.name.ends_with(&table);
        let is_into_page = self.page.contains(&edge.to) && !self.page.contains(&from);
        edge.kind != EdgeType::Weak
            && edge.to != from
            && !is_from_table
            && (from == 0 || edge.kind != EdgeType::Shortcut && !is_into_page)
    }

    /// Everything a walk reaches without passing `removed`.
    fn reached(&self, removed: Option<usize>) -> BTreeSet<usize> {
        let essential: Vec<(usize, usize)> = self
            .graph
            .edges()
            .filter(|&(from, edge)| self.is_essential(from, edge))
            .map(|(from, edge)| (from, edge.to))
            .collect();
        let kept: BTreeSet<usize> = essential.iter().map(|&(_, to)| to).collect();
        let orphans = (0..self.graph.nodes.len()).filter(|node| !kept.contains(node));
        let mut queue: Vec<usize> = orphans.chain([0]).collect();
        let mut found = BTreeSet::new();
        while let Some(node) = queue.pop() {
            if Some(node) != removed && found.insert(node) {
                let edges = essential.iter().filter(|&&(from, _)| from == node);
                queue.extend(edges.map(|&(_, to)| to));
            }
        }
        found
    }

    /// For each node, every node without which it is not reached, itself
    /// included. Nodes in unreachable circles hang on the root.
    fn dominators(&self) -> Vec<BTreeSet<usize>> {
        let count = self.graph.nodes.len();
        let reached = self.reached(None);
        let mut dominators: Vec<BTreeSet<usize>> =
            (0..count).map(|node| BTreeSet::from([0, node])).collect();
        for removed in 1..count {
            let left = self.reached(Some(removed));
            for node in reached.difference(&left) {
                dominators[*node].insert(removed);
            }
        }
        dominators
    }

    /// Native nodes whose name begins with `Detached ` once attachment has
    /// spread from those that know theirs, through native nodes, attached first.
    fn detached(&self) -> BTreeSet<usize> {
        let nodes = &self.graph.nodes;
        let knows = |state: u64| {
            let all = nodes.iter().enumerate();
            let known = all.filter(move |(_, node)| node.detachedness == state);
            known.map(|(place, _)| place).collect::<Vec<usize>>()
        };
        let spreads = |edge: &TestEdge| {
            !matches!(edge.kind, EdgeType::Hidden | EdgeType::Weak)
                && nodes[edge.to].kind == NodeType::Native
                && nodes[edge.to].detachedness == 0
        };
        let attached = self.closure(knows(1), |_, edge| spreads(edge));
        self.closure(knows(2), |_, edge| {
            spreads(edge) && !attached.contains(&edge.to)
        })
    }

    fn shallow(&self) -> Vec<u64> {
        let nodes = &self.graph.nodes;
        let mut sizes: Vec<u64> = nodes.iter().map(|node| node.size).collect();
        if !nodes[0].edges.iter().any(|edge| self.is_user_root(edge.to)) {
            return sizes;
        }
        let detached = self.detached();
        let is_part = |node: usize| match nodes[node].kind {
            NodeType::Hidden | NodeType::Array => true,
            NodeType::Native => {
                nodes[node].name == "system / ExternalStringData" && !detached.contains(&node)
            }
            _ => false,
        };
        let mut owners: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for owner in (0..nodes.len()).filter(|&node| !is_part(node)) {
            let parts = self.closure(vec![owner], |_, edge| {
                edge.kind != EdgeType::Weak && is_part(edge.to)
            });
            for part in parts.into_iter().filter(|&part| part != owner) {
                owners.entry(part).or_default().push(owner);
            }
        }
        for (part, owners) in owners {
            if let [owner] = owners[..]
                && owner != 0
                && nodes[owner].kind != NodeType::Synthetic
            {
                sizes[owner] += std::mem::take(&mut sizes[part]);
            }
        }
        sizes
    }

    fn distances(&self) -> Vec<i32> {
        let mut distances = vec![-5; self.graph.nodes.len()];
        let mut pending = BTreeSet::new();
        let roots = self.graph.nodes[0].edges.iter().map(|edge| edge.to);
        let roots: Vec<usize> = roots.filter(|&node| self.is_user_root(node)).collect();
        for &root in &roots {
            distances[root] = 1;
        }
        let base = if roots.is_empty() { 0 } else { 100_000_000 };
        self.walk(roots, &mut distances, &mut pending);
        distances[0] = base;
        self.walk(vec![0], &mut distances, &mut pending);
        distances
    }

    fn walk(&self, start: Vec<usize>, distances: &mut [i32], pending: &mut BTreeSet<String>) {
        let mut queue = std::collections::VecDeque::from(start);
        while let Some(node) = queue.pop_front() {
            for edge in &self.graph.nodes[node].edges {
                if edge.kind == EdgeType::Weak
                    || distances[edge.to] != -5
                    || !self.counts(node, edge, pending)
                {
                    continue;
                }
                distances[edge.to] = distances[node] + 1;
                queue.push_back(edge.to);
            }
        }
    }

    fn counts(&self, from: usize, edge: &TestEdge, pending: &mut BTreeSet<String>) -> bool {
        let node = &self.graph.nodes[from];
        if node.kind == NodeType::Hidden
            && node.name == "system / NativeContext"
            && edge.name == "sloppy_function_map"
        {
            return false;
        }
        if node.kind == NodeType::Array && node.name == "(map descriptors)" {
            let digits = edge.name.split(|c: char| !c.is_ascii_digit()).next();
            let index: Option<u32> = digits.and_then(|digits| digits.parse().ok());
            return index.is_none_or(|index| index < 2 || index % 3 != 1);
        }
        if edge.kind == EdgeType::Internal
            && let Some((_, part)) = edge.name.split_once(" / part of key (")
            && !pending.remove(part)
        {
            pending.insert(part.to_owned());
            return false;
        }
        true
    }
}

fn each_graph(mut check: impl FnMut(u64, &Graph)) {
    for seed in 0..GRAPHS {
        check(seed, &random_graph(seed, MAX_NODES));
    }
}

#[test]
fn dominators_are_the_nodes_without_which_others_are_not_reached() {
    each_graph(|seed, graph| {
        let analysis = Analysis::of(&graph.snapshot(), 1 + seed as usize % 2);
        let naive = Naive::new(graph).dominators();
        for (node, wanted) in naive.iter().enumerate().skip(1) {
            let mut chain = BTreeSet::from([node]);
            let mut at = NodeOrdinal(node as u32);
            while at != NodeOrdinal(0) {
                at = analysis.dominators.immediate(at);
                chain.insert(at.index());
            }
            assert_eq!(&chain, wanted, "seed {seed}, node {node}");
        }
    });
}

#[test]
fn a_retained_size_is_the_sum_of_all_that_is_dominated() {
    each_graph(|seed, graph| {
        let analysis = Analysis::of(&graph.snapshot(), 1 + seed as usize % 2);
        let naive = Naive::new(graph);
        let (sizes, dominators) = (naive.shallow(), naive.dominators());
        for node in 0..graph.nodes.len() {
            let ordinal = NodeOrdinal(node as u32);
            let dominated: Vec<usize> = (0..graph.nodes.len())
                .filter(|&other| dominators[other].contains(&node))
                .collect();
            let sum: u64 = dominated.iter().map(|&other| sizes[other]).sum();
            let label = format!("seed {seed}, node {node}");
            assert_eq!(analysis.dominators.retained_size(ordinal), sum, "{label}");
            let count = analysis.dominators.retained_count(ordinal);
            assert_eq!(count as usize, dominated.len(), "{label}");
        }
    });
}

#[test]
fn a_part_is_counted_to_the_only_node_it_is_reached_from() {
    each_graph(|seed, graph| {
        let analysis = Analysis::of(&graph.snapshot(), 1);
        let sizes: Vec<u64> = (0..graph.nodes.len())
            .map(|node| analysis.shallow.of(NodeOrdinal(node as u32)))
            .collect();
        assert_eq!(sizes, Naive::new(graph).shallow(), "seed {seed}");
    });
}

#[test]
fn detached_is_what_only_detached_nodes_lead_to() {
    each_graph(|seed, graph| {
        let analysis = Analysis::of(&graph.snapshot(), 1);
        let found = analysis.detachedness.detached();
        let found: BTreeSet<usize> = found.map(|node| node.index()).collect();
        assert_eq!(found, Naive::new(graph).detached(), "seed {seed}");
    });
}

#[test]
fn distances_are_steps_from_the_nearest_global_object() {
    each_graph(|seed, graph| {
        let analysis = Analysis::of(&graph.snapshot(), 1);
        let distances: Vec<i32> = (0..graph.nodes.len())
            .map(|node| analysis.distances.number(NodeOrdinal(node as u32)))
            .collect();
        assert_eq!(distances, Naive::new(graph).distances(), "seed {seed}");
    });
}

#[test]
fn a_class_retains_each_byte_once() {
    each_graph(|seed, graph| {
        let snapshot = graph.snapshot();
        let analysis = Analysis::of(&snapshot, 2);
        let dominators = Naive::new(graph).dominators();
        let table = ClassTable::of(&analysis, 1 + seed as usize % 2);
        let nodes: Vec<NodeOrdinal> = snapshot.ordinals().collect();
        let counted = nodes.iter().filter(|&&node| analysis.shallow.of(node) > 0);
        let counted: Vec<NodeOrdinal> = counted.copied().collect();
        for row in &table.rows {
            let is_of_class = |node: NodeOrdinal| analysis.classes.of_node(node) == row.class;
            let of_class = counted.iter().filter(|&&node| is_of_class(node));
            let of_class: Vec<NodeOrdinal> = of_class.copied().collect();
            let topmost = of_class.iter().filter(|&&node| {
                !of_class.iter().any(|&other| {
                    other != node && dominators[node.index()].contains(&other.index())
                })
            });
            let retained = topmost.map(|&node| analysis.dominators.retained_size(node));
            let shallow = of_class.iter().map(|&node| analysis.shallow.of(node));
            let distances = of_class.iter().map(|&node| analysis.distances.number(node));
            let label = format!("seed {seed}, {:?}", analysis.classes.class(row.class));
            assert_eq!(row.retained_size, Some(retained.sum()), "{label}");
            assert_eq!(row.shallow_size, shallow.sum::<u64>(), "{label}");
            assert_eq!(row.count, of_class.len() as u64, "{label}");
            assert_eq!(row.distance, distances.min(), "{label}");
        }
        let counted_in_rows: u64 = table.rows.iter().map(|row| row.count).sum();
        assert_eq!(counted_in_rows, counted.len() as u64, "seed {seed}");
    });
}

/// Another graph with the ids of the same numbering: most nodes are of the type of one in the
/// earlier graph and have its id, all others have ids beyond.
fn of_one_numbering(before: &Graph, mut after: Graph, seed: u64) -> Graph {
    let mut random = Random::new(seed);
    let last = before.nodes.iter().map(|node| node.id).max().unwrap_or(0);
    for (place, node) in after.nodes.iter_mut().enumerate() {
        let old = before.nodes.get(place);
        match old.filter(|_| place == 0 || !random.one_in(3)) {
            Some(old) => (node.kind, node.id) = (old.kind, old.id),
            None => node.id = last + last % 2 + 2 * place as u64 + node.id % 2,
        }
    }
    after
}

#[test]
fn a_difference_counts_what_came_and_what_went_by_id() {
    let mut corresponding = 0;
    for seed in 0..GRAPHS / 3 {
        let before = random_graph(seed, MAX_NODES);
        let after = of_one_numbering(&before, random_graph(seed + 1, MAX_NODES), seed);
        let (before, after) = (before.snapshot(), after.snapshot());
        let (old, new) = (Analysis::of(&before, 1), Analysis::of(&after, 1));
        let diff = SnapshotDiff::exact((&before, &old), (&after, &new));
        // Without one object in both there is nothing by which to know.
        if !diff.ids_correspond {
            continue;
        }
        corresponding += 1;
        let old_classes = super::super::Classes::with_interfaces(&before, &old, &new.interfaces);
        let objects = |snapshot: &super::super::Snapshot, analysis: &Analysis, classes: &_| {
            let classes: &super::super::Classes = classes;
            let nodes = snapshot.ordinals();
            let nodes = nodes.filter(|&node| analysis.shallow.of(node) > 0);
            let objects = nodes.map(|node| {
                let class = classes.class(classes.of_node(node)).clone();
                ((class, snapshot.id(node)), analysis.shallow.of(node))
            });
            objects.collect::<Vec<_>>()
        };
        let old_objects = objects(&before, &old, &old_classes);
        let new_objects = objects(&after, &new, &new.classes);
        let gone = |from: &[((_, _), u64)], other: &[((_, _), u64)], class: &_| {
            let of_class = from.iter().filter(|((c, _), _)| c == class);
            let only = of_class.filter(|(key, _)| !other.iter().any(|(k, _)| k == key));
            only.fold((0, 0), |(count, size), (_, s)| (count + 1, size + s))
        };
        for row in &diff.rows {
            let label = format!("seed {seed}, {:?}", row.class);
            let allocated = gone(&new_objects, &old_objects, &row.class);
            assert_eq!(
                (row.allocated_count, row.allocated_size),
                allocated,
                "{label}"
            );
            let freed = gone(&old_objects, &new_objects, &row.class);
            assert_eq!((row.freed_count, row.freed_size), freed, "{label}");
        }
        let changed: u64 = diff.rows.iter().map(|row| row.allocated_count).sum();
        let all = new_objects.iter();
        let new_only = all.filter(|(key, _)| !old_objects.iter().any(|(k, _)| k == key));
        assert_eq!(changed, new_only.count() as u64, "seed {seed}");
    }
    assert!(corresponding > GRAPHS / 6, "{corresponding}");
}
