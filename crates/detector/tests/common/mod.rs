//! What the tests of the tracker share: making a full collection.

#[allow(dead_code, reason = "only the tests of the trend")]
pub(crate) mod program;
#[allow(dead_code, reason = "not every test is random")]
pub(crate) mod random;

use memwatch_detector::gc::{FullCollection, HeapNumbers};

/// A full collection that left `base` bytes, and nothing else worth telling.
#[allow(dead_code, reason = "not every test is of the tracker")]
pub(crate) fn collection(base: u64, at_unix_us: i64, pause_ns: u64) -> FullCollection {
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
