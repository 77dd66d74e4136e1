//! One per environment: a collection's numbers go through the tracker into a
//! queue, one wake tells the event loop, and JavaScript takes the events out.
//!
//! The hook runs inside a collection: it computes plain numbers, wakes the loop
//! and leaves. Emitting, and what a listener does, is JavaScript's.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use memwatch_core::gc::{FullCollection, GcKind, Leak, Settings, Stats, Step, Tracker};
use napi::bindgen_prelude::{Function, Object};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;

use crate::error::{Code, Result, error, internal};
use crate::payload;
use crate::v8::{GcEvent, GcHook, Isolate};

/// Full collections that wait to be told, at most: about 3 MB. A program that blocks
/// its loop for more loses the events of the oldest; the statistics miss none.
const QUEUE_LIMIT: usize = 10_000;

/// Runs JavaScript's `deliver` on the environment's own loop.
type Wake = ThreadsafeFunction<(), (), (), Status, false>;

/// The state that the hook and JavaScript share, on one thread. It is borrowed for
/// a few plain statements at a time, never while JavaScript or V8 runs: a
/// collection may start in any of their calls.
struct Inbox {
    env: Env,
    tracker: RefCell<Tracker>,
    /// What is not emitted yet, oldest first. A step's leak comes before its stats.
    steps: RefCell<VecDeque<Step>>,
    /// Taken when the environment ends.
    wake: RefCell<Option<Wake>>,
    /// `deliver` is under way, so the loop is held open and needs no other wake.
    awake: Cell<bool>,
}

thread_local! {
    /// The inboxes of this thread: more than one where the module is loaded twice.
    static INBOXES: RefCell<Vec<Weak<Inbox>>> = const { RefCell::new(Vec::new()) };
}

/// The native side of one `require('memwatch')`.
#[napi]
pub struct Monitor {
    inbox: Rc<Inbox>,
}

#[napi]
impl Monitor {
    /// Starts to watch the collections of this environment. `deliver` is called on
    /// its loop when there are events; it takes one and asks `moreWait()`.
    #[napi(constructor)]
    pub fn new(env: Env, deliver: Function<(), ()>) -> Result<Self> {
        let isolate = Isolate::current().map_err(|none| error(Code::Internal, none.to_string()))?;
        let mut wake: Wake = deliver
            .build_threadsafe_function()
            .callee_handled::<false>()
            .build()
            .map_err(internal)?;
        release_loop(&mut wake, &env);
        let inbox = Rc::new(Inbox {
            env,
            tracker: RefCell::new(Tracker::new(Settings::default())),
            steps: RefCell::new(VecDeque::new()),
            wake: RefCell::new(Some(wake)),
            awake: Cell::new(false),
        });
        INBOXES.with_borrow_mut(|inboxes| {
            inboxes.retain(|other| other.strong_count() > 0);
            inboxes.push(Rc::downgrade(&inbox));
        });
        let hook = GcHook::install(isolate, {
            let inbox = Rc::clone(&inbox);
            move |event| inbox.on_collection(&event)
        });
        // Clean-up hooks run in reverse order, so this one runs before Node closes
        // the function that wakes.
        let inbox_at_end = Rc::clone(&inbox);
        env.add_env_cleanup_hook((), move |()| {
            drop(hook);
            inbox_at_end.wake.take();
        })
        .map_err(internal)?;
        Ok(Self { inbox })
    }

    /// The next event, oldest first: its name and what is emitted. `null` when
    /// there is none.
    #[napi]
    pub fn take<'env>(&self, env: &'env Env) -> Result<Option<(&'static str, Object<'env>)>> {
        let (leak, stats) = self.inbox.next_event();
        Ok(match (leak, stats) {
            (Some(leak), _) => Some(("leak", payload::leak(env, &leak).map_err(internal)?)),
            (None, Some(stats)) => Some(("stats", payload::stats(env, &stats).map_err(internal)?)),
            (None, None) => None,
        })
    }

    /// Whether events are left after the one that `deliver` is done with. If so, it
    /// must come again by itself; if not, it is woken when there are, and until then
    /// the loop may end.
    #[napi]
    pub fn more_wait(&self) -> bool {
        self.inbox.more_wait()
    }

    /// Full collections in a row that must grow for a `leak`.
    #[napi]
    pub fn get_consecutive_growth_limit(&self) -> u32 {
        self.inbox
            .tracker
            .borrow()
            .settings()
            .consecutive_growth_limit()
    }

    /// As above; below 1 counts as 1.
    #[napi]
    pub fn set_consecutive_growth_limit(&self, collections: i32) {
        self.settings(|settings| settings.set_consecutive_growth_limit(collections));
    }

    /// Full collections that `estimated_base` averages over.
    #[napi]
    pub fn get_recent_period(&self) -> u32 {
        self.inbox.tracker.borrow().settings().recent_period()
    }

    /// As above; below 1 counts as 1.
    #[napi]
    pub fn set_recent_period(&self, collections: i32) {
        self.settings(|settings| settings.set_recent_period(collections));
    }

    /// Full collections that `usage_trend` compares `estimated_base` with.
    #[napi]
    pub fn get_ancient_period(&self) -> u32 {
        self.inbox.tracker.borrow().settings().ancient_period()
    }

    /// As above; below 1 counts as 1.
    #[napi]
    pub fn set_ancient_period(&self, collections: i32) {
        self.settings(|settings| settings.set_ancient_period(collections));
    }

    /// The full collection from which on `min` and `max` are told.
    #[napi]
    pub fn get_extremes_period(&self) -> u32 {
        self.inbox.tracker.borrow().settings().extremes_period()
    }

    /// As above; below 1 counts as 1.
    #[napi]
    pub fn set_extremes_period(&self, collections: i32) {
        self.settings(|settings| settings.set_extremes_period(collections));
    }

    fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(self.inbox.tracker.borrow_mut().settings_mut());
    }
}

