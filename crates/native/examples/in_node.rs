//! The sampler as an addon of its own, for `tests/in_node.rs`: start, stop, what it found, and the truth. It is no part
//! of what is published, and answers with JSON as text.
#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#![allow(unsafe_code, reason = "Node-API is called by hand")]

use std::ffi::{CStr, c_char, c_void};
use std::fmt::Write as _;
use std::ptr::null_mut;

use memwatch_native::sampler::{self, Options};
use memwatch_native::{naming, sites};

type Value = *mut c_void;
type Callback = unsafe extern "C" fn(Value, Value) -> Value;

unsafe extern "C" {
    fn napi_create_function(
        env: Value,
        name: *const c_char,
        length: usize,
        callback: Callback,
        data: Value,
        result: *mut Value,
    ) -> i32;
    fn napi_set_named_property(env: Value, object: Value, name: *const c_char, value: Value)
    -> i32;
    fn napi_get_cb_info(
        env: Value,
        info: Value,
        count: *mut usize,
        arguments: *mut Value,
        this: *mut Value,
        data: *mut Value,
    ) -> i32;
    fn napi_get_value_double(env: Value, value: Value, result: *mut f64) -> i32;
    fn napi_create_string_utf8(
        env: Value,
        text: *const c_char,
        length: usize,
        result: *mut Value,
    ) -> i32;
}

fn text(env: Value, text: &str) -> Value {
    let mut value = null_mut();
    // SAFETY: the environment of the call that runs; the text has the length that is passed.
    unsafe { napi_create_string_utf8(env, text.as_ptr().cast(), text.len(), &raw mut value) };
    value
}

/// `start(meanBytes)`: how many words were changed, or why none was.
unsafe extern "C" fn start(env: Value, info: Value) -> Value {
    let (mut count, mut argument, mut mean) = (1, null_mut(), 0.0);
    // SAFETY: the environment and the call that run.
    unsafe {
        napi_get_cb_info(
            env,
            info,
            &raw mut count,
            &raw mut argument,
            null_mut(),
            null_mut(),
        )
    };
    // SAFETY: as above.
    unsafe { napi_get_value_double(env, argument, &raw mut mean) };
    let started = sampler::start(Options {
        mean_bytes: mean as u64,
        adapts: false,
        javascript: None,
    });
    match started {
        Ok(changed) => text(env, &changed.to_string()),
        Err(refused) => text(env, refused.code()),
    }
}

/// `stop()`: how many words have their value again.
unsafe extern "C" fn stop(env: Value, _info: Value) -> Value {
    text(env, &sampler::stop().to_string())
}

/// `report()`: the rows.
unsafe extern "C" fn report(env: Value, _info: Value) -> Value {
    let Some(reading) = sampler::read() else {
        return text(env, "null");
    };
    let named = naming::name(&reading);
    let mut json = format!(
        "{{\"samples\":{},\"dropped\":{},\"withoutStack\":{},\"rows\":[",
        reading.samples, reading.dropped, reading.without_stack
    );
    let rows = sites::rows(&reading, |address| named.frame(address), |_| None);
    for (index, row) in rows.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(
            json,
            "{comma}{{\"function\":{:?},\"stack\":{:?},\"liveBytes\":{},\"plusMinusBytes\":{},\"samples\":{}}}",
            row.function, row.stack, row.live_bytes, row.plus_minus_bytes, row.samples
        );
    }
    json.push_str("]}");
    text(env, &json)
}

/// `inUse()`: what malloc has in use, as glibc counts it.
unsafe extern "C" fn in_use(env: Value, _info: Value) -> Value {
    // SAFETY: reads the C library's own numbers.
    let numbers = unsafe { libc::mallinfo2() };
    text(env, &(numbers.uordblks + numbers.hblkhd).to_string())
}

/// `table()`: the words that belong to the allocator.
unsafe extern "C" fn table(env: Value, _info: Value) -> Value {
    text(env, &format!("{:?}", sampler::table()))
}

/// Node loads the addon.
///
/// # Safety
///
/// As Node-API says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn napi_register_module_v1(env: Value, exports: Value) -> Value {
    let functions: [(&CStr, Callback); 5] = [
        (c"start", start),
        (c"stop", stop),
        (c"report", report),
        (c"inUse", in_use),
        (c"table", table),
    ];
    for (name, callback) in functions {
        let mut function = null_mut();
        let length = name.to_bytes().len();
        // SAFETY: the environment that loads the addon; names end with a zero.
        unsafe {
            napi_create_function(
                env,
                name.as_ptr(),
                length,
                callback,
                null_mut(),
                &raw mut function,
            )
        };
        // SAFETY: as above; the function was just made.
        unsafe { napi_set_named_property(env, exports, name.as_ptr(), function) };
    }
    exports
}
