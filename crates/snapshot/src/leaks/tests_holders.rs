//! Holders that V8 has no plain edges for: ES modules, the cells of a
//! FinalizationRegistry, the queue of microtasks, functions that wait; what a
//! collection keeps by all of its objects together; the floor under the answer.

use super::testing::{function, map, property, shuffled};
use super::*;
use crate::testing::{Graph, Random};
use crate::{EdgeType, NodeType};

const COUNT: u32 = 2000;

struct Seen {
    signature: String,
    class: String,
    count: u64,
    kind: Kind,
    holder_bytes: u64,
    retained_bytes: u64,
    path: String,
}

fn text_of(path: &AccessPath) -> String {
    let parts = path.parts.iter().enumerate().map(|(at, part)| {
        let arrow = if part.arrow && at > 0 { " → " } else { "" };
        format!("{arrow}{}", part.text)
    });
    parts.collect()
}

fn findings_of(heap: &Graph) -> Vec<Seen> {
    let snapshot = heap.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let findings = investigation.findings(&Thresholds::default());
    let findings = findings
        .into_iter()
        .map(|Finding { suspect, path, .. }| Seen {
            class: suspect.classes[0].0.clone(),
            count: suspect.count,
            kind: suspect.kind,
            holder_bytes: suspect.holder_bytes,
            retained_bytes: suspect.retained_bytes,
            path: text_of(&path),
            signature: suspect.signature,
        });
    findings.collect()
}

fn hidden(graph: &mut Graph, from: usize, index: u32, name: &str) -> usize {
    let node = graph.node(NodeType::Hidden, name, 16);
    graph.indexed(from, EdgeType::Hidden, index, node);
    node
}

fn fill(graph: &mut Graph, table: usize) {
    for index in 0..COUNT {
        let entry = graph.object("Entry", 700);
        graph.indexed(table, EdgeType::Hidden, index, entry);
    }
}

/// A module as V8 has it, in a list of the loader's; gives its context.
fn module(graph: &mut Graph, loader: usize, url: &str) -> (usize, usize) {
    let wrap = property(graph, loader, url, "ModuleWrap", 72);
    let name = graph.node(NodeType::String, url, 32);
    graph.property(wrap, "url", name);
    let module = graph.node(NodeType::Hidden, "system / SourceTextModule", 144);
    graph.named(wrap, EdgeType::Internal, "2", module);
    let exports = graph.node(NodeType::Array, "", 104);
    graph.indexed(module, EdgeType::Hidden, 0, exports);
    let generator = graph.object("Generator", 160);
    graph.indexed(module, EdgeType::Hidden, 4, generator);
    let context = graph.object("system / Context", 40);
    graph.named(generator, EdgeType::Internal, "context", context);
    graph.named(context, EdgeType::Internal, "extension", module);
    (module, context)
}

fn loader(graph: &mut Graph) -> usize {
    let global = graph.global();
    let own = property(graph, global, "internals", "Object", 16);
    property(graph, own, "loadCache", "LoadCache", 32)
}

#[test]
fn a_variable_of_a_module_is_reached_from_the_module() {
    let mut graph = Graph::new();
    let cache = loader(&mut graph);
    let (_, context) = module(&mut graph, cache, "file:///srv/app/store.mjs");
    let store = graph.object("Map", 16);
    graph.named(context, EdgeType::Context, "store", store);
    let table = graph.node(NodeType::Array, "", 64);
    graph.named(store, EdgeType::Internal, "table", table);
    fill(&mut graph, table);
    let [seen] = &findings_of(&graph)[..] else {
        panic!("one finding");
    };
    assert_eq!(seen.path, "module store.mjs → store → Map");
    assert_eq!((seen.class.as_str(), seen.count), ("Entry", 2000));
    assert_eq!(seen.kind, Kind::Map);

    // The same whatever the order of the file and the ids.
    let mut random = Random::new(3);
    for _ in 0..5 {
        let other = findings_of(&shuffled(&graph, &mut random));
        assert_eq!(other[0].path, seen.path);
        assert_eq!(other[0].signature, seen.signature);
    }
}

#[test]
fn what_a_module_exports_has_the_name_it_is_exported_by() {
    let mut graph = Graph::new();
    let cache = loader(&mut graph);
    let (module, _) = module(&mut graph, cache, "file:///srv/app/store.mjs?v=7");
    let cells = graph.node(NodeType::Array, "", 32);
    graph.indexed(module, EdgeType::Hidden, 5, cells);
    let cell = graph.node(NodeType::Hidden, "system / Cell", 16);
    graph.named(cells, EdgeType::Internal, "0", cell);
    let exports = graph.nodes[module]
        .edges
        .iter()
        .find(|edge| edge.to != module)
        .map(|edge| edge.to);
    let exports = exports.expect("the table");
    let name = graph.node(NodeType::String, "store", 24);
    graph.named(exports, EdgeType::Internal, "5", name);
    graph.named(exports, EdgeType::Internal, "6", cell);
    let list = graph.object("Array", 16);
    graph.named(cell, EdgeType::Internal, "value", list);
    for index in 0..COUNT {
        let entry = graph.object("Entry", 700);
        graph.indexed(list, EdgeType::Element, index, entry);
    }
    let [seen] = &findings_of(&graph)[..] else {
        panic!("one finding");
    };
    assert_eq!(seen.path, "module store.mjs → store[x]");
}

