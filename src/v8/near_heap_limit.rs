//! V8's question what to do near the limit of its heap, before it ends the process. What
//! is answered is the caller's.

use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::isolate::Isolate;

/// `shim_limit.h`.
mod ffi {
    use std::ffi::c_void;

    pub type LimitCallback =
        unsafe extern "C" fn(data: *mut c_void, current: usize, initial: usize) -> usize;

    unsafe extern "C" {
        pub fn mw_limit_add(isolate: *mut c_void, callback: LimitCallback, data: *mut c_void);
        pub fn mw_limit_remove(isolate: *mut c_void, callback: LimitCallback);
        pub fn mw_limit_restore_below(isolate: *mut c_void, share: f64);
    }
}

/// What is answered.
pub struct NewLimit {
    /// The limit from here on, in bytes; the present one to leave it.
    pub bytes: usize,
    /// Whether to be asked again. Where not, others are that were there before.
    pub again: bool,
}

/// What V8 is given as the callback's data.
struct Watched {
    isolate: Isolate,
    /// Whether V8 still has the callback, which it can be taken from once only.
    is_watching: Cell<bool>,
    /// The present limit → the new one. May be asked again while it answers.
    answer: Box<dyn Fn(usize) -> NewLimit>,
}

impl Watched {
    fn stop(&self) {
        if self.is_watching.replace(false) {
            // SAFETY: on the isolate's thread, and added before.
            unsafe { ffi::mw_limit_remove(self.isolate.as_ptr(), on_near_limit) };
        }
    }
}

/// Is asked by V8 until this is dropped. No more than one in an isolate: V8 tells them
/// apart by the function alone.
pub struct NearHeapLimit {
    /// Made from a box, and given back at the end.
    watched: *mut Watched,
}

impl NearHeapLimit {
    /// Has V8 ask `answer`, inside of an allocation: it must not run JavaScript.
    pub fn watch(isolate: Isolate, answer: impl Fn(usize) -> NewLimit + 'static) -> Self {
        let watched = Box::into_raw(Box::new(Watched {
            isolate,
            is_watching: Cell::new(true),
            answer: Box::new(answer),
        }));
        // SAFETY: on the isolate's thread; the box lives until the callback is removed.
        unsafe { ffi::mw_limit_add(isolate.as_ptr(), on_near_limit, watched.cast()) };
        Self { watched }
    }
}

impl Drop for NearHeapLimit {
    fn drop(&mut self) {
        // SAFETY: the box of `watch`. V8 does not have it any more when it goes.
        unsafe {
            (*self.watched).stop();
            drop(Box::from_raw(self.watched));
        }
    }
}

impl Isolate {
    /// A limit that was raised is lowered again once less than this share of the initial
    /// one is in use.
    pub fn restore_heap_limit_below(self, share: f64) {
        // SAFETY: on the isolate's thread; a plain number is set.
        unsafe { ffi::mw_limit_restore_below(self.as_ptr(), share) };
    }
}

unsafe extern "C" fn on_near_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: the box of `watch`, which outlives the callback.
    let watched = unsafe { &*data.cast::<Watched>() };
    // A panic must not cross into V8; the limit stays then.
    let Ok(new) = catch_unwind(AssertUnwindSafe(|| (watched.answer)(current))) else {
        return current;
    };
    if !new.again {
        watched.stop();
    }
    new.bytes
}
