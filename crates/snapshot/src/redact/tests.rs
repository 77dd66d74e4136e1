//! What a redacted file is: the same snapshot but for its texts, whichever way the bytes
//! come; and nothing of a damaged one.

use std::sync::Arc;

use super::super::testing::{Graph, Random, Style, random_graph};
use super::super::types::{EdgeType, NodeType};
use super::super::{Analysis, Columns, PushReader, ReadOptions, Snapshot, SnapshotError, read};
use super::{Redaction, Redactor};

const BOTH: [Redaction; 2] = [Redaction::Strings, Redaction::Strict];

/// The output for an input in pieces; `size` says how long the next one is.
fn in_pieces(
    bytes: &[u8],
    redaction: Redaction,
    mut size: impl FnMut() -> usize,
) -> Result<Vec<u8>, SnapshotError> {
    let (mut redactor, mut out, mut rest) = (Redactor::new(redaction), Vec::new(), bytes);
    while !rest.is_empty() {
        let (piece, others) = rest.split_at(size().clamp(1, rest.len()));
        redactor.push(piece, &mut out)?;
        rest = others;
    }
    redactor.finish()?;
    Ok(out)
}

fn redacted(bytes: &[u8], redaction: Redaction) -> Result<Vec<u8>, SnapshotError> {
    in_pieces(bytes, redaction, || usize::MAX)
}

fn snapshot(bytes: &[u8]) -> Snapshot {
    read(Arc::new(bytes.to_vec()), ReadOptions::default()).expect("a whole file")
}

/// A graph with values in every place that can hold one.
fn graph_of_secrets() -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let holder = graph.object("Holder", 40);
    graph.property(global, "holder", holder);
    for kind in [
        NodeType::String,
        NodeType::ConsString,
        NodeType::SlicedString,
        NodeType::RegExp,
        NodeType::Number,
        NodeType::Symbol,
        NodeType::BigInt,
    ] {
        let value = graph.node(kind, &format!("hush {} \u{e9}\u{1F600}\n", kind.name()), 32);
        graph.property(
            holder,
            &format!("{}Value", kind.name().replace(' ', "_")),
            value,
        );
    }
    for (kind, label) in [
        (NodeType::ConsString, "(concatenated string)"),
        (NodeType::Number, "heap number"),
        (NodeType::Symbol, "symbol"),
    ] {
        let value = graph.node(kind, label, 8);
        graph.property(holder, "shown", value);
    }
    let both = graph.node(NodeType::String, "holder", 16);
    graph.property(holder, "user@example.com", both);
    let key = graph.object("Key", 8);
    let value = graph.node(NodeType::String, "hush weak", 8);
    let table = graph.node(NodeType::Array, "(table)", 8);
    let part = format!(
        "1 / part of key (Key @{}) -> value (hush weak @{}) pair in WeakMap (table @{})",
        graph.nodes[key].id, graph.nodes[value].id, graph.nodes[table].id
    );
    graph.named(key, EdgeType::Internal, &part, value);
    graph
}

fn texts(snapshot: &Snapshot) -> Vec<String> {
    let nodes = snapshot
        .ordinals()
        .map(|node| snapshot.name(node).into_owned());
    let edges = snapshot.ordinals().flat_map(|node| {
        let named = snapshot
            .edges(node)
            .filter(|edge| !edge.edge_type.has_index());
        named.map(|edge| snapshot.edge_name(&edge).into_owned())
    });
    nodes.chain(edges).collect()
}

#[test]
fn values_are_replaced_by_their_length_and_names_stay() {
    let file = graph_of_secrets().to_json(Style::NODE_24);
    let before = snapshot(&file);
    assert!(texts(&before).iter().any(|text| text.contains("hush")));
    for redaction in BOTH {
        let bytes = redacted(&file, redaction).unwrap();
        assert!(memchr::memmem::find(&bytes, b"hush").is_none());
        let after = snapshot(&bytes);
        for (old, new) in texts(&before).into_iter().zip(texts(&after)) {
            if old.contains("part of key") {
                assert!(new.contains(" / part of key (key @"), "{new}");
            } else if old.contains("hush") {
                let expected = format!("(string, {} characters) #", old.encode_utf16().count());
                assert!(new.starts_with(&expected), "{new} for {old}");
            } else if old.contains('@') && redaction == Redaction::Strict {
                assert!(new.starts_with("(name, 16 characters) #"), "{new}");
            } else {
                assert_eq!(old, new);
            }
        }
    }
}

