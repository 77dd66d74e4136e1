//! The heap diff against a naive one: sets of ids and a plain search, on seeded
//! random graphs and on the graphs that other tools fall over.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use memwatch_snapshot::heap_columns::{ClassNames, HeapColumns};
use memwatch_snapshot::heap_diff::{ClassChange, HeapChange, heap_change};
use memwatch_snapshot::heap_graph::{HeapGraph, node_type_from_v8};

/// V8's numbers of edge types.
const ELEMENT: u32 = 1;
const INTERNAL: u32 = 3;

/// V8's numbers of node types.
const HIDDEN: u32 = 0;
const ARRAY: u32 = 1;
const OBJECT: u32 = 3;
const NATIVE: u32 = 8;
const CONS_STRING: u32 = 10;
const SHAPE: u32 = 14;

#[derive(Clone, Debug)]
struct Node {
    id: u32,
    kind: u32,
    name: String,
    size: u64,
    edges: Vec<(u32, u32)>,
}

fn node(id: u32, kind: u32, name: &str, size: u64, edges: &[(u32, u32)]) -> Node {
    Node {
        id,
        kind,
        name: name.to_owned(),
        size,
        edges: edges.to_vec(),
    }
}

/// The columns of a graph whose first node is the root.
fn columns(nodes: &[Node], hidden: &[u32]) -> HeapColumns {
    let mut graph = HeapGraph::with_capacity(nodes.len());
    for node in nodes {
        let edges = u32::try_from(node.edges.len()).unwrap();
        graph.push_node(node.id, node_type_from_v8(node.kind), node.size, edges);
        push_edges(&mut graph, &node.edges);
    }
    let graph = graph.resolve(nodes[0].id, hidden, |_| false);
    let mut names = ClassNames::default();
    for &ordinal in graph.unnamed() {
        names.push(&nodes[ordinal as usize].name);
    }
    graph.finish(&names)
}

fn push_edges(graph: &mut HeapGraph, edges: &[(u32, u32)]) {
    let to_ids: Vec<u32> = edges.iter().map(|&(_, to)| to).collect();
    let types: Vec<u8> = edges.iter().map(|&(kind, _)| kind as u8).collect();
    graph.push_edges(&to_ids, &types);
}

fn bucket(node: &Node) -> Option<&str> {
    match node.kind {
        1 => Some("Array"),
        2 => Some("String"),
        3 => Some(&node.name),
        4 => Some("Code"),
        5 => Some("Closure"),
        6 => Some("RegExp"),
        7 => Some("Number"),
        8 => Some("Native"),
        _ => None,
    }
}

/// The ids that can be reached from the first node without passing a hidden one.
fn reachable<'a>(nodes: &'a [Node], hidden: &[u32]) -> BTreeMap<u32, &'a Node> {
    let by_id: HashMap<u32, &Node> = nodes.iter().map(|node| (node.id, node)).collect();
    let mut found = BTreeMap::new();
    let mut todo = vec![nodes[0].id];
    while let Some(id) = todo.pop() {
        let Some(node) = by_id.get(&id) else { continue };
        if !hidden.contains(&id) && found.insert(id, *node).is_none() {
            todo.extend(node.edges.iter().map(|&(_, to)| to));
        }
    }
    found
}

fn naive_change(before: &[Node], after: &[Node], hidden: &[u32]) -> HeapChange {
    let (before, after) = (reachable(before, hidden), reachable(after, hidden));
    let sum = |nodes: &BTreeMap<u32, &Node>| nodes.values().map(|n| n.size as i64).sum::<i64>();
    let only_in = |a: &BTreeMap<u32, &Node>, b: &BTreeMap<u32, &Node>| {
        let ids: BTreeSet<u32> = a.keys().copied().filter(|id| !b.contains_key(id)).collect();
        ids
    };
    let (freed, allocated) = (only_in(&before, &after), only_in(&after, &before));
    let mut details: BTreeMap<String, (i64, u64, u64)> = BTreeMap::new();
    for node in freed.iter().map(|id| before[id]) {
        if let Some(name) = bucket(node) {
            let change = details.entry(name.to_owned()).or_default();
            change.0 -= node.size as i64;
            change.2 += 1;
        }
    }
    for node in allocated.iter().map(|id| after[id]) {
        if let Some(name) = bucket(node) {
            let change = details.entry(name.to_owned()).or_default();
            change.0 += node.size as i64;
            change.1 += 1;
        }
    }
    HeapChange {
        size_bytes: sum(&after) - sum(&before),
        freed_nodes: freed.len() as u64,
        allocated_nodes: allocated.len() as u64,
        details: details
            .into_iter()
            .map(|(what, (size_bytes, allocated, freed))| ClassChange {
                what,
                size_bytes,
                allocated,
                freed,
            })
            .collect(),
    }
}

