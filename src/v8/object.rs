//! A JavaScript object that is found again in a heap snapshot.

use std::ptr;
use std::rc::{Rc, Weak};

use napi::{JsValue, sys};

use super::ffi;
use super::isolate::Isolate;

/// A hold on a JavaScript object, usually a weak one, which does not keep the object alive.
pub(crate) struct TrackedObject {
    env: sys::napi_env,
    reference: sys::napi_ref,
    isolate: Isolate,
}

impl TrackedObject {
    /// Tracks the object behind `value`. `None` when Node-API refuses, as for a
    /// value that is no object.
    pub(crate) fn new<'a>(isolate: Isolate, value: &impl JsValue<'a>) -> Option<Rc<Self>> {
        Self::counted(isolate, value, 0)
    }

    /// Likewise, and keeps the object alive.
    pub(crate) fn holding<'a>(isolate: Isolate, value: &impl JsValue<'a>) -> Option<Rc<Self>> {
        Self::counted(isolate, value, 1)
    }

    fn counted<'a>(isolate: Isolate, value: &impl JsValue<'a>, count: u32) -> Option<Rc<Self>> {
        let value = value.value();
        let mut reference = ptr::null_mut();
        // SAFETY: env and value are those of the call that is running. A count of
        // 0 makes the reference weak.
        let status = unsafe {
            sys::napi_create_reference(value.env, value.value, count, &raw mut reference)
        };
        (status == sys::Status::napi_ok).then(|| {
            Rc::new(Self {
                env: value.env,
                reference,
                isolate,
            })
        })
    }

    /// The id that heap snapshots give to this object. `None` when it is of
    /// another isolate, collected already, or in no snapshot yet.
    pub(crate) fn snapshot_id(&self, isolate: Isolate) -> Option<u32> {
        self.look_up(isolate).filter(|&id| id != 0)
    }

    /// Whether V8 says that no snapshot has numbered this object. `false` as well where the
    /// object cannot be looked up.
    pub(crate) fn is_unnumbered(&self, isolate: Isolate) -> bool {
        self.look_up(isolate) == Some(0)
    }

    /// V8's number, 0 for none. `None` where the object cannot be looked up.
    fn look_up(&self, isolate: Isolate) -> Option<u32> {
        if self.isolate != isolate {
            return None;
        }
        let mut value = ptr::null_mut();
        // SAFETY: same isolate, so same thread, and the reference lives as long as
        // `self`. The handle goes into the scope of the native call that runs.
        let status =
            unsafe { sys::napi_get_reference_value(self.env, self.reference, &raw mut value) };
        if status != sys::Status::napi_ok || value.is_null() {
            return None;
        }
        // SAFETY: a napi_value is a Local: the shim asserts the size. V8 only looks
        // the object up.
        Some(unsafe { ffi::mw_object_id(isolate.as_ptr(), value.cast()) })
    }

    /// A hold that does not keep this alive either.
    pub(crate) fn downgrade(this: &Rc<Self>) -> Weak<Self> {
        Rc::downgrade(this)
    }
}

impl Drop for TrackedObject {
    fn drop(&mut self) {
        // SAFETY: the owner is a native object of the same environment, dropped by
        // its finalizer at the latest, when the environment still exists.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}
