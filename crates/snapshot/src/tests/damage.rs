//! Damaged input ends in an error that says where, never in a panic, and never
//! in memory the bytes do not justify.

use super::super::testing::{Graph, Random, Style, random_graph};
use super::super::{Columns, PushReader, SnapshotError, SnapshotErrorKind as Kind};
use super::reading::{at_once, file_with, pushed};

/// The error of both readers.
fn error_of(bytes: &[u8]) -> SnapshotError {
    let error = pushed(bytes, Columns::ALL).expect_err("the file is damaged");
    let fast = at_once(bytes, Columns::ALL).expect_err("the file is damaged");
    assert_eq!(error, fast);
    error
}

fn small_graph() -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let user = graph.object("User", 40);
    graph.property(global, "user", user);
    graph.indexed(user, super::super::EdgeType::Element, 0, global);
    graph
}

/// The file of [`small_graph`] with one piece of text exchanged.
fn with(old: &str, new: &str) -> Vec<u8> {
    let file = String::from_utf8(small_graph().to_json(Style::NODE_24)).unwrap();
    assert!(file.contains(old), "{old} is not in {file}");
    file.replacen(old, new, 1).into_bytes()
}

#[test]
fn a_file_cut_short_anywhere_is_an_error() {
    for style in Style::ALL {
        let whole = random_graph(5, 10).to_json(style);
        for end in 0..whole.len() {
            let error = error_of(&whole[..end]);
            assert_eq!(error.kind, Kind::Truncated, "cut at {end}");
            assert_eq!(error.offset, end as u64);
        }
    }
}

#[test]
fn garbage_is_an_error() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let bytes: Vec<u8> = (0..random.below(300))
            .map(|_| random.next_u64() as u8)
            .collect();
        error_of(&bytes);
        let json: Vec<u8> = (0..random.below(300))
            .map(|_| *random.pick(b"{}[]\",:0123456789\\ \nabc"))
            .collect();
        error_of(&[b"{\"snapshot\":", json.as_slice()].concat());
    }
    assert_eq!(error_of(b"[]").kind, Kind::Syntax);
    assert_eq!(error_of(b"").kind, Kind::Truncated);
}

#[test]
fn only_the_place_of_an_element_may_be_below_zero() {
    let element = "1,0,6]";
    for (old, new, kind) in [
        (element, "1,-2147483649,6]", Kind::Range),
        (element, "1,-99999999999999999999,6]", Kind::Range),
        (element, "1,-,6]", Kind::Syntax),
        (element, "1,- 1,6]", Kind::Syntax),
        (element, "1,--1,6]", Kind::Syntax),
        (element, "-1,0,6]", Kind::Syntax),
        (element, "1,0,-6]", Kind::Syntax),
        ("\"edges\":[5,2,6", "\"edges\":[5,-2,6", Kind::Name),
        ("\"nodes\":[9,1,1", "\"nodes\":[9,1,-1", Kind::Syntax),
    ] {
        assert_eq!(error_of(&with(old, new)).kind, kind, "{new}");
    }
}

#[test]
fn counts_must_be_right() {
    let cases = [
        ("\"node_count\":3", "\"node_count\":2"),
        ("\"node_count\":3", "\"node_count\":4"),
        ("\"edge_count\":3", "\"edge_count\":2"),
        ("\"edge_count\":3", "\"edge_count\":4"),
        // The nodes' own counts of edges.
        ("[9,1,1,0,1,0", "[9,1,1,0,2,0"),
        // A number too few.
        ("[9,1,1,0,1,0,", "[9,1,1,0,1,"),
    ];
    for (old, new) in cases {
        assert_eq!(error_of(&with(old, new)).kind, Kind::Count, "{new}");
    }
}

