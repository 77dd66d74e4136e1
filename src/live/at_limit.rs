//! A snapshot of a heap that is nearly full, taken in a copy of the process while V8 asks
//! what to do. The limit is raised once, so that the program has a little longer. Where it
//! would die before the copy is done it is held for some time: in a container the copy would
//! die with it. After that the copy goes on alone.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;

use super::Turn;
use super::forked::{Ended, check_room, launch};
use super::job::Job;
use super::outcome::{Failure, Outcome};
use super::request::Request;
use crate::error::{Result, internal};
use crate::quiet::wait_until_quiet;
use crate::v8::{Isolate, NearHeapLimit, NewLimit};

/// What the program gets beyond its limit, once, or beyond what it has where that is more: while
/// V8 marks, a heap may pass its limit by a third. It is an eighth, and 16 MiB at least, which is
/// as much as the young generation may bring along at a time.
const EXTRA_SHARE: usize = 8;
const EXTRA_BYTES_AT_LEAST: usize = 16 << 20;

/// How long a program is held that is about to die, each time that V8 asks: as long as the
/// largest heaps commonly take on a machine that has little else to do.
const HELD_AT_MOST: Duration = Duration::from_secs(120);

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
#[napi]
pub struct HeapLimitTrigger {
    tell: Arc<Tell>,
    watch: Rc<RefCell<Option<NearHeapLimit>>>,
}

#[napi]
impl HeapLimitTrigger {
    /// `on_end` is told what came of the snapshot, where the program lives to hear of it.
    #[napi(constructor)]
    pub fn new(env: Env, on_end: Function<Outcome, ()>) -> Result<Self> {
        let tell = on_end
            .build_threadsafe_function()
            .callee_handled::<false>()
            .weak::<true>()
            .build()
            .map_err(internal)?;
        let watch = Rc::new(RefCell::new(None));
        let at_end: Rc<RefCell<Option<NearHeapLimit>>> = Rc::clone(&watch);
        env.add_env_cleanup_hook((), move |()| drop(at_end.take()))
            .map_err(internal)?;
        Ok(Self {
            tell: Arc::new(tell),
            watch,
        })
    }

    /// From here on, what is asked for is done when the heap is nearly full, once.
    #[napi]
    pub fn arm(&self, request: String) -> Result<()> {
        let request = Request::parse(&request)?;
        let isolate = Isolate::current()?;
        self.disarm();
        let answer = Once {
            isolate,
            request,
            tell: Arc::clone(&self.tell),
            pid: std::process::id(),
            copy: RefCell::new(None),
        };
        let watch = NearHeapLimit::watch(isolate, move |limit| answer.answer(limit));
        self.watch.replace(Some(watch));
        Ok(())
    }

    /// No more.
    #[napi]
    pub fn disarm(&self) {
        self.watch.take();
    }
}

struct Once {
    isolate: Isolate,
    request: Request,
    tell: Arc<Tell>,
    /// The process that is watched. Copies of it have the callback too.
    pid: u32,
    /// Hears of the end of the copy that was made.
    copy: RefCell<Option<Receiver<End>>>,
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
                again: true,
            };
        }
        if let Some(copy) = self.copy.take() {
            self.hear_out(&copy);
            return NewLimit {
                bytes: limit.saturating_add(LAST_BYTES),
                again: false,
            };
        }
        match self.begin(Instant::now() + HELD_AT_MOST) {
            Ok(copy) => {
                self.copy.replace(Some(copy));
                self.isolate.restore_heap_limit_below(RECOVERED_SHARE);
                let used = usize::try_from(self.isolate.statistics().used_heap_size);
                let full = limit.max(used.unwrap_or(limit));
                let extra = (limit / EXTRA_SHARE).max(EXTRA_BYTES_AT_LEAST);
                NewLimit {
                    bytes: full.saturating_add(extra),
                    again: true,
                }
            }
            Err(failure) => {
                tell(&self.tell, Err(failure));
                NewLimit {
                    bytes: limit.saturating_add(LAST_BYTES),
                    again: false,
                }
            }
        }
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
        let job = Job::plan(&self.request)?;
        check_room(self.isolate)?;
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
}

/// Where the program has ended meanwhile, nobody hears.
fn tell(to: &Tell, result: Ended) {
    to.call(Outcome::of(result), ThreadsafeFunctionCallMode::NonBlocking);
}
