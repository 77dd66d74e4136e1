//! Classes: what nodes are called, and which belong together.

use super::super::testing::Graph;
use super::super::{
    Analysis, ClassTable, Classes, EdgeType, Location, NodeOrdinal, NodeType, Precision,
};

fn class_of(graph: &Graph, node: usize) -> String {
    let analysis = Analysis::of(&graph.snapshot(), 1);
    let class = analysis.classes.of_node(NodeOrdinal(node as u32));
    analysis.classes.class(class).name.clone()
}

#[test]
fn what_has_no_constructor_goes_by_what_it_is() {
    for (kind, name, class) in [
        (NodeType::Hidden, "system / Map", "(system)"),
        (NodeType::Code, "run", "(compiled code)"),
        (NodeType::Closure, "run", "Function"),
        (NodeType::RegExp, "/a/", "RegExp"),
        (NodeType::String, "text", "(string)"),
        (NodeType::ConsString, "", "(concatenated string)"),
        (NodeType::Array, "(object elements)", "(array)"),
        (NodeType::Object, "User", "User"),
        (
            NodeType::Native,
            "system / JSArrayBufferData",
            "system / JSArrayBufferData",
        ),
        (NodeType::Native, "<div id=\"a\" class>", "<div>"),
        (NodeType::Native, "<div>", "<div>"),
        (NodeType::Object, "Detached <p class=b>", "Detached <p>"),
        (NodeType::Other, "x", "(other)"),
    ] {
        let mut graph = Graph::new();
        let node = graph.node(kind, name, 8);
        assert_eq!(class_of(&graph, node), class);
    }
}

/// Plain objects with these properties.
fn plain(graph: &mut Graph, owner: usize, properties: &[&str]) -> usize {
    let object = graph.object("Object", 8);
    graph.property(owner, "o", object);
    for name in properties {
        graph.property(object, name, owner);
    }
    object
}

#[test]
fn plain_objects_that_share_properties_go_by_them() {
    let mut graph = Graph::new();
    let global = graph.global();
    let mut make = |properties: &[&str]| plain(&mut graph, global, properties);
    let point = make(&["x", "y", "__proto__"]);
    let other_order = make(&["y", "x"]);
    make(&["x", "y"]);
    let more = make(&["x", "z", "y"]);
    let alone = make(&["only", "one"]);
    let empty = make(&[]);
    let unlike = graph.object("Point", 8);
    graph.property(unlike, "x", global);
    graph.property(unlike, "y", global);
    for (node, class) in [
        (point, "{x, y}"),
        (other_order, "{x, y}"),
        (more, "{x, y}"),
        (alone, "Object"),
        (empty, "Object"),
        (unlike, "Point"),
    ] {
        assert_eq!(class_of(&graph, node), class);
    }
}

#[test]
fn the_interface_with_the_most_properties_wins_then_the_most_frequent() {
    let mut graph = Graph::new();
    let global = graph.global();
    for list in [&["a"][..], &["a", "b"], &["c", "d"], &["c", "d"]] {
        plain(&mut graph, global, list);
        plain(&mut graph, global, list);
    }
    let all = plain(&mut graph, global, &["a", "b", "c", "d"]);
    assert_eq!(class_of(&graph, all), "{c, d}");
}

#[test]
fn an_interface_names_no_more_than_fits() {
    let mut graph = Graph::new();
    let global = graph.global();
    let names: Vec<String> = (0..40).map(|n| format!("property{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (a, b) = (
        plain(&mut graph, global, &names),
        plain(&mut graph, global, &names),
    );
    let few = plain(&mut graph, global, &names[..3]);
    let class = class_of(&graph, a);
    assert_eq!(class, format!("{{{}}}", names[..10].join(", ")));
    assert_eq!(class_of(&graph, b), class);
    assert_eq!(class_of(&graph, few), "Object");
}

#[test]
fn one_name_longer_than_fits_is_named_all_the_same() {
    let mut graph = Graph::new();
    let global = graph.global();
    let long = "n".repeat(300);
    let object = plain(&mut graph, global, &[&long, "b"]);
    plain(&mut graph, global, &[&long, "c"]);
    assert_eq!(class_of(&graph, object), format!("{{{long}}}"));
}

#[test]
fn names_that_look_like_punctuation_are_quoted() {
    let mut graph = Graph::new();
    let global = graph.global();
    let object = plain(&mut graph, global, &["a,b", "it's", "say \"x\"", "plain"]);
    plain(&mut graph, global, &["a,b", "it's", "say \"x\"", "plain"]);
    let class = class_of(&graph, object);
    assert_eq!(class, r#"{"a,b", "it's", "say \"x\"", plain}"#);
}

#[test]
fn constructors_of_one_name_from_two_places_are_two_classes() {
    let mut graph = Graph::new();
    let global = graph.global();
    let mut user = |line| {
        let node = graph.object("User", 8);
        graph.property(global, "u", node);
        graph.nodes[node].location = Some(Location {
            script_id: 7,
            line,
            column: 2,
        });
    };
    user(1);
    user(1);
    user(9);
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let table = ClassTable::of(&analysis, 1);
    let rows = table.rows.iter();
    let rows = rows.map(|row| (analysis.classes.class(row.class).key(), row.count));
    let rows: Vec<(String, u64)> = rows.collect();
    let wanted = [(",global", 1), ("7,1,2,User", 2), ("7,9,2,User", 1)];
    assert_eq!(rows, wanted.map(|(key, count)| (key.to_owned(), count)));
}

#[test]
fn a_table_without_edges_says_that_it_is_fast() {
    let mut graph = Graph::new();
    let global = graph.global();
    let object = plain(&mut graph, global, &["x"]);
    plain(&mut graph, global, &["x"]);
    let part = graph.node(NodeType::Array, "(object elements)", 100);
    graph.named(object, EdgeType::Internal, "elements", part);
    let snapshot = graph.snapshot();
    let classes = Classes::without_edges(&snapshot);
    let table = ClassTable::fast(&snapshot, &classes);
    assert_eq!(table.precision, Precision::Fast);
    let rows = table.rows.iter();
    let rows = rows.map(|row| (classes.class(row.class).name.as_str(), row.shallow_size));
    let rows: Vec<(&str, u64)> = rows.collect();
    assert_eq!(rows, [("global", 8), ("Object", 16), ("(array)", 100)]);
    assert!(table.rows.iter().all(|row| row.retained_size.is_none()));
}

#[test]
fn a_property_without_a_name_leaves_no_comma() {
    let mut graph = Graph::new();
    let global = graph.global();
    let object = plain(&mut graph, global, &["", "x", ""]);
    plain(&mut graph, global, &["", "x", ""]);
    assert_eq!(class_of(&graph, object), "{x, }");
}