#[test]
fn a_module_is_named_with_its_directory_where_two_have_one_name() {
    let mut graph = Graph::new();
    let cache = loader(&mut graph);
    let (_, context) = module(&mut graph, cache, "file:///srv/a/index.mjs");
    module(&mut graph, cache, "file:///srv/b/index.mjs");
    let store = graph.object("Map", 16);
    graph.named(context, EdgeType::Context, "store", store);
    let table = graph.node(NodeType::Array, "", 64);
    graph.named(store, EdgeType::Internal, "table", table);
    fill(&mut graph, table);
    assert_eq!(
        findings_of(&graph)[0].path,
        "module a/index.mjs → store → Map"
    );
}

#[test]
fn the_cells_of_a_finalization_registry_are_a_collection() {
    let mut graph = Graph::new();
    let global = graph.global();
    let registry = property(&mut graph, global, "registry", "FinalizationRegistry", 80);
    let mut before = registry;
    for _ in 0..COUNT {
        let index = if before == registry { 4 } else { 3 };
        let cell = hidden(&mut graph, before, index, "system / WeakCell");
        graph.indexed(cell, EdgeType::Hidden, 0, registry);
        if before != registry {
            graph.indexed(cell, EdgeType::Hidden, 4, before);
        }
        let clean_up = graph.node(NodeType::Closure, "", 56);
        graph.indexed(cell, EdgeType::Hidden, 2, clean_up);
        let context = graph.object("system / Context", 32);
        graph.named(clean_up, EdgeType::Internal, "context", context);
        let handle = graph.object("Handle", 600);
        graph.named(context, EdgeType::Context, "handle", handle);
        graph.named(cell, EdgeType::Weak, "target", handle);
        before = cell;
    }
    let [seen] = &findings_of(&graph)[..] else {
        panic!("one finding");
    };
    assert_eq!((seen.class.as_str(), seen.count), ("Handle", 2000));
    assert_eq!(seen.kind, Kind::FinalizationRegistry);
    assert_eq!(seen.retained_bytes, 2000 * (56 + 32 + 600));
    assert_eq!(seen.path, "globalThis.registry → FinalizationRegistry");
}

#[test]
fn microtasks_are_found_under_the_roots_that_v8_has_them_in() {
    for roots in ["(Strong roots)", "(Micro tasks)"] {
        let mut graph = Graph::new();
        graph.global();
        let gc = graph.node(NodeType::Synthetic, "(GC roots)", 0);
        graph.indexed(0, EdgeType::Element, 1, gc);
        let queue = graph.node(NodeType::Synthetic, roots, 0);
        graph.indexed(gc, EdgeType::Element, 17, queue);
        for index in 0..COUNT {
            let task = graph.node(NodeType::Hidden, "system / CallableTask", 24);
            graph.named(queue, EdgeType::Internal, &index.to_string(), task);
            let run = graph.node(NodeType::Closure, "run", 600);
            graph.indexed(task, EdgeType::Hidden, 0, run);
        }
        let [seen] = &findings_of(&graph)[..] else {
            panic!("one finding");
        };
        assert_eq!((seen.class.as_str(), seen.count), ("run()", 2000));
        assert_eq!(seen.kind, Kind::Microtasks);
    }
}

/// A heap with the group of roots in which native code has what it holds.
fn with_handles() -> (Graph, usize) {
    let mut graph = Graph::new();
    graph.global();
    let gc = graph.node(NodeType::Synthetic, "(GC roots)", 0);
    graph.indexed(0, EdgeType::Element, 1, gc);
    let handles = graph.node(NodeType::Synthetic, "(Global handles)", 0);
    graph.indexed(gc, EdgeType::Element, 12, handles);
    (graph, handles)
}

