//! Names that rules hang on, found in the string table once: a few of V8's own,
//! and the edges by which a WeakMap's entry is kept. Applies no rule.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::super::columns::{PackedEdge, Snapshot};
use super::super::strings::StringTable;
use super::super::threads::both;
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
    entries: FxHashMap<u32, EntryName>,
    entry_count: usize,
    /// Nodes with an edge that stands for an entry of a WeakMap.
    entry_sources: Option<Bits>,
}

macro_rules! is_known {
    ($($name:ident => $list:ident),+ $(,)?) => {
        $(#[inline]
        pub(crate) fn $name(&self, name: u32) -> bool {
            self.$list.contains(&name)
        })+
    };
}

impl KnownNames {
    pub(crate) fn of(snapshot: &Snapshot, threads: usize) -> Self {
        let strings = &snapshot.strings;
        // Names of numbers are none of these.
        let count = strings.text_count() as u32;
        let half = count / 2;
        let (first, second) = both(
            threads,
            || find_candidates(strings, 0..half),
            || find_candidates(strings, half..count),
        );
        let mut names = Self::default();
        names.sort_candidates(strings, first.into_iter().chain(second));
        if !names.entries.is_empty() {
            names.entry_sources = Some(names.find_entry_sources(snapshot, threads));
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
    pub(crate) fn has_entries(&self, node: u32) -> bool {
        match &self.entry_sources {
            Some(sources) => sources.has(node),
            None => false,
        }
    }

    /// How many numbers [`EntryName::entry`] can have.
    pub(crate) fn entry_count(&self) -> usize {
        self.entry_count
    }

    /// The entry an internal edge of this name stands for.
    pub(crate) fn entry(&self, name: u32) -> Option<EntryName> {
        self.entries.get(&name).copied()
    }

    /// Whether the edge is the one from the table of a WeakMap to a value: the
    /// one from the key keeps it too, and says more.
    pub(crate) fn is_from_table(&self, snapshot: &Snapshot, from: u32, edge: usize) -> bool {
        PackedEdge(snapshot.edges.heads[edge]).is(EdgeType::Internal)
            && self
                .entry(snapshot.edges.names[edge])
                .is_some_and(|entry| snapshot.nodes.ids.get(from as usize) == entry.table)
    }

    fn sort_candidates(
        &mut self,
        strings: &StringTable,
        candidates: impl Iterator<Item = (u32, Candidate)>,
    ) {
        let mut parts: FxHashMap<Cow<'_, str>, u32> = FxHashMap::default();
        for (at, candidate) in candidates {
            let list = match candidate {
                Candidate::DocumentTrees => &mut self.document_trees,
                Candidate::MapDescriptors => &mut self.map_descriptors,
                Candidate::NativeContext => &mut self.native_context,
                Candidate::ExternalStringData => &mut self.external_string_data,
                Candidate::SloppyFunctionMap => &mut self.sloppy_function_map,
                Candidate::Object => &mut self.object,
                Candidate::Proto => &mut self.proto,
                Candidate::Entry(table, part_start) => {
                    let part = match strings.get(StringIndex(at)) {
                        Cow::Borrowed(text) => Cow::Borrowed(&text[part_start..]),
                        Cow::Owned(text) => Cow::Owned(text[part_start..].to_owned()),
                    };
                    let next = parts.len() as u32;
                    let entry = *parts.entry(part).or_insert(next);
                    self.entries.insert(at, EntryName { table, entry });
                    continue;
                }
            };
            list.push(at);
        }
        self.entry_count = parts.len();
    }

    fn find_entry_sources(&self, snapshot: &Snapshot, threads: usize) -> Bits {
        // Names of entries are added to the table one after the other, so a
        // range is nearly as good as the set, and much faster to test.
        let first = self.entries.keys().copied().min().unwrap_or(0);
        let last = self.entries.keys().copied().max().unwrap_or(0);
        let names = &snapshot.edges.names;
        let find = |range: Range<usize>| {
            let start = range.start;
            let named = names[range].iter().enumerate();
            let named = named.filter(|&(_, &name)| name.wrapping_sub(first) <= last - first);
            let found = named.map(|(offset, _)| start + offset).filter(|&edge| {
                PackedEdge(snapshot.edges.heads[edge]).is(EdgeType::Internal)
                    && self.entries.contains_key(&names[edge])
            });
            found.collect::<Vec<usize>>()
        };
        let half = names.len() / 2;
        let found = both(threads, || find(0..half), || find(half..names.len()));
        let mut sources = Bits::new(snapshot.node_count());
        for edge in found.0.into_iter().chain(found.1) {
            let starts = &snapshot.nodes.first_edge;
            let source = starts.partition_point(|&start| start as usize <= edge) - 1;
            sources.add(source as u32);
        }
        sources
    }
}

/// What a string may be, by a look at its start.
#[derive(Clone, Copy)]
enum Candidate {
    DocumentTrees,
    MapDescriptors,
    NativeContext,
    ExternalStringData,
    SloppyFunctionMap,
    Object,
    Proto,
    /// Id of the table, and where the part common to both edges starts.
    Entry(u64, usize),
}

fn find_candidates(strings: &StringTable, range: Range<u32>) -> Vec<(u32, Candidate)> {
    let candidate = |at: u32| {
        let head = strings.head(StringIndex(at));
        Some(match head.first()? {
            b'(' if is(head, "(Document DOM trees)") => Candidate::DocumentTrees,
            b'(' if is(head, "(map descriptors)") => Candidate::MapDescriptors,
            b's' if is(head, "system / NativeContext") => Candidate::NativeContext,
            b's' if is(head, "system / ExternalStringData") => Candidate::ExternalStringData,
            b's' if is(head, "sloppy_function_map") => Candidate::SloppyFunctionMap,
            b'O' if is(head, "Object") => Candidate::Object,
            b'_' if is(head, "__proto__") => Candidate::Proto,
            b'0'..=b'9' if may_be_entry(head) => {
                let text = strings.get(StringIndex(at));
                let (part, table) = parse_entry(&text)?;
                Candidate::Entry(table, text.len() - part.len())
            }
            _ => return None,
        })
    };
    range.filter_map(|at| Some((at, candidate(at)?))).collect()
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
