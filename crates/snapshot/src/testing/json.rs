//! A graph as the JSON of a heap snapshot file.

use std::collections::HashMap;
use std::fmt::Write;

use super::super::types::{EdgeType, NodeType};
use super::graph::Graph;

/// How versions of V8, and other writers, differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// `trace_node_id` is a field of nodes.
    pub has_trace_node_id: bool,
    /// `detachedness` is a field of nodes.
    pub has_detachedness: bool,
    /// A line feed after each record, as up to Node.js 22.
    pub line_feeds: bool,
    /// Blanks wherever JSON allows them, as no V8 writes them.
    pub blanks: bool,
}

impl Style {
    /// Node.js 18 to 22.
    pub const NODE_20: Self = Self {
        has_trace_node_id: true,
        has_detachedness: true,
        line_feeds: true,
        blanks: false,
    };
    /// Node.js 24 and later.
    pub const NODE_24: Self = Self {
        has_trace_node_id: false,
        line_feeds: false,
        ..Self::NODE_20
    };
    /// Every style there is.
    pub const ALL: [Self; 4] = [
        Self::NODE_20,
        Self::NODE_24,
        Self {
            has_detachedness: false,
            ..Self::NODE_20
        },
        Self {
            blanks: true,
            has_trace_node_id: false,
            has_detachedness: false,
            line_feeds: true,
        },
    ];
}

/// Strings in the order in which they are first used.
#[derive(Default)]
struct Strings {
    places: HashMap<String, usize>,
    list: Vec<String>,
}

impl Strings {
    fn place(&mut self, text: &str) -> usize {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        self.places.insert(text.to_owned(), self.list.len());
        self.list.push(text.to_owned());
        self.list.len() - 1
    }
}

impl Graph {
    /// The file V8 would write.
    pub fn to_json(&self, style: Style) -> Vec<u8> {
        let mut strings = Strings::default();
        strings.place("<dummy>");
        let nodes = self.node_records(style, &mut strings);
        let edges = self.edge_records(style, &mut strings);
        let locations = self.location_records(style);
        let texts: Vec<String> = strings.list.iter().map(|text| quoted(text)).collect();
        let mut out = format!("{{\"snapshot\":{},\n", self.header(style));
        let mut section = |name: &str, records: &str, end: &str| {
            let line = if style.blanks {
                format!("\t\"{name}\" :\r\n [ {records} ]{end}")
            } else {
                format!("\"{name}\":[{records}]{end}")
            };
            out.push_str(&line);
        };
        section("nodes", &records(&nodes, style), ",\n");
        section("edges", &records(&edges, style), ",\n");
        section("trace_function_infos", "", ",\n");
        section("trace_tree", "", ",\n");
        section("samples", "", ",\n");
        section("locations", &records(&locations, style), ",\n");
        section("strings", &texts.join(",\n"), "}");
        out.into_bytes()
    }

    fn header(&self, style: Style) -> String {
        let list = |names: &[&str]| {
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            format!("[{}]", quoted.join(","))
        };
        let mut fields = vec!["type", "name", "id", "self_size", "edge_count"];
        if style.has_trace_node_id {
            fields.push("trace_node_id");
        }
        if style.has_detachedness {
            fields.push("detachedness");
        }
        let node_types: Vec<&str> = NodeType::KNOWN.iter().map(|kind| kind.name()).collect();
        let edge_types: Vec<&str> = EdgeType::KNOWN.iter().map(|kind| kind.name()).collect();
        format!(
            "{{\"meta\":{{\"node_fields\":{},\"node_types\":[{},\"string\",\"number\"],\
             \"edge_fields\":{},\"edge_types\":[{},\"string_or_number\",\"node\"],\
             \"location_fields\":{}}},\"node_count\":{},\"edge_count\":{},\
             \"trace_function_count\":0,\"extra_native_bytes\":{}}}",
            list(&fields),
            list(&node_types),
            list(&["type", "name_or_index", "to_node"]),
            list(&edge_types),
            list(&["object_index", "script_id", "line", "column"]),
            self.nodes.len(),
            self.edges().count(),
            self.extra_native_bytes,
        )
    }

    fn node_records(&self, style: Style, strings: &mut Strings) -> Vec<Vec<u64>> {
        let nodes = self.nodes.iter().map(|node| {
            let mut record = vec![
                node.kind as u64,
                strings.place(&node.name) as u64,
                node.id,
                node.size,
                node.edges.len() as u64,
            ];
            if style.has_trace_node_id {
                record.push(0);
            }
            if style.has_detachedness {
                record.push(node.detachedness);
            }
            record
        });
        nodes.collect()
    }

    fn edge_records(&self, style: Style, strings: &mut Strings) -> Vec<Vec<u64>> {
        let fields = Self::node_fields(style);
        let edges = self.edges().map(|(_, edge)| {
            let name = if edge.kind.has_index() {
                edge.name.parse().expect("the edge goes by number")
            } else {
                strings.place(&edge.name) as u64
            };
            vec![edge.kind as u64, name, edge.to as u64 * fields]
        });
        edges.collect()
    }

    fn location_records(&self, style: Style) -> Vec<Vec<u64>> {
        let fields = Self::node_fields(style);
        let nodes = self.nodes.iter().enumerate();
        let located = nodes.filter_map(|(ordinal, node)| {
            let at = node.location?;
            let numbers = [at.script_id, at.line, at.column].map(u64::from);
            Some([&[ordinal as u64 * fields][..], &numbers].concat())
        });
        located.collect()
    }

    fn node_fields(style: Style) -> u64 {
        5 + u64::from(style.has_trace_node_id) + u64::from(style.has_detachedness)
    }
}

fn records(records: &[Vec<u64>], style: Style) -> String {
    let comma = if style.blanks { " ,\t" } else { "," };
    let end = if style.line_feeds { "\n" } else { "" };
    let mut out = String::new();
    for (place, record) in records.iter().enumerate() {
        if place > 0 {
            out.push_str(comma);
        }
        let numbers: Vec<String> = record.iter().map(u64::to_string).collect();
        out.push_str(&numbers.join(comma));
        out.push_str(end);
    }
    out
}

/// As V8 quotes: everything but ASCII as `\uXXXX`.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for unit in text.encode_utf16() {
        match unit {
            0x22 => out.push_str("\\\""),
            0x5C => out.push_str("\\\\"),
            0x0A => out.push_str("\\n"),
            0x20..0x7F => out.push(unit as u8 as char),
            _ => write!(out, "\\u{unit:04X}").expect("a string takes all"),
        }
    }
    out.push('"');
    out
}
