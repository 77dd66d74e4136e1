//! Whatever way the bytes come, the snapshot is the same.

use std::sync::Arc;

use super::super::testing::{Graph, Random, Style, random_graph};
use super::super::{
    Columns, EdgeType, Location, NodeOrdinal, NodeType, PushReader, ReadOptions, Snapshot,
    SnapshotError, read, write,
};

/// One beyond what a window of the fast reader holds.
const MANY_NODES: usize = 3000;

pub(super) fn pushed(bytes: &[u8], columns: Columns) -> Result<Snapshot, SnapshotError> {
    let mut reader = PushReader::new(columns);
    reader.push(bytes)?;
    reader.finish()
}

fn pushed_in<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<Snapshot, SnapshotError> {
    let mut reader = PushReader::new(Columns::ALL);
    for chunk in chunks {
        reader.push(chunk)?;
    }
    reader.finish()
}

pub(super) fn at_once(bytes: &[u8], columns: Columns) -> Result<Snapshot, SnapshotError> {
    let options = ReadOptions {
        columns,
        threads: 2,
    };
    read(Arc::new(bytes.to_vec()), options)
}

pub(super) fn assert_same(a: &Snapshot, b: &Snapshot, label: &str) {
    assert_eq!(a.nodes, b.nodes, "{label}");
    assert_eq!(a.edges, b.edges, "{label}");
    assert_eq!(a.locations, b.locations, "{label}");
    assert_eq!(a.root(), b.root(), "{label}");
    assert_eq!(a.extra_native_bytes(), b.extra_native_bytes(), "{label}");
    assert_eq!(a.strings().len(), b.strings().len(), "{label}");
    for node in a.ordinals() {
        assert_eq!(a.name(node), b.name(node), "{label}");
        for (one, other) in a.edges(node).zip(b.edges(node)) {
            assert_eq!(a.edge_name(&one), b.edge_name(&other), "{label}");
        }
    }
}

/// What the graph says, read back from a snapshot.
fn assert_is_graph(snapshot: &Snapshot, graph: &Graph, style: Style) {
    assert_eq!(snapshot.node_count(), graph.nodes.len());
    for (node, wanted) in snapshot.ordinals().zip(&graph.nodes) {
        assert_eq!(snapshot.node_type(node), wanted.kind);
        assert_eq!(snapshot.node_type_name(node), wanted.kind.name());
        assert_eq!(snapshot.name(node), wanted.name);
        assert_eq!(snapshot.id(node).0, wanted.id);
        assert_eq!(snapshot.self_size(node), wanted.size);
        assert_eq!(snapshot.location(node), wanted.location);
        if style.has_detachedness {
            assert_eq!(snapshot.attachment(node) as u64, wanted.detachedness);
        }
        assert_eq!(snapshot.edges(node).len(), wanted.edges.len());
        for (edge, wanted) in snapshot.edges(node).zip(&wanted.edges) {
            assert_eq!(edge.edge_type, wanted.kind);
            assert_eq!(edge.to.index(), wanted.to);
            assert_eq!(snapshot.edge_name(&edge), wanted.name);
        }
    }
}

#[test]
fn every_style_of_file_holds_the_graph() {
    for seed in 0..200 {
        let mut graph = random_graph(seed, 40);
        graph.extra_native_bytes = seed;
        for style in Style::ALL {
            let bytes = graph.to_json(style);
            let snapshot = pushed(&bytes, Columns::ALL).unwrap();
            assert_is_graph(&snapshot, &graph, style);
            assert_eq!(snapshot.extra_native_bytes(), seed);
            assert_same(
                &snapshot,
                &at_once(&bytes, Columns::ALL).unwrap(),
                "at once",
            );
        }
    }
}

#[test]
fn every_split_of_the_input_gives_the_same_snapshot() {
    let graph = random_graph(7, 12);
    for style in Style::ALL {
        let bytes = graph.to_json(style);
        let whole = pushed(&bytes, Columns::ALL).unwrap();
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            let split = pushed_in([head, tail].into_iter()).unwrap();
            assert_same(&whole, &split, &format!("split at {at}"));
        }
        assert_same(&whole, &pushed_in(bytes.chunks(1)).unwrap(), "byte by byte");
    }
}

