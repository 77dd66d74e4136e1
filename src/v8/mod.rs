//! The safe interface to V8, and the only unsafe code except for the memory map of a file (`crates/mapped`).
//!
//! It hands out plain data only and decides nothing about it. Everything here
//! belongs to the isolate of the calling thread: the types are neither `Send`
//! nor `Sync`.

mod allocator;
mod at_end;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod code_events;
mod export;
mod ffi;
mod ffi_sampler;
#[cfg(target_os = "linux")]
mod fork;
#[cfg(not(target_os = "linux"))]
#[path = "fork/elsewhere.rs"]
mod fork;
mod gc_hook;
mod host;
mod isolate;
#[cfg(windows)]
mod named_lock;
mod near_heap_limit;
mod object;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod own_memory;
mod sampler;
mod signal;
mod snapshot;
mod system_memory;
mod text;

pub(crate) use allocator::release_free_memory;
pub(crate) use at_end::AtEnd;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
pub(crate) use code_events::CodeEvents;
pub(crate) use export::{Export, wrong_this};
pub(crate) use fork::{
    CAN_FORK, Child, Ending, Killer, Ready, Refused, STUCK, Terms, fork, is_copy, signals,
};
pub(crate) use gc_hook::{GcEvent, GcHook};
pub(crate) use host::{missing_function, stay_loaded};
pub(crate) use isolate::{Isolate, NoIsolate, thread_cpu_ns};
#[cfg(windows)]
pub use named_lock::{Attempt, NamedLock};
pub(crate) use near_heap_limit::{NearHeapLimit, NewLimit, Next};
pub(crate) use object::TrackedObject;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) use own_memory::OwnMemory;
pub(crate) use sampler::{Sampler, function_place, read_profile};
pub(crate) use signal::SignalWatch;
pub(crate) use snapshot::{HeapSnapshot, Rows};
pub(crate) use system_memory::{ProcessLimit, free_bytes, process_limit, resident_bytes};