#[test]
fn open_handles_are_a_group_by_their_class_and_known_by_what_owns_them() {
    let (mut graph, handles) = with_handles();
    // What Node has there beside them: other classes, and strings.
    for index in 0..COUNT {
        let (class, size) = [("Object", 48), ("Server", 96)][index as usize % 2];
        let other = graph.object(class, size);
        graph.named(
            handles,
            EdgeType::Internal,
            &format!("{}", 3 * index),
            other,
        );
        let text = graph.node(NodeType::String, "name", 32);
        graph.named(
            handles,
            EdgeType::Internal,
            &format!("{}", 3 * index + 1),
            text,
        );
        let tcp = graph.object("TCP", 96);
        // Some of them are described.
        let name = format!(
            "{}{}",
            3 * index + 2,
            ["", " / a socket"][index as usize % 2]
        );
        graph.named(handles, EdgeType::Internal, &name, tcp);
        property(&mut graph, tcp, "<symbol owner_symbol>", "Socket", 704);
    }
    let [seen] = &findings_of(&graph)[..] else {
        panic!("one finding");
    };
    assert_eq!((seen.class.as_str(), seen.count), ("Socket", 2000));
    assert_eq!(seen.kind, Kind::Handles);
    assert_eq!(seen.retained_bytes, 2000 * 800);
    assert_eq!(seen.path, "(native handle)");
}

#[test]
fn the_few_of_a_class_that_an_idle_node_holds_are_no_group_however_large() {
    for (count, expected) in [(60, 0), (200, 1)] {
        let (mut graph, handles) = with_handles();
        for index in 0..count {
            let binding = graph.object("Binding", 48);
            graph.named(handles, EdgeType::Internal, &index.to_string(), binding);
            property(&mut graph, binding, "data", "Data", 80_000);
        }
        assert_eq!(findings_of(&graph).len(), expected, "{count}");
    }
}

#[test]
fn a_variable_of_a_function_that_waits_is_the_programs() {
    let mut graph = Graph::new();
    let global = graph.global();
    let promise = property(&mut graph, global, "never", "Promise", 48);
    let reaction = graph.node(NodeType::Hidden, "system / PromiseReaction", 48);
    graph.named(promise, EdgeType::Internal, "reactions_or_result", reaction);
    let resume = graph.node(NodeType::Closure, "", 64);
    graph.indexed(reaction, EdgeType::Hidden, 0, resume);
    let context = graph.object("system / Context", 32);
    graph.named(resume, EdgeType::Internal, "context", context);
    let generator = graph.object("Generator", 88);
    graph.named(context, EdgeType::Internal, "extension", generator);
    let registers = graph.node(NodeType::Array, "", 80);
    graph.named(
        generator,
        EdgeType::Internal,
        "parameters_and_registers",
        registers,
    );
    let list = graph.object("Array", 16);
    graph.named(registers, EdgeType::Internal, "0", list);
    for index in 0..COUNT {
        let entry = graph.object("Entry", 700);
        graph.indexed(list, EdgeType::Element, index, entry);
    }
    let [seen] = &findings_of(&graph)[..] else {
        panic!("one finding");
    };
    assert_eq!((seen.class.as_str(), seen.count), ("Entry", 2000));
    assert!(
        seen.path.ends_with("→ (local variable)[x]"),
        "{}",
        seen.path
    );
}

#[test]
fn what_the_objects_of_a_collection_share_counts_for_the_collection() {
    let mut graph = Graph::new();
    let global = graph.global();
    let table = map(&mut graph, global, "signals");
    for pair in 0..COUNT {
        // Each request's rows are kept by two signals, and by neither alone.
        let rows = graph.object("Rows", 2000);
        for each in 0..2 {
            let signal = graph.object("Signal", 100);
            graph.indexed(table, EdgeType::Hidden, pair * 2 + each, signal);
            graph.property(signal, "rows", rows);
        }
    }
    let [seen] = &findings_of(&graph)[..] else {
        panic!("one finding");
    };
    assert_eq!((seen.class.as_str(), seen.count), ("Signal", 4000));
    assert_eq!(seen.retained_bytes, 4000 * 100);
    assert_eq!(seen.holder_bytes, 4000 * 100 + 2000 * 2000 + 16 + 64);
}

#[test]
fn what_a_collection_keeps_is_what_inspect_says_though_a_part_is_another_finding() {
    let mut graph = Graph::new();
    let global = graph.global();
    let table = map(&mut graph, global, "signals");
    let shared: Vec<usize> = (0..10).map(|_| graph.object("Rows", 500_000)).collect();
    let mut last = 0;
    for index in 0..COUNT {
        last = graph.object("Signal", 300);
        graph.indexed(table, EdgeType::Hidden, index, last);
        graph.property(last, "rows", shared[index as usize % 10]);
    }
    let inner = map(&mut graph, last, "entries");
    fill(&mut graph, inner);
    let found = findings_of(&graph);
    let classes: Vec<&str> = found.iter().map(|one| one.class.as_str()).collect();
    assert_eq!(classes, ["Entry", "Signal"]);
    // Both tables and all that is in them.
    assert_eq!(
        found[1].holder_bytes,
        5_000_000 + 2000 * (300 + 700) + 2 * (16 + 64)
    );
}

