//! What the tests of the tracker share: making a full collection.

use memwatch_core::gc::{FullCollection, HeapNumbers};

/// A full collection that left `base` bytes, and nothing else worth telling.
pub fn collection(base: u64, at_unix_us: i64, pause_ns: u64) -> FullCollection {
    FullCollection {
        at_unix_us,
        pause_ns,
        heap: HeapNumbers {
            used_heap_size: base,
            ..HeapNumbers::default()
        },
        ..FullCollection::default()
    }
}
