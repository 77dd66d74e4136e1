//! The data at the end of a GC cycle, as plain numbers. Takes no samples
//! itself: the host reads the collector and the clocks.

/// The kinds of GC cycle that V8 reports to its callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GcKind {
    /// The copying collection of the young generation.
    Scavenge,
    /// The marking collection of the young generation (called minor
    /// mark-compact before V8 12).
    MinorMarkSweep,
    /// The collection of the whole heap, the only *full* one.
    MarkSweep,
    /// A step of marking done while the program continues.
    IncrementalMarking,
    /// The pass that runs callbacks of weak handles.
    WeakCallbacks,
}

impl GcKind {
    /// The kind for one of V8's `GCType` bits (1, 2, 4, 8, 16, the same in
    /// Node 18 to 26), or `None` for no bit, several bits or an unknown one.
    #[must_use]
    pub const fn from_v8(bits: u32) -> Option<Self> {
        match bits {
            1 => Some(Self::Scavenge),
            2 => Some(Self::MinorMarkSweep),
            4 => Some(Self::MarkSweep),
            8 => Some(Self::IncrementalMarking),
            16 => Some(Self::WeakCallbacks),
            _ => None,
        }
    }

    /// Whether a collection of this kind covers the whole heap.
    #[must_use]
    pub const fn is_full(self) -> bool {
        matches!(self, Self::MarkSweep)
    }
}

/// V8's heap statistics: bytes, but for the two numbers of contexts. The names
/// are V8's and those of Node's `v8.getHeapStatistics()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapNumbers {
    /// Bytes V8 holds for the heap.
    pub total_heap_size: u64,
    /// Bytes of the heap that may hold machine code.
    pub total_heap_size_executable: u64,
    /// Bytes of the heap that are backed by memory.
    pub total_physical_size: u64,
    /// Bytes the heap may still grow by.
    pub total_available_size: u64,
    /// Bytes in use. Right after a full collection this is the base.
    pub used_heap_size: u64,
    /// Bytes at which V8 gives up.
    pub heap_size_limit: u64,
    /// Bytes V8 took with `malloc` for itself.
    pub malloced_memory: u64,
    /// Bytes outside the heap that objects on it keep alive.
    pub external_memory: u64,
    /// The most bytes `malloced_memory` has been.
    pub peak_malloced_memory: u64,
    /// Number of top-level contexts alive.
    pub number_of_native_contexts: u64,
    /// Number of contexts that were detached and are still alive.
    pub number_of_detached_contexts: u64,
    /// Bytes held for global handles.
    pub total_global_handles_size: u64,
    /// Bytes of global handles in use.
    pub used_global_handles_size: u64,
}

/// One full collection, as it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FullCollection {
    /// Monotonic clock when it ended, in microseconds from any beginning.
    pub at_us: i64,
    /// Wall clock when it ended, in microseconds since the Unix epoch.
    pub at_unix_us: i64,
    /// Nanoseconds the program stood still for it.
    pub pause_ns: u64,
    /// The heap as it was left.
    pub heap: HeapNumbers,
    /// Resident set size of the process in bytes, where the host knows it.
    pub rss: Option<u64>,
    /// Bytes held by array buffers, where the host knows them.
    pub array_buffers: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_v8_bit_is_one_kind_and_nothing_else_is() {
        let kinds: Vec<_> = (0..40)
            .filter_map(|bits| Some((bits, GcKind::from_v8(bits)?)))
            .collect();
        assert_eq!(
            kinds,
            [
                (1, GcKind::Scavenge),
                (2, GcKind::MinorMarkSweep),
                (4, GcKind::MarkSweep),
                (8, GcKind::IncrementalMarking),
                (16, GcKind::WeakCallbacks),
            ]
        );
    }

    #[test]
    fn only_a_mark_sweep_is_a_full_collection() {
        let full: Vec<_> = (0..40)
            .filter_map(GcKind::from_v8)
            .filter(|kind| kind.is_full())
            .collect();
        assert_eq!(full, [GcKind::MarkSweep]);
    }
}
