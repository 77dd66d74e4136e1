//! Text of V8 strings, read through Node-API: V8's own functions for it differ between
//! versions.

use std::borrow::Cow;
use std::ffi::c_void;
use std::ptr;

use napi::{Env, sys};

/// Handles made while it lives are freed with it.
pub(super) struct HandleScope {
    env: sys::napi_env,
    scope: sys::napi_handle_scope,
}

impl HandleScope {
    /// `None` where Node-API refuses. Scopes end in the reverse order of their beginning.
    pub(super) fn open(env: Env) -> Option<Self> {
        let env = env.raw();
        let mut scope = ptr::null_mut();
        // SAFETY: env is that of the native call which is running, on its thread.
        let status = unsafe { sys::napi_open_handle_scope(env, &raw mut scope) };
        (status == sys::Status::napi_ok).then(|| Self { env, scope })
    }
}

impl Drop for HandleScope {
    fn drop(&mut self) {
        // SAFETY: opened by us and closed once. It fails only for a scope that is not
        // open, and no caller to report to.
        let _ = unsafe { sys::napi_close_handle_scope(self.env, self.scope) };
    }
}

/// Room for one text at a time.
#[derive(Default)]
pub(super) struct TextBuffer {
    bytes: Vec<u8>,
}

impl TextBuffer {
    /// The text of a string; empty for null.
    ///
    /// # Safety
    /// `value` is null or a napi_value that is good in `scope`.
    pub(super) unsafe fn read(&mut self, scope: &HandleScope, value: *mut c_void) -> Cow<'_, str> {
        if value.is_null() {
            return Cow::Borrowed("");
        }
        let (env, value) = (scope.env, value.cast());
        let mut length = 0;
        // SAFETY: the value is good; without a buffer the length alone is asked for. What is no
        // string leaves it as it is.
        unsafe { sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &raw mut length) };
        self.bytes.resize(length + 1, 0);
        length = 0;
        // SAFETY: as above; the buffer has the length that is passed.
        unsafe {
            sys::napi_get_value_string_utf8(
                env,
                value,
                self.bytes.as_mut_ptr().cast(),
                self.bytes.len(),
                &raw mut length,
            )
        };
        String::from_utf8_lossy(&self.bytes[..length.min(self.bytes.len() - 1)])
    }
}