/// Collects everything that can be collected: one step for every monitor, however
/// many rounds V8 makes of it.
#[napi]
pub fn collect() -> Result<()> {
    let isolate = Isolate::current().map_err(|none| error(Code::Internal, none.to_string()))?;
    each_inbox(|inbox| inbox.tracker.borrow_mut().begin_group());
    isolate.collect();
    each_inbox(|inbox| {
        let step = inbox.tracker.borrow_mut().end_group();
        inbox.queue(step);
    });
    Ok(())
}

/// As [`collect`], and nobody is told. Not on a large heap, where it takes long and
/// what it is for, some kilobytes of code, is beneath notice.
#[napi]
pub fn collect_uncounted() -> Result<()> {
    /// Bytes in use; a collection of more takes tens of milliseconds.
    const LARGE: usize = 64 << 20;
    let isolate = Isolate::current().map_err(|none| error(Code::Internal, none.to_string()))?;
    if isolate.statistics().used_heap_size < LARGE as _ {
        without_counting(|| isolate.collect());
    }
    Ok(())
}

/// Does work whose collections are not the program's.
pub fn without_counting<T>(work: impl FnOnce() -> T) -> T {
    each_inbox(|inbox| inbox.tracker.borrow_mut().suspend());
    let result = work();
    each_inbox(|inbox| inbox.tracker.borrow_mut().resume());
    result
}

fn each_inbox(act: impl Fn(&Inbox)) {
    let inboxes: Vec<Rc<Inbox>> =
        INBOXES.with_borrow(|inboxes| inboxes.iter().filter_map(Weak::upgrade).collect());
    for inbox in inboxes {
        act(&inbox);
    }
}

impl Inbox {
    /// Inside a collection.
    fn on_collection(&self, event: &GcEvent) {
        let mut tracker = self.tracker.borrow_mut();
        let step = match (event.kind, event.heap) {
            (GcKind::MarkSweep, Some(heap)) => tracker.full(FullCollection {
                at_unix_us: unix_us(),
                pause_ns: event.pause_ns,
                heap,
                ..FullCollection::default()
            }),
            (kind, _) => {
                tracker.minor(kind, event.pause_ns);
                None
            }
        };
        drop(tracker);
        self.queue(step);
    }

    fn queue(&self, step: Option<Step>) {
        let Some(step) = step else { return };
        {
            let mut steps = self.steps.borrow_mut();
            if steps.len() == QUEUE_LIMIT {
                steps.pop_front();
            }
            steps.push_back(step);
        }
        if !self.awake.get() {
            self.wake_up();
        }
    }

    /// The leak of the oldest step, or its stats once the leak is taken.
    fn next_event(&self) -> (Option<Leak>, Option<Stats>) {
        let mut steps = self.steps.borrow_mut();
        match steps.front_mut().and_then(|step| step.leak.take()) {
            Some(leak) => (Some(leak), None),
            None => (None, steps.pop_front().map(|step| step.stats)),
        }
    }

    /// Holds the loop open and has it call `deliver`. No V8: a mutex, a queue and a
    /// byte through a pipe.
    fn wake_up(&self) {
        if let Some(wake) = &mut *self.wake.borrow_mut() {
            hold_loop(wake, &self.env);
            let status = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
            self.awake.set(status == Status::Ok);
        }
    }

    fn more_wait(&self) -> bool {
        let more = !self.steps.borrow().is_empty();
        self.awake.set(more);
        if let (false, Some(wake)) = (more, &mut *self.wake.borrow_mut()) {
            release_loop(wake, &self.env);
        }
        more
    }
}

/// A pending event keeps the process alive.
#[expect(
    deprecated,
    reason = "cloning, which is suggested instead, cannot be undone without closing the function"
)]
fn hold_loop(wake: &mut Wake, env: &Env) {
    // It fails only while the environment ends, when there is no loop to hold.
    let _ = wake.refer(env);
}

/// A mere listener does not.
#[expect(deprecated, reason = "as for hold_loop")]
fn release_loop(wake: &mut Wake, env: &Env) {
    let _ = wake.unref(env);
}

fn unix_us() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}