/// V8 of Node.js 26 writes the place of an element from 2³¹ on as a number below zero.
#[test]
fn a_place_written_below_zero_is_one_beyond_two_billion() {
    let mut graph = Graph::new();
    let global = graph.global();
    let sparse = graph.object("Array", 16);
    graph.property(global, "sparse", sparse);
    for place in [4_000_000_000, u32::MAX, 1 << 31, 7] {
        graph.indexed(sparse, EdgeType::Element, place, global);
    }
    for style in Style::ALL {
        let before = String::from_utf8(graph.to_json(style)).unwrap();
        let mut text = before.clone();
        for place in [4_000_000_000, u32::MAX, 1 << 31] {
            assert!(text.contains(&place.to_string()), "{place}");
            text = text.replace(&place.to_string(), &(place as i32).to_string());
        }
        let whole = pushed(before.as_bytes(), Columns::ALL).unwrap();
        let bytes = text.as_bytes();
        assert_same(&whole, &at_once(bytes, Columns::ALL).unwrap(), "at once");
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            let split = pushed_in([head, tail].into_iter()).unwrap();
            assert_same(&whole, &split, &format!("split at {at}"));
        }
    }
}

#[test]
fn random_splits_of_large_input_give_the_same_snapshot() {
    let graph = random_graph(11, MANY_NODES);
    let bytes = graph.to_json(Style::NODE_24);
    let whole = pushed(&bytes, Columns::ALL).unwrap();
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut rest = bytes.as_slice();
        let chunks = std::iter::from_fn(|| {
            let (chunk, after) = rest.split_at_checked(1 + random.below(3000))?;
            rest = after;
            Some(chunk)
        });
        let chunks: Vec<&[u8]> = chunks.collect();
        let used: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        let chunks = chunks.into_iter().chain([&bytes[used..]]);
        assert_same(&whole, &pushed_in(chunks).unwrap(), "random splits");
    }
}

#[test]
fn what_v8_writes_is_read_by_the_fast_reader() {
    for (seed, style) in (0..20).flat_map(|seed| [(seed, Style::NODE_20), (seed, Style::NODE_24)]) {
        let mut graph = random_graph(seed, MANY_NODES);
        // Numbers of every length, beyond 32 bits as well.
        for (place, node) in graph.nodes.iter_mut().enumerate() {
            node.size = 10u64.pow(place as u32 % 16) + place as u64;
            node.id += 10u64.pow((place / 16) as u32 % 14);
        }
        let bytes = graph.to_json(style);
        let fast = super::super::reader::read_fast_only(&bytes).expect("V8 writes this");
        assert_same(&fast, &pushed(&bytes, Columns::ALL).unwrap(), "fast");
        assert_is_graph(&fast, &graph, style);
    }
}

#[test]
fn a_changed_byte_means_the_same_to_both_readers() {
    let mut accepted = 0;
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let style = *random.pick(&[Style::NODE_20, Style::NODE_24]);
        let mut bytes = random_graph(seed, 30).to_json(style);
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] = *random.pick(b"0123456789,]}[{\"\n \\x-"),
            1 => bytes[at] = random.next_u64() as u8,
            2 => drop(bytes.remove(at)),
            _ => bytes.insert(at, *random.pick(b"0123456789,]}[\"\n \\")),
        }
        match (at_once(&bytes, Columns::ALL), pushed(&bytes, Columns::ALL)) {
            (Ok(fast), Ok(slow)) => {
                assert_same(&fast, &slow, &format!("seed {seed}"));
                accepted += 1;
            }
            (fast, slow) => assert_eq!(fast.err(), slow.err(), "seed {seed}"),
        }
    }
    assert!(
        accepted > 100,
        "only {accepted} changed files were accepted"
    );
}

#[test]
fn a_blank_in_a_key_makes_it_another_key() {
    let file = String::from_utf8(random_graph(1, 30).to_json(Style::NODE_20)).unwrap();
    for key in ["nodes", "edges", "locations", "strings"] {
        for other in [format!("{key} "), format!(" {key}")] {
            let bytes = file.replace(&format!("\"{key}\""), &format!("\"{other}\""));
            let fast = at_once(bytes.as_bytes(), Columns::ALL).err();
            assert_eq!(
                fast,
                pushed(bytes.as_bytes(), Columns::ALL).err(),
                "{other}"
            );
            assert_eq!(fast.is_none(), key == "locations", "{other}");
        }
    }
}

