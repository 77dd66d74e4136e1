//! Where things pile up, and where they only look as if: rows in the values of a
//! Map, trees, single objects that grow.

use rustc_hash::FxHashSet;

use super::testing::{function, map, property, subscriptions};
use super::*;
use crate::testing::Graph;
use crate::{EdgeType, NodeType};

const ROWS: u32 = 300;

/// `globalThis.jobs → Map → {rows}.rows[x]`, all of them plain objects.
fn jobs(count: u32) -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let table = map(&mut graph, global, "jobs");
    for index in 0..count {
        let job = graph.object("Object", 32);
        graph.indexed(table, EdgeType::Hidden, 3 * index, job);
        let rows = property(&mut graph, job, "rows", "Array", 16);
        for row in 0..ROWS {
            let value = graph.object("Object", 40);
            graph.indexed(rows, EdgeType::Element, row, value);
            property(&mut graph, value, "text", "Text", 60);
        }
    }
    graph
}

/// A tree of objects of one class, each with its children in an array.
fn tree(count: usize) -> Graph {
    const CHILDREN: usize = 4;
    let mut graph = Graph::new();
    let global = graph.global();
    let root = property(&mut graph, global, "root", "Branch", 100);
    let mut branches = vec![(root, property(&mut graph, root, "children", "Array", 16))];
    for index in 1..count {
        let (_, children) = branches[(index - 1) / CHILDREN];
        let branch = graph.object("Branch", 100);
        graph.indexed(children, EdgeType::Element, (index - 1) as u32 % 4, branch);
        let children = property(&mut graph, branch, "children", "Array", 16);
        branches.push((branch, children));
    }
    graph
}

/// A string that was appended to so many times.
fn log(pieces: u32) -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let mut whole = graph.node(NodeType::String, "start", 5_000);
    for _ in 0..pieces {
        let longer = graph.node(NodeType::ConsString, "(concatenated string)", 32);
        graph.named(longer, EdgeType::Internal, "first", whole);
        let piece = graph.node(NodeType::String, "piece", 5_000);
        graph.named(longer, EdgeType::Internal, "second", piece);
        whole = longer;
    }
    graph.property(global, "log", whole);
    graph
}

fn thresholds() -> Thresholds {
    Thresholds {
        min_bytes: 50_000,
        few_bytes: 50_000,
        single_bytes: 50_000,
        ..Thresholds::default()
    }
}

/// Kind, class, count and path of each finding.
fn found(heap: &Graph) -> Vec<(Kind, String, u64, String)> {
    let snapshot = heap.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let findings = Investigation::of(&snapshot, &analysis).findings(&thresholds());
    let findings = findings.into_iter().map(|finding| {
        let Suspect {
            kind,
            classes,
            count,
            ..
        } = finding.suspect;
        let parts = finding.path.parts.into_iter();
        let parts = parts.map(|part| match part.arrow {
            true => format!(" → {}", part.text),
            false => part.text,
        });
        (kind, classes[0].0.clone(), count, parts.collect())
    });
    findings.collect()
}

#[test]
fn rows_in_the_values_of_a_map_are_no_list_of_objects_that_hold_each_other() {
    let expected = (
        Kind::Map,
        "Object".to_owned(),
        20,
        " → globalThis.jobs → Map".to_owned(),
    );
    assert_eq!(found(&jobs(20)), [expected]);
}

#[test]
fn what_few_hold_many_of_is_told_by_its_rows() {
    let [(kind, class, count, path)] = &found(&jobs(4))[..] else {
        panic!("not one finding");
    };
    assert_eq!((*kind, class.as_str()), (Kind::Array, "Object"));
    assert_eq!(*count, u64::from(4 * ROWS));
    assert_eq!(path, " → globalThis.jobs → Map → {rows}.rows[x]");
}

#[test]
fn a_tree_is_one_finding_however_few_children_each_has() {
    let [(kind, class, count, _)] = &found(&tree(3_000))[..] else {
        panic!("not one finding");
    };
    assert_eq!(
        (*kind, class.as_str(), *count),
        (Kind::Chain, "Branch", 2_999)
    );
}