#[test]
fn every_number_of_the_file_stays_as_it_is() {
    for style in Style::ALL {
        for seed in 0..100 {
            let file = random_graph(seed, 60).to_json(style);
            let bytes = redacted(&file, Redaction::Strict).unwrap();
            let start = memchr::memmem::find(&file, b"\"strings\"").unwrap();
            assert_eq!(bytes[..start], file[..start], "seed {seed}");
        }
    }
}

#[test]
fn the_analysis_of_a_redacted_file_is_the_same() {
    for seed in 0..300 {
        let file = random_graph(seed, 80).to_json(Style::NODE_20);
        let (before, bytes) = (
            snapshot(&file),
            redacted(&file, Redaction::Strings).unwrap(),
        );
        let after = snapshot(&bytes);
        let (old, new) = (Analysis::of(&before, 1), Analysis::of(&after, 1));
        for node in before.ordinals() {
            assert_eq!(
                old.dominators.retained_size(node),
                new.dominators.retained_size(node)
            );
            assert_eq!(old.distances.get(node), new.distances.get(node));
            // A name that a file would not have: V8 says so once.
            if before.name(node).starts_with("Detached") {
                continue;
            }
            assert_eq!(
                old.classes.class(old.classes.of_node(node)).name,
                new.classes.class(new.classes.of_node(node)).name
            );
        }
    }
}

#[test]
fn texts_that_differ_still_do_and_others_do_not() {
    let mut graph = Graph::new();
    let global = graph.global();
    for text in ["aaa", "bbb", "aaa"] {
        let value = graph.node(NodeType::String, text, 16);
        graph.property(global, "x", value);
    }
    let after = snapshot(&redacted(&graph.to_json(Style::NODE_20), Redaction::Strings).unwrap());
    let names: Vec<_> = after.ordinals().map(|node| after.name(node)).collect();
    assert_eq!(names[2], names[4]);
    assert_ne!(names[2], names[3]);
}

#[test]
fn any_split_gives_the_same_output() {
    for style in Style::ALL {
        for redaction in BOTH {
            let file = graph_of_secrets().to_json(style);
            let whole = redacted(&file, redaction).unwrap();
            assert_eq!(in_pieces(&file, redaction, || 1).unwrap(), whole);
            for seed in 0..50 {
                let mut random = Random::new(seed);
                let split = in_pieces(&file, redaction, || 1 + random.below(40)).unwrap();
                assert_eq!(split, whole, "seed {seed}");
            }
        }
    }
}

#[test]
fn redacting_twice_is_redacting_once() {
    let file = graph_of_secrets().to_json(Style::NODE_24);
    let once = redacted(&file, Redaction::Strings).unwrap();
    let again = redacted(&once, Redaction::Strings).unwrap();
    // What is replaced is replaced anew, by the length of what replaced it.
    assert_eq!(snapshot(&once).node_count(), snapshot(&again).node_count());
    assert!(memchr::memmem::find(&again, b"Holder").is_some());
}

#[test]
fn a_damaged_file_is_the_error_that_the_reader_makes_of_it() {
    let file = graph_of_secrets().to_json(Style::NODE_20);
    let same = |bytes: &[u8], what: &str| {
        let mut reader = PushReader::new(Columns::ALL);
        let expected = reader.push(bytes).and_then(|()| reader.finish().map(drop));
        let got = redacted(bytes, Redaction::Strings).map(drop);
        assert_eq!(got, expected, "{what}");
    };
    for end in 0..file.len() {
        same(&file[..end], &format!("cut at {end}"));
    }
    // Behind the edges stand sections that only one of the two looks into.
    let end = memchr::memmem::find(&file, b"\"trace_function_infos\"").unwrap();
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let mut damaged = file.clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(end);
            damaged[at] = *random.pick(b"0123456789,[]{}\":x ");
        }
        let mut reader = PushReader::new(Columns::ALL);
        let reads = reader
            .push(&damaged)
            .and_then(|()| reader.finish().map(drop));
        match redacted(&damaged, Redaction::Strings) {
            Ok(_) => assert_eq!(reads, Ok(()), "seed {seed}"),
            Err(error) if reads.is_ok() => {
                assert!(error.message.contains("stand"), "seed {seed}: {error}");
            }
            Err(error) => assert_eq!(error.code(), reads.unwrap_err().code(), "seed {seed}"),
        }
    }
}

