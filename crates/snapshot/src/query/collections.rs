//! Entries of Map, Set, WeakMap and WeakSet, from V8's tables. A snapshot has a
//! table as an array with an edge for each slot that is not a number; which slot
//! is what follows from the layout of V8's `OrderedHashTable`: three numbers,
//! the buckets, then the entries, each with the number of the next in its
//! bucket; two entries for each bucket.

use super::super::types::{EdgeType, NodeOrdinal, NodeType};
use super::heap::Heap;
use super::names::Words;

/// Numbers at the start of a table: elements, deleted elements, buckets.
const HEADER_SLOTS: u64 = 3;
/// Entries of a table for each of its buckets.
const ENTRIES_PER_BUCKET: u64 = 2;

/// What a table is the table of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableKind {
    Map,
    Set,
    /// Of a WeakMap or WeakSet.
    Weak,
}

/// What a slot of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The key, or the element of a set, of the entry with this number.
    Key(u64),
    /// Its value.
    Value(u64),
}

/// Number, key and value.
type Entry = (u64, Option<NodeOrdinal>, Option<NodeOrdinal>);

/// The table of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub node: NodeOrdinal,
    pub kind: TableKind,
    first_entry: u64,
    capacity: u64,
}

impl Table {
    /// The table of a node, if it is a collection whose layout is known.
    pub(super) fn of(heap: &Heap<'_>, owner: NodeOrdinal) -> Option<Self> {
        let snapshot = heap.snapshot();
        if snapshot.node_type(owner) != NodeType::Object {
            return None;
        }
        let node = Words::follow(snapshot, owner, &heap.words().table)?;
        let name = snapshot.name(owner);
        if name.contains("Weak") {
            let (kind, first_entry) = (TableKind::Weak, HEADER_SLOTS);
            return Some(Self {
                node,
                kind,
                first_entry,
                capacity: 0,
            });
        }
        let kinds = match name.contains("Set") {
            true => [TableKind::Set, TableKind::Map],
            false => [TableKind::Map, TableKind::Set],
        };
        // A word is 8 bytes, or 4 where V8 compresses pointers.
        let fits = [8, 4].into_iter().flat_map(|word| {
            kinds
                .into_iter()
                .filter_map(move |kind| Self::with_layout(heap, node, kind, word))
        });
        fits.into_iter().find(|table| table.explains_all(heap))
    }

    fn with_layout(heap: &Heap<'_>, node: NodeOrdinal, kind: TableKind, word: u64) -> Option<Self> {
        // As any array: a map and a length come before the slots.
        let bytes = heap.snapshot().self_size(node).checked_sub(2 * word)?;
        let slots = (bytes / word).checked_sub(HEADER_SLOTS)?;
        let per_bucket = 1 + ENTRIES_PER_BUCKET * kind.stride();
        let buckets = slots / per_bucket;
        (bytes % word == 0 && slots % per_bucket == 0 && buckets > 0).then_some(Self {
            node,
            kind,
            first_entry: HEADER_SLOTS + buckets,
            capacity: buckets * ENTRIES_PER_BUCKET,
        })
    }

    /// Whether every edge is in a slot that can have one.
    fn explains_all(&self, heap: &Heap<'_>) -> bool {
        slots(heap, self.node).all(|(number, _)| self.slot(number).is_some())
    }

    /// How many entries fit, where known.
    pub(super) fn capacity(&self) -> Option<u64> {
        (self.kind != TableKind::Weak).then_some(self.capacity)
    }

    /// What the slot of this number is.
    pub(super) fn slot(&self, number: u64) -> Option<Slot> {
        let at = number.checked_sub(self.first_entry)?;
        let (entry, field) = (at / self.kind.stride(), at % self.kind.stride());
        match (self.kind, field) {
            (_, 0) => Some(Slot::Key(entry)),
            (TableKind::Map | TableKind::Weak, 1) => Some(Slot::Value(entry)),
            _ => None,
        }
    }

    /// Entries with what is known of them, in the order of the table.
    pub(super) fn entries(
        &self,
        heap: &Heap<'_>,
    ) -> impl Iterator<Item = (Option<NodeOrdinal>, Option<NodeOrdinal>)> {
        let found = self.collect(heap, usize::MAX);
        found.into_iter().map(|(_, key, value)| (key, value))
    }

    fn collect(&self, heap: &Heap<'_>, enough: usize) -> Vec<Entry> {
        let mut found: Vec<Entry> = Vec::new();
        for (number, to) in slots(heap, self.node) {
            let (entry, key, value) = match self.slot(number) {
                Some(Slot::Key(entry)) => (entry, Some(to), None),
                Some(Slot::Value(entry)) => (entry, None, Some(to)),
                None => continue,
            };
            match found.last_mut() {
                Some(last) if last.0 == entry => {
                    last.1 = last.1.or(key);
                    last.2 = last.2.or(value);
                }
                _ => found.push((entry, key, value)),
            }
            // The last one may still miss its value.
            if found.len() > enough {
                break;
            }
        }
        found
    }

    /// As [`Self::entries`], no more than `count`, looking no further.
    pub(super) fn first_entries(
        &self,
        heap: &Heap<'_>,
        count: usize,
    ) -> Vec<(Option<NodeOrdinal>, Option<NodeOrdinal>)> {
        let mut found = self.collect(heap, count);
        found.truncate(count);
        found
            .into_iter()
            .map(|(_, key, value)| (key, value))
            .collect()
    }

    /// The key of an entry, if it is in the snapshot.
    pub(super) fn key(&self, heap: &Heap<'_>, entry: u64) -> Option<NodeOrdinal> {
        let mut slots = slots(heap, self.node);
        let key = slots.find(|&(number, _)| self.slot(number) == Some(Slot::Key(entry)))?;
        Some(key.1)
    }
}

impl TableKind {
    /// Slots of an entry.
    const fn stride(self) -> u64 {
        match self {
            Self::Map => 3,
            Self::Set | Self::Weak => 2,
        }
    }
}

/// Numbered edges of an array: slot and what is in it.
fn slots<'a>(
    heap: &'a Heap<'_>,
    node: NodeOrdinal,
) -> impl Iterator<Item = (u64, NodeOrdinal)> + 'a {
    let snapshot = heap.snapshot();
    let edges = snapshot.edges(node);
    edges
        .filter(|edge| matches!(edge.edge_type, EdgeType::Internal | EdgeType::Weak))
        .filter_map(move |edge| Some((snapshot.edge_name(&edge).parse().ok()?, edge.to)))
}
