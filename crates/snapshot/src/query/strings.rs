//! `strings`: texts that are there more than once, large strings, and strings
//! that nothing but slices of them keep.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::graph::Bits;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::heap::Heap;
use super::holders::Holders;
use super::incoming::incoming;
use super::info::{ObjectRef, SnapshotInfo};
use super::names::Words;
use super::preview::{is_maybe_cut, preview};
use super::top::smallest;

/// How to answer [`strings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringsOptions {
    /// How many to list of each sort.
    pub top: usize,
    /// Characters of a preview.
    pub preview_width: usize,
}

impl Default for StringsOptions {
    fn default() -> Self {
        Self {
            top: 15,
            preview_width: 80,
        }
    }
}

/// Strings that are there more than once, that are large, or that keep larger
/// ones.
#[derive(Clone, Debug, PartialEq)]
pub struct StringsAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many strings there are.
    pub string_count: u64,
    /// Bytes of them all, each itself.
    pub string_bytes: u64,
    /// How many texts are there more than once.
    pub duplicate_count: u64,
    /// Bytes that would be saved if each were there once.
    pub wasted_bytes: u64,
    /// Whether that is an upper bound: of some of the texts the snapshot has only
    /// the start.
    pub wasted_is_bound: bool,
    /// Those that waste most.
    pub duplicates: Vec<DuplicateEntry>,
    /// The largest strings that are not a part of another.
    pub largest: Vec<StringEntry>,
    /// How many strings are kept by nothing but slices of them.
    pub sliced_count: u64,
    /// Bytes of all those.
    pub sliced_bytes: u64,
    /// The largest of those.
    pub sliced: Vec<SlicedEntry>,
}

/// A text that is there more than once.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicateEntry {
    /// The text, as much as a line holds.
    pub preview: String,
    /// Whether the snapshot has only the start of it, so that the strings may
    /// differ further on. They are of one size.
    pub is_cut: bool,
    /// How many strings have it.
    pub copies: u64,
    /// Bytes of each.
    pub bytes_each: u64,
    /// Bytes of all but one.
    pub wasted_bytes: u64,
    /// One of them.
    pub example_id: u64,
    /// Who refers to it, `access` beside whom; nothing in a fast run.
    pub holder: Option<Holder>,
}

/// A reference to a string.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// As one would write it: `.name`.
    pub access: String,
    /// The object that refers.
    pub from: ObjectRef,
}

/// A large string.
#[derive(Clone, Debug, PartialEq)]
pub struct StringEntry {
    /// V8's number.
    pub id: u64,
    /// The text, as much as a line holds.
    pub preview: String,
    /// Bytes of the string itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were, parts of it included.
    pub retained_bytes: Option<u64>,
    /// Who refers to it.
    pub holder: Option<Holder>,
}

/// A string kept by nothing but slices of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SlicedEntry {
    /// V8's number of the string that is kept.
    pub parent_id: u64,
    /// Its text, as much as a line holds.
    pub preview: String,
    /// Bytes of it.
    pub parent_bytes: u64,
    /// How many slices of it there are.
    pub slices: u64,
    /// Bytes of the slices themselves. How long they are is not in snapshots.
    pub slice_bytes: u64,
    /// One of the slices.
    pub example_id: u64,
    /// Who refers to that slice.
    pub holder: Option<Holder>,
}

/// Strings that are there needlessly. Without edges there are neither holders
/// nor slices; without an analysis, concatenated strings count by themselves.
pub fn strings(heap: &Heap<'_>, options: &StringsOptions) -> StringsAnswer {
    let snapshot = heap.snapshot();
    let all = snapshot.ordinals().filter(|&node| is_string(heap, node));
    let (mut string_count, mut string_bytes) = (0, 0u64);
    for node in all {
        string_count += 1;
        string_bytes = string_bytes.saturating_add(heap.shallow(node));
    }
    let duplicates = duplicates(heap);
    let sliced = only_sliced(heap);
    let duplicate_count = duplicates.len() as u64;
    let wasted = duplicates.iter().map(Duplicates::wasted);
    let wasted_bytes = wasted.fold(0, u64::saturating_add);
    let is_cut =
        |one: &Duplicates| is_maybe_cut(&snapshot.name(one.first), snapshot.self_size(one.first));
    let wasted_is_bound = duplicates.iter().any(is_cut);
    let sliced_count = sliced.len() as u64;
    let kept = sliced.iter().map(|one| heap.shallow(one.parent));
    let sliced_bytes = kept.fold(0, u64::saturating_add);

    let duplicates = smallest(duplicates, options.top, |one| {
        (Reverse(one.wasted()), one.first)
    });
    let sliced = smallest(sliced, options.top, |one| {
        (Reverse(heap.shallow(one.parent)), one.parent)
    });
    let largest = largest(heap, options.top);
    let shown = duplicates.iter().map(|one| one.first);
    let shown = shown.chain(sliced.iter().map(|one| one.first_slice));
    let holders = Holders::of(heap, shown.chain(largest.iter().copied()));

    let preview = |node| preview(heap, node, options.preview_width);
    StringsAnswer {
        snapshot: heap.info(),
        string_count,
        string_bytes,
        duplicate_count,
        wasted_bytes,
        wasted_is_bound,
        duplicates: duplicates
            .iter()
            .map(|one| DuplicateEntry {
                preview: preview(one.first),
                is_cut: is_cut(one),
                copies: one.copies,
                bytes_each: one.bytes_each,
                wasted_bytes: one.wasted(),
                example_id: snapshot.id(one.first).0,
                holder: holders.get(heap, one.first),
            })
            .collect(),
        largest: largest
            .iter()
            .map(|&node| StringEntry {
                id: snapshot.id(node).0,
                preview: preview(node),
                shallow_bytes: heap.shallow(node),
                retained_bytes: heap.retained(node),
                holder: holders.get(heap, node),
            })
            .collect(),
        sliced_count,
        sliced_bytes,
        sliced: sliced
            .iter()
            .map(|one| SlicedEntry {
                parent_id: snapshot.id(one.parent).0,
                preview: preview(one.parent),
                parent_bytes: heap.shallow(one.parent),
                slices: one.slices,
                slice_bytes: one.slice_bytes,
                example_id: snapshot.id(one.first_slice).0,
                holder: holders.get(heap, one.first_slice),
            })
            .collect(),
    }
}

