//! A cleanup that runs when an environment ends, or earlier when its object is collected:
//! whichever comes first, and once.

use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi::{Env, sys};

use crate::error::{Code, Result, error};

type End = Box<dyn FnOnce()>;

/// Ends something, at the latest when it is dropped, on the environment's own thread.
///
/// Node calls those of an environment in reverse order, each before it closes what was made
/// before the [`AtEnd`] was.
pub(crate) struct AtEnd(Box<State>);

struct State {
    env: sys::napi_env,
    /// Empty once it was done.
    end: Cell<Option<End>>,
}

impl AtEnd {
    /// # Errors
    ///
    /// Where Node-API does not take the hook.
    pub(crate) fn new(env: &Env, end: impl FnOnce() + 'static) -> Result<Self> {
        let state = Box::new(State {
            env: env.raw(),
            end: Cell::new(Some(Box::new(end))),
        });
        // SAFETY: the environment is that of the call that runs. The box stays where it is
        // until `Drop` takes the hook back.
        let status =
            unsafe { sys::napi_add_env_cleanup_hook(state.env, Some(at_end), as_data(&state)) };
        if status != sys::Status::napi_ok {
            let why = "Node-API refused the cleanup hook of the environment";
            return Err(error(Code::Internal, why));
        }
        Ok(Self(state))
    }
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some(end) = self.0.end.take() {
            // SAFETY: added with the same pointer, and Node has not called it yet.
            unsafe {
                sys::napi_remove_env_cleanup_hook(self.0.env, Some(at_end), as_data(&self.0));
            }
            end();
        }
    }
}

fn as_data(state: &State) -> *mut c_void {
    ptr::from_ref(state).cast_mut().cast()
}

unsafe extern "C" fn at_end(data: *mut c_void) {
    // SAFETY: the box of `new`: its `Drop` would have taken the hook back.
    let state = unsafe { &*data.cast::<State>() };
    if let Some(end) = state.end.take() {
        // A panic must not cross into Node.
        let _ = catch_unwind(AssertUnwindSafe(end));
    }
}
