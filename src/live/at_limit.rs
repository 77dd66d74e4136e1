//! A snapshot of a heap that is nearly full, taken in a forked child while V8 calls back near
//! the limit. The limit is raised once, so that the program lives a little longer. If it would
//! die before the child has finished it is held for some time: in a container the child would
//! die with it. After that the child continues alone. Where a process cannot be forked the
//! snapshot is taken here, in the callback, as by Node's own `--heapsnapshot-near-heap-limit`.
//!
//! A worker is not held, for the process lives on: Node ends a worker alone, when V8 asks the
//! callback that Node has. But V8 asks the callback that came last, and the process dies where
//! Node raises the limit by less than the next allocation takes. So ours gives V8 all the room
//! that it may need for the allocation at hand, and has Node's asked before JavaScript goes on:
//! the worker ends where it would have ended without memwatch.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};

use super::Turn;
use super::forked::{Ended, check_room, launch};
use super::job::Job;
use super::outcome::{Failure, Outcome};
use super::request::Request;
use crate::error::{Result, internal};
use crate::quiet::wait_until_quiet;
use crate::v8::{AtEnd, CAN_FORK, Export, Isolate, NearHeapLimit, NewLimit, Next};

/// What the program gets beyond its limit, once, or beyond what it has where that is more: while
/// V8 marks, a heap may pass its limit by a third. It is an eighth, and 16 MiB at least, which is
/// as much as the young generation may bring along at a time.
const EXTRA_SHARE: usize = 8;
const EXTRA_BYTES_AT_LEAST: usize = 16 << 20;

/// How long a program is held that is about to die, each time that V8 asks: as long as the
/// largest heaps commonly take on a machine that has little else to do.
const HELD_AT_MOST: Duration = Duration::from_secs(120);

/// What a worker gets for the allocation that V8 is in the midst of, in shares of what it has:
/// the largest are copies of what is there, such as a table that doubles. It takes no more
/// than that before it ends.
const WORKER_SHARES: usize = 4;
const WORKER_EXTRA_BYTES: usize = 64 << 20;

/// What it is given in the end, so that V8 asks once more: those whom it asked before us,
/// such as Node's own for workers, which end alone.
const LAST_BYTES: usize = 4 << 20;

/// Where less than this share of the limit is in use the program has recovered, and gets
/// its old limit back.
const RECOVERED_SHARE: f64 = 0.8;

/// V8 asks right after a collection, whose sweeping takes some ten milliseconds for a heap
/// of a hundred megabytes.
const SWEEPING_AT_MOST: Duration = Duration::from_millis(500);

/// Unreferenced: it keeps no loop running.
type Tell = ThreadsafeFunction<Outcome, (), Outcome, Status, false, true>;

/// The snapshot that an environment takes near its heap's limit.
pub(super) struct HeapLimitTrigger {
    env: Env,
    tell: Arc<Tell>,
    watch: Rc<RefCell<Option<NearHeapLimit>>>,
    _at_end: AtEnd,
}

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("HeapLimitTrigger.new", |call| {
        call.hang(HeapLimitTrigger::new(*call.env(), call.argument(1)?)?)
    }),
    Export::new("HeapLimitTrigger.arm", |call| {
        let trigger = call.native::<HeapLimitTrigger>(0)?;
        call.answer(trigger.arm(call.argument(1)?, call.argument(2)?)?)
    }),
    Export::new("HeapLimitTrigger.disarm", |call| {
        call.answer(call.native::<HeapLimitTrigger>(0)?.disarm())
    }),
];

impl HeapLimitTrigger {
    /// `on_end` gets the result of the snapshot, if the program survives.
    pub(super) fn new(env: Env, on_end: Function<Outcome, ()>) -> Result<Self> {
        let tell = on_end
            .build_threadsafe_function()
            .callee_handled::<false>()
            .weak::<true>()
            .build()
            .map_err(internal)?;
        let watch = Rc::new(RefCell::new(None));
        let at_end: Rc<RefCell<Option<NearHeapLimit>>> = Rc::clone(&watch);
        let at_end = AtEnd::new(&env, move || drop(at_end.take()))?;
        Ok(Self {
            env,
            tell: Arc::new(tell),
            watch,
            _at_end: at_end,
        })
    }

    /// From here on, what is asked for is done when the heap is nearly full, once. Node ends
    /// the thread alone where it is a worker.
    pub(super) fn arm(&self, request: String, is_worker: bool) -> Result<()> {
        let request = Request::parse(&request)?;
        let isolate = Isolate::current()?;
        self.disarm();
        let answer = Once {
            isolate,
            request,
            is_worker,
            is_begun: Cell::new(false),
            tell: Arc::clone(&self.tell),
            pid: std::process::id(),
            copy: RefCell::new(None),
            is_taking: Cell::new(false),
            raised: Cell::new(0),
        };
        let watch = NearHeapLimit::watch(self.env, isolate, move |limit| answer.answer(limit));
        self.watch.replace(Some(watch));
        Ok(())
    }

    /// No more.
    pub(super) fn disarm(&self) {
        self.watch.take();
    }
}