#[test]
fn what_points_nowhere_is_an_error_with_its_place() {
    let edges = "\"edges\":[5,2,6";
    let cases = [
        (edges, "\"edges\":[5,2,7", Kind::Target),
        (edges, "\"edges\":[5,2,18", Kind::Target),
        (edges, "\"edges\":[5,999,6", Kind::Name),
        (edges, "\"edges\":[7,2,6", Kind::Range),
        (edges, "\"edges\":[1,4294967296,6", Kind::Range),
        (edges, "\"edges\":[1,99999999999999999999,6", Kind::Range),
        ("\"nodes\":[9", "\"nodes\":[255", Kind::Range),
        ("\"nodes\":[9,1", "\"nodes\":[9,7", Kind::Name),
        ("\"nodes\":[9,1", "\"nodes\":[9,4294967297", Kind::Name),
    ];
    for (old, new, kind) in cases {
        let bytes = with(old, new);
        let error = error_of(&bytes);
        assert_eq!(error.kind, kind, "{new}");
        // Near the damage, not at the start or the end.
        let at = String::from_utf8(bytes).unwrap().find(new).unwrap() as u64;
        assert!((at..at + 40).contains(&error.offset), "{new}: {error}");
    }
}

#[test]
fn a_location_of_no_node_is_an_error() {
    let mut graph = small_graph();
    graph.nodes[1].location = Some(super::super::Location {
        script_id: 1,
        line: 2,
        column: 3,
    });
    let file = String::from_utf8(graph.to_json(Style::NODE_24)).unwrap();
    for place in ["[7,1,2,3]", "[18,1,2,3]"] {
        let damaged = file.replace("[6,1,2,3]", place);
        assert_ne!(file, damaged);
        assert_eq!(error_of(damaged.as_bytes()).kind, Kind::Target);
    }
    let short = file.replace("[6,1,2,3]", "[6,1,2]");
    assert_eq!(error_of(short.as_bytes()).kind, Kind::Count);
}

#[test]
fn only_whole_numbers_are_numbers() {
    for number in ["-1", "1.5", "1e3", "true", "\"1\"", "[1]", ""] {
        let bytes = with("\"nodes\":[9,", &format!("\"nodes\":[{number},"));
        assert_eq!(error_of(&bytes).kind, Kind::Syntax, "{number}");
    }
}

#[test]
fn every_needed_part_is_missed() {
    let file = String::from_utf8(small_graph().to_json(Style::NODE_24)).unwrap();
    for (part, kind) in [
        ("snapshot", Kind::Section),
        ("nodes", Kind::Section),
        ("edges", Kind::Section),
        ("strings", Kind::Section),
        ("meta", Kind::Header),
        ("node_fields", Kind::Header),
        ("node_types", Kind::Header),
        ("edge_fields", Kind::Header),
        ("edge_types", Kind::Header),
        ("node_count", Kind::Header),
        ("edge_count", Kind::Header),
        ("type", Kind::Header),
        ("name", Kind::Header),
        ("id", Kind::Header),
        ("self_size", Kind::Header),
        ("to_node", Kind::Header),
        ("name_or_index", Kind::Header),
        ("object_index", Kind::Header),
    ] {
        let without = file.replacen(&format!("\"{part}\""), "\"nothing\"", 1);
        assert_ne!(file, without);
        assert_eq!(error_of(without.as_bytes()).kind, kind, "{part}");
    }
}

#[test]
fn what_need_not_be_there_is_not_missed() {
    for part in [
        "locations",
        "trace_tree",
        "samples",
        "extra_native_bytes",
        "location_fields",
    ] {
        let bytes = with(&format!("\"{part}\""), "\"nothing\"");
        assert!(pushed(&bytes, Columns::ALL).is_ok(), "{part}");
        assert!(at_once(&bytes, Columns::ALL).is_ok(), "{part}");
    }
}

#[test]
fn a_section_that_is_there_twice_is_an_error() {
    let bytes = with("\"samples\":[]", "\"edges\":[]");
    assert_eq!(error_of(&bytes).kind, Kind::Section);
    let bytes = with("\"samples\":[]", "\"strings\":[]");
    assert_eq!(error_of(&bytes).kind, Kind::Section);
}

#[test]
fn a_root_that_is_no_node_is_an_error() {
    let count = "\"edge_count\":3,";
    let bytes = with(count, &format!("{count}\"root_index\":18,"));
    assert_eq!(error_of(&bytes).kind, Kind::Target);
    let bytes = with(count, &format!("{count}\"root_index\":5,"));
    assert_eq!(error_of(&bytes).kind, Kind::Header);
    let bytes = with("\"node_count\":3", "\"node_count\":0");
    assert_eq!(error_of(&bytes).kind, Kind::Target);
}

