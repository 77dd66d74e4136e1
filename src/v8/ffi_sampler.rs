//! `shim_sampler.h` in Rust: the same names in the same order. Nothing else.

use std::ffi::{c_char, c_void};

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Allocation {
    pub size: u64,
    pub count: u32,
    pub reserved: u32,
}

#[repr(C)]
pub(super) struct Call {
    pub name: *mut c_void,
    pub script_name: *mut c_void,
    pub callees: *const *const c_void,
    pub allocations: *const Allocation,
    pub callee_count: usize,
    pub allocation_count: usize,
    pub id: u32,
    pub script_id: i32,
    pub start_position: i32,
    pub line: i32,
    pub column: i32,
    pub reserved: u32,
}

const _: () = assert!(size_of::<Allocation>() == 16);
const _: () = assert!(size_of::<Call>() == 6 * size_of::<usize>() + 24);

unsafe extern "C" {
    pub(super) fn mw_sampler_start(
        isolate: *mut c_void,
        interval: u64,
        depth: i32,
        flags: i32,
    ) -> u32;
    pub(super) fn mw_sampler_stop(isolate: *mut c_void);

    pub(super) fn mw_profile_take(isolate: *mut c_void) -> *mut c_void;
    pub(super) fn mw_profile_delete(profile: *mut c_void);
    pub(super) fn mw_profile_root(profile: *mut c_void) -> *const c_void;
    pub(super) fn mw_profile_call(call: *const c_void, out: *mut Call);
    pub(super) fn mw_profile_samples(profile: *mut c_void, bytes: *mut usize) -> *const u8;

    pub(super) fn mw_function_place(
        napi_value: *mut c_void,
        line: *mut i32,
        column: *mut i32,
    ) -> i32;
    pub(super) fn mw_bound_function(napi_value: *mut c_void) -> *mut c_void;

    pub(super) fn mw_v8_version() -> *const c_char;
}