#[test]
fn nodes_alone_are_the_same_nodes() {
    let graph = random_graph(3, 200);
    for style in Style::ALL {
        let bytes = graph.to_json(style);
        let all = pushed(&bytes, Columns::ALL).unwrap();
        for nodes in [
            pushed(&bytes, Columns::NODES).unwrap(),
            at_once(&bytes, Columns::NODES).unwrap(),
        ] {
            assert!(!nodes.has_edges());
            assert_eq!(nodes.edge_count(), 0);
            for node in all.ordinals() {
                assert_eq!(nodes.edges(node).len(), 0);
                assert_eq!(nodes.id(node), all.id(node));
                assert_eq!(nodes.name(node), all.name(node));
                assert_eq!(nodes.self_size(node), all.self_size(node));
                assert_eq!(nodes.location(node), all.location(node));
            }
        }
        let bare = Columns {
            ids: false,
            edges: false,
        };
        for snapshot in [
            pushed(&bytes, bare).unwrap(),
            at_once(&bytes, bare).unwrap(),
        ] {
            assert_eq!(snapshot.node_count(), all.node_count());
            assert_eq!(snapshot.id(NodeOrdinal(1)).0, 0);
        }
    }
}

#[test]
fn the_builder_gives_what_the_file_would() {
    for seed in 0..100 {
        let graph = random_graph(seed, 60);
        let file = pushed(&graph.to_json(Style::NODE_24), Columns::ALL).unwrap();
        assert_is_graph(&graph.snapshot(), &graph, Style::NODE_24);
        assert_eq!(graph.snapshot().nodes.first_edge, file.nodes.first_edge);
        assert_eq!(graph.snapshot().locations, file.locations);
    }
}

/// A file around these sections, with one node, the root.
pub(super) fn file_with(extra: &str, strings: &str) -> String {
    format!(
        "{{\"snapshot\":{{\"meta\":{{\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\",\
         \"edge_count\"],\"node_types\":[[\"synthetic\"]],\"edge_fields\":[\"type\",\
         \"name_or_index\",\"to_node\"],\"edge_types\":[[\"weak\"]]}},\"node_count\":1,\
         \"edge_count\":0}},\"nodes\":[0,0,1,0,0],\"edges\":[]{extra},\"strings\":[{strings}]}}"
    )
}

fn first_string(text: &str) -> String {
    let file = file_with("", &format!("\"{text}\""));
    let snapshot = pushed(file.as_bytes(), Columns::ALL).unwrap();
    snapshot.name(NodeOrdinal(0)).into_owned()
}

