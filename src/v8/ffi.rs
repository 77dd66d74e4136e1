//! `shim.h` in Rust: the same names in the same order. Nothing else.

use std::ffi::c_void;

/// `MW_STATISTICS_FIELDS`.
pub(super) const STATISTICS_FIELDS: usize = 14;

pub(super) type GcCallback =
    unsafe extern "C" fn(data: *mut c_void, phase: u32, gc_type: u32, statistics: *const u64);

#[repr(C)]
pub(super) struct GcHook {
    pub callback: GcCallback,
    pub data: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Node {
    pub shallow_size: u64,
    pub id: u32,
    pub edge_count: u32,
    pub node_type: u32,
    pub reserved: u32,
}

const _: () = assert!(size_of::<GcHook>() == 2 * size_of::<*const c_void>());
const _: () = assert!(size_of::<Node>() == 24);

pub(super) type WriteCallback =
    unsafe extern "C" fn(data: *mut c_void, bytes: *const u8, count: usize) -> u32;

pub(super) type ProgressCallback =
    unsafe extern "C" fn(data: *mut c_void, done: u32, total: u32) -> u32;

unsafe extern "C" {
    pub(super) fn mw_isolate_current() -> *mut c_void;
    pub(super) fn mw_heap_statistics(isolate: *mut c_void, statistics: *mut u64);
    pub(super) fn mw_collect(isolate: *mut c_void);
    pub(super) fn mw_thread_cpu_ns() -> u64;
    pub(super) fn mw_memory_pressure(isolate: *mut c_void, is_moderate: u32);

    pub(super) fn mw_gc_hook_add(isolate: *mut c_void, hook: *mut GcHook);
    pub(super) fn mw_gc_hook_remove(isolate: *mut c_void, hook: *mut GcHook);

    pub(super) fn mw_snapshot_take(
        isolate: *mut c_void,
        progress: Option<ProgressCallback>,
        data: *mut c_void,
    ) -> *const c_void;
    pub(super) fn mw_snapshot_delete(snapshot: *const c_void);
    pub(super) fn mw_snapshot_node_count(snapshot: *const c_void) -> u32;
    pub(super) fn mw_snapshot_root_id(snapshot: *const c_void) -> u32;
    pub(super) fn mw_snapshot_read(
        snapshot: *const c_void,
        first: u32,
        count: u32,
        nodes: *mut Node,
        to_ids: *mut u32,
        edge_types: *mut u8,
        room: usize,
    ) -> u32;
    pub(super) fn mw_snapshot_serialize(
        snapshot: *const c_void,
        write: WriteCallback,
        data: *mut c_void,
    );
    pub(super) fn mw_snapshot_node_name(snapshot: *const c_void, ordinal: u32) -> *mut c_void;
    pub(super) fn mw_object_id(isolate: *mut c_void, napi_value: *mut c_void) -> u32;
    pub(super) fn mw_object_ids_any(isolate: *mut c_void) -> u32;
    pub(super) fn mw_object_ids_clear(isolate: *mut c_void);
}