#[test]
fn nothing_is_reserved_on_the_word_of_a_header() {
    for (nodes, edges) in [(400_000_000u64, 4_000_000_000u64), (3, 4_000_000_000)] {
        let file = String::from_utf8(small_graph().to_json(Style::NODE_24)).unwrap();
        let file = file
            .replace("\"node_count\":3", &format!("\"node_count\":{nodes}"))
            .replace("\"edge_count\":3", &format!("\"edge_count\":{edges}"));
        assert_eq!(error_of(file.as_bytes()).kind, Kind::Count);
        let mut reader = PushReader::new(Columns::ALL);
        let ended = reader.push(file.as_bytes());
        assert!(ended.is_err());
        assert!(
            reader.reserved_bytes() < 64 * 1024,
            "{}",
            reader.reserved_bytes()
        );
    }
}

#[test]
fn more_than_can_be_numbered_is_said_to_be_too_large() {
    for (old, new) in [
        ("\"node_count\":3", "\"node_count\":536870913"),
        ("\"edge_count\":3", "\"edge_count\":4294967296"),
        ("[9,1,1,0,1,0", "[9,1,1,0,4294967296,0"),
    ] {
        assert_eq!(error_of(&with(old, new)).kind, Kind::TooLarge, "{new}");
    }
    let huge = with("\"node_count\":3", "\"node_count\":99999999999999999999999");
    assert_eq!(error_of(&huge).kind, Kind::Header);
}

#[test]
fn a_reader_that_failed_says_so_again() {
    let mut reader = PushReader::new(Columns::ALL);
    let error = reader.push(b"{\"snapshot\":1}").unwrap_err();
    assert_eq!(error.kind, Kind::Header);
    assert_eq!(reader.push(b" ").unwrap_err(), error);
    assert_eq!(reader.finish().unwrap_err(), error);
}

#[test]
fn nothing_may_follow_the_snapshot_but_blanks() {
    let file = file_with("", "\"r\"");
    assert!(pushed(format!("{file}\n \n").as_bytes(), Columns::ALL).is_ok());
    let error = error_of(format!("{file}x").as_bytes());
    assert_eq!(
        (error.kind, error.offset),
        (Kind::Syntax, file.len() as u64)
    );
}

#[test]
fn deep_nesting_takes_no_stack() {
    let deep = format!(
        ",\"trace_tree\":{}{}",
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    assert!(pushed(file_with(&deep, "\"r\"").as_bytes(), Columns::ALL).is_ok());
    let header = format!("{{\"snapshot\":{}", "[".repeat(200_000));
    assert_eq!(error_of(header.as_bytes()).kind, Kind::Truncated);
}

#[test]
fn an_error_says_its_code_and_place() {
    let error = error_of(b"{\"nodes\":[]}");
    assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_SECTION");
    assert_eq!(
        error.to_string(),
        "a section precedes the snapshot header (at byte 8)"
    );
}

#[test]
fn a_key_without_end_is_an_error() {
    for (length, is_read) in [(64, true), (65, false)] {
        let bytes = with("\"samples\"", &format!("\"{}\"", "k".repeat(length)));
        assert_eq!(pushed(&bytes, Columns::ALL).is_ok(), is_read);
        assert_eq!(at_once(&bytes, Columns::ALL).is_ok(), is_read);
    }
}

#[test]
fn every_split_of_damaged_input_gives_the_same_error() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let mut bytes = random_graph(seed, 6).to_json(*random.pick(&Style::ALL));
        let at = random.below(bytes.len());
        bytes[at] = *random.pick(b"0123456789,]}[{\"\n \\x-");
        let Err(error) = pushed(&bytes, Columns::ALL) else {
            continue;
        };
        for split in 0..bytes.len() {
            let mut reader = PushReader::new(Columns::ALL);
            let (head, tail) = bytes.split_at(split);
            let ended = reader.push(head).and_then(|()| reader.push(tail));
            let split_error = ended.and_then(|()| reader.finish().map(drop));
            assert_eq!(
                split_error,
                Err(error.clone()),
                "seed {seed}, split {split}"
            );
        }
    }
}
