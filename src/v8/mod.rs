//! The safe face of V8, and the only place in the project with unsafe code.
//!
//! It hands out plain data only and decides nothing about it. Everything here
//! belongs to the isolate of the calling thread: the types are neither `Send`
//! nor `Sync`.

mod ffi;
mod ffi_sampler;
mod gc_hook;
mod isolate;
mod mapped_file;
mod object;
mod sampler;
mod snapshot;
mod text;

pub use gc_hook::{GcEvent, GcHook};
pub use isolate::{Isolate, thread_cpu_ns};
pub use mapped_file::MappedFile;
pub use object::TrackedObject;
pub use sampler::{Sampler, read_profile};
pub use snapshot::{HeapSnapshot, Rows};
