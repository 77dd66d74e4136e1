//! V8's collection callbacks as a Rust closure. What a collection means is not
//! decided here.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use memwatch_detector::gc::{GcKind, HeapNumbers};

use super::ffi;
use super::isolate::{Isolate, heap_numbers, thread_cpu_ns};

/// One collection that has just ended.
pub(crate) struct GcEvent {
    /// What kind of collection.
    pub kind: GcKind,
    /// When it ended.
    pub ended: Instant,
    /// Time from its prologue to its epilogue, in nanoseconds.
    pub pause_ns: u64,
    /// Processor time of this thread in between, in nanoseconds; only for a mark-sweep.
    pub cpu_ns: u64,
    /// V8's numbers right after it; only for a mark-sweep.
    pub heap: Option<HeapNumbers>,
}

/// As many V8 types of collection as there are bits used (1 to 16).
const KINDS: usize = 5;

/// A pair of collection callbacks, removed when this is dropped.
///
/// Both closures run inside the collection: they must not run JavaScript, make a
/// handle or allocate on V8's heap.
pub(crate) struct GcHook {
    isolate: Isolate,
    state: Box<State>,
}

struct State {
    /// What V8 holds a pointer to.
    hook: UnsafeCell<ffi::GcHook>,
    /// Collections nest (a scavenge inside a mark-sweep), so each kind has its
    /// own start.
    started: [Cell<Option<Instant>>; KINDS],
    /// Processor time at the start of the mark-sweep.
    cpu_ns: Cell<u64>,
    before: Box<dyn Fn(GcKind)>,
    on_collection: Box<dyn Fn(GcEvent)>,
}

impl GcHook {
    /// Calls `before` when a collection of this isolate begins, and `on_collection` after it.
    pub(crate) fn install(
        isolate: Isolate,
        before: impl Fn(GcKind) + 'static,
        on_collection: impl Fn(GcEvent) + 'static,
    ) -> Self {
        let state = Box::new(State {
            hook: UnsafeCell::new(ffi::GcHook {
                callback: on_gc,
                data: std::ptr::null_mut(),
            }),
            started: Default::default(),
            cpu_ns: Cell::new(0),
            before: Box::new(before),
            on_collection: Box::new(on_collection),
        });
        // SAFETY: nobody else has the state yet. The box does not move while V8
        // holds the two pointers into it: `Drop` removes them before it is freed,
        // on the same thread, for `GcHook` is not `Send`.
        unsafe {
            (*state.hook.get()).data = std::ptr::from_ref::<State>(&state).cast_mut().cast();
        }
        // SAFETY: as above; the isolate is this thread's.
        unsafe { ffi::mw_gc_hook_add(isolate.as_ptr(), state.hook.get()) };
        Self { isolate, state }
    }
}

impl Drop for GcHook {
    fn drop(&mut self) {
        // SAFETY: added with the same pointer in `install`; the owner drops this
        // while the isolate lives, at the latest in the environment's clean-up.
        unsafe { ffi::mw_gc_hook_remove(self.isolate.as_ptr(), self.state.hook.get()) };
    }
}

unsafe extern "C" fn on_gc(data: *mut c_void, phase: u32, gc_type: u32, statistics: *const u64) {
    // Code moves before the stack says so: a sample of native memory has no JavaScript meanwhile.
    memwatch_native::sampler::collects(phase == 0);
    // SAFETY: `data` is the State that `install` registered, alive until the
    // callbacks are removed; V8 calls on the isolate's thread.
    let state = unsafe { &*data.cast::<State>() };
    // SAFETY: the shim passes null or the address of as many fields as this array
    // has, good until this returns.
    let statistics = unsafe { statistics.cast::<[u64; ffi::STATISTICS_FIELDS]>().as_ref() };
    // A panic must not cross into V8. It cannot be reported inside a GC callback;
    // the sample is lost.
    let _ = catch_unwind(AssertUnwindSafe(|| state.on_gc(phase, gc_type, statistics)));
}

impl State {
    fn on_gc(&self, phase: u32, gc_type: u32, statistics: Option<&[u64; ffi::STATISTICS_FIELDS]>) {
        let Some(kind) = GcKind::from_v8(gc_type) else {
            return;
        };
        let Some(started) = self.started.get(gc_type.trailing_zeros() as usize) else {
            return;
        };
        if phase == 0 {
            (self.before)(kind);
            if kind.is_full() {
                self.cpu_ns.set(thread_cpu_ns());
            }
            started.set(Some(Instant::now()));
            return;
        }
        // None: the hook was added during this collection.
        let ended = Instant::now();
        let pause_ns = started.take().map_or(0, |start| {
            u64::try_from(ended.duration_since(start).as_nanos()).unwrap_or(u64::MAX)
        });
        (self.on_collection)(GcEvent {
            kind,
            ended,
            pause_ns,
            cpu_ns: if kind.is_full() && pause_ns > 0 {
                thread_cpu_ns().saturating_sub(self.cpu_ns.get())
            } else {
                0
            },
            heap: statistics.map(heap_numbers),
        });
    }
}
