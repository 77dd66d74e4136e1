//! What V8 says of its code, and the frames of JavaScript of a thread inside of `malloc`. Functions that Node exports,
//! by their C++ names; the layouts are those of `v8-callbacks.h` and `v8-unwinder.h` in Node.js 18 to 26.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Mutex;

use memwatch_native::code::CodeMap;
use memwatch_native::sampler;

#[repr(C)]
struct Event {
    kind: u32,
    code_kind: u32,
    start: u64,
    length: u64,
    script: *mut c_void,
    user: *mut Vec<(u32, u32)>,
    wasm: *mut c_void,
    /// A name and its length, or an offset and a position, or a new start.
    rest: [u64; 3],
    isolate: *mut c_void,
}

#[repr(C)]
struct Registers {
    pc: u64,
    sp: u64,
    fp: u64,
    link: u64,
    saved: *mut c_void,
}

/// Where a sample says how many frames it has, and room for the rest.
#[repr(C)]
struct Sample {
    frames: usize,
    rest: [u64; 31],
}

unsafe extern "C" {
    #[link_name = "_ZN2v87Isolate13TryGetCurrentEv"]
    fn current_isolate() -> *mut c_void;
    #[link_name = "_ZN2v87Isolate22SetJitCodeEventHandlerENS_19JitCodeEventOptionsEPFvPKNS_12JitCodeEventEE"]
    fn set_handler(isolate: *mut c_void, options: u32, handler: *const c_void);
    #[link_name = "_ZN2v87Isolate14GetStackSampleERKNS_13RegisterStateEPPvmPNS_10SampleInfoE"]
    fn stack_sample(
        isolate: *mut c_void,
        registers: *const Registers,
        frames: *mut u64,
        most: usize,
        sample: *mut Sample,
    );
}

static MAP: Mutex<Option<CodeMap>> = Mutex::new(None);

/// V8 reports all code that there is, and what changes from then on.
pub fn follow() {
    *MAP.lock().expect("no panic") = Some(CodeMap::default());
    // SAFETY: on the isolate's thread, called from JavaScript.
    unsafe { set_handler(current_isolate(), 1, on_event as *const c_void) };
}

/// Nothing is reported any more, and all is forgotten.
pub fn leave() {
    // SAFETY: as in `follow`.
    unsafe { set_handler(current_isolate(), 0, std::ptr::null()) };
    *MAP.lock().expect("no panic") = None;
}

unsafe extern "C" fn on_event(event: *mut Event) {
    sampler::allocated_without_samples(|| {
        // SAFETY: V8 passes an event that is valid for this call; it copies `user` back.
        let event = unsafe { &mut *event };
        let mut map = MAP.lock().expect("no panic");
        let Some(map) = map.as_mut() else { return };
        match event.kind {
            0 => {
                // SAFETY: the name of added code, with its length.
                let name = unsafe {
                    std::slice::from_raw_parts(event.rest[0] as *const u8, event.rest[1] as usize)
                };
                map.added(event.start, event.length, &String::from_utf8_lossy(name));
            }
            1 => map.moved(event.start, event.rest[0]),
            2 => map.removed(event.start),
            3 => {
                // SAFETY: what was set below for this recording, or null.
                if let Some(positions) = unsafe { event.user.as_mut() } {
                    positions.push((event.rest[0] as u32, event.rest[1] as u32));
                }
            }
            4 => event.user = Box::into_raw(Box::default()),
            _ if !event.user.is_null() => {
                // SAFETY: made above, and ended once.
                let positions = unsafe { Box::from_raw(event.user) };
                map.positions(event.start, *positions);
            }
            _ => {}
        }
    });
}

/// The frames of this thread: what a profiler does in the handler of a signal.
pub unsafe extern "C" fn frames(words: *mut u64, most: usize) -> usize {
    // SAFETY: reads a thread-local of V8.
    let isolate = unsafe { current_isolate() };
    if isolate.is_null() {
        return 0;
    }
    let here = &raw const words as u64;
    let registers = Registers {
        pc: frames as *const () as u64,
        sp: here,
        fp: here,
        link: 0,
        saved: null_mut(),
    };
    let mut sample = Sample {
        frames: 0,
        rest: [0; 31],
    };
    // SAFETY: the isolate of this thread; the words are as many as is said.
    unsafe { stack_sample(isolate, &registers, words, most, &raw mut sample) };
    let count = sample.frames.min(most);
    let Ok(map) = MAP.try_lock() else { return 0 };
    let Some(map) = map.as_ref() else { return 0 };
    // SAFETY: as above.
    for word in unsafe { std::slice::from_raw_parts_mut(words, count) } {
        *word = map.word(*word);
    }
    count
}

/// What words stand for, as texts.
pub fn texts(words: &[u64]) -> Vec<String> {
    let map = MAP.lock().expect("no panic");
    let frames = map
        .iter()
        .flat_map(|map| words.iter().filter_map(|&word| map.frame(word)));
    frames
        .map(|one| format!("{} {}:{}", one.function, one.file, one.line))
        .collect()
}
