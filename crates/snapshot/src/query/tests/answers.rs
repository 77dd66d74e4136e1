//! Single facts about the answers.

use super::super::super::testing::{Graph, Shop, Style};
use super::super::super::{
    Analysis, EdgeType, NodeId, NodeOrdinal, NodeType, Precision, Snapshot, SnapshotBytes,
};
use super::super::*;

fn exact<T>(snapshot: &Snapshot, ask: impl FnOnce(&Heap<'_>) -> T) -> T {
    let analysis = Analysis::of(snapshot, 1);
    ask(&Heap::exact("a.heapsnapshot", snapshot, &analysis))
}

fn kept(graph: &mut Graph, node: usize) {
    graph.property(1, "kept", node);
}

#[test]
fn ids_are_taken_as_they_are_written() {
    assert_eq!(parse_id("@12345"), Ok(NodeId(12345)));
    assert_eq!(parse_id("12345"), Ok(NodeId(12345)));
    for text in [
        "",
        "@",
        "@@1",
        "+1",
        "-1",
        "1.5",
        "0x10",
        "@99999999999999999999",
    ] {
        let error = parse_id(text).unwrap_err();
        assert_eq!(error.code(), "ERR_MEMWATCH_NOT_AN_ID", "{text}");
    }
}

#[test]
fn an_id_nobody_has_is_an_error_with_the_id_in_it() {
    let snapshot = Shop::new(1).graph.snapshot();
    let error = exact(&snapshot, |heap| {
        inspect(heap, NodeId(999_999), &InspectOptions::default()).unwrap_err()
    });
    assert_eq!(error.code(), "ERR_MEMWATCH_NO_SUCH_ID");
    assert_eq!(error.to_string(), "no object has the id @999999");
}

#[test]
fn a_class_nobody_has_is_an_error_with_similar_ones() {
    let snapshot = Shop::new(1).graph.snapshot();
    let ask = |class: &str| {
        let options = InstancesOptions::default();
        exact(&snapshot, |heap| {
            instances(heap, class, &options).unwrap_err().to_string()
        })
    };
    assert_eq!(
        ask("user"),
        "no object is of a class \"user\"; there are User"
    );
    assert_eq!(ask("Nothing"), "no object is of a class \"Nothing\"");
}

#[test]
fn plain_objects_of_an_interface_are_still_objects() {
    // All of them belong to `{user, onClose}` or the like, none to `Object`.
    let mut graph = Graph::new();
    graph.global();
    for _ in 0..3 {
        let object = graph.object("Object", 16);
        let text = graph.node(NodeType::String, "x", 16);
        graph.property(object, "host", text);
        kept(&mut graph, object);
    }
    let snapshot = graph.snapshot();
    let count = |class: &str| {
        let options = InstancesOptions::default();
        exact(&snapshot, |heap| {
            instances(heap, class, &options).unwrap().instance_count
        })
    };
    assert_eq!((count("{host}"), count("Object")), (3, 3));
}

#[test]
fn instances_count_as_in_classes() {
    let snapshot = Shop::new(7).graph.snapshot();
    exact(&snapshot, |heap| {
        let options = ClassesOptions {
            top: usize::MAX,
            ..ClassesOptions::default()
        };
        for class in classes(heap, &options).classes {
            let options = InstancesOptions::default();
            let report = instances(heap, &class.name, &options).unwrap();
            assert_eq!(report.instance_count, class.instances, "{}", class.name);
            assert_eq!(report.shallow_bytes, class.shallow_bytes, "{}", class.name);
        }
    });
}

#[test]
fn a_fast_heap_has_no_retained_sizes() {
    let snapshot = Shop::new(2).graph.snapshot();
    let heap = Heap::fast("a.heapsnapshot", &snapshot);
    let report = classes(&heap, &ClassesOptions::default());
    assert_eq!(report.snapshot.precision, Precision::Fast);
    assert!(
        report
            .classes
            .iter()
            .all(|class| class.retained_bytes.is_none())
    );
    let report = functions(&heap, &FunctionsOptions::default()).unwrap();
    assert!(
        report
            .functions
            .iter()
            .all(|one| one.own_context_bytes.is_none())
    );
    assert_eq!(report.functions[0].closures, 2);
}

#[test]
fn shapes_do_not_depend_on_the_order_of_properties() {
    let mut graph = Graph::new();
    graph.global();
    for names in [["a", "b"], ["b", "a"], ["a", "c"]] {
        let object = graph.object("Point", 16);
        kept(&mut graph, object);
        for name in names {
            let text = graph.node(NodeType::String, name, 16);
            graph.property(object, name, text);
        }
    }
    let options = ShapesOptions::default();
    let report = exact(&graph.snapshot(), |heap| shapes(heap, &options).unwrap());
    let points = report
        .shapes
        .iter()
        .filter(|one| one.constructor == "Point");
    let found: Vec<_> = points
        .map(|one| (one.instances, one.properties.join(" ")))
        .collect();
    assert_eq!(found, [(2, "a b".to_owned()), (1, "a c".to_owned())]);
}

#[test]
fn a_hidden_class_with_transitions_says_nothing_about_numbers() {
    let mut shop = Shop::new(1);
    let hidden_class = shop.graph.nodes[shop.users[0]].edges[1].to;
    let properties = |graph: &Graph| {
        let snapshot = graph.snapshot();
        let report = exact(&snapshot, |heap| {
            shapes(heap, &ShapesOptions::default()).unwrap()
        });
        let mut users = report
            .shapes
            .into_iter()
            .filter(|one| one.constructor == "User");
        users.next().unwrap().properties
    };
    assert_eq!(properties(&shop.graph), ["id", "name"]);
    let next = shop.graph.node(NodeType::ObjectShape, "system / Map", 72);
    shop.graph
        .named(hidden_class, EdgeType::Weak, "transition", next);
    assert_eq!(properties(&shop.graph), ["name"]);
}

#[test]
fn accessors_of_the_engine_are_no_numbers() {
    let mut shop = Shop::new(1);
    let hidden_class = shop.graph.nodes[shop.users[0]].edges[1].to;
    let descriptors = shop.graph.nodes[hidden_class].edges[0].to;
    let accessor = shop
        .graph
        .node(NodeType::Hidden, "system / AccessorInfo", 48);
    shop.graph
        .named(descriptors, EdgeType::Internal, "2", accessor);
    let snapshot = shop.graph.snapshot();
    let report = exact(&snapshot, |heap| {
        inspect(
            heap,
            NodeId(shop.id(shop.users[0])),
            &InspectOptions::default(),
        )
        .unwrap()
    });
    assert_eq!(report.number_properties, Vec::<String>::new());
}

/// A Map or Set with a table of so many bytes, and what is in which slot.
fn collection(class: &str, bytes: u64, slots: &[u32]) -> Option<Collection> {
    let mut graph = Graph::new();
    graph.global();
    let owner = graph.object(class, 32);
    kept(&mut graph, owner);
    let table = graph.node(NodeType::Array, "", bytes);
    graph.named(owner, EdgeType::Internal, "table", table);
    for slot in slots {
        let text = graph.node(NodeType::String, &format!("at {slot}"), 24);
        graph.named(table, EdgeType::Internal, &slot.to_string(), text);
    }
    let id = NodeId(graph.nodes[owner].id);
    let report = exact(&graph.snapshot(), |heap| {
        inspect(heap, id, &InspectOptions::default()).unwrap()
    });
    report.collection
}

#[test]
fn tables_are_read_by_their_size() {
    // Two buckets of words of 8 bytes: entries from slot 5 on.
    let map = collection("Map", 16 + 8 * 17, &[5, 6, 9]).unwrap();
    let preview = |one: &Option<ObjectRef>| one.as_ref().map(|to| to.preview.clone());
    let entries = map
        .entries
        .iter()
        .map(|one| (preview(&one.key), preview(&one.value)));
    let entries = entries.collect::<Vec<_>>();
    let text = |slot: u32| Some(format!("\"at {slot}\""));
    assert_eq!(entries, [(text(5), text(6)), (None, text(9))]);
    assert_eq!((map.visible_entries, map.capacity), (2, Some(4)));
    // The same of words of 4 bytes.
    let map = collection("SafeMap", 8 + 4 * 17, &[5, 6, 9]).unwrap();
    assert_eq!((map.visible_entries, map.capacity), (2, Some(4)));
    let set = collection("Set", 16 + 8 * 13, &[5, 7, 11]).unwrap();
    assert_eq!((set.visible_entries, set.capacity), (3, Some(4)));
}

#[test]
fn a_table_of_another_layout_is_no_collection() {
    // Slot 7 is the number of the next entry of the bucket: never an object.
    assert_eq!(collection("Map", 16 + 8 * 17, &[5, 7]), None);
    assert_eq!(collection("Map", 16 + 8 * 16, &[5]), None);
    assert_eq!(collection("Map", 0, &[5]), None);
}

#[test]
fn a_slice_does_not_keep_what_others_keep_too() {
    let mut shop = Shop::new(1);
    let sliced = |graph: &Graph| {
        exact(&graph.snapshot(), |heap| {
            strings(heap, &StringsOptions::default())
        })
    };
    let report = sliced(&shop.graph);
    assert_eq!((report.sliced_count, report.sliced_bytes), (1, 500_000));
    let parent = shop.graph.nodes[shop.slice].edges[0].to;
    shop.graph.named(1, EdgeType::Weak, "weak", parent);
    assert_eq!(sliced(&shop.graph).sliced_count, 1);
    kept(&mut shop.graph, parent);
    assert_eq!(sliced(&shop.graph).sliced_count, 0);
}

#[test]
fn texts_of_which_only_the_start_is_known_are_marked() {
    let mut graph = Graph::new();
    graph.global();
    for _ in 0..2 {
        let long = graph.node(NodeType::String, &"y".repeat(1024), 4000);
        let short = graph.node(NodeType::String, "short", 24);
        kept(&mut graph, long);
        kept(&mut graph, short);
    }
    let other_size = graph.node(NodeType::String, &"y".repeat(1024), 8000);
    kept(&mut graph, other_size);
    let report = exact(&graph.snapshot(), |heap| {
        strings(heap, &StringsOptions::default())
    });
    let found = report
        .duplicates
        .iter()
        .map(|one| (one.copies, one.wasted_bytes, one.is_cut));
    assert_eq!(found.collect::<Vec<_>>(), [(2, 4000, true), (2, 24, false)]);
}

#[test]
fn numbers_are_said_where_the_snapshot_has_them() {
    let mut graph = Graph::new();
    let global = graph.global();
    let plain = graph.node(NodeType::Number, "heap number", 16);
    let known = graph.node(NodeType::Number, "heap number", 16);
    let value = graph.node(NodeType::String, "1.5", 24);
    graph.named(known, EdgeType::Internal, "value", value);
    graph.property(global, "a", plain);
    graph.property(global, "b", known);
    let report = exact(&graph.snapshot(), |heap| {
        inspect(heap, NodeId(3), &InspectOptions::default()).unwrap()
    });
    let previews = report
        .properties
        .entries
        .iter()
        .map(|one| one.to.preview.as_str());
    assert_eq!(previews.collect::<Vec<_>>(), ["(number)", "1.5"]);
}

#[test]
fn old_oddballs_are_said_by_their_text() {
    let mut graph = Graph::new();
    let global = graph.global();
    let oddball = graph.node(NodeType::Hidden, "system / Oddball", 48);
    let text = graph.node(NodeType::String, "undefined", 32);
    graph.indexed(oddball, EdgeType::Hidden, 0, text);
    graph.property(global, "a", oddball);
    let report = exact(&graph.snapshot(), |heap| {
        inspect(heap, NodeId(3), &InspectOptions::default()).unwrap()
    });
    assert_eq!(report.properties.entries[0].to.preview, "undefined");
}

#[test]
fn snapshots_of_two_processes_are_told_apart() {
    let mut other = Shop::new(40).graph;
    let ids: Vec<u64> = other.nodes.iter().map(|node| node.id).collect();
    for (node, id) in other.nodes.iter_mut().skip(1).zip(ids.iter().skip(1).rev()) {
        node.id = *id;
    }
    let seems_unrelated = |before: &Graph, after: &Graph| {
        let snapshots = (before.snapshot(), after.snapshot());
        let heaps = (Heap::fast("a", &snapshots.0), Heap::fast("b", &snapshots.1));
        diff(&heaps.0, &heaps.1, &DiffOptions::default()).seems_unrelated
    };
    let shop = Shop::new(40).graph;
    assert!(seems_unrelated(&shop, &other));
    assert!(!seems_unrelated(&shop, &shop));
}

#[test]
fn a_new_numbering_is_seen_although_stores_count_to_their_owners() {
    // Between the two, each id of an object becomes that of a store, which takes no memory of its own.
    let heap = |stores_first: usize| {
        let mut graph = Graph::new();
        let global = graph.global();
        for _ in 0..stores_first {
            let store = graph.node(NodeType::Array, "", 64);
            graph.named(global, EdgeType::Internal, "elements", store);
        }
        for at in 0..200 {
            let item = graph.object("Item", 32);
            let store = graph.node(NodeType::Array, "", 64);
            graph.indexed(global, EdgeType::Element, at, item);
            graph.named(item, EdgeType::Internal, "elements", store);
        }
        graph.snapshot()
    };
    let seems_unrelated = |before: &Snapshot, after: &Snapshot| {
        let analyses = [before, after].map(|snapshot| Analysis::of(snapshot, 1));
        let before = Heap::exact("a", before, &analyses[0]);
        let after = Heap::exact("b", after, &analyses[1]);
        diff(&before, &after, &DiffOptions::default()).seems_unrelated
    };
    let (one, other) = (heap(1), heap(2));
    assert!(seems_unrelated(&one, &other));
    assert!(!seems_unrelated(&one, &one));
}

#[test]
fn the_fast_diff_is_the_same_from_files() {
    let graphs = (Shop::new(2).graph, Shop::new(9).graph);
    let bytes =
        |graph: &Graph| -> SnapshotBytes { std::sync::Arc::new(graph.to_json(Style::NODE_20)) };
    let options = DiffOptions::default();
    let files = (("a", bytes(&graphs.0)), ("b", bytes(&graphs.1)));
    let from_files = fast_diff(files.0, files.1, 1, &options).unwrap();
    let mut snapshots = (graphs.0.snapshot(), graphs.1.snapshot());
    // Names of scripts are behind edges.
    (snapshots.0.has_edges, snapshots.1.has_edges) = (false, false);
    let heaps = (Heap::fast("a", &snapshots.0), Heap::fast("b", &snapshots.1));
    let from_heaps = diff(&heaps.0, &heaps.1, &options);
    assert_eq!(from_files.classes, from_heaps.classes);
    assert_eq!(from_files.net_bytes, from_heaps.net_bytes);
    assert_eq!(
        from_files.after.shallow_bytes,
        from_heaps.after.shallow_bytes
    );
}

#[test]
fn a_class_must_grow_every_time_to_be_listed() {
    let totals = |counts: [usize; 3]| {
        let totals = counts.map(|count| {
            let mut graph = Graph::new();
            graph.global();
            for _ in 0..count {
                let node = graph.object("Job", 16);
                kept(&mut graph, node);
            }
            ClassTotals::of(&Heap::fast("a", &graph.snapshot()))
        });
        growth(&totals, &GrowthOptions::default()).class_count
    };
    assert_eq!(totals([1, 2, 3]), 1);
    assert_eq!(totals([0, 1, 2]), 1);
    assert_eq!(totals([1, 2, 2]), 0);
    assert_eq!(totals([3, 2, 4]), 0);
}

#[test]
fn questions_about_edges_need_edges() {
    let mut snapshot = Shop::new(1).graph.snapshot();
    snapshot.has_edges = false;
    let heap = Heap::fast("a", &snapshot);
    let id = snapshot.id(NodeOrdinal(1));
    let code = "ERR_MEMWATCH_NEEDS_EDGES";
    assert_eq!(
        shapes(&heap, &ShapesOptions::default()).unwrap_err().code(),
        code
    );
    assert_eq!(
        functions(&heap, &FunctionsOptions::default())
            .unwrap_err()
            .code(),
        code
    );
    assert_eq!(
        refs(&heap, id, &RefsOptions::default()).unwrap_err().code(),
        code
    );
}
