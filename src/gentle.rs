//! How V8 is requested to run a full GC that it marks concurrently: the forced GC.
//! The trend decides when one is needed; `environment/forced` handles the rest.
//!
//! Two ways, and neither changes the state of V8 permanently:
//!
//! - *Memory outside of the heap*: for the length of one call so much more is reported to V8 that
//!   it begins to mark, as it does for a program that creates many Buffers. Node-API's own call.
//! - *Memory pressure*, at the moderate level. V8 then also makes the young generation as small
//!   as it can be and moves more together: some 500 MB cost the main thread twice as much, and
//!   for two seconds there are five times as many scavenges. So it is the second choice, for
//!   small limits, where the first could stop the program, and where the first did nothing.

use std::cell::Cell;

use napi::Env;

use crate::v8::Isolate;

/// The external memory reported to V8, in bytes: above the 64 MiB since the last full collection at which it
/// begins to mark (`kExternalAllocationSoftLimit`, the same from V8 10 to 14).
const ASKED_BYTES: i64 = 65 << 20;

/// The least heap limit with which it is reported, in bytes. At half of the limit V8 collects at
/// once, and up to 64 MiB may have come since the last full collection already.
const LEAST_LIMIT: u64 = 384 << 20;

/// The way that is taken in one environment.
pub(crate) struct Gentle {
    env: Env,
    isolate: Isolate,
    /// V8 collected immediately when external memory was reported: it does where it was started
    /// with `--no-incremental-marking`.
    stops: Cell<bool>,
}

impl Gentle {
    pub(crate) fn new(env: Env, isolate: Isolate) -> Self {
        Self {
            env,
            isolate,
            stops: Cell::new(false),
        }
    }

    /// Asks V8, on the event loop, and never inside a collection; [`Self::take_back`] has to
    /// follow. `is_marking` and `has_swept` say what came of it so far.
    pub(crate) fn ask(&self, is_marking: impl Fn() -> bool, has_swept: impl Fn() -> bool) {
        if !self.stops.get() && self.isolate.statistics().heap_size_limit >= LEAST_LIMIT {
            self.pretend();
            if has_swept() {
                self.stops.set(true);
                return;
            }
        }
        if !is_marking() {
            self.isolate.press();
        }
    }

    /// V8 no longer thinks that memory is short.
    pub(crate) fn take_back(&self) {
        self.isolate.relieve();
    }

    fn pretend(&self) {
        // It fails while the environment ends, and has then changed nothing in V8. The number of
        // external memory in V8's statistics counts what it allocated itself, and stays.
        if self.env.adjust_external_memory(ASKED_BYTES).is_ok() {
            let _ = self.env.adjust_external_memory(-ASKED_BYTES);
        }
    }
}
