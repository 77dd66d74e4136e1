//! A snapshot of a heap that is nearly full, taken in a copy of the process while V8 asks
//! what to do. The limit is raised once, so that the program has a little longer; it is
//! told, if it still is there, and the copy goes on when it is not.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;

use super::forked::{Ended, check_room, launch};
use super::job::Job;
use super::outcome::{Failure, Outcome};
use super::quiet::wait_until_quiet;
use super::request::Request;
use super::{Turn, current_isolate};
use crate::error::{Result, internal};
use crate::v8::{Isolate, NearHeapLimit, NewLimit, Terms};

/// What the program gets beyond its limit, once: an eighth, and 16 MiB at least, which is as
/// much as its young generation may bring along at a time.
const EXTRA_SHARE: usize = 8;
const EXTRA_BYTES_AT_LEAST: usize = 16 << 20;

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
        let isolate = current_isolate()?;
        self.disarm();
        let answer = Once {
            isolate,
            request,
            tell: Arc::clone(&self.tell),
            is_copying: Cell::new(false),
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
    /// A copy is being made: so this is asked again in the copy only.
    is_copying: Cell<bool>,
}

impl Once {
    /// What is to hold instead of this limit.
    fn answer(&self, limit: usize) -> NewLimit {
        if self.is_copying.replace(true) {
            // The copy's heap may grow: the snapshot is taken in it, and then it ends.
            return NewLimit {
                bytes: limit.saturating_mul(2),
                again: true,
            };
        }
        let begun = self.begin();
        self.is_copying.set(false);
        let bytes = match begun {
            Ok(()) => {
                self.isolate.restore_heap_limit_below(RECOVERED_SHARE);
                limit.saturating_add((limit / EXTRA_SHARE).max(EXTRA_BYTES_AT_LEAST))
            }
            Err(failure) => {
                tell(&self.tell, Err(failure));
                limit
            }
        };
        NewLimit {
            bytes,
            again: false,
        }
    }

    fn begin(&self) -> std::result::Result<(), Failure> {
        let turn = Turn::take().ok_or_else(Failure::busy)?;
        let job = Job::plan(&self.request)?;
        check_room(self.isolate)?;
        wait_until_quiet(SWEEPING_AT_MOST);
        let terms = Terms {
            deadline: self.request.deadline(),
            outlives_parent: true,
        };
        let told = Arc::clone(&self.tell);
        let on_end = move |result: Ended| tell(&told, result);
        match launch(self.isolate, job, turn, terms, |_| (), on_end) {
            Ok(_) => Ok(()),
            Err((failure, _)) => Err(failure),
        }
    }
}

/// Where the program has ended meanwhile, nobody hears.
fn tell(to: &Tell, result: Ended) {
    to.call(Outcome::of(result), ThreadsafeFunctionCallMode::NonBlocking);
}
