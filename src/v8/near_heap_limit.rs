//! V8's callback near the limit of its heap, before it ends the process. The caller decides
//! the answer.
//!
//! V8 asks only the callback that came last. Where one that was there before should be asked
//! soon, the heap is filled up to a lower limit, at a moment when JavaScript stands between two
//! statements: see [`Next::OthersNow`].

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};

use napi::{Env, sys};

use super::isolate::Isolate;
use super::text::HandleScope;

/// `shim_limit.h`.
mod ffi {
    use std::ffi::c_void;

    pub(super) type LimitCallback =
        unsafe extern "C" fn(data: *mut c_void, current: usize, initial: usize) -> usize;

    pub(super) type InterruptCallback =
        unsafe extern "C" fn(isolate: *mut c_void, data: *mut c_void);

    unsafe extern "C" {
        pub(super) fn mw_limit_add(
            isolate: *mut c_void,
            callback: LimitCallback,
            data: *mut c_void,
        );
        pub(super) fn mw_limit_remove(isolate: *mut c_void, callback: LimitCallback, limit: usize);
        pub(super) fn mw_limit_interrupt(
            isolate: *mut c_void,
            callback: InterruptCallback,
            data: *mut c_void,
        );
        pub(super) fn mw_limit_is_terminating(isolate: *mut c_void) -> u32;
        pub(super) fn mw_limit_restore_below(isolate: *mut c_void, share: f64);
    }
}

/// A string of the ballast: as large as may be without an own page of V8's heap.
const BALLAST_BYTES: usize = 60_000;

/// V8 sets no limit lower than a quarter beyond what is alive, so this share is more than what
/// is needed to reach it.
const BALLAST_SHARE: usize = 2;

/// And this much, in bytes: as much as the young generation takes before any of it counts.
const BALLAST_BYTES_BEYOND: usize = 64 << 20;

/// What is answered.
pub(crate) struct NewLimit {
    /// The limit from here on, in bytes; the present one to leave it.
    pub bytes: usize,
    /// Whom V8 asks the next time.
    pub next: Next,
}

/// Whom V8 asks the next time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// This one again.
    Again,
    /// Those that were there before.
    Others,
    /// Those that were there before, and before JavaScript goes on: this one again until then.
    OthersNow,
}

/// What V8 is given as the callback's data.
struct Watched {
    env: Env,
    isolate: Isolate,
    /// Whether V8 still has the callback, which it can be taken from once only.
    is_watching: Cell<bool>,
    /// Whether V8 is to interrupt JavaScript.
    is_asked: Cell<bool>,
    /// The present limit → the new one. May be asked again while it answers.
    answer: Box<dyn Fn(usize) -> NewLimit>,
}

impl Watched {
    /// `limit` in bytes; 0 to leave it as it is.
    fn stop(&self, limit: usize) {
        if self.is_watching.replace(false) {
            // SAFETY: on the isolate's thread, and added before.
            unsafe { ffi::mw_limit_remove(self.isolate.as_ptr(), on_near_limit, limit) };
        }
    }

    /// Has V8 interrupt JavaScript after the allocation that it is in the midst of.
    fn interrupt(self: &Rc<Self>) {
        if self.is_asked.replace(true) {
            return;
        }
        let data = Rc::into_raw(Rc::clone(self)).cast_mut().cast();
        // SAFETY: the reference is given back by `on_interrupt`. Where V8 never calls that, as
        // where the thread ends before, some hundred bytes stay.
        unsafe { ffi::mw_limit_interrupt(self.isolate.as_ptr(), on_interrupt, data) };
    }

