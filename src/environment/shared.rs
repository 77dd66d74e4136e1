//! What all loadings of memwatch in one isolate share, as a rule one: the only GC hook, the
//! meter, and the numbers of the isolate that are no loading's own. It lives from the first
//! loading to the end of the last. What a collection means is not decided here.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use memwatch_detector::gc::{GcKind, HeapNumbers};
use memwatch_detector::meters::{LeakKind, PauseKind, ThreadMeter, ThreadRole, Verdict};

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
pub struct Shared {
    isolate: Isolate,
    /// Taken when the last loading ends.
    hook: RefCell<Option<GcHook>>,
    /// The loadings that have not ended, oldest first.
    states: RefCell<Vec<Weak<State>>>,
    meter: Arc<ThreadMeter>,
    /// The state of the threads that this one has started: JavaScript judges them.
    threads: Cell<memwatch_detector::gc::trend::State>,
    allocated: Allocated,
    rss: Rss,
    worker_share: RefCell<Option<WorkerShare>>,
}

/// Calls with each loading of this thread.
pub fn each_state(act: impl Fn(&State)) {
    if let Some(shared) = HERE.with_borrow(Weak::upgrade) {
        shared.each(act);
    }
}

impl Shared {
    /// What is there for this thread, or new. `is_main` says whose memory that of the process
    /// is.
    pub fn of_thread(isolate: Isolate, is_main: bool) -> Rc<Self> {
        let here = HERE.with_borrow(Weak::upgrade);
        if let Some(shared) = here.filter(|shared| shared.hook.borrow().is_some()) {
            return shared;
        }
        let shared = Rc::new(Self {
            isolate,
            hook: RefCell::new(None),
            states: RefCell::new(Vec::new()),
            meter: METERS.join(if is_main {
                ThreadRole::Main
            } else {
                ThreadRole::Worker
            }),
            threads: Cell::default(),
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
    pub fn join(&self, state: &Rc<State>) {
        self.states.borrow_mut().push(Rc::downgrade(state));
    }

    /// A loading ends. With the last one the hook is removed, and the thread leaves the meters.
    pub fn leave(&self, state: &State) {
        let is_last = {
            let mut states = self.states.borrow_mut();
            states.retain(|other| other.strong_count() > 0 && !is_of(other, state));
            states.is_empty()
        };
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
        if let Ok(states) = self.states.try_borrow() {
            states
                .iter()
                .filter_map(Weak::upgrade)
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

    /// The detector of a loading has found this. Where there are several they watch the same
    /// memory, so the newest of them is heard.
    pub fn set_verdict(&self, state: &State, mut verdict: Verdict) {
        if self.is_newest(state) {
            verdict.set(LeakKind::Threads, self.threads.get());
            self.meter.set_verdict(&verdict);
        }
    }

    /// The state of the threads that this one has started.
    pub fn set_threads(&self, threads: memwatch_detector::gc::trend::State) {
        self.threads.set(threads);
        let mut verdict = self.meter.read().verdict;
        verdict.set(LeakKind::Threads, threads);
        self.meter.set_verdict(&verdict);
    }

    /// A loading reports a leak.
    pub fn count_leak(&self, state: &State, kind: LeakKind) {
        if self.is_newest(state) {
            self.meter.add_leak(kind);
        }
    }

    fn is_newest(&self, state: &State) -> bool {
        let states = self.states.try_borrow();
        states.is_ok_and(|states| states.last().is_some_and(|newest| is_of(newest, state)))
    }

    /// V8's numbers now, and bytes allocated up to now.
    pub fn read(&self) -> (HeapNumbers, u64) {
        let heap = self.isolate.statistics();
        if let Some(share) = &*self.worker_share.borrow() {
            let outside = heap.external_memory.saturating_add(heap.malloced_memory);
            share.set(heap.total_physical_size, outside);
        }
        (heap, self.allocated.between(&heap))
    }

    /// Bytes allocated up to the last reading.
    pub fn allocated(&self) -> u64 {
        self.allocated.total()
    }

    /// Resident bytes of the process without the workers', on the main thread.
    pub fn rss(&self) -> Option<u64> {
        self.rss.without_workers()
    }
}

fn is_of(weak: &Weak<State>, state: &State) -> bool {
    std::ptr::eq(weak.as_ptr(), state)
}