fn is_string(heap: &Heap<'_>, node: NodeOrdinal) -> bool {
    matches!(
        heap.snapshot().node_type(node),
        NodeType::String | NodeType::ConsString | NodeType::SlicedString
    )
}

/// Flat strings of one text and size.
struct Duplicates {
    first: NodeOrdinal,
    copies: u64,
    bytes_each: u64,
}

impl Duplicates {
    fn wasted(&self) -> u64 {
        (self.copies - 1).saturating_mul(self.bytes_each)
    }
}

/// Strings of one text that also have one size: of long texts the snapshot has
/// only the start, and strings that go on differently mostly differ in size.
fn duplicates(heap: &Heap<'_>) -> Vec<Duplicates> {
    let snapshot = heap.snapshot();
    let flat = || {
        snapshot
            .ordinals()
            .filter(|&node| snapshot.node_type(node) == NodeType::String)
            .filter(|&node| heap.shallow(node) > 0)
    };
    // Most texts are there once: found with a bit for each, which costs a tenth of a table of all.
    let repeated = repeated(|| flat().map(|node| snapshot.name_index(node)));
    let mut groups: FxHashMap<(StringIndex, u64), Duplicates> = FxHashMap::default();
    for node in flat().filter(|&node| repeated.has(snapshot.name_index(node).0)) {
        let bytes_each = heap.shallow(node);
        let group = groups
            .entry((snapshot.name_index(node), bytes_each))
            .or_insert(Duplicates {
                first: node,
                copies: 0,
                bytes_each,
            });
        group.copies += 1;
    }
    groups
        .into_values()
        .filter(|group| group.copies > 1)
        .collect()
}

/// The texts that come more than once.
fn repeated<I: Iterator<Item = StringIndex>>(texts: impl Fn() -> I) -> Bits {
    let count = texts().map(|text| text.index() + 1).max().unwrap_or(0);
    let (mut seen, mut repeated) = (Bits::new(count), Bits::new(count));
    for text in texts() {
        if !seen.insert(text.0) {
            repeated.add(text.0);
        }
    }
    repeated
}

/// The largest strings, by what they retain, that no other string dominates.
fn largest(heap: &Heap<'_>, top: usize) -> Vec<NodeOrdinal> {
    let snapshot = heap.snapshot();
    let is_part = |node| match heap.analysis() {
        Some(analysis) => is_string(heap, analysis.dominators.immediate(node)),
        None => false,
    };
    let whole = snapshot
        .ordinals()
        .filter(|&node| is_string(heap, node) && !is_part(node));
    smallest(whole.collect(), top, |&node| {
        let size = heap.retained(node).unwrap_or_else(|| heap.shallow(node));
        (Reverse(size), node)
    })
}

/// A string with slices.
struct Sliced {
    parent: NodeOrdinal,
    slices: u64,
    slice_bytes: u64,
    first_slice: NodeOrdinal,
}

/// Strings to which nothing but slices of them refers.
fn only_sliced(heap: &Heap<'_>) -> Vec<Sliced> {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    let mut parents: FxHashMap<u32, Sliced> = FxHashMap::default();
    let mut is_parent = Bits::new(snapshot.node_count());
    for slice in snapshot.ordinals() {
        if snapshot.node_type(slice) != NodeType::SlicedString {
            continue;
        }
        let Some(parent) = Words::follow(snapshot, slice, &words.parent) else {
            continue;
        };
        is_parent.add(parent.0);
        let known = parents.entry(parent.0).or_insert(Sliced {
            parent,
            slices: 0,
            slice_bytes: 0,
            first_slice: slice,
        });
        known.slices += 1;
        known.slice_bytes = known.slice_bytes.saturating_add(heap.shallow(slice));
    }
    if parents.is_empty() {
        return Vec::new();
    }
    for (from, edge) in incoming(snapshot, |to| is_parent.has(to)) {
        let is_slice = snapshot.node_type(from) == NodeType::SlicedString;
        if !is_slice && edge.edge_type != EdgeType::Weak {
            parents.remove(&edge.to.0);
        }
    }
    parents.into_values().collect()
}