#[test]
fn strings_are_decoded_as_json_has_them() {
    assert_eq!(first_string(r"caf\u00e9 \ud83d\ude00"), "café 😀");
    assert_eq!(first_string(r#"\"\\\/\b\f\n\r\t"#), "\"\\/\u{8}\u{c}\n\r\t");
    assert_eq!(first_string("plain UTF-8: ü"), "plain UTF-8: ü");
    assert_eq!(first_string(""), "");
}

#[test]
fn half_a_surrogate_pair_becomes_the_replacement_character() {
    assert_eq!(first_string(r"a\ud83dz"), "a\u{FFFD}z");
    assert_eq!(first_string(r"\ud83d\ud83d\ude00"), "\u{FFFD}😀");
    assert_eq!(first_string(r"\ude00"), "\u{FFFD}");
    assert_eq!(first_string(r"\ud83d\u0041"), "\u{FFFD}A");
    assert_eq!(first_string(r"\u12"), "\u{FFFD}12");
}

#[test]
fn bytes_that_are_no_utf_8_are_no_error() {
    let mut file = file_with("", "\"ab\"").into_bytes();
    let at = file.len() - 4;
    file[at] = 0xFF;
    let snapshot = pushed(&file, Columns::ALL).unwrap();
    assert_eq!(snapshot.name(NodeOrdinal(0)), "a\u{FFFD}");
    assert_eq!(snapshot.strings().invalid_count(), 1);
    // Half a character at the end of one string is none with the next.
    let mut file = file_with("", "\"ab\",\"c\",\"d\"").into_bytes();
    let at = file.len() - 13;
    assert_eq!(&file[at..], b"ab\",\"c\",\"d\"]}");
    (file[at + 1], file[at + 5]) = (0xC3, 0xA9);
    let snapshot = pushed(&file, Columns::ALL).unwrap();
    assert_eq!(snapshot.strings().invalid_count(), 2);
    let snapshot = pushed(file_with("", "\"é\\\"😀\"").as_bytes(), Columns::ALL).unwrap();
    assert_eq!(snapshot.strings().invalid_count(), 0);
}

#[test]
fn sections_nobody_knows_are_skipped() {
    let extra = r#","scopes":[1,[2,{"a":"]}\"["}]],"trace_tree":[],"flag":true,"n":null,"x":"s""#;
    let file = file_with(extra, "\"r\"");
    for split in 0..file.len() {
        let (head, tail) = file.as_bytes().split_at(split);
        let snapshot = pushed_in([head, tail].into_iter()).unwrap();
        assert_eq!(snapshot.name(NodeOrdinal(0)), "r");
    }
}

#[test]
fn fields_may_come_in_any_order_and_number() {
    let file = "{\"snapshot\":{\"meta\":{\"node_fields\":[\"id\",\"new\",\"edge_count\",\"name\",\
         \"type\",\"self_size\"],\"node_types\":[\"x\",\"x\",\"x\",\"x\",[\"synthetic\",\
         \"object\",\"brand new\"]],\"edge_fields\":[\"to_node\",\"type\",\"name_or_index\"],\
         \"edge_types\":[\"x\",[\"brand new\",\"property\"]]},\"node_count\":2,\"edge_count\":2},\
         \"nodes\":[1,9,2,0,0,0, 3,9,0,1,2,40],\"edges\":[6,1,1, 6,0,1],\
         \"strings\":[\"root\",\"x\"]}";
    let snapshot = pushed(file.as_bytes(), Columns::ALL).unwrap();
    let node = NodeOrdinal(1);
    assert_eq!(snapshot.node_type(node), NodeType::Other);
    assert_eq!(snapshot.node_type_name(node), "brand new");
    assert_eq!(snapshot.self_size(node), 40);
    let edges: Vec<_> = snapshot.edges(snapshot.root()).collect();
    assert_eq!(edges[0].edge_type, EdgeType::Property);
    assert_eq!(edges[1].edge_type, EdgeType::Other);
    assert_eq!(snapshot.edge_name(&edges[0]), "x");
}

#[test]
fn of_two_locations_of_a_node_the_later_stands() {
    let file = file_with("", "\"r\"").replace(
        "\"edge_types\":[[\"weak\"]]",
        "\"edge_types\":[[\"weak\"]],\
         \"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]",
    );
    let file = file.replace(
        "\"edges\":[]",
        "\"edges\":[],\"locations\":[0,1,2,3,0,4,5,6]",
    );
    let later = Location {
        script_id: 4,
        line: 5,
        column: 6,
    };
    let snapshot = pushed(file.as_bytes(), Columns::ALL).unwrap();
    assert_eq!(snapshot.location(NodeOrdinal(0)), Some(later));
}

#[test]
fn a_size_beyond_four_gigabytes_is_kept() {
    let mut graph = Graph::new();
    let global = graph.global();
    let buffer = graph.node(NodeType::Native, "buffer", 9_000_000_000);
    graph.property(global, "data", buffer);
    for style in Style::ALL {
        let snapshot = at_once(&graph.to_json(style), Columns::ALL).unwrap();
        assert_eq!(
            snapshot.self_size(NodeOrdinal(buffer as u32)),
            9_000_000_000
        );
        let analysis = super::super::Analysis::of(&snapshot, 2);
        assert_eq!(analysis.total_size(&snapshot), 9_000_000_008);
    }
}

#[test]
fn a_state_of_attachment_that_does_not_exist_is_unknown_to_both_readers() {
    for number in [3, 255, 256, 257, 258, 1 << 32, (1 << 32) + 2] {
        let mut graph = random_graph(3, 20);
        graph.nodes[0].detachedness = number;
        let bytes = graph.to_json(Style::NODE_24);
        let snapshot = pushed(&bytes, Columns::ALL).unwrap();
        assert_eq!(snapshot.attachment(snapshot.root()) as u64, 0, "{number}");
        let at_once = at_once(&bytes, Columns::ALL).unwrap();
        assert_same(&snapshot, &at_once, "at once");
    }
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let style = Style::ALL
        .into_iter()
        .find(|style| style.has_detachedness)
        .expect("there is one");
    for seed in 0..100 {
        let mut graph = random_graph(seed, 60);
        graph.extra_native_bytes = seed;
        graph.object("\"quoted\" \\ \n \u{7} grüße 漢字 \u{1f600}", 16);
        let snapshot = graph.snapshot();
        let mut bytes = Vec::new();
        let is_whole = write(&snapshot, &mut |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            true
        });
        assert!(is_whole);
        let read_back = at_once(&bytes, Columns::ALL).unwrap();
        assert_is_graph(&read_back, &graph, style);
        assert_same(&snapshot, &read_back, "written");
        assert_same(&snapshot, &pushed(&bytes, Columns::ALL).unwrap(), "pushed");
    }
}

#[test]
fn nothing_is_written_after_the_first_refusal() {
    let mut graph = Graph::new();
    for index in 0..20_000 {
        let node = graph.object(&format!("Class{index}"), 16);
        graph.indexed(0, EdgeType::Element, index, node);
    }
    let mut pieces = 0;
    let is_whole = write(&graph.snapshot(), &mut |_: &[u8]| {
        pieces += 1;
        false
    });
    assert_eq!((is_whole, pieces), (false, 1));
}
