//! V8's code events, passed on to `crates/native`: which function is at which address. While requested, and from
//! the requesting thread; what a stack means is not decided here.

use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};
use std::sync::Once;

use memwatch_native::javascript::{self, Announced};

use super::fork::is_copy;
use super::isolate::Isolate;

/// `shim_code.h`.
mod ffi {
    use std::ffi::{c_char, c_void};

    pub(super) type CodeCallback = unsafe extern "C" fn(
        isolate: *mut c_void,
        event: u32,
        start: usize,
        length: usize,
        to: usize,
        name: *const c_char,
        name_length: usize,
    );

    unsafe extern "C" {
        pub(super) fn mw_code_events_to(callback: CodeCallback);
        pub(super) fn mw_code_events_start(isolate: *mut c_void);
        pub(super) fn mw_code_events_stop(isolate: *mut c_void);
    }
}

/// V8 says where code is until the last of these is dropped, which must be on the same thread before the environment ends.
pub(crate) struct CodeEvents {
    isolate: Isolate,
    /// Dropped after V8 says nothing any more.
    _announced: Announced,
}

thread_local! {
    /// What there is in this thread: V8 has one handler.
    static HERE: RefCell<Weak<CodeEvents>> = const { RefCell::new(Weak::new()) };
}

impl CodeEvents {
    /// Announces this thread as one that runs the isolate's JavaScript, or shares what somebody else has begun. `None` where
    /// too many threads are. V8 goes through its heap once.
    pub(crate) fn start(isolate: Isolate) -> Option<Rc<Self>> {
        let known = HERE.with_borrow(Weak::upgrade);
        if let Some(known) = known.filter(|one| one.isolate == isolate) {
            return Some(known);
        }
        let events = Rc::new(Self::begin(isolate)?);
        HERE.set(Rc::downgrade(&events));
        Some(events)
    }

    fn begin(isolate: Isolate) -> Option<Self> {
        let owner = NonZeroUsize::new(isolate.as_ptr().addr())?;
        let announced = javascript::announce(owner)?;
        static CALLBACK: Once = Once::new();
        // SAFETY: a function of a module that stays loaded, written once before it can be read: a handler is set below.
        CALLBACK.call_once(|| unsafe { ffi::mw_code_events_to(on_code) });
        // SAFETY: on the isolate's thread, called from JavaScript: V8 may go through its heap. The function is part of the
        // addon, which is never unloaded while the handler is set.
        unsafe { ffi::mw_code_events_start(isolate.as_ptr()) };
        announced.begin();
        Some(Self {
            isolate,
            _announced: announced,
        })
    }
}

impl Drop for CodeEvents {
    fn drop(&mut self) {
        // SAFETY: as above; the owner drops this while the isolate lives, at the latest in the environment's clean-up.
        unsafe { ffi::mw_code_events_stop(self.isolate.as_ptr()) };
    }
}

unsafe extern "C" fn on_code(
    isolate: *mut c_void,
    event: u32,
    start: usize,
    length: usize,
    to: usize,
    name: *const c_char,
    name_length: usize,
) {
    // A forked copy of the process has no other threads, and one of them may have had a lock.
    if is_copy() {
        return;
    }
    let owner = isolate.addr();
    let (start, length, to) = (start as u64, length as u64, to as u64);
    // A panic must not cross into V8: then this code has no name.
    let _ = catch_unwind(AssertUnwindSafe(|| match event {
        0 => {
            let name: &[u8] = if name.is_null() {
                &[]
            } else {
                // SAFETY: V8's text of this length, good until this returns.
                unsafe { std::slice::from_raw_parts(name.cast(), name_length) }
            };
            javascript::added(owner, start, length, name);
        }
        1 => javascript::moved(owner, start, to),
        _ => javascript::removed(owner, start),
    }));
}
