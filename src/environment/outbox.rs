//! The outgoing queue: facts that wait to be reported, and the wake of the event loop for them.
//! A pending event keeps the process alive, a GC cycle does not. Contents and receivers are not
//! decided here.

use std::cell::{Cell, RefCell};

use memwatch_detector::gc::{Queue, Waiting};
use napi::Env;

use crate::wake::Wake;

/// Events that wait, at most, and collections: some megabytes. A program that blocks its loop
/// for more loses the oldest; the statistics and the counters miss none.
const MOST_WAITING: usize = 10_000;

/// One queue and one wake. Each call borrows for a few plain statements: a collection may begin
/// in any call to V8 or JavaScript, and none is made meanwhile.
pub(super) struct Outbox<E, C> {
    env: Env,
    queue: RefCell<Queue<E, C>>,
    /// Taken when the environment ends.
    wake: RefCell<Option<Wake>>,
    /// `deliver` is on its way, so it needs no other wake.
    awake: Cell<bool>,
}

impl<E, C> Outbox<E, C> {
    /// `wake` does not hold its loop.
    pub(super) fn new(env: Env, wake: Wake) -> Self {
        Self {
            env,
            queue: RefCell::new(Queue::new(MOST_WAITING)),
            wake: RefCell::new(Some(wake)),
            awake: Cell::new(false),
        }
    }

    /// From here on the loop does not end before the event was taken.
    pub(super) fn push_event(&self, event: E) {
        self.queue.borrow_mut().push_event(event);
        if let Some(wake) = &mut *self.wake.borrow_mut() {
            wake.hold_loop(&self.env);
        }
        self.wake_up();
    }

    pub(super) fn push_collection(&self, collection: C) {
        self.queue.borrow_mut().push_collection(collection);
        self.wake_up();
    }

    pub(super) fn pop(&self) -> Option<Waiting<E, C>> {
        self.queue.borrow_mut().pop()
    }

    pub(super) fn retain_events(&self, is_kept: impl Fn(&E) -> bool) {
        self.queue.borrow_mut().retain_events(is_kept);
    }

    pub(super) fn clear_collections(&self) {
        self.queue.borrow_mut().clear_collections();
    }

    /// Has the loop call `deliver`.
    pub(super) fn wake_up(&self) {
        if self.awake.get() {
            return;
        }
        if let Some(wake) = &*self.wake.borrow() {
            self.awake.set(wake.call());
        }
    }

    /// Whether events are left, for which `deliver` comes again on its own; if none are, the
    /// loop may end, and is woken for collections that are left.
    pub(super) fn more_wait(&self) -> bool {
        let (has_events, is_empty) = {
            let queue = self.queue.borrow();
            (queue.has_events(), queue.is_empty())
        };
        self.awake.set(has_events);
        if has_events {
            return true;
        }
        if let Some(wake) = &mut *self.wake.borrow_mut() {
            wake.release_loop(&self.env);
        }
        if !is_empty {
            self.wake_up();
        }
        false
    }

    /// The environment ends: nothing is reported any more.
    pub(super) fn close(&self) {
        self.wake.take();
    }
}