/// Numbers that are the same in every run: a 64-bit linear congruential generator
/// (Knuth's MMIX constants), of which the high bits are used.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit.max(1))) as u32
    }
}

/// A heap of some nodes, some of them shapes; an object's name is its shape's, as
/// in V8, where it has one.
fn random_heap(random: &mut Random, ids: &[u32]) -> Vec<Node> {
    const NAMES: [&str; 5] = ["Session", "Array", "Ärger", "a", "Z"];
    let mut nodes: Vec<Node> = ids
        .iter()
        .map(|&id| {
            let kind = if random.below(5) == 0 {
                SHAPE
            } else {
                random.below(15)
            };
            let size = match random.below(20) {
                0 => u64::from(u32::MAX) + u64::from(random.below(3)),
                _ => u64::from(random.below(100)),
            };
            node(id, kind, NAMES[random.below(5) as usize], size, &[])
        })
        .collect();
    let snapshot = nodes.clone();
    for from in &mut nodes {
        for _ in 0..random.below(4) {
            // One id in ten leads nowhere.
            let to = match random.below(10) {
                0 => 999_999_999,
                _ => ids[random.below(ids.len() as u32) as usize],
            };
            let to_shape = snapshot.iter().any(|n| n.id == to && n.kind == SHAPE);
            // Between an object and a shape V8 has one internal edge at most.
            let kind = if to_shape { ELEMENT } else { random.below(7) };
            from.edges.push((kind, to));
        }
        let shapes: Vec<&Node> = snapshot.iter().filter(|n| n.kind == SHAPE).collect();
        if from.kind == OBJECT && !shapes.is_empty() && random.below(4) > 0 {
            let shape = shapes[random.below(shapes.len() as u32) as usize];
            from.name.clone_from(&shape.name);
            let at = random.below(from.edges.len() as u32 + 1) as usize;
            from.edges.insert(at, (INTERNAL, shape.id));
        }
    }
    nodes
}

