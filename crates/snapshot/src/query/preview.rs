//! A glance at an object on one line: `"text"`, `{name: "user-7", tags: Array}`,
//! `send()`. Values of numbers are not in snapshots, unless V8 was told to write
//! them: they stand as `(number)` where the property is known to be there.

use super::super::columns::Edge;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::collections::{Table, TableKind};
use super::fields::listed;
use super::heap::Heap;
use super::names::Words;

/// Edges looked at for a preview. A table of a million entries may come before
/// the first property.
const MAX_EDGES: usize = 400;
/// Members written at most, whatever the width.
const MAX_MEMBERS: usize = 40;
/// What stands for a number, whose value is not in the snapshot.
const NUMBER: &str = "(number)";
/// Characters of a string inside the preview of another object.
const INNER_TEXT: usize = 24;
/// Parts of a concatenated string looked at: it is a tree of any depth.
const MAX_PARTS: usize = 4096;

/// The node in about `width` characters.
pub(super) fn preview(heap: &Heap<'_>, node: NodeOrdinal, width: usize) -> String {
    match heap.snapshot().node_type(node) {
        NodeType::Object => object(heap, node, width),
        NodeType::String | NodeType::ConsString | NodeType::SlicedString => {
            string(heap, node, width)
        }
        _ => leaf(heap, node),
    }
}

/// The node where a few characters must do: an object by its constructor.
fn inner(heap: &Heap<'_>, node: NodeOrdinal) -> String {
    match heap.snapshot().node_type(node) {
        NodeType::Object => short_name(&heap.snapshot().name(node)).to_owned(),
        NodeType::String | NodeType::ConsString | NodeType::SlicedString => {
            string(heap, node, INNER_TEXT)
        }
        _ => leaf(heap, node),
    }
}

/// V8's `system / Context` is the one internal object people meet by name.
fn short_name(name: &str) -> &str {
    name.strip_prefix("system / ").unwrap_or(name)
}

fn leaf(heap: &Heap<'_>, node: NodeOrdinal) -> String {
    let snapshot = heap.snapshot();
    let name = snapshot.name(node);
    match snapshot.node_type(node) {
        NodeType::Closure if name.is_empty() => "(anonymous)()".to_owned(),
        NodeType::Closure => format!("{}()", escaped(&name, INNER_TEXT * 2)),
        NodeType::RegExp => format!("/{}/", escaped(&name, INNER_TEXT * 2)),
        NodeType::Number => number(heap, node).unwrap_or_else(|| NUMBER.to_owned()),
        NodeType::BigInt => "(bigint)".to_owned(),
        NodeType::Symbol => symbol(heap, node),
        NodeType::Hidden => oddball(heap, node).unwrap_or_else(|| escaped(&name, INNER_TEXT * 2)),
        _ if name.is_empty() => format!("({})", snapshot.node_type_name(node)),
        _ => escaped(&name, INNER_TEXT * 2),
    }
}

/// The value, which is there when V8 was told to write numbers.
fn number(heap: &Heap<'_>, node: NodeOrdinal) -> Option<String> {
    let value = Words::follow(heap.snapshot(), node, &heap.words().value)?;
    Some(heap.snapshot().name(value).into_owned())
}

fn symbol(heap: &Heap<'_>, node: NodeOrdinal) -> String {
    let description = Words::follow(heap.snapshot(), node, &heap.words().name);
    let text = description.map(|text| escaped(&heap.snapshot().name(text), INNER_TEXT));
    format!("Symbol({})", text.unwrap_or_default())
}

/// `undefined`, `null`, `true`, `false`: older versions of V8 name all of them
/// `system / Oddball`, with their text behind a hidden edge.
fn oddball(heap: &Heap<'_>, node: NodeOrdinal) -> Option<String> {
    let snapshot = heap.snapshot();
    if !heap.words().oddball.is(snapshot.name_index(node).0) {
        return None;
    }
    let mut edges = snapshot.edges(node).take(MAX_EDGES);
    let text = edges.find(|edge| {
        edge.edge_type == EdgeType::Hidden && snapshot.node_type(edge.to) == NodeType::String
    })?;
    Some(snapshot.name(text.to).into_owned())
}

fn string(heap: &Heap<'_>, node: NodeOrdinal, width: usize) -> String {
    if heap.snapshot().node_type(node) != NodeType::SlicedString {
        return quoted(&text_of(heap, node, width + 1).0, width);
    }
    match Words::follow(heap.snapshot(), node, &heap.words().parent) {
        Some(parent) => {
            let (text, _) = text_of(heap, parent, width + 1);
            format!("slice of {}", quoted(&text, width.saturating_sub(9)))
        }
        None => "(sliced string)".to_owned(),
    }
}

/// The text of a string up to some characters, and whether there may be more.
/// Parts of a concatenated string are put together.
pub(super) fn text_of(heap: &Heap<'_>, node: NodeOrdinal, max_chars: usize) -> (String, bool) {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let mut text = String::new();
    let mut chars = 0;
    let mut is_cut = false;
    let mut parts = vec![node];
    let mut looked_at = 0;
    while let Some(part) = parts.pop() {
        looked_at += 1;
        if looked_at > MAX_PARTS {
            return (text, true);
        }
        if snapshot.node_type(part) == NodeType::ConsString {
            parts.extend(Words::follow(snapshot, part, &words.second));
            parts.extend(Words::follow(snapshot, part, &words.first));
            continue;
        }
        // Where in its parent a slice begins is not in the snapshot.
        let is_slice = snapshot.node_type(part) == NodeType::SlicedString;
        is_cut |= is_slice;
        let name = if is_slice {
            "…".into()
        } else {
            snapshot.name(part)
        };
        is_cut |= is_maybe_cut(&name, snapshot.self_size(part));
        for letter in name.chars() {
            if chars == max_chars {
                return (text, true);
            }
            text.push(letter);
            chars += 1;
        }
    }
    (text, is_cut)
}