#[test]
fn strings_before_the_nodes_cannot_be_redacted_and_are_not_passed_on() {
    let file = String::from_utf8(graph_of_secrets().to_json(Style::NODE_24)).unwrap();
    let (before, strings) = file.split_once("\"strings\":").unwrap();
    let strings = strings.strip_suffix('}').unwrap();
    let at = before.find("\"nodes\"").unwrap();
    let (head, rest) = before.split_at(at);
    let rest = rest.trim_end().trim_end_matches(',');
    let moved = format!("{head}\"strings\":{strings},{rest}}}");
    snapshot(moved.as_bytes());
    let error = redacted(moved.as_bytes(), Redaction::Strings).unwrap_err();
    assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_SECTION");
}

#[test]
fn texts_in_sections_that_nobody_knows_are_emptied() {
    let file = String::from_utf8(graph_of_secrets().to_json(Style::NODE_24)).unwrap();
    let odd = r#""odd":{"a":["hush","\"hush\\",1,true,null]},"word":"hush","number":12,"strings""#;
    let file = file.replacen("\"strings\"", odd, 1);
    let bytes = redacted(file.as_bytes(), Redaction::Strings).unwrap();
    assert_eq!(
        in_pieces(file.as_bytes(), Redaction::Strings, || 1).unwrap(),
        bytes
    );
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains("hush"));
    assert!(text.contains(r#""odd":{"":["","",1,true,null]},"word":"","number":12,"strings""#));
    snapshot(text.as_bytes());
}

#[test]
fn functions_that_allocated_keep_their_names() {
    let mut graph = Graph::new();
    let global = graph.global();
    for text in ["allocate", "/srv/app.js", "hush"] {
        let value = graph.node(NodeType::String, text, 16);
        graph.property(global, "x", value);
    }
    let file = String::from_utf8(graph.to_json(Style::NODE_20)).unwrap();
    let strings: Vec<String> = serde_json::from_str(
        file.split_once("\"strings\":")
            .unwrap()
            .1
            .strip_suffix('}')
            .unwrap(),
    )
    .unwrap();
    let place = |text: &str| strings.iter().position(|string| string == text).unwrap();
    let fields = r#""trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],"#;
    let infos = format!(
        "\"trace_function_infos\":[0,{},{},1,0,0]",
        place("allocate"),
        place("/srv/app.js")
    );
    let file = file
        .replacen("\"meta\":{", &format!("\"meta\":{{{fields}"), 1)
        .replacen("\"trace_function_infos\":[]", &infos, 1);
    let bytes = redacted(file.as_bytes(), Redaction::Strings).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("\"allocate\"") && text.contains("\"/srv/app.js\""));
    assert!(!text.contains("hush"));
}

#[test]
fn memory_is_bounded_by_what_the_input_has_paid_for() {
    let mut graph = Graph::new();
    let global = graph.global();
    let long = graph.node(NodeType::String, &"x".repeat(1 << 20), 1 << 20);
    graph.property(global, "long", long);
    let file = graph.to_json(Style::NODE_24);
    let (mut redactor, mut out) = (Redactor::new(Redaction::Strings), Vec::new());
    for piece in file.chunks(1000) {
        redactor.push(piece, &mut out).unwrap();
        out.clear();
        assert!(redactor.reserved_bytes() < 20_000);
    }
    redactor.finish().unwrap();
    // A name far beyond every string.
    let file =
        String::from_utf8(file)
            .unwrap()
            .replacen("\"edges\":[5,2,", "\"edges\":[5,4000000000,", 1);
    assert!(file.contains("4000000000"));
    let error = redacted(file.as_bytes(), Redaction::Strings).unwrap_err();
    assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_NAME");
}
