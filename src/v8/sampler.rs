//! V8's sampling heap profiler: start, stop, and live objects as plain data. An isolate
//! has one at most, whichever client started it; the caller handles that.

use std::collections::HashMap;
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use memwatch_detector::sites::{Function, Node, Profile, Sample};
use napi::{Env, JsValue, sys};

use super::ffi_sampler as ffi;
use super::isolate::Isolate;
use super::text::{HandleScope, TextBuffer};

/// Calls of a profile that are read at most: many times what a large program has with
/// the deepest stacks. What is beyond them is left out.
const MOST_CALLS: usize = 100_000;

/// Bytes of one sample: four fields, and a fifth from V8 14 on (Node 26: 14.6, Node 25:
/// 14.1 has four).
const SAMPLE_BYTES: usize = 32;
const SAMPLE_BYTES_WITH_LIVENESS: usize = 40;

/// The first V8 whose samples say whether they are alive.
const LIVENESS_SINCE: (u32, u32) = (14, 2);

/// `kSamplingIncludeObjectsCollectedByMajorGC` and `kSamplingIncludeObjectsCollectedByMinorGC`, the same numbers in
/// Node 20 to 26.
const KEEPS_COLLECTED: i32 = 1 << 1 | 1 << 2;

/// A sampler that we started. It stops when dropped, which must be before the
/// environment ends: Node 24 crashes otherwise.
pub(crate) struct Sampler {
    isolate: Isolate,
}

impl Sampler {
    /// Samples about one allocation in each `interval` bytes, with the innermost
    /// `depth` frames. `None` when a sampler runs already.
    pub(crate) fn start(isolate: Isolate, interval: u32, depth: u32) -> Option<Self> {
        Self::start_with(isolate, interval, depth, 0)
    }

    /// The same, and what was collected stays in the profile: from Node 20 on. That of Node 18 leaves the flags out of
    /// account, so there it must not be called.
    pub(crate) fn start_of_all(isolate: Isolate, interval: u32, depth: u32) -> Option<Self> {
        Self::start_with(isolate, interval, depth, KEEPS_COLLECTED)
    }

    fn start_with(isolate: Isolate, interval: u32, depth: u32, flags: i32) -> Option<Self> {
        let depth = i32::try_from(depth).unwrap_or(i32::MAX);
        // SAFETY: on the isolate's thread, called from JavaScript.
        let started = unsafe {
            ffi::mw_sampler_start(isolate.as_ptr(), u64::from(interval.max(1)), depth, flags)
        };
        // Not `then_some`: one that is made is stopped, and it would be somebody else's.
        (started != 0).then(|| Self { isolate })
    }

    /// Whether any sampler runs. V8 does not report it, but it starts no second
    /// one; one that it did start is stopped immediately. Takes no profile, for which
    /// an inspector's would collect the whole heap.
    pub(crate) fn runs(isolate: Isolate) -> bool {
        Self::start(isolate, u32::MAX, 1).is_none()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        // SAFETY: the owner drops this on the isolate's thread while it lives, at the
        // latest in the environment's clean-up. Stopping what runs no more is nothing.
        unsafe { ffi::mw_sampler_stop(self.isolate.as_ptr()) };
    }
}

/// The contents of the running sampler, from any client; `None` when none runs. Not
/// inside a collection: names are made on V8's heap. An inspector's sampler collects
/// the whole heap first.
pub(crate) fn read_profile(env: Env, isolate: Isolate) -> Option<Profile> {
    let scope = HandleScope::open(env)?;
    // SAFETY: on the isolate's thread, called from JavaScript; the handles go into the
    // scope just opened.
    let profile = NonNull::new(unsafe { ffi::mw_profile_take(isolate.as_ptr()) })?;
    let profile = TakenProfile(profile);
    let mut reading = Reading::new(&scope);
    // SAFETY: the profile lives until the end of this function, and so does its tree.
    reading.read_tree(unsafe { ffi::mw_profile_root(profile.0.as_ptr()) });
    reading.read_samples(&profile);
    Some(reading.profile)
}