#[test]
fn both_sides_of_a_tree_are_one_finding_with_all_of_its_objects() {
    const COUNT: usize = 4_000;
    let mut graph = Graph::new();
    let global = graph.global();
    let mut branches = vec![property(&mut graph, global, "tree", "Branch", 100)];
    for index in 1..COUNT {
        let side = ["left", "right"][index % 2];
        let branch = property(&mut graph, branches[(index - 1) / 2], side, "Branch", 100);
        branches.push(branch);
    }
    let [(kind, class, count, _)] = &found(&graph)[..] else {
        panic!("not one finding");
    };
    let all = (Kind::Chain, "Branch", COUNT as u64 - 1);
    assert_eq!((*kind, class.as_str(), *count), all);

    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let findings = investigation.findings(&thresholds());
    assert!(investigation.dominating(&findings).is_none());
}

#[test]
fn what_waits_in_the_blocks_of_one_queue_is_one_finding() {
    let mut graph = Graph::new();
    let global = graph.global();
    let queue = property(&mut graph, global, "queue", "FixedQueue", 32);
    let mut block = property(&mut graph, queue, "tail", "FixedCircularBuffer", 32);
    for at in 0..4 {
        let list = property(&mut graph, block, "list", "Array", 16);
        // The last of them has just been begun.
        for index in 0..if at < 3 { 2_048 } else { 500 } {
            let job = graph.object("Job", 100);
            graph.indexed(list, EdgeType::Element, index, job);
        }
        let name = if at < 2 { "next" } else { "head" };
        let from = if at < 2 { block } else { queue };
        if at < 3 {
            block = property(&mut graph, from, name, "FixedCircularBuffer", 32);
        }
    }
    let [(kind, class, count, path)] = &found(&graph)[..] else {
        panic!("not one finding");
    };
    assert_eq!((*kind, class.as_str()), (Kind::Array, "Job"));
    assert_eq!(*count, 3 * 2_048 + 500);
    assert!(path.ends_with("list[x]"), "{path}");
}

#[test]
fn two_queues_of_such_blocks_are_two_findings() {
    let mut graph = Graph::new();
    let global = graph.global();
    for (name, jobs) in [("small", 3_000), ("large", 9_000)] {
        let owner = property(&mut graph, global, name, "FixedQueue", 32);
        let block = property(&mut graph, owner, "tail", "FixedCircularBuffer", 32);
        let list = property(&mut graph, block, "list", "Array", 16);
        for index in 0..jobs {
            let job = graph.object("Job", 100);
            graph.indexed(list, EdgeType::Element, index, job);
        }
    }
    let counts: Vec<(u64, bool)> = found(&graph)
        .iter()
        .map(|(_, _, count, path)| (*count, path.contains("large")))
        .collect();
    assert_eq!(counts, [(9_000, true), (3_000, false)]);
}

#[test]
fn a_tree_has_one_signature_whichever_side_is_the_larger() {
    let tree = |left: usize, right: usize| {
        let mut graph = Graph::new();
        let global = graph.global();
        let top = property(&mut graph, global, "top", "Branch", 600);
        for (side, length) in [("left", left), ("right", right)] {
            let mut at = top;
            for _ in 0..length {
                at = property(&mut graph, at, side, "Branch", 600);
                let other = if side == "left" { "right" } else { "left" };
                property(&mut graph, at, other, "Branch", 600);
            }
        }
        let snapshot = graph.snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let mut investigation = Investigation::of(&snapshot, &analysis);
        let findings = investigation.findings(&thresholds());
        findings[0].suspect.signature.clone()
    };
    assert_eq!(tree(1_000, 1_001), tree(1_001, 1_000));
}

#[test]
fn variables_in_a_yield_and_arguments_of_bound_functions_are_called_that() {
    for (class, kind, edge, way) in [
        (
            "wait",
            NodeType::Object,
            "parameters_and_registers",
            "(local variable)",
        ),
        (
            "native_bind",
            NodeType::Closure,
            "bindings",
            "(bound argument)",
        ),
    ] {
        let mut graph = Graph::new();
        let global = graph.global();
        let waiting = graph.node(kind, class, 100);
        graph.property(global, "kept", waiting);
        let storage = graph.node(NodeType::Array, "", 40);
        graph.named(waiting, EdgeType::Internal, edge, storage);
        let list = graph.object("Array", 16);
        graph.named(storage, EdgeType::Internal, "0", list);
        for index in 0..2_000 {
            let row = graph.object("Row", 300);
            graph.indexed(list, EdgeType::Element, index, row);
        }
        let [(_, class, count, path)] = &found(&graph)[..] else {
            panic!("not one finding");
        };
        assert_eq!((class.as_str(), *count), ("Row", 2_000));
        assert!(path.ends_with(&format!(" → {way}[x]")), "{path}");
    }
}