#[test]
fn short_lists_in_each_object_of_a_collection_are_part_of_it() {
    let mut graph = Graph::new();
    let global = graph.global();
    let table = map(&mut graph, global, "signals");
    for index in 0..COUNT {
        let signal = graph.object("Signal", 100);
        graph.indexed(table, EdgeType::Hidden, index, signal);
        let first = property(&mut graph, signal, "listeners", "Listener", 300);
        property(&mut graph, first, "next", "Listener", 300);
    }
    let [seen] = &findings_of(&graph)[..] else {
        panic!("one finding");
    };
    assert_eq!((seen.class.as_str(), seen.count), ("Signal", 2000));
}

#[test]
fn what_node_has_of_its_own_is_not_named_however_large() {
    let mut graph = Graph::new();
    let global = graph.global();
    let loader = property(&mut graph, global, "internals", "Object", 16);
    let context = graph.object("system / Context", 16);
    let builtin = function(&mut graph, loader, "require", "BuiltinModule", context);
    let list = property(&mut graph, builtin, "map", "Map", 5_000_000);
    let module = property(&mut graph, list, "amaro", "BuiltinModule", 100);
    let context = graph.object("system / Context", 16);
    function(&mut graph, module, "transform", "transform", context);
    let parser = graph.object("Object", 100);
    graph.named(context, EdgeType::Context, "import_wasm", parser);
    property(&mut graph, parser, "memory", "ArrayBuffer", 5_000_000);
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let findings = investigation.findings(&Thresholds::default());
    assert!(
        findings
            .iter()
            .all(|one| one.suspect.classes[0].0 != "ArrayBuffer")
    );
    assert!(investigation.dominating(&[]).is_none());
}

/// A heap in which one object keeps nearly everything by properties that all have
/// different names.
fn with_one_large_object() -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let state = property(&mut graph, global, "state", "State", 24);
    for at in 0..8 {
        let name = char::from(b'a' + at).to_string();
        let part = property(&mut graph, state, &name, &format!("Part{name}"), 16);
        for at in 0..4 {
            let name = char::from(b'a' + at).to_string();
            property(&mut graph, part, &name, "Block", 200_000);
        }
    }
    graph
}

#[test]
fn an_object_that_keeps_much_of_the_heap_is_named_where_no_suspect_says_so() {
    let snapshot = with_one_large_object().snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let findings = investigation.findings(&Thresholds::default());
    assert!(findings.is_empty());
    let one = investigation.dominating(&findings).expect("it is named");
    assert_eq!(investigation.class_of(one.node), "State");
    assert_eq!(text_of(&one.path), "globalThis.state");
    assert!(one.share > 0.9);

    let observed = investigation.observations(&findings);
    assert!(observed.is_empty());
}

#[test]
fn an_object_below_or_above_a_suspect_is_not_named_again() {
    let mut graph = Graph::new();
    let global = graph.global();
    let state = property(&mut graph, global, "state", "State", 24);
    let table = map(&mut graph, state, "entries");
    for index in 0..COUNT {
        let entry = graph.object("Entry", 4000);
        graph.indexed(table, EdgeType::Hidden, index, entry);
    }
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let findings = investigation.findings(&Thresholds::default());
    assert_eq!(findings.len(), 1);
    assert!(investigation.dominating(&findings).is_none());
}

#[test]
fn an_object_that_suspects_only_refer_to_is_named() {
    let mut graph = Graph::new();
    let global = graph.global();
    let sessions = property(&mut graph, global, "sessions", "Array", 16);
    let tenant = graph.object("Tenant", 24);
    for at in 0..20 {
        let name = char::from(b'a' + at).to_string();
        property(
            &mut graph,
            tenant,
            &name,
            &format!("Block{name}"),
            1_000_000,
        );
    }
    for index in 0..COUNT {
        let session = graph.object("Session", 1000);
        graph.indexed(sessions, EdgeType::Element, index, session);
        graph.property(session, "tenant", tenant);
    }
    // The shortest way leads through a session, but another one keeps it as well.
    let registry = property(&mut graph, global, "registry", "Registry", 24);
    let names = property(&mut graph, registry, "names", "Names", 24);
    let first = property(&mut graph, names, "first", "Names", 24);
    graph.property(first, "tenant", tenant);

    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let mut investigation = Investigation::of(&snapshot, &analysis);
    let findings = investigation.findings(&Thresholds::default());
    assert_eq!(findings.len(), 1);
    let one = investigation.dominating(&findings).expect("it is named");
    assert_eq!(investigation.class_of(one.node), "Tenant");
    assert_eq!(text_of(&one.path), "globalThis.sessions[x].tenant");
}
