//! A signal watched by Node's event loop, by libuv: in addition to any other watchers of
//! the same signal in the process, and without a listener that JavaScript sees. The caller
//! handles it.

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use napi::Env;

/// libuv's number for handles of signals; a part of its ABI.
const UV_SIGNAL: c_int = 16;

type OnSignal = unsafe extern "C" fn(handle: *mut c_void, number: c_int);
type OnClose = unsafe extern "C" fn(handle: *mut c_void);

unsafe extern "C" {
    fn uv_handle_size(handle_type: c_int) -> usize;
    fn uv_handle_get_data(handle: *const c_void) -> *mut c_void;
    fn uv_handle_set_data(handle: *mut c_void, data: *mut c_void);
    fn uv_signal_init(event_loop: *mut c_void, handle: *mut c_void) -> c_int;
    fn uv_signal_start(handle: *mut c_void, callback: OnSignal, number: c_int) -> c_int;
    fn uv_unref(handle: *mut c_void);
    fn uv_close(handle: *mut c_void, callback: OnClose);
}

/// What libuv is given, and what it points to: lives until libuv has closed the handle.
struct Watched {
    /// The handle's memory; as many words as this libuv wants.
    memory: Box<[u64]>,
    on_signal: Box<dyn Fn()>,
}

/// A signal that is watched until this is dropped, on the loop's own thread. It does not
/// keep the loop running.
pub(crate) struct SignalWatch {
    handle: NonNull<c_void>,
}

impl SignalWatch {
    /// Watches a signal. `on_signal` runs on the loop, outside of JavaScript.
    ///
    /// # Errors
    ///
    /// libuv's number of the error.
    pub(crate) fn start(
        env: &Env,
        number: i32,
        on_signal: impl Fn() + 'static,
    ) -> Result<Self, i32> {
        let event_loop = env.get_uv_event_loop().map_err(|_| 0)?;
        // SAFETY: a plain question.
        let words = unsafe { uv_handle_size(UV_SIGNAL) }.div_ceil(size_of::<u64>());
        let mut watched = Box::new(Watched {
            memory: vec![0; words].into_boxed_slice(),
            on_signal: Box::new(on_signal),
        });
        let handle: *mut c_void = watched.memory.as_mut_ptr().cast();
        // SAFETY: this is the loop's thread, which runs the native call; the memory has the
        // size that libuv asks for and stays where it is until `on_close`.
        let failed = unsafe { uv_signal_init(event_loop.cast(), handle) };
        if failed != 0 {
            return Err(failed);
        }
        // SAFETY: the handle is initialised; `on_close` frees what it is given here.
        unsafe { uv_handle_set_data(handle, Box::into_raw(watched).cast()) };
        // From here on the handle can only be closed.
        let watch = Self {
            // SAFETY: the address of memory that is owned.
            handle: unsafe { NonNull::new_unchecked(handle) },
        };
        // SAFETY: the handle is initialised, on its loop's thread.
        unsafe { uv_unref(handle) };
        // SAFETY: as above; the callback finds the data that was set.
        match unsafe { uv_signal_start(handle, on_signal_of_loop, number) } {
            0 => Ok(watch),
            failed => Err(failed),
        }
    }
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        // SAFETY: started by `start`, on this thread, and closed once.
        unsafe { uv_close(self.handle.as_ptr(), on_close) };
    }
}

unsafe extern "C" fn on_signal_of_loop(handle: *mut c_void, _number: c_int) {
    // SAFETY: libuv passes the handle that `start` has initialised.
    let data = unsafe { uv_handle_get_data(handle) };
    // SAFETY: the data that `start` has set, which lives until `on_close`.
    let watched = unsafe { &*data.cast::<Watched>() };
    // A panic must not cross into libuv.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (watched.on_signal)()));
}

unsafe extern "C" fn on_close(handle: *mut c_void) {
    // SAFETY: as above.
    let data = unsafe { uv_handle_get_data(handle) };
    // SAFETY: as above; libuv does not touch the handle any more.
    drop(unsafe { Box::from_raw(data.cast::<Watched>()) });
}
