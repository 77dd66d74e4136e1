//! Heaps that no program has: damaged files may say anything.

use std::sync::Arc;

use memwatch_report::text::{self, TextOptions};
use memwatch_snapshot::query::*;
use memwatch_snapshot::testing::{Graph, Style};
use memwatch_snapshot::{Analysis, EdgeType, NodeId, NodeType, ReadOptions, read};

/// Deeper than any stack.
const DEPTH: usize = 200_000;

/// Asks everything, and says everything, of and about a node.
fn ask_everything(graph: &Graph, node: usize) -> Vec<String> {
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let heap = Heap::exact("a\u{1b}[31m.heapsnapshot", &snapshot, &analysis);
    let id = NodeId(graph.nodes[node].id);
    let options = TextOptions { width: 60 };
    let report = inspect(&heap, id, &InspectOptions::default()).unwrap();
    let referrers = refs(&heap, id, &RefsOptions::default()).unwrap();
    let functions = functions(&heap, &FunctionsOptions::default()).unwrap();
    let shapes = shapes(&heap, &ShapesOptions::default()).unwrap();
    vec![
        text::inspect::render(&report.into(), &options),
        text::refs::render(&referrers.into(), &options),
        text::functions::render(&functions.into(), &options),
        text::shapes::render(&shapes.into(), &options),
        text::strings::render(&strings(&heap, &StringsOptions::default()).into(), &options),
        text::classes::render(&classes(&heap, &ClassesOptions::default()).into(), &options),
        text::summary::render(&summary(&heap, &SummaryOptions::default()).into(), &options),
    ]
}

#[test]
fn a_concatenated_string_may_be_of_any_depth() {
    let mut graph = Graph::new();
    let global = graph.global();
    let mut text = graph.node(NodeType::String, "the start", 24);
    for _ in 0..DEPTH {
        let longer = graph.node(NodeType::ConsString, "(concatenated string)", 32);
        graph.named(longer, EdgeType::Internal, "first", text);
        text = longer;
    }
    graph.property(global, "text", text);
    // Beyond a number of parts there is no looking for the start.
    assert!(ask_everything(&graph, text)[0].contains("(may go on)"));
}

#[test]
fn rings_come_to_an_end() {
    let mut graph = Graph::new();
    let global = graph.global();
    let cons = graph.node(NodeType::ConsString, "(concatenated string)", 32);
    graph.named(cons, EdgeType::Internal, "first", cons);
    graph.named(cons, EdgeType::Internal, "second", cons);
    graph.property(global, "cons", cons);
    let slice = graph.node(NodeType::SlicedString, "(sliced string)", 32);
    graph.named(slice, EdgeType::Internal, "parent", slice);
    graph.property(global, "slice", slice);
    let closure = graph.node(NodeType::Closure, "f", 32);
    graph.named(closure, EdgeType::Internal, "context", closure);
    graph.named(closure, EdgeType::Internal, "previous", closure);
    graph.named(closure, EdgeType::Internal, "shared", closure);
    graph.named(closure, EdgeType::Internal, "script", closure);
    graph.property(global, "closure", closure);
    let object = graph.object("Map", 32);
    for name in ["map", "descriptors", "table", "elements"] {
        graph.named(object, EdgeType::Internal, name, object);
    }
    graph.property(global, "object", object);
    for node in [cons, slice, closure, object] {
        assert_eq!(ask_everything(&graph, node).len(), 7);
    }
}

#[test]
fn nothing_a_terminal_acts_on_is_printed() {
    let evil = "\u{1b}[2J\u{7}\r\n\u{202e}\u{9b}";
    let mut graph = Graph::new();
    let global = graph.global();
    let object = graph.object(evil, 1 << 40);
    graph.property(global, evil, object);
    let text = graph.node(NodeType::String, evil, 24);
    graph.property(object, evil, text);
    let copy = graph.node(NodeType::String, evil, 24);
    graph.property(object, "copy", copy);
    let native = graph.node(NodeType::Native, evil, 24);
    graph.nodes[native].detachedness = 2;
    graph.property(object, "native", native);
    let closure = graph.node(NodeType::Closure, evil, 24);
    graph.property(object, "closure", closure);
    for node in [object, text, native, closure] {
        for said in ask_everything(&graph, node) {
            let acted_on = |letter: char| letter != '\n' && is_unprintable(letter);
            assert_eq!(said.find(acted_on), None, "{said:?}");
        }
    }
}

#[test]
fn sizes_beyond_all_measure_do_not_overflow() {
    let mut graph = Graph::new();
    let global = graph.global();
    for name in ["a", "b", "c"] {
        let text = graph.node(NodeType::String, "same", u64::MAX);
        graph.property(global, name, text);
        let native = graph.node(NodeType::Native, "n", u64::MAX);
        graph.property(global, name, native);
        let closure = graph.node(NodeType::Closure, "f", u64::MAX);
        graph.named(closure, EdgeType::Internal, "context", text);
        graph.property(global, name, closure);
    }
    graph.extra_native_bytes = u64::MAX;
    assert!(ask_everything(&graph, global)[6].contains("16.0 EiB"));
}

#[test]
fn an_empty_heap_has_empty_answers() {
    let graph = Graph::new();
    let said = ask_everything(&graph, 0);
    assert!(said[1].contains("0 references"), "{}", said[1]);
    assert!(said[5].contains("1 node, 0 B"), "{}", said[5]);
}

#[test]
fn the_name_a_file_gives_to_a_type_is_escaped() {
    let mut graph = Graph::new();
    let native = graph.node(NodeType::Native, "n", 8);
    graph.named(0, EdgeType::Property, "n", native);
    let file = String::from_utf8(graph.to_json(Style::NODE_24)).unwrap();
    let file = file.replacen("\"native\"", "\"na\u{feff}tive\"", 1);
    let snapshot = read(Arc::new(file.into_bytes()), ReadOptions::default()).unwrap();
    let analysis = Analysis::of(&snapshot, 1);
    let heap = Heap::exact("a.heapsnapshot", &snapshot, &analysis);
    let id = NodeId(graph.nodes[native].id);
    let report = inspect(&heap, id, &InspectOptions::default()).unwrap();
    let said = text::inspect::render(&report.into(), &TextOptions { width: 60 });
    assert!(said.contains("(na\\u{feff}tive)"), "{said:?}");
}
