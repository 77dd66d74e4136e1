//! How native code runs JavaScript: a function that is called on the environment's own event
//! loop, from any thread. Its caller defines what it does.

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};

use crate::error::{Result, internal};

type Call = ThreadsafeFunction<(), (), (), Status, false>;

/// Runs JavaScript's function on the environment's own loop. It does not keep the loop alive
/// unless it is held. To be dropped when the environment ends.
pub(crate) struct Wake(Call);

impl Wake {
    /// On the thread of the environment.
    pub(crate) fn new(env: &Env, deliver: &Function<(), ()>) -> Result<Self> {
        let call = deliver
            .build_threadsafe_function()
            .callee_handled::<false>()
            .build()
            .map_err(internal)?;
        let mut wake = Self(call);
        wake.release_loop(env);
        Ok(wake)
    }

    /// Has the function called, and says whether it will be. No V8: a mutex, a queue and a
    /// byte through a pipe.
    pub(crate) fn call(&self) -> bool {
        self.0.call((), ThreadsafeFunctionCallMode::NonBlocking) == Status::Ok
    }

    /// From here on the loop does not end.
    #[expect(
        deprecated,
        reason = "cloning, which is suggested instead, cannot be undone without closing the function"
    )]
    pub(crate) fn hold_loop(&mut self, env: &Env) {
        // It fails only while the environment ends, when there is no loop to keep alive.
        let _ = self.0.refer(env);
    }

    /// From here on it may.
    #[expect(deprecated, reason = "as for hold_loop")]
    pub(crate) fn release_loop(&mut self, env: &Env) {
        let _ = self.0.unref(env);
    }
}
