//! The state that all loaded copies of memwatch in one isolate share, usually a single one: the
//! only GC hook, the meter, and the numbers of the isolate as a whole. It lives from the first
//! loading to the end of the last. What a collection means is not decided here.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use memwatch_detector::gc::{GcKind, HeapNumbers, trend};
use memwatch_detector::meters::{
    LEAK_KINDS, LeakKind, LeakStates, PauseKind, ThreadMeter, ThreadRole,
};

use super::state::State;
use crate::allocated::Allocated;
use crate::meters::METERS;
use crate::rss::{Rss, WorkerShare};
use crate::v8::{GcEvent, GcHook, Isolate};

thread_local! {
    /// That of this thread. Weak: what is destroyed with the thread must not call V8.
    static HERE: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

/// One for each isolate that is watched.
pub(super) struct Shared {
    isolate: Isolate,
    /// Taken when the last loading ends.
    hook: RefCell<Option<GcHook>>,
    /// Those that have not ended, oldest first.
    loadings: RefCell<Vec<Loading>>,
    meter: Arc<ThreadMeter>,
    allocated: Allocated,
    rss: Rss,
    worker_share: RefCell<Option<WorkerShare>>,
}

/// A loading of memwatch, and what it has found. Several watch the same memory, each with a detector and options of its
/// own.
struct Loading {
    state: Weak<State>,
    memory: Cell<LeakStates>,
    /// The state of the threads that this one has started, and of handles: JavaScript judges them.
    threads: Cell<trend::State>,
    handles: Cell<trend::State>,
    /// By kind: whether it has counted the leak that it now suspects.
    has_counted: Cell<[bool; LEAK_KINDS]>,
}

impl Loading {
    fn is(&self, state: &State) -> bool {
        ptr::eq(self.state.as_ptr(), state)
    }

    fn leak_states(&self) -> LeakStates {
        let mut states = self.memory.get();
        states.set(LeakKind::Threads, self.threads.get());
        states.set(LeakKind::Handles, self.handles.get());
        states
    }
}

/// Calls with each loading of this thread.
pub(super) fn each_state(act: impl Fn(&State)) {
    if let Some(shared) = HERE.with_borrow(Weak::upgrade) {
        shared.each(act);
    }
}

impl Shared {
    /// What is there for this thread, or new. `is_main` says whose memory that of the process
    /// is.
    pub(super) fn of_thread(isolate: Isolate, is_main: bool) -> Rc<Self> {
        let here = HERE.with_borrow(Weak::upgrade);
        let is_of_isolate =
            |shared: &Rc<Self>| shared.isolate == isolate && shared.hook.borrow().is_some();
        if let Some(shared) = here.filter(is_of_isolate) {
            return shared;
        }
        let shared = Rc::new(Self {
            isolate,
            hook: RefCell::new(None),
            loadings: RefCell::new(Vec::new()),
            meter: METERS.join(if is_main {
                ThreadRole::Main
            } else {
                ThreadRole::Worker
            }),
            allocated: Allocated::default(),
            rss: if is_main { Rss::open() } else { Rss::unknown() },
            worker_share: RefCell::new((!is_main).then(WorkerShare::new)),
        });
        let [before, after] = [(); 2].map(|()| Rc::downgrade(&shared));
        let hook = GcHook::install(
            isolate,
            move |kind| {
                if let Some(shared) = before.upgrade() {
                    shared.before_collection(kind);
                }
            },
            move |event| {
                if let Some(shared) = after.upgrade() {
                    shared.on_collection(&event);
                }
            },
        );
        shared.hook.replace(Some(hook));
        HERE.set(Rc::downgrade(&shared));
        shared
    }

    /// One more loading.
    pub(super) fn join(&self, state: &Rc<State>) {
        self.loadings.borrow_mut().push(Loading {
            state: Rc::downgrade(state),
            memory: Cell::default(),
            threads: Cell::default(),
            handles: Cell::default(),
            has_counted: Cell::default(),
        });
    }

    /// A loading ends. With the last one the hook is removed, and the thread leaves the meters.
    pub(super) fn leave(&self, state: &State) {
        let is_last = {
            let mut loadings = self.loadings.borrow_mut();
            loadings.retain(|other| other.state.strong_count() > 0 && !other.is(state));
            loadings.is_empty()
        };
        self.note();
        if is_last {
            self.hook.take();
            self.worker_share.take();
            METERS.leave(&self.meter);
        }
    }

    /// Inside a collection too: it does not allocate.
    fn each(&self, act: impl Fn(&State)) {
        // It is borrowed otherwise only where a loading comes or goes, and nothing is
        // collected there.
        if let Ok(loadings) = self.loadings.try_borrow() {
            loadings
                .iter()
                .filter_map(|loading| loading.state.upgrade())
                .for_each(|state| act(&state));
        }
    }

    fn before_collection(&self, kind: GcKind) {
        if self.allocated.wants_reading_before(kind) {
            self.allocated.before(&self.isolate.statistics());
        }
    }

    /// Collections that memwatch itself causes (`gc()`, snapshots) count in the meter, unlike in
    /// the statistics: they stop the program like any other.
    fn on_collection(&self, event: &GcEvent) {
        self.meter
            .add_pause(PauseKind::from(event.kind), event.pause_ns);
        if let Some(heap) = &event.heap {
            self.meter.set_heap(heap);
        }
        self.allocated.after(event.kind, event.heap.as_ref());
        self.each(|state| state.on_collection(event));
    }

    /// The detector of a loading has found this.
    pub(super) fn set_leak_states(&self, state: &State, states: LeakStates) {
        self.with_loading(state, |loading| loading.memory.set(states));
        self.note();
    }

    /// The state of the threads that this one has started, or of handles, as a loading judges them.
    pub(super) fn set_judged(&self, state: &State, kind: LeakKind, found: trend::State) {
        self.with_loading(state, |loading| match kind {
            LeakKind::Threads => loading.threads.set(found),
            LeakKind::Handles => loading.handles.set(found),
            _ => {}
        });
        self.note();
    }

    /// A loading reports a leak. It counts once where several report the same.
    pub(super) fn count_leak(&self, state: &State, kind: LeakKind) {
        let is_known = self.loadings.try_borrow().is_ok_and(|loadings| {
            let mut others = loadings.iter().filter(|loading| !loading.is(state));
            others.any(|other| other.has_counted.get()[kind as usize])
        });
        if is_known {
            return;
        }
        self.meter.add_leak(kind);
        self.with_loading(state, |loading| {
            let mut counted = loading.has_counted.get();
            counted[kind as usize] = true;
            loading.has_counted.set(counted);
        });
    }

    /// Writes what all loadings have found into the meter.
    fn note(&self) {
        let Ok(loadings) = self.loadings.try_borrow() else {
            return;
        };
        let mut all = LeakStates::default();
        for loading in loadings.iter() {
            let states = loading.leak_states();
            // What is not suspected any more is another leak where it comes again.
            let mut counted = loading.has_counted.get();
            for (counted, suspected) in counted.iter_mut().zip(states.suspected) {
                *counted &= suspected;
            }
            loading.has_counted.set(counted);
            all.join(&states);
        }
        self.meter.set_leak_states(&all);
    }

    fn with_loading(&self, state: &State, act: impl Fn(&Loading)) {
        if let Ok(loadings) = self.loadings.try_borrow()
            && let Some(loading) = loadings.iter().find(|loading| loading.is(state))
        {
            act(loading);
        }
    }

    /// V8's numbers now, and bytes allocated up to now.
    pub(super) fn read(&self) -> (HeapNumbers, u64) {
        let heap = self.isolate.statistics();
        if let Some(share) = &*self.worker_share.borrow() {
            let outside = heap.external_memory.saturating_add(heap.malloced_memory);
            share.set(heap.total_physical_size, outside);
        }
        (heap, self.allocated.between(&heap))
    }

    /// Bytes allocated up to the last reading.
    pub(super) fn allocated(&self) -> u64 {
        self.allocated.total()
    }

    /// Resident bytes of the process without the workers', on the main thread.
    pub(super) fn rss(&self) -> Option<u64> {
        self.rss.without_workers()
    }
}