/// Where a function begins, as in a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionPlace {
    /// V8's number for the script.
    pub script_id: i32,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// Functions that are bound to call a function that is bound: more are none of a framework's.
const MOST_BOUND: usize = 4;

/// The place of a function, of a bound one that of what it calls. `None` for what is no function, and for one without a
/// script: V8's own, or of native code.
pub(crate) fn function_place<'a>(value: &impl JsValue<'a>) -> Option<FunctionPlace> {
    let given = value.value();
    let mut function = given.value;
    for _ in 0..MOST_BOUND {
        let mut kind = sys::ValueType::napi_undefined;
        // SAFETY: the environment is that of the call that is running, and so is the scope of the value.
        let status = unsafe { sys::napi_typeof(given.env, function, &raw mut kind) };
        if status != sys::Status::napi_ok || kind != sys::ValueType::napi_function {
            return None;
        }
        let (mut line, mut column) = (0, 0);
        // SAFETY: a napi_value is a Local, here of a function; V8 only looks it up, and writes the two numbers.
        let script_id =
            unsafe { ffi::mw_function_place(function.cast(), &raw mut line, &raw mut column) };
        if script_id > 0 {
            let known = |number: i32| u32::try_from(number).ok().filter(|&number| number > 0);
            return Some(FunctionPlace {
                script_id,
                line: known(line)?,
                column: known(column)?,
            });
        }
        // SAFETY: as above; the handle goes into the scope of the call that is running.
        function = unsafe { ffi::mw_bound_function(function.cast()) }.cast();
    }
    None
}

/// V8 hands the profile over; it is deleted with this.
struct TakenProfile(NonNull<c_void>);

impl Drop for TakenProfile {
    fn drop(&mut self) {
        // SAFETY: handed over to us and deleted once.
        unsafe { ffi::mw_profile_delete(self.0.as_ptr()) };
    }
}

/// A profile on its way from V8's tree to columns.
struct Reading<'a> {
    scope: &'a HandleScope,
    text: TextBuffer,
    profile: Profile,
    /// Functions by script and position. Each has its names read once, however many
    /// calls it has: a name costs more than all the rest of a call.
    functions: HashMap<(i32, i32), usize>,
    natives: HashMap<String, usize>,
    scripts: HashMap<i32, String>,
    /// Calls by V8's numbers.
    places: HashMap<u32, usize>,
}

impl<'a> Reading<'a> {
    fn new(scope: &'a HandleScope) -> Self {
        Self {
            scope,
            text: TextBuffer::default(),
            profile: Profile::default(),
            functions: HashMap::new(),
            natives: HashMap::new(),
            scripts: HashMap::new(),
            places: HashMap::new(),
        }
    }

    /// Reads the tree, callers before callees.
    fn read_tree(&mut self, root: *const c_void) {
        let mut waiting = vec![(None, root)];
        while let Some((caller, call)) = waiting.pop() {
            if self.profile.nodes.len() == MOST_CALLS {
                break;
            }
            if call.is_null() {
                continue;
            }
            let mut out = MaybeUninit::<ffi::Call>::uninit();
            // SAFETY: `call` is a node of the profile, which outlives this.
            unsafe { ffi::mw_profile_call(call, out.as_mut_ptr()) };
            // SAFETY: the shim has written every field.
            let call = unsafe { out.assume_init() };
            let place = self.read_call(caller, &call);
            // SAFETY: V8's own vectors of as many elements; only read, and not null
            // where there is an element.
            let callees = unsafe { slice(call.callees, call.callee_count) };
            waiting.extend(callees.iter().rev().map(|&callee| (Some(place), callee)));
        }
    }