struct Once {
    isolate: Isolate,
    request: Request,
    is_worker: bool,
    /// In a worker: whether the snapshot was begun, or could not be.
    is_begun: Cell<bool>,
    tell: Arc<Tell>,
    /// The process that is watched. Copies of it have the callback too.
    pid: u32,
    /// Hears of the end of the copy that was made.
    copy: RefCell<Option<Receiver<End>>>,
    /// Whether a snapshot is taken here, for which V8 may ask again.
    is_taking: Cell<bool>,
    /// What the limit became meanwhile, in bytes: V8 takes a lower answer than that for none.
    raised: Cell<usize>,
}

/// How a copy ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With or without a snapshot, as another would.
    ForGood,
    /// Another may well do better.
    Transient,
}

impl Once {
    /// What is to hold instead of this limit.
    fn answer(&self, limit: usize) -> NewLimit {
        if std::process::id() != self.pid {
            // A copy's heap may grow: a snapshot is taken in it, and then it ends.
            return NewLimit {
                bytes: limit.saturating_mul(2),
                next: Next::Again,
            };
        }
        if self.is_taking.get() {
            let raised = limit.saturating_add(extra(limit));
            self.raised.set(raised);
            return NewLimit {
                bytes: raised,
                next: Next::Again,
            };
        }
        if self.is_worker {
            if !self.is_begun.replace(true)
                && let Err(failure) = self.begin(Instant::now() + HELD_AT_MOST)
            {
                tell(&self.tell, Err(failure));
            }
            return NewLimit {
                bytes: self.worker_limit(limit),
                next: Next::OthersNow,
            };
        }
        if let Some(copy) = self.copy.take() {
            self.hear_out(&copy);
            return NewLimit {
                bytes: limit.saturating_add(LAST_BYTES),
                next: Next::Others,
            };
        }
        match self.begin(Instant::now() + HELD_AT_MOST) {
            Ok(copy) => {
                self.copy.replace(Some(copy));
                self.isolate.restore_heap_limit_below(RECOVERED_SHARE);
                let used = usize::try_from(self.isolate.statistics().used_heap_size);
                let full = limit.max(used.unwrap_or(limit)).max(self.raised.get());
                NewLimit {
                    bytes: full.saturating_add(extra(limit)),
                    next: Next::Again,
                }
            }
            Err(failure) => {
                tell(&self.tell, Err(failure));
                NewLimit {
                    bytes: limit.saturating_add(LAST_BYTES),
                    next: Next::Others,
                }
            }
        }
    }

    /// A limit for a worker under which V8 can finish what it is in the midst of.
    fn worker_limit(&self, limit: usize) -> usize {
        let heap = self.isolate.statistics();
        // What V8 compares with the limit: pages, not objects.
        let full = limit.max(usize::try_from(heap.total_heap_size).unwrap_or(limit));
        let full = full.max(self.raised.get());
        full.saturating_mul(WORKER_SHARES)
            .saturating_add(WORKER_EXTRA_BYTES)
    }

    /// Waits for the end of a copy. Where that was transient another is made, once: the
    /// program that could make it in the ordinary way is about to die.
    fn hear_out(&self, copy: &Receiver<End>) {
        let until = Instant::now() + HELD_AT_MOST;
        if copy.recv_timeout(HELD_AT_MOST) != Ok(End::Transient) {
            return;
        }
        match self.begin(until) {
            Ok(copy) => {
                let _ = copy.recv_timeout(until.saturating_duration_since(Instant::now()));
            }
            Err(failure) => tell(&self.tell, Err(failure)),
        }
    }

    /// Makes a copy. One that is at work for something else is waited for until then: it would
    /// end with the program. What this thread itself is in the midst of cannot be waited for.
    fn begin(&self, until: Instant) -> std::result::Result<Receiver<End>, Failure> {
        let left = until.saturating_duration_since(Instant::now());
        let turn = Turn::wait(left).ok_or_else(Failure::busy)?;
        let mut job = Job::plan(&self.request)?;
        if !CAN_FORK {
            return Ok(self.take_here(&job));
        }
        check_room(self.isolate, &self.request, &mut job)?;
        wait_until_quiet(SWEEPING_AT_MOST);
        let told = Arc::clone(&self.tell);
        let (sender, receiver) = mpsc::channel();
        let on_end = move |result: Ended| {
            let end = match &result {
                Err(failure) if failure.is_transient => End::Transient,
                _ => End::ForGood,
            };
            tell(&told, result);
            // Nobody waits where the program lives on.
            let _ = sender.send(end);
        };
        match launch(self.isolate, job, turn, &self.request, |_| (), on_end) {
            Ok(_) => Ok(receiver),
            Err((failure, _)) => Err(failure),
        }
    }

    /// Takes the snapshot in this process, which is stopped until it is written; the returned job has ended.
    fn take_here(&self, job: &Job) -> Receiver<End> {
        self.is_taking.set(true);
        let result = job.run(self.isolate, &mut |_| ());
        self.is_taking.set(false);
        tell(&self.tell, result);
        let (sender, receiver) = mpsc::channel();
        let _ = sender.send(End::ForGood);
        receiver
    }
}

/// What a limit is raised by for a snapshot, in bytes.
fn extra(limit: usize) -> usize {
    (limit / EXTRA_SHARE).max(EXTRA_BYTES_AT_LEAST)
}

/// If the program has ended meanwhile, the result is lost.
fn tell(to: &Tell, result: Ended) {
    to.call(Outcome::of(result), ThreadsafeFunctionCallMode::NonBlocking);
}
