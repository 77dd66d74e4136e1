//! Names that rules hang on, found in the string table once: a few of V8's own,
//! and the edges by which a WeakMap's entry is kept. Applies no rule.

use std::collections::HashMap;

use super::super::columns::{PackedEdge, Snapshot};
use super::super::strings::StringTable;
use super::super::types::{EdgeType, StringIndex};
use super::Bits;

/// An edge that stands for an entry of a WeakMap. There are two for each entry:
/// from the key, and from the map's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryName {
    /// Id of the table.
    pub table: u64,
    /// Number of the entry: the same for its two edges.
    pub entry: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct KnownNames {
    document_trees: Vec<u32>,
    native_context: Vec<u32>,
    sloppy_function_map: Vec<u32>,
    map_descriptors: Vec<u32>,
    external_string_data: Vec<u32>,
    object: Vec<u32>,
    proto: Vec<u32>,
    entries: HashMap<u32, EntryName>,
    entry_count: usize,
    /// Nodes with an edge that stands for an entry of a WeakMap.
    entry_sources: Option<Bits>,
}

macro_rules! is_known {
    ($($name:ident => $list:ident),+ $(,)?) => {
        $(#[inline]
        pub fn $name(&self, name: u32) -> bool {
            self.$list.contains(&name)
        })+
    };
}

impl KnownNames {
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut names = Self::default();
        names.scan(&snapshot.strings);
        if !names.entries.is_empty() {
            names.entry_sources = Some(names.find_entry_sources(snapshot));
        }
        names
    }

    is_known! {
        is_document_trees => document_trees,
        is_native_context => native_context,
        is_sloppy_function_map => sloppy_function_map,
        is_map_descriptors => map_descriptors,
        is_external_string_data => external_string_data,
        is_object => object,
        is_proto => proto,
    }

    /// Whether an edge of this node may stand for an entry of a WeakMap.
    #[inline]
    pub fn has_entries(&self, node: u32) -> bool {
        match &self.entry_sources {
            Some(sources) => sources.has(node),
            None => false,
        }
    }

    /// How many numbers [`EntryName::entry`] can have.
    pub fn entry_count(&self) -> usize {
        self.entry_count
    }

    /// The entry an internal edge of this name stands for.
    pub fn entry(&self, name: u32) -> Option<EntryName> {
        self.entries.get(&name).copied()
    }

    /// Whether the edge is the one from the table of a WeakMap to a value: the
    /// one from the key keeps it too, and says more.
    pub fn is_from_table(&self, snapshot: &Snapshot, from: u32, edge: usize) -> bool {
        PackedEdge(snapshot.edges.heads[edge]).is(EdgeType::Internal)
            && self
                .entry(snapshot.edges.names[edge])
                .is_some_and(|entry| snapshot.nodes.ids.get(from as usize) == entry.table)
    }

    fn scan(&mut self, strings: &StringTable) {
        let mut parts: HashMap<String, u32> = HashMap::new();
        for at in 0..strings.len() as u32 {
            let head = strings.head(StringIndex(at));
            let list = match head.first() {
                Some(b'(') if is(head, "(Document DOM trees)") => &mut self.document_trees,
                Some(b'(') if is(head, "(map descriptors)") => &mut self.map_descriptors,
                Some(b's') if is(head, "system / NativeContext") => &mut self.native_context,
                Some(b's') if is(head, "system / ExternalStringData") => {
                    &mut self.external_string_data
                }
                Some(b's') if is(head, "sloppy_function_map") => &mut self.sloppy_function_map,
                Some(b'O') if is(head, "Object") => &mut self.object,
                Some(b'_') if is(head, "__proto__") => &mut self.proto,
                Some(b'0'..=b'9') if may_be_entry(head) => {
                    let text = strings.get(StringIndex(at));
                    if let Some((part, table)) = parse_entry(&text) {
                        let next = parts.len() as u32;
                        let entry = *parts.entry(part.to_owned()).or_insert(next);
                        self.entries.insert(at, EntryName { table, entry });
                    }
                    continue;
                }
                _ => continue,
            };
            list.push(at);
        }
        self.entry_count = parts.len();
    }

    fn find_entry_sources(&self, snapshot: &Snapshot) -> Bits {
        let mut named = Bits::new(snapshot.strings.len());
        for &name in self.entries.keys() {
            named.add(name);
        }
        let mut sources = Bits::new(snapshot.node_count());
        for node in 0..snapshot.node_count() {
            let range = snapshot.edge_range(node);
            let heads = &snapshot.edges.heads[range.clone()];
            let found = heads.iter().zip(&snapshot.edges.names[range]);
            let mut found = found.filter(|&(&head, _)| PackedEdge(head).is(EdgeType::Internal));
            if found.any(|(_, &name)| named.has(name)) {
                sources.add(node as u32);
            }
        }
        sources
    }
}

/// Whether the string, seen from its start to beyond its end, is `text`.
fn is(head: &[u8], text: &str) -> bool {
    head.strip_prefix(text.as_bytes())
        .is_some_and(|rest| rest.first() == Some(&b'"'))
}

const ENTRY_START: &str = " / part of key (";

fn may_be_entry(head: &[u8]) -> bool {
    let digits = head.iter().take_while(|byte| byte.is_ascii_digit()).count();
    head[digits..].starts_with(ENTRY_START.as_bytes())
}

/// Takes `17 / part of key (K @1) -> value (V @3) pair in WeakMap (table @5)`
/// apart: all after the first number, and the id of the table. K and V may be
/// anything on one line.
fn parse_entry(text: &str) -> Option<(&str, u64)> {
    let part = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let inner = part.strip_prefix(ENTRY_START)?.strip_suffix(')')?;
    let (rest, table) = split_number(inner)?;
    let rest = rest.strip_suffix(") pair in WeakMap (table @")?;
    let (rest, _) = split_number(rest)?;
    let rest = rest.strip_suffix(" @")?;
    let mut arrows = rest.match_indices(") -> value (");
    arrows
        .find(|&(at, _)| split_number(&rest[..at]).is_some_and(|(key, _)| key.ends_with(" @")))?;
    let breaks_line = |c| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
    (!part.contains(breaks_line)).then_some((part, table))
}

/// Splits the number off the end of the text.
fn split_number(text: &str) -> Option<(&str, u64)> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((rest, text[rest.len()..].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_by_its_name() {
        let text = "17 / part of key (K @1) -> value (V @3) pair in WeakMap (table @5)";
        assert_eq!(parse_entry(text), Some((&text[2..], 5)));
    }

    #[test]
    fn keys_and_values_may_look_like_anything() {
        let text = "0 / part of key (a) -> value (b @1) -> value () @9) -> value ( @3) \
                    pair in WeakMap (table @77)";
        assert_eq!(parse_entry(text).map(|(_, table)| table), Some(77));
    }

    #[test]
    fn what_only_resembles_an_entry_is_none() {
        for text in [
            " / part of key (K @1) -> value (V @3) pair in WeakMap (table @)",
            "1 / part of key (K @) -> value (V @3) pair in WeakMap (table @5)",
            "1 / part of key (K @1) -> value (V 3) pair in WeakMap (table @5)",
            "1 / part of key (K @1) -> value (V @3) pair in WeakMap (table @5) ",
            "1 / part of key (K\n @1) -> value (V @3) pair in WeakMap (table @5)",
            "1 / part of key (K @1) pair in WeakMap (table @5)",
        ] {
            assert_eq!(parse_entry(text), None, "{text}");
        }
    }
}
