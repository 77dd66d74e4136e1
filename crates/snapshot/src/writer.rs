//! From columns to a `.heapsnapshot`, as V8 writes them and Chrome DevTools opens them. Bytes go
//! out in pieces; neither the file nor a tree of it is held. Opens no file.

use super::columns::Snapshot;
use super::reading::Reading;
use super::types::{EdgeType, NodeType};

/// What V8 says of its sections, without the lists of types.
const NODE_FIELDS: &str =
    r#""type","name","id","self_size","edge_count","trace_node_id","detachedness""#;
/// How many these are: edges and locations name a node by the place of its first field.
const NODE_FIELD_COUNT: u64 = 7;
const OTHER_META: &str = r#""trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],"trace_node_fields":["id","function_info_index","count","size","children"],"sample_fields":["timestamp_us","last_assigned_id"],"location_fields":["object_index","script_id","line","column"]"#;
/// Bytes that are collected before they go out.
const PIECE: usize = 1 << 16;

/// Whether whoever takes the bytes wants more.
type Wanted = bool;

struct Out<'p, P: FnMut(&[u8]) -> Wanted> {
    push: &'p mut P,
    piece: Vec<u8>,
    wanted: Wanted,
}

/// Writes a snapshot. `push` takes the bytes in order and says whether it wants more; the result is
/// its last answer.
///
/// Types that this version has no rule for are written as hidden nodes and weak references.
pub fn write(snapshot: &Snapshot, push: &mut impl FnMut(&[u8]) -> Wanted) -> Wanted {
    let mut out = Out {
        push,
        piece: Vec::with_capacity(PIECE + PIECE / 8),
        wanted: true,
    };
    out.header(snapshot);
    out.nodes(snapshot);
    out.edges(snapshot);
    out.text("],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n");
    out.locations(snapshot);
    out.strings(snapshot);
    out.text("]}\n");
    out.flush();
    out.wanted
}

/// The key by which a file says that memwatch's own reader made it, and which data were invalid. Other tools pass over keys
/// that they do not know.
fn mark(reading: &Reading) -> String {
    let version = match &reading.untried_version {
        // Of digits and dots; whatever it has, it must not end the text.
        Some(version) => {
            let is_plain =
                |letter: &char| letter.is_ascii_alphanumeric() || ".-+".contains(*letter);
            format!(
                "\"{}\"",
                version.chars().filter(is_plain).collect::<String>()
            )
        }
        None => "null".to_owned(),
    };
    format!(
        ",\"memwatch_reading\":{{\"is_core\":{},\"objects\":{},\"reached\":{},\"has_garbage\":{},\
         \"invalid_sizes\":{},\"moved\":{},\"dangling\":{},\"outside\":{},\"missing_bytes\":{},\
         \"untried_version\":{version}}}",
        reading.is_core,
        reading.objects,
        reading.reached,
        reading.has_garbage,
        reading.invalid_sizes,
        reading.moved,
        reading.dangling,
        reading.outside,
        reading.missing_bytes,
    )
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    quoted.join(",")
}

impl<P: FnMut(&[u8]) -> Wanted> Out<'_, P> {
    fn text(&mut self, text: &str) {
        self.piece.extend_from_slice(text.as_bytes());
        if self.piece.len() >= PIECE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.wanted && !self.piece.is_empty() {
            self.wanted = (self.push)(&self.piece);
        }
        self.piece.clear();
    }

    fn row(&mut self, is_first: bool, numbers: &[u64]) {
        let mut row = String::with_capacity(8 * numbers.len());
        for (index, number) in numbers.iter().enumerate() {
            if index > 0 || !is_first {
                row.push(',');
            }
            row.push_str(&number.to_string());
        }
        row.push('\n');
        self.text(&row);
    }

    fn header(&mut self, snapshot: &Snapshot) {
        let node_types = list(NodeType::KNOWN.iter().map(|kind| kind.name()));
        let edge_types = list(EdgeType::KNOWN.iter().map(|kind| kind.name()));
        self.text(&format!(
            "{{\"snapshot\":{{\"meta\":{{\"node_fields\":[{NODE_FIELDS}],\
             \"node_types\":[[{node_types}],\"string\",\"number\",\"number\",\"number\",\"number\",\"number\"],\
             \"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],\
             \"edge_types\":[[{edge_types}],\"string_or_number\",\"node\"],{OTHER_META}}},\
             \"node_count\":{},\"edge_count\":{},\"trace_function_count\":0,\"extra_native_bytes\":{}",
            snapshot.node_count(),
            snapshot.edge_count(),
            snapshot.extra_native_bytes(),
        ));
        if snapshot.root().0 != 0 {
            let root = u64::from(snapshot.root().0) * NODE_FIELD_COUNT;
            self.text(&format!(",\"root_index\":{root}"));
        }
        if let Some(reading) = snapshot.reading() {
            self.text(&mark(reading));
        }
        self.text("},\n\"nodes\":[");
    }

    fn nodes(&mut self, snapshot: &Snapshot) {
        for node in snapshot.ordinals() {
            let kind = match snapshot.node_type(node) {
                NodeType::Other => NodeType::Hidden,
                kind => kind,
            };
            let numbers = [
                kind as u64,
                u64::from(snapshot.name_index(node).0),
                snapshot.id(node).0,
                snapshot.self_size(node),
                snapshot.edges(node).len() as u64,
                0,
                snapshot.attachment(node) as u64,
            ];
            self.row(node.0 == 0, &numbers);
        }
        self.text("],\n\"edges\":[");
    }

    fn edges(&mut self, snapshot: &Snapshot) {
        let edges = snapshot.ordinals().flat_map(|node| snapshot.edges(node));
        for (index, edge) in edges.enumerate() {
            let kind = match edge.edge_type {
                EdgeType::Other => EdgeType::Weak,
                kind => kind,
            };
            let to = u64::from(edge.to.0) * NODE_FIELD_COUNT;
            self.row(
                index == 0,
                &[kind as u64, u64::from(edge.name_or_index), to],
            );
        }
    }

    fn locations(&mut self, snapshot: &Snapshot) {
        self.text("\"locations\":[");
        let places = snapshot
            .ordinals()
            .filter_map(|node| Some((node, snapshot.location(node)?)));
        for (index, (node, place)) in places.enumerate() {
            let at = u64::from(node.0) * NODE_FIELD_COUNT;
            let place = [place.script_id, place.line, place.column].map(u64::from);
            self.row(index == 0, &[at, place[0], place[1], place[2]]);
        }
    }

    fn strings(&mut self, snapshot: &Snapshot) {
        self.text("],\n\"strings\":[");
        let strings = snapshot.strings();
        for index in 0..strings.len() {
            let text = strings.get(super::types::StringIndex(index as u32));
            let mut json = String::with_capacity(text.len() + 4);
            if index > 0 {
                json.push_str(",\n");
            }
            add_json(&mut json, &text);
            self.text(&json);
        }
    }
}