#[test]
fn a_string_that_was_put_together_is_one_string() {
    let expected = (
        Kind::Single,
        "(string)".to_owned(),
        1,
        " → globalThis.log".to_owned(),
    );
    assert_eq!(found(&log(100)), [expected]);
}

/// What grew, as kind, class and bytes in each snapshot.
fn grown(heaps: &[Graph]) -> Vec<(Kind, String, Vec<u64>)> {
    let (last, older) = heaps.split_last().unwrap();
    let mut history = GrowthHistory::default();
    for heap in older {
        let snapshot = heap.snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        history.push(&Investigation::of(&snapshot, &analysis));
    }
    let snapshot = last.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let growth = history.finish(
        &mut investigation,
        &GrowthThresholds::default(),
        &FxHashSet::default(),
    );
    let grown = growth.grown.into_iter();
    grown
        .map(|one| {
            let class = one.suspect.classes[0].0.clone();
            (one.suspect.kind, class, one.retained_bytes)
        })
        .collect()
}

#[test]
fn a_string_that_is_appended_to_grew() {
    let bytes = |pieces: u64| pieces * 5_032 + 5_000;
    let expected = (
        Kind::Single,
        "(string)".to_owned(),
        vec![bytes(100), bytes(200), bytes(300)],
    );
    assert_eq!(grown(&[log(100), log(200), log(300)]), [expected]);
    assert_eq!(grown(&[log(100), log(200), log(200)]), []);
}

#[test]
fn the_entries_of_a_map_that_grew_are_told_and_not_its_table() {
    let kinds: Vec<Kind> = grown(&[jobs(20), jobs(60)])
        .iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(kinds, [Kind::Map]);
}

#[test]
fn a_variable_of_a_listener_is_no_list_of_listeners() {
    let mut graph = Graph::new();
    let global = graph.global();
    let events = property(&mut graph, global, "_events", "Object", 32);
    let context = graph.node(NodeType::Object, "system / Context", 32);
    function(&mut graph, events, "request", "request", context);
    let waiting = graph.object("Array", 16);
    graph.named(context, EdgeType::Context, "waiting", waiting);
    for index in 0..2_000 {
        let response = graph.object("ServerResponse", 100);
        graph.indexed(waiting, EdgeType::Element, index, response);
    }
    let kinds: Vec<Kind> = found(&graph).iter().map(|one| one.0).collect();
    assert_eq!(kinds, [Kind::Array]);
}

#[test]
fn the_new_links_of_a_long_chain_are_kept_in_one_way_that_is_written_once() {
    const LINKS: usize = 200_000;
    let snapshot = subscriptions(LINKS).snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    // All but the first quarter, as if there had been a snapshot then.
    let first_new = snapshot.id(NodeOrdinal((snapshot.node_count() / 4) as u32));
    for (what, at_least) in [("Closure", 149_000), ("system / Context", 149_000)] {
        let new = investigation.newcomers(what, &|id| id >= first_new.0);
        assert_eq!(new.ways.iter().map(|way| way.count).sum::<u64>(), new.count);
        let [way] = &new.ways[..] else {
            panic!("{what}: {} ways", new.ways.len());
        };
        assert!(way.count >= at_least, "{what}: {}", way.count);
        let turn = way.path.parts.iter().find_map(|part| part.turn);
        assert!(turn.is_some_and(|turn| turn.times >= LINKS - 1), "{turn:?}");
    }
}

#[test]
fn new_objects_with_names_of_their_own_have_their_most_frequent_ways_written() {
    let mut graph = Graph::new();
    let global = graph.global();
    let many = property(&mut graph, global, "many", "Array", 16);
    for index in 0..50 {
        let one = graph.object("Job", 40);
        graph.indexed(many, EdgeType::Element, index, one);
    }
    for place in 0..1000 {
        // Letters: numbers in names are taken for one and the same.
        let name: String = format!("{place:04}")
            .bytes()
            .map(|d| char::from(d + 49))
            .collect();
        property(&mut graph, global, &name, "Job", 40);
    }
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let new = Investigation::of(&snapshot, &analysis).newcomers("Job", &|_| true);
    assert_eq!((new.count, new.ways[0].count), (1050, 50));
    assert!(new.ways.len() < 1000, "{}", new.ways.len());
}
