//! V8's object ids, by which two snapshots are compared, and when they may be dropped.
//! V8 keeps a table of them from the first snapshot on: some 50 bytes for each object, and time
//! in each GC cycle for those that were moved. Only the inspector ever frees it.
//!
//! So the last open `HeapDiff` removes the table that the first one created, unless another client
//! has used it: a program's own snapshots and DevTools compare by the same numbers. Such a client
//! numbers all objects, so an object created after our last snapshot shows it: it has a number
//! or none. In doubt the table stays.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use napi::bindgen_prelude::Object;
use napi::{Env, sys};

use crate::v8::{Isolate, TrackedObject};

/// What the open diffs of one environment share.
struct Shared {
    env: sys::napi_env,
    /// The table was empty when the first of them began, and no other client has filled it since.
    is_ours: Cell<bool>,
    /// Made after the last snapshot of ours. Of this environment, as all who have it.
    witness: RefCell<Option<Rc<TrackedObject>>>,
}

thread_local! {
    /// Our own objects in this thread that live: they are left out of every diff. Holds nothing
    /// alive, not even at the thread's end.
    static OURS: RefCell<Vec<Weak<TrackedObject>>> = const { RefCell::new(Vec::new()) };
    /// Of the diffs that began last. Holds nothing alive, not even at the thread's end.
    static SHARED: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

/// Leaves an object out of every diff, as long as somebody tracks it.
pub(crate) fn hide(tracked: &Rc<TrackedObject>) {
    OURS.with_borrow_mut(|ours| {
        ours.retain(|other| other.strong_count() > 0);
        ours.push(TrackedObject::downgrade(tracked));
    });
}

/// V8's numbers of the objects that are left out.
pub(crate) fn hidden_ids(isolate: Isolate) -> Vec<u32> {
    OURS.with_borrow(|ours| {
        ours.iter()
            .filter_map(Weak::upgrade)
            .filter_map(|object| object.snapshot_id(isolate))
            .collect()
    })
}

/// The use that one open diff makes of the numbers.
pub(crate) struct ObjectNumbers(Rc<Shared>);

impl ObjectNumbers {
    /// For a diff that begins.
    pub(crate) fn of(env: Env) -> Self {
        SHARED.with_borrow_mut(|last| {
            // Loaded twice in one thread, memwatch has two environments, and each of them
            // is a stranger to the other.
            let known = last.upgrade().filter(|shared| shared.env == env.raw());
            Self(known.unwrap_or_else(|| {
                let shared = Rc::new(Shared {
                    env: env.raw(),
                    is_ours: Cell::new(false),
                    witness: RefCell::default(),
                });
                *last = Rc::downgrade(&shared);
                shared
            }))
        })
    }

    /// Takes and reads a snapshot.
    pub(crate) fn around<T>(&self, env: Env, isolate: Isolate, snapshot: impl FnOnce() -> T) -> T {
        let Shared {
            is_ours, witness, ..
        } = &*self.0;
        is_ours.set(self.are_ours(isolate));
        let result = snapshot();
        let fresh = Object::new(&env)
            .ok()
            .and_then(|object| TrackedObject::holding(isolate, &object));
        fresh.iter().for_each(hide);
        *witness.borrow_mut() = fresh;
        result
    }

    fn are_ours(&self, isolate: Isolate) -> bool {
        let is_unseen = |witness: &Rc<TrackedObject>| witness.is_unnumbered(isolate);
        !isolate.has_object_ids()
            || self.0.is_ours.get() && self.0.witness.borrow().as_ref().is_some_and(is_unseen)
    }

    /// A diff has ended. To be called from JavaScript, not when it is collected.
    pub(crate) fn release(self, isolate: Isolate) {
        let is_last = Rc::strong_count(&self.0) == 1;
        if is_last && self.are_ours(isolate) {
            isolate.forget_object_ids();
        }
    }
}
