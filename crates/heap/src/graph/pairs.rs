//! Entries of WeakMaps: the value lives as long as its key and the table do, so each is an edge
//! from both.

use super::Objects;
use super::reach::Marks;

/// An entry whose key is alive: the three as tagged words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub key: u64,
    pub value: u64,
    pub table: u64,
}

/// The entries of all tables that are alive, by key.
pub(super) fn pairs(objects: &Objects<'_, '_>, marks: &Marks) -> Vec<Pair> {
    let is_alive = |word| {
        objects
            .ordinal(word)
            .is_some_and(|ordinal| marks.has(ordinal))
    };
    let mut found: Vec<Pair> = Vec::new();
    for &table in &marks.tables {
        let entries = objects.heap.ephemerons(table);
        let alive = entries.filter(|&(_, key, value)| is_alive(key) && is_alive(value));
        found.extend(alive.map(|(_, key, value)| Pair { key, value, table }));
    }
    found.sort_unstable();
    found
}