fn add_json(json: &mut String, text: &str) {
    json.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            '\n' => json.push_str("\\n"),
            '\0'..'\u{20}' | '\u{7f}' => json.push_str(&format!("\\u{:04x}", letter as u32)),
            _ => json.push(letter),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use super::*;
    use crate::redact::{RedactingWriter, Redaction};
    use crate::{NewNode, NodeId, NodeOrdinal, ReadOptions, SnapshotBuilder, read};

    fn snapshot(reading: Option<Reading>) -> Snapshot {
        let mut builder = SnapshotBuilder::with_capacity(1, 0);
        let name = builder.new_string("(GC roots) \"quoted\"\n");
        builder.node(NewNode {
            node_type: NodeType::Synthetic,
            name,
            id: NodeId(1),
            self_size: 0,
            detachedness: 0,
        });
        let mut snapshot = builder.finish().expect("it is small");
        if let Some(reading) = reading {
            snapshot.set_reading(reading);
        }
        snapshot
    }

    fn written(snapshot: &Snapshot, redaction: Option<Redaction>) -> Vec<u8> {
        let mut file = RedactingWriter::new(Vec::new(), redaction);
        assert!(write(snapshot, &mut |bytes| file.write_all(bytes).is_ok()));
        file.finish().expect("it is a snapshot").0
    }

    #[test]
    fn numbers_that_name_edges_are_strings_like_any_other() {
        let mut builder = SnapshotBuilder::new();
        let (name, text) = (
            builder.new_string("\\root"),
            builder.new_string("a \"quoted\" one"),
        );
        for id in [1, 3] {
            builder.node(NewNode {
                node_type: NodeType::Hidden,
                name,
                id: NodeId(id),
                self_size: 0,
                detachedness: 0,
            });
            if id == 1 {
                for number in [70_000, 0, 12] {
                    let name = builder.number(number);
                    builder.named_edge(EdgeType::Internal, name, NodeOrdinal(1));
                }
                builder.named_edge(EdgeType::Internal, text, NodeOrdinal(1));
                builder.indexed_edge(EdgeType::Element, 1 << 31, NodeOrdinal(1));
            }
        }
        let ours = builder.finish().expect("it is small");
        let bytes = written(&ours, None);
        let read = read(Arc::new(bytes), ReadOptions::default()).expect("a snapshot");
        for snapshot in [&ours, &read] {
            let strings = snapshot.strings();
            assert_eq!(strings.len(), 70_003);
            assert_eq!(snapshot.name(snapshot.root()), "\\root");
            let edges = snapshot.edges(snapshot.root());
            let names: Vec<_> = edges.map(|edge| snapshot.edge_name(&edge)).collect();
            let expected = ["70000", "0", "12", "a \"quoted\" one", "2147483648"];
            assert_eq!(names, expected);
            let found = strings.find("12").expect("a number of the table");
            assert_eq!(*strings.raw(found), *b"12");
            assert!(strings.is(found, "12") && !strings.is(found, "012"));
            for nothing in ["012", "70001", "+12", ""] {
                assert_eq!(strings.find(nothing), None, "{nothing}");
            }
        }
    }

    #[test]
    fn a_file_says_that_the_reader_made_it_and_what_proved_wrong() {
        let reading = Reading {
            is_core: true,
            objects: 9,
            reached: 7,
            has_garbage: true,
            invalid_sizes: 1,
            moved: 2,
            dangling: 3,
            outside: 4,
            missing_bytes: 5,
            untried_version: Some("27.0.0".to_owned()),
            ..Reading::default()
        };
        for redaction in [None, Some(Redaction::Strict)] {
            let bytes = written(&snapshot(Some(reading.clone())), redaction);
            let again = read(Arc::new(bytes), ReadOptions::default()).expect("a snapshot");
            assert_eq!(again.reading(), Some(&reading), "{redaction:?}");
            let bytes = written(&snapshot(None), redaction);
            let again = read(Arc::new(bytes), ReadOptions::default()).expect("a snapshot");
            assert_eq!(again.reading(), None, "{redaction:?}");
        }
    }
}