/// Characters V8 keeps of a string unless told otherwise.
const STRING_LIMIT: usize = 1024;
/// Bytes of a string beside its characters, rounding included.
const STRING_OVERHEAD: u64 = 24;

/// Whether a string of this size may be longer than what the snapshot has of it.
pub(super) fn is_maybe_cut(text: &str, self_size: u64) -> bool {
    let units = super::super::strings::utf16_len(text);
    units >= STRING_LIMIT || self_size > STRING_OVERHEAD + 2 * units as u64
}

fn object(heap: &Heap<'_>, node: NodeOrdinal, width: usize) -> String {
    let snapshot = heap.snapshot();
    let constructor = snapshot.name(node);
    if constructor == "Array" {
        let elements = snapshot.edges(node).take(MAX_EDGES);
        let elements = elements.filter(|edge| edge.edge_type == EdgeType::Element);
        return list('[', elements.map(|edge| inner(heap, edge.to)), ']', width);
    }
    let members = match Table::of(heap, node) {
        Some(table) => entries(heap, &table),
        None => properties(heap, node),
    };
    let prefix = match constructor.as_ref() {
        "Object" => String::new(),
        name => escaped(short_name(name), INNER_TEXT) + " ",
    };
    let room = width.saturating_sub(prefix.chars().count());
    prefix + &list('{', members.into_iter(), '}', room)
}

/// As many as the width holds, but always one.
fn list(open: char, members: impl Iterator<Item = String>, close: char, width: usize) -> String {
    let mut text = String::from(open);
    let mut length = "{, …}".chars().count();
    for (at, member) in members.enumerate() {
        length += member.chars().count() + if at == 0 { 0 } else { ", ".len() };
        if at > 0 && length > width {
            text.push_str(", …");
            break;
        }
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&member);
    }
    text.push(close);
    text
}

/// Entries of a Map, `"a" → Object`; what is not there is a number.
fn entries(heap: &Heap<'_>, table: &Table) -> Vec<String> {
    let say = |node: Option<NodeOrdinal>| {
        node.map_or_else(|| NUMBER.to_owned(), |node| inner(heap, node))
    };
    let entries = table.first_entries(heap, MAX_MEMBERS).into_iter();
    entries
        .map(|(key, value)| match table.kind {
            TableKind::Set => say(key),
            _ => format!("{} → {}", say(key), say(value)),
        })
        .collect()
}

/// Properties in the order of the hidden class, where that is certain, with
/// those that hold numbers; then the others.
fn properties(heap: &Heap<'_>, node: NodeOrdinal) -> Vec<String> {
    let snapshot = heap.snapshot();
    let strings = snapshot.strings();
    let is_own = |edge: &Edge| match edge.edge_type {
        EdgeType::Property => !heap.words().proto.is(edge.name_or_index),
        EdgeType::Context => true,
        _ => false,
    };
    let edges = snapshot.edges(node).take(MAX_EDGES).filter(is_own);
    let mut visible: Vec<Edge> = edges.collect();
    let mut members = Vec::new();
    for name in listed(heap, node).unwrap_or_default() {
        if members.len() == MAX_MEMBERS {
            return members;
        }
        let at = visible.iter().position(|edge| edge.name_or_index == name);
        let value = match at {
            Some(at) => inner(heap, visible.remove(at).to),
            // Further on there may be an edge that was not looked at.
            None if snapshot.edges(node).len() > MAX_EDGES => continue,
            None => NUMBER.to_owned(),
        };
        let name = strings.get(StringIndex(name));
        members.push(format!("{}: {value}", escaped(&name, INNER_TEXT)));
    }
    members.extend(visible.iter().take(MAX_MEMBERS).map(|edge| {
        let name = escaped(&snapshot.edge_name(edge), INNER_TEXT);
        format!("{name}: {}", inner(heap, edge.to))
    }));
    members
}

/// The text between quotes, cut to fit the width, quotes and all.
pub(super) fn quoted(text: &str, width: usize) -> String {
    let inside = escaped(text, width.saturating_sub(2));
    format!("\"{}\"", inside.replace('"', "\\\""))
}

/// Whether a terminal would act on the character, or show nothing for it, or
/// turn the text around it: names and strings of a heap may be anything.
#[must_use]
pub fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The text on one line, without characters a terminal acts on; cut with `…`.
pub(super) fn escaped(text: &str, max_chars: usize) -> String {
    let mut out = String::new();
    for (at, letter) in text.chars().enumerate() {
        if at >= max_chars {
            out.pop();
            out.push('…');
            return out;
        }
        match letter {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_unprintable(letter) => {
                out.push_str(&letter.escape_unicode().to_string());
            }
            _ => out.push(letter),
        }
    }
    out
}
