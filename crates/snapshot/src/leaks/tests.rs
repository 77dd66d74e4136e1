//! What is found in graphs like those that programs make.

use super::testing::{leaking, property, shuffled, subscriptions};
use super::*;
use crate::testing::{Graph, Random};
use crate::{EdgeOrdinal, EdgeType, NodeType};

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
fn a_short_chain_that_keeps_most_of_the_heap_is_a_finding_too() {
    let thresholds = Thresholds {
        few_bytes: 1,
        ..Thresholds::default()
    };
    let snapshot = subscriptions(60).snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let found = Investigation::of(&snapshot, &analysis).findings(&thresholds);
    let classes = found.iter().map(|one| one.suspect.classes[0].0.as_str());
    assert_eq!(classes.collect::<Vec<_>>(), ["send()"]);
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
    grown_of(heaps, |_| {})
}

fn grown_of(heaps: &[Graph], prepare: impl FnOnce(&mut GrowthHistory)) -> Growth {
    let mut history = GrowthHistory::default();
    prepare(&mut history);
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
fn of_ids_that_mean_other_objects_nothing_is_known_to_be_new() {
    let heaps = [leaking(1000), leaking(2500)];
    let growth = grown_of(&heaps, GrowthHistory::set_other_ids);
    assert!(!growth.is_same_process);
    let [leak] = &growth.grown[..] else {
        panic!("{:?}", growth.grown);
    };
    assert_eq!(leak.counts, [1000, 2500]);
    assert_eq!((leak.new_count, leak.freed_count), (None, None));
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

/// As [`leaking`], while a function that runs has the registry: the shortest way.
fn while_running(count: u32) -> Graph {
    let mut graph = leaking(count);
    let registry = graph.nodes.iter().position(|node| node.name == "Registry");
    let stack = graph.node(NodeType::Synthetic, "(Stack roots)", 0);
    // Not after the objects that come later.
    graph.nodes[stack].id = 1 << 40;
    graph.indexed(0, EdgeType::Element, 90, stack);
    graph.indexed(stack, EdgeType::Element, 0, registry.unwrap());
    graph
}

#[test]
fn a_holder_is_the_same_whatever_the_way_to_it() {
    for heaps in [
        [while_running(1000), leaking(1500), leaking(2500)],
        [leaking(1000), while_running(1500), leaking(2500)],
        [leaking(1000), leaking(1500), while_running(2500)],
    ] {
        let growth = grown(&heaps);
        assert!(growth.is_same_process);
        let [leak] = &growth.grown[..] else {
            panic!("{:?}", growth.grown);
        };
        assert_eq!(leak.counts, [1000, 1500, 2500]);
        assert_eq!((leak.new_count, leak.freed_count), (Some(1500), Some(0)));
        assert_eq!(leak.size_growth(), 1500 * 700);
    }
}

#[test]
fn what_moves_from_one_place_to_another_does_not_grow() {
    let mut moved = leaking(1500);
    let first = moved
        .nodes
        .iter()
        .position(|node| node.name == "LeakingClass");
    let list = first.unwrap() - 1;
    let elements = std::mem::take(&mut moved.nodes[list].edges);
    let archive = property(&mut moved, list, "archive", "Array", 32);
    moved.nodes[archive].edges = elements;
    assert_eq!(grown(&[leaking(1500), moved]).grown.len(), 0);
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
        .0
        .iter()
        .map(|shape| shape.count)
        .collect();
    assert_eq!(counts, [20, 1]);
}

#[test]
fn a_class_may_be_named_as_the_tables_of_classes_name_it() {
    let mut heap = Graph::new();
    let global = heap.global();
    let element = heap.node(NodeType::Native, "<div class=\"dialog\">", 100);
    heap.nodes[element].detachedness = 2;
    heap.property(global, "last", element);
    let text = heap.node(NodeType::String, "a text", 24);
    heap.property(global, "text", text);
    let snapshot = heap.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    for (class, property) in [("Detached <div>", ".last"), ("(string)", ".text")] {
        let (shapes, _) = investigation.paths_to_class(class);
        let paths = shapes.iter().map(|shape| {
            let parts = shape.path.parts.iter();
            parts.map(|part| part.text.as_str()).collect::<String>()
        });
        let paths: Vec<String> = paths.collect();
        assert_eq!(paths, [format!("globalThis{property}")], "{class}");
    }
    assert!(investigation.paths_to_class("Detached <p>").0.is_empty());
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

#[test]
fn sizes_beyond_all_measure_do_not_overflow() {
    let mut graph = leaking(200);
    let places = graph.nodes.len();
    for place in 0..places {
        graph.nodes[place].size = u64::MAX;
    }
    for _ in 0..20 {
        let realm = graph.node(NodeType::Hidden, "system / NativeContext", u64::MAX);
        graph.indexed(0, EdgeType::Element, 1, realm);
    }
    graph.extra_native_bytes = u64::MAX;
    let found = findings_of(&graph);
    assert_eq!(found[0].3, u64::MAX, "{found:?}");

    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    assert_eq!(analysis.total_size(&snapshot), u64::MAX);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let observations = investigation.observations(&[]);
    let realms = observations.iter().find(|seen| seen.rule == Rule::Realms);
    assert_eq!(realms.map(|seen| seen.bytes), Some(u64::MAX));
}
