//! The allocations of some seconds, also of objects collected since: the profile behind `/debug/pprof/allocs`.
//! V8 has one sampler in an isolate. This one makes way for that of the suspects, whose profile is of live objects, and
//! never starts while another one runs. It produces no evidence and has no labels.

use std::cell::RefCell;

use memwatch_report::heap_profile_json;
use napi::Env;

use crate::environment;
use crate::v8::{Isolate, Sampler, read_profile};

thread_local! {
    /// Of this thread, which has one isolate. It ends with the environment at the latest: `Sites` sees to it.
    static SAMPLER: RefCell<Option<Sampler>> = const { RefCell::new(None) };
}

/// Starts it; `false` if any sampler runs already.
pub(super) fn start(isolate: Isolate, interval: u32, depth: u32) -> bool {
    let started = Sampler::start_of_all(isolate, interval, depth);
    let is_ours = started.is_some();
    if is_ours {
        SAMPLER.set(started);
    }
    is_ours
}

/// Whether it runs, so that what V8 has sampled is not what is alive.
pub(super) fn run() -> bool {
    SAMPLER.with_borrow(Option::is_some)
}

/// Ends it, if it runs.
pub(super) fn end() {
    SAMPLER.take();
}

/// What it has sampled as the text of a `.heapprofile`, and its end; `None` where it was ended before.
pub(super) fn take(env: Env, isolate: Isolate) -> Option<String> {
    let _ends_here = SAMPLER.take()?;
    let profile = environment::without_counting(|| read_profile(env, isolate))?;
    Some(heap_profile_json(&profile))
}
