//! The current isolate: its statistics, and a full collection.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use memwatch_detector::gc::HeapNumbers;

use super::ffi;

/// The isolate that the calling thread has entered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Isolate(NonNull<c_void>);

/// This thread has entered no isolate.
#[derive(Debug)]
pub struct NoIsolate;

impl fmt::Display for NoIsolate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memwatch must run on a JavaScript thread")
    }
}

impl Isolate {
    /// The isolate of this thread.
    pub(crate) fn current() -> Result<Self, NoIsolate> {
        // SAFETY: reads a thread-local of V8; answers null where there is none.
        let isolate = unsafe { ffi::mw_isolate_current() };
        NonNull::new(isolate).map(Self).ok_or(NoIsolate)
    }

    pub(super) fn as_ptr(self) -> *mut c_void {
        self.0.as_ptr()
    }

    /// Where V8's `Isolate` is in memory.
    #[cfg_attr(
        not(all(target_os = "linux", target_arch = "x86_64")),
        allow(dead_code, reason = "memwatch's own reader works there alone")
    )]
    pub(crate) fn address(self) -> u64 {
        self.0.addr().get() as u64
    }

    /// V8's numbers on this heap, now.
    pub(crate) fn statistics(self) -> HeapNumbers {
        let mut fields = [0; ffi::STATISTICS_FIELDS];
        // SAFETY: `self` was current when made and is not `Send`, so this is its
        // thread; the buffer has the length that the shim writes.
        unsafe { ffi::mw_heap_statistics(self.as_ptr(), fields.as_mut_ptr()) };
        heap_numbers(&fields)
    }

    /// Collects everything that can be collected, and returns when it is done.
    pub(crate) fn collect(self) {
        // SAFETY: on the isolate's own thread (see above), and called from
        // JavaScript, never from inside a collection.
        unsafe { ffi::mw_collect(self.as_ptr()) };
    }

    /// Asks for a full collection that is marked beside the program: it ends with the
    /// collection callbacks of a mark-sweep, later. To be called on the event loop,
    /// never inside a collection; [`Self::relieve`] has to follow.
    pub(crate) fn press(self) {
        // SAFETY: on the isolate's own thread (see above); V8 begins to mark, and runs
        // the callbacks of that, as in any allocation.
        unsafe { ffi::mw_memory_pressure(self.as_ptr(), 1) };
    }

    /// Whether V8 has numbered the objects of this heap, as for a heap snapshot. To be called
    /// from JavaScript.
    pub(crate) fn has_object_ids(self) -> bool {
        // SAFETY: on the isolate's own thread (see above), in the handle scope of the native
        // call that runs; V8 only looks a symbol up.
        unsafe { ffi::mw_object_ids_any(self.as_ptr()) != 0 }
    }

    /// Frees V8's table of the objects' numbers. Nobody else may have use for it: in particular
    /// no inspector session may be tracking allocations, which has a pointer to it.
    pub(crate) fn forget_object_ids(self) {
        // SAFETY: on the isolate's own thread (see above), called from JavaScript, never from
        // inside a collection or a snapshot. That no tracker points there is the caller's word:
        // to begin to track numbers all objects.
        unsafe { ffi::mw_object_ids_clear(self.as_ptr()) };
    }

    /// Takes [`Self::press`] back: V8 no longer thinks that memory is short.
    pub(crate) fn relieve(self) {
        // SAFETY: on the isolate's own thread; V8 only stores the level.
        unsafe { ffi::mw_memory_pressure(self.as_ptr(), 0) };
    }
}

/// Processor time of this thread, in nanoseconds: what a collection costs it, without
/// what other programs take from it meanwhile. 0 where the system does not tell.
pub(crate) fn thread_cpu_ns() -> u64 {
    // SAFETY: asks the system for a number.
    unsafe { ffi::mw_thread_cpu_ns() }
}

/// The fields of `v8::HeapStatistics` by their place in it.
pub(super) fn heap_numbers(fields: &[u64; ffi::STATISTICS_FIELDS]) -> HeapNumbers {
    let [
        total_heap_size,
        total_heap_size_executable,
        total_physical_size,
        total_available_size,
        used_heap_size,
        heap_size_limit,
        malloced_memory,
        external_memory,
        peak_malloced_memory,
        _does_zap_garbage,
        number_of_native_contexts,
        number_of_detached_contexts,
        total_global_handles_size,
        used_global_handles_size,
    ] = *fields;
    HeapNumbers {
        total_heap_size,
        total_heap_size_executable,
        total_physical_size,
        total_available_size,
        used_heap_size,
        heap_size_limit,
        malloced_memory,
        external_memory,
        peak_malloced_memory,
        number_of_native_contexts,
        number_of_detached_contexts,
        total_global_handles_size,
        used_global_handles_size,
    }
}
