//! V8's snapshot of this thread's heap, abandoned before it uses up the memory.

use crate::environment;
use crate::error::{Code, Result, error};
use crate::memory::Headroom;
use crate::v8::{HeapSnapshot, Isolate, is_copy};

/// Why a snapshot was given up, by whichever engine.
pub(super) const CANCELLED: &str =
    "not enough memory for a heap snapshot; it was cancelled before the process would have run out";

/// Takes a snapshot. Its collections are not the program's, and are not counted.
pub(crate) fn take(isolate: Isolate) -> Result<HeapSnapshot> {
    let heap = isolate.statistics();
    let mut headroom = match is_copy() {
        true => Headroom::watch_in_copy(heap.total_physical_size),
        false => Headroom::watch(),
    };
    let mut gave_up = !headroom.is_any();
    let snapshot = if gave_up {
        None
    } else {
        let is_scarce = headroom.is_scarce_for(heap.used_heap_size);
        let mut go_on = |objects: u32| {
            gave_up = !headroom.is_left_for(objects.into());
            !gave_up
        };
        let watch: Option<&mut dyn FnMut(u32) -> bool> = is_scarce.then_some(&mut go_on);
        environment::without_counting(|| HeapSnapshot::take(isolate, watch))
    };
    snapshot.ok_or_else(|| match gave_up {
        true => error(Code::SnapshotMemory, CANCELLED),
        false => error(Code::SnapshotFailed, "V8 could not take a heap snapshot"),
    })
}