    fn read_call(&mut self, caller: Option<usize>, call: &ffi::Call) -> usize {
        // SAFETY: as for the callees.
        let allocations = unsafe { slice(call.allocations, call.allocation_count) };
        let (mut self_bytes, mut self_count) = (0_u64, 0_u64);
        for allocation in allocations {
            let count = u64::from(allocation.count);
            self_bytes = self_bytes.saturating_add(allocation.size.saturating_mul(count));
            self_count = self_count.saturating_add(count);
        }
        let function = self.function(call);
        let place = self.profile.nodes.len();
        self.places.insert(call.id, place);
        self.profile.nodes.push(Node {
            caller,
            function,
            id: call.id,
            self_bytes,
            self_count,
        });
        place
    }

    fn function(&mut self, call: &ffi::Call) -> usize {
        let key = (call.script_id, call.start_position);
        // V8's own have no script; their name alone tells them apart.
        let has_script = call.script_id != 0;
        if let Some(&known) = self.functions.get(&key).filter(|_| has_script) {
            return known;
        }
        // SAFETY: a handle of the profile, made in the scope.
        let name = unsafe { self.text.read(self.scope, call.name) }.into_owned();
        if let Some(&known) = self.natives.get(&name).filter(|_| !has_script) {
            return known;
        }
        let script = match self.scripts.get(&call.script_id) {
            Some(script) => script.clone(),
            None => {
                // SAFETY: as above.
                let script = unsafe { self.text.read(self.scope, call.script_name) }.into_owned();
                self.scripts.insert(call.script_id, script.clone());
                script
            }
        };
        let index = self.profile.functions.len();
        match has_script {
            true => self.functions.insert(key, index),
            false => self.natives.insert(name.clone(), index),
        };
        self.profile.functions.push(Function {
            name,
            script,
            script_id: call.script_id,
            line: u32::try_from(call.line).unwrap_or(0),
            column: u32::try_from(call.column).unwrap_or(0),
        });
        index
    }

    /// Reads the samples, if they are laid out as this V8's are known to be.
    fn read_samples(&mut self, profile: &TakenProfile) {
        let mut length = 0;
        // SAFETY: the profile is alive, and the length is on this stack.
        let begin = unsafe { ffi::mw_profile_samples(profile.0.as_ptr(), &raw mut length) };
        // SAFETY: V8's own vector and its length in bytes; it lives as long as the profile.
        let bytes = unsafe { slice(begin, length) };
        let has_liveness = v8_version() >= LIVENESS_SINCE;
        let stride = if has_liveness {
            SAMPLE_BYTES_WITH_LIVENESS
        } else {
            SAMPLE_BYTES
        };
        if bytes.len() % stride != 0 {
            return;
        }
        let mut strangers = 0_usize;
        for sample in bytes.chunks_exact(stride) {
            let u32_at =
                |at: usize| u32::from_ne_bytes(sample[at..at + 4].try_into().unwrap_or_default());
            let u64_at =
                |at: usize| u64::from_ne_bytes(sample[at..at + 8].try_into().unwrap_or_default());
            if has_liveness && sample[32] == 0 {
                continue;
            }
            let Some(&node) = self.places.get(&u32_at(0)) else {
                strangers += 1;
                continue;
            };
            self.profile.samples.push(Sample {
                node,
                bytes: u64_at(8).saturating_mul(u64::from(u32_at(16))),
                id: u64_at(24),
            });
        }
        // V8 allocates names on its heap between the tree and the samples, so a few of these are of calls that the tree
        // does not have yet. Where most are, this V8 has another layout, and no sample means anything.
        let is_whole = self.profile.nodes.len() < MOST_CALLS;
        if is_whole && strangers > self.profile.samples.len() {
            self.profile.samples.clear();
        }
    }
}

/// # Safety
/// As for `slice::from_raw_parts`; null is allowed where there is no element.
unsafe fn slice<'a, T>(begin: *const T, length: usize) -> &'a [T] {
    if length == 0 || begin.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(begin, length) }
}

/// The first two numbers of V8's version.
fn v8_version() -> (u32, u32) {
    // SAFETY: a plain question.
    let text = unsafe { ffi::mw_v8_version() };
    // SAFETY: a constant text of V8's.
    let text = unsafe { CStr::from_ptr(text) };
    let text = text.to_str().unwrap_or("");
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