#[test]
fn it_agrees_with_sets_of_ids_on_random_heaps() {
    let mut random = Random(20_120_301);
    for round in 0..3000 {
        let count = 1 + random.below(40);
        // Near and far apart, odd and even, in no order.
        let spread = [2, 3, 50_000_000][random.below(3) as usize];
        let heap = |random: &mut Random| {
            let mut ids = vec![1];
            for _ in 0..count {
                let id = 2 + random.below(80) * spread / 2;
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            random_heap(random, &ids)
        };
        let (before, after) = (heap(&mut random), heap(&mut random));
        let hidden: Vec<u32> = (0..random.below(3)).map(|_| 2 + random.below(80)).collect();
        let change = heap_change(&columns(&before, &hidden), &columns(&after, &hidden));
        let expected = naive_change(&before, &after, &hidden);
        assert_eq!(change, expected, "round {round}\n{before:#?}\n{after:#?}");
    }
}

#[test]
fn details_are_in_the_byte_order_of_their_names() {
    let before = [node(1, HIDDEN, "", 0, &[])];
    let names = ["z", "ä", "A", "Z", "a", "Äpfel"];
    let mut after = vec![node(1, HIDDEN, "", 0, &[])];
    for (id, name) in (3..).zip(names) {
        after[0].edges.push((ELEMENT, id));
        after.push(node(id, OBJECT, name, 8, &[]));
    }
    let change = heap_change(&columns(&before, &[]), &columns(&after, &[]));
    let order: Vec<&str> = change.details.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(order, ["A", "Z", "a", "z", "Äpfel", "ä"]);
}

#[test]
fn what_only_a_hidden_object_keeps_is_hidden_with_it() {
    let heap = [
        node(1, HIDDEN, "", 0, &[(ELEMENT, 3), (ELEMENT, 7)]),
        node(3, OBJECT, "HeapDiff", 100, &[(ELEMENT, 5), (ELEMENT, 7)]),
        node(5, OBJECT, "OnlyOurs", 10, &[]),
        node(7, OBJECT, "Shared", 1, &[]),
    ];
    assert_eq!(columns(&heap, &[3]).total_bytes(), 1);
    assert_eq!(columns(&heap, &[]).total_bytes(), 111);
    assert_eq!(columns(&heap, &[3]).node_count(), 4);
}

#[test]
fn a_class_that_merely_has_our_name_is_not_hidden() {
    let before = [node(1, HIDDEN, "", 0, &[])];
    let after = [
        node(1, HIDDEN, "", 0, &[(ELEMENT, 3)]),
        node(3, OBJECT, "HeapDiff", 100, &[]),
    ];
    let change = heap_change(&columns(&before, &[]), &columns(&after, &[]));
    assert_eq!(change.details.len(), 1);
    assert_eq!(change.details[0].what, "HeapDiff");
    assert_eq!(change.details[0].allocated, 1);
}

#[test]
fn kinds_without_a_bucket_count_in_sums_only() {
    let before = [node(1, HIDDEN, "", 0, &[])];
    let after = [
        node(1, HIDDEN, "", 0, &[(ELEMENT, 3)]),
        node(3, CONS_STRING, "ab", 20, &[]),
    ];
    let change = heap_change(&columns(&before, &[]), &columns(&after, &[]));
    assert_eq!((change.size_bytes, change.allocated_nodes), (20, 1));
    assert!(change.details.is_empty());
}

#[test]
fn sizes_beyond_32_bits_stay_exact() {
    let gigabytes = 5 << 30;
    let before = [node(1, HIDDEN, "", 0, &[])];
    let after = [
        node(1, HIDDEN, "", 0, &[(ELEMENT, 4), (ELEMENT, 6)]),
        node(4, NATIVE, "system / JSArrayBufferData", gigabytes, &[]),
        node(6, NATIVE, "system / JSArrayBufferData", gigabytes, &[]),
    ];
    let change = heap_change(&columns(&before, &[]), &columns(&after, &[]));
    assert_eq!(change.size_bytes, 10 << 30);
    assert_eq!(change.details[0].size_bytes, 10 << 30);
    let back = heap_change(&columns(&after, &[]), &columns(&before, &[]));
    assert_eq!(back.details[0].size_bytes, -(10 << 30));
}

#[test]
fn a_list_of_a_million_links_needs_no_stack() {
    let links = 1_000_000;
    let mut heap = vec![node(1, HIDDEN, "", 0, &[(ELEMENT, 3)])];
    heap.extend((1..=links).map(|i| node(2 * i + 1, OBJECT, "Link", 24, &[(ELEMENT, 2 * i + 3)])));
    assert_eq!(columns(&heap, &[]).total_bytes(), 24 * u64::from(links));
}

#[test]
fn objects_of_one_shape_are_asked_for_their_name_once() {
    let mut graph = HeapGraph::with_capacity(0);
    for (id, kind, edges) in [
        (
            1,
            HIDDEN,
            vec![(ELEMENT, 5), (ELEMENT, 7), (ELEMENT, 9), (ELEMENT, 11)],
        ),
        (3, SHAPE, vec![]),
        (5, OBJECT, vec![(INTERNAL, 3)]),
        (7, OBJECT, vec![(INTERNAL, 3)]),
        (9, OBJECT, vec![]),
        (11, ARRAY, vec![]),
    ] {
        graph.push_node(id, node_type_from_v8(kind), 8, edges.len() as u32);
        push_edges(&mut graph, &edges);
    }
    assert_eq!(graph.resolve(1, &[], |_| false).unnamed(), [2, 4]);
}

#[test]
fn hidden_classes_without_a_type_are_known_by_the_map_of_maps() {
    let mut graph = HeapGraph::with_capacity(0);
    let all = [7, 9, 11, 15, 17].map(|id| (ELEMENT, id));
    for (id, kind, edges) in [
        (1, HIDDEN, all.to_vec()),
        // The map of maps, a map, and a cell that refers to itself as no map does.
        (3, HIDDEN, vec![(INTERNAL, 3)]),
        (5, HIDDEN, vec![(INTERNAL, 3)]),
        (7, OBJECT, vec![(INTERNAL, 5)]),
        (9, OBJECT, vec![(INTERNAL, 5)]),
        (11, HIDDEN, vec![(INTERNAL, 11)]),
        // Hidden, and refers to the map of maps, but is none by its name.
        (13, HIDDEN, vec![(INTERNAL, 3)]),
        (15, OBJECT, vec![(INTERNAL, 11)]),
        (17, OBJECT, vec![(INTERNAL, 13)]),
    ] {
        graph.push_node(id, node_type_from_v8(kind), 8, edges.len() as u32);
        push_edges(&mut graph, &edges);
    }
    let named = |ordinal: u32| matches!(ordinal, 1 | 2);
    // One of the two that share a map, and each of those that have none.
    assert_eq!(graph.resolve(1, &[], named).unnamed(), [3, 7, 8]);
}