    /// Lowers the limit, and fills the heap until V8 has asked the others and they have ended
    /// this thread's JavaScript.
    fn pass_on(&self) {
        let heap = self.isolate.statistics();
        let [used, full] = [heap.used_heap_size, heap.total_heap_size]
            .map(|bytes| usize::try_from(bytes).unwrap_or(0));
        // Not lower than what V8 compares with it: it ends the process where the others raise
        // the limit by less than the heap is beyond it.
        self.stop(full.saturating_add(1));
        let most = full.saturating_sub(used) + used / BALLAST_SHARE + BALLAST_BYTES_BEYOND;
        let Some(_scope) = HandleScope::open(self.env) else {
            return;
        };
        let text = vec![b' '; BALLAST_BYTES];
        for _ in 0..most / BALLAST_BYTES {
            // SAFETY: on the isolate's thread, a plain question.
            if unsafe { ffi::mw_limit_is_terminating(self.isolate.as_ptr()) } != 0 {
                return;
            }
            let mut string = ptr::null_mut();
            // SAFETY: the environment lives while its JavaScript runs. V8 allows allocations
            // in an interrupt; no JavaScript runs. The handle is freed with the scope.
            unsafe {
                sys::napi_create_string_latin1(
                    self.env.raw(),
                    text.as_ptr().cast(),
                    text.len().cast_signed(),
                    &raw mut string,
                )
            };
        }
    }
}

thread_local! {
    /// Whom V8 asks in this thread. V8 tells callbacks apart by the function alone, and ends the
    /// process where one is added twice.
    static CURRENT: RefCell<Weak<Watched>> = const { RefCell::new(Weak::new()) };
}

/// Is asked by V8 until this is dropped, or another one watches: as where the module is loaded
/// twice.
pub(crate) struct NearHeapLimit {
    watched: Rc<Watched>,
}

impl NearHeapLimit {
    /// Has V8 ask `answer`, inside of an allocation: it must not run JavaScript.
    pub(crate) fn watch(
        env: Env,
        isolate: Isolate,
        answer: impl Fn(usize) -> NewLimit + 'static,
    ) -> Self {
        let watched = Rc::new(Watched {
            env,
            isolate,
            is_watching: Cell::new(true),
            is_asked: Cell::new(false),
            answer: Box::new(answer),
        });
        let before = CURRENT.replace(Rc::downgrade(&watched));
        if let Some(before) = before.upgrade() {
            before.stop(0);
        }
        let data = Rc::as_ptr(&watched).cast_mut().cast();
        // SAFETY: on the isolate's thread; it lives until the callback is removed.
        unsafe { ffi::mw_limit_add(isolate.as_ptr(), on_near_limit, data) };
        Self { watched }
    }
}

impl Drop for NearHeapLimit {
    fn drop(&mut self) {
        // V8 does not have it any more when it goes.
        self.watched.stop(0);
    }
}

impl Isolate {
    /// A limit that was raised is lowered again once less than this share of the initial
    /// one is in use.
    pub(crate) fn restore_heap_limit_below(self, share: f64) {
        // SAFETY: on the isolate's thread; a plain number is set.
        unsafe { ffi::mw_limit_restore_below(self.as_ptr(), share) };
    }
}

unsafe extern "C" fn on_near_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    let watched = data.cast_const().cast::<Watched>();
    // SAFETY: the reference of `NearHeapLimit`, which outlives the callback; another one is
    // taken, as the answer may end that.
    unsafe { Rc::increment_strong_count(watched) };
    // SAFETY: the one that was just taken, given back at the end of this function.
    let watched = unsafe { Rc::from_raw(watched) };
    // A panic must not cross into V8; the limit stays then.
    let Ok(new) = catch_unwind(AssertUnwindSafe(|| (watched.answer)(current))) else {
        return current;
    };
    match new.next {
        Next::Again => {}
        Next::Others => watched.stop(0),
        Next::OthersNow => watched.interrupt(),
    }
    new.bytes
}

unsafe extern "C" fn on_interrupt(_isolate: *mut c_void, data: *mut c_void) {
    // SAFETY: the reference that `interrupt` has given.
    let watched = unsafe { Rc::from_raw(data.cast_const().cast::<Watched>()) };
    watched.is_asked.set(false);
    // A panic must not cross into V8. Without a watcher there is nothing to pass on.
    if watched.is_watching.get() {
        let _ = catch_unwind(AssertUnwindSafe(|| watched.pass_on()));
    }
}
