//! Bytes that the program has allocated so far: what is in use on the heap and outside of it,
//! at the beginning of each collection above what the one before had left.
//!
//! V8 has no such counter in all versions. To read its numbers twice in each collection of the
//! young generation would cost too much where there are thousands a second, so some are
//! measured, a few a second, and the others are taken to be like the last one measured. It is an
//! estimate: good enough to distinguish a busy program from an idle one, and not shown to people.

use std::cell::Cell;

use memwatch_detector::gc::{GcKind, HeapNumbers};

/// The counter of one isolate.
#[derive(Default)]
pub(crate) struct Allocated {
    /// What was allocated up to the end of the last collection, in bytes.
    total: Cell<u64>,
    /// What was in use when it was last read, where nothing was collected since.
    left: Cell<Option<u64>>,
    /// What was allocated since the last collection, up to that reading.
    so_far: Cell<u64>,
    /// What was allocated between the last two collections that were measured.
    last_measured: Cell<u64>,
    /// Whether the time since the last collection was measured when this one began.
    was_measured: Cell<bool>,
}

impl Allocated {
    /// Whether V8's numbers are needed at the beginning of this collection.
    pub(crate) fn wants_reading_before(&self, kind: GcKind) -> bool {
        frees(kind) && self.left.get().is_some()
    }

    /// A collection begins, with these numbers.
    pub(crate) fn before(&self, heap: &HeapNumbers) {
        self.read(heap);
        self.left.set(None);
        let allocated = self.so_far.take();
        self.last_measured.set(allocated);
        self.add(allocated);
        self.was_measured.set(true);
    }

    /// A collection ended, with these numbers where they were read.
    pub(crate) fn after(&self, kind: GcKind, heap: Option<&HeapNumbers>) {
        if !frees(kind) {
            return;
        }
        if !self.was_measured.take() {
            self.add(self.last_measured.get());
        }
        self.so_far.set(0);
        self.left.set(heap.map(in_use));
    }

    /// A reading between two collections, or right behind one: what was allocated up to it.
    pub(crate) fn between(&self, heap: &HeapNumbers) -> u64 {
        self.read(heap);
        self.total()
    }

    /// What was allocated up to the last reading.
    pub(crate) fn total(&self) -> u64 {
        self.total.get().saturating_add(self.so_far.get())
    }

    /// Memory outside of the heap may be freed between collections.
    fn read(&self, heap: &HeapNumbers) {
        let now = in_use(heap);
        let rise = self
            .left
            .replace(Some(now))
            .map(|left| now.saturating_sub(left));
        self.so_far
            .set(self.so_far.get().saturating_add(rise.unwrap_or(0)));
    }

    fn add(&self, bytes: u64) {
        self.total.set(self.total.get().saturating_add(bytes));
    }
}

fn in_use(heap: &HeapNumbers) -> u64 {
    heap.used_heap_size.saturating_add(heap.external_memory)
}

/// Steps of marking and callbacks of weak handles are no collections of their own.
fn frees(kind: GcKind) -> bool {
    matches!(
        kind,
        GcKind::Scavenge | GcKind::MinorMarkSweep | GcKind::MarkSweep
    )
}
