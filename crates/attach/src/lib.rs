//! The memory of another process as it was at one moment, read from outside: the process has loaded nothing of
//! memwatch's. Linux on x64; elsewhere every call fails with that reason.
//!
//! | module | what it does |
//! | --- | --- |
//! | `process` | what the kernel says of a process, without stopping it |
//! | `mapping` | what a process has mapped |
//! | `stop` | all threads stop, and go on |
//! | `reaper` | the end of traced threads is taken note of, whatever the tracer waits for |
//! | `calls` | a stopped thread makes calls to the system, and then stands where it stood |
//! | `child` | a copy-on-write child of the process, which never runs |
//! | `copy` | what is in memory, as bytes |
//! | `freeze` | the whole: stop, child, go on, copy, take the child away |
//! | `signals` | what would end this process waits until the other one is as it was |
//! | `error` | why there is no memory |
//!
//! No code and no memory of the process is changed. Whatever fails, it continues unchanged: its registers, its blocked
//! signals, its marks on memory, its children. The content of the memory is not interpreted here.

#![allow(
    unsafe_code,
    reason = "ptrace, calls to the system, and a child that never runs"
)]

mod error;
mod mapping;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod calls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod child;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod copy;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod freeze;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod process;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod reaper;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod refused;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod signals;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod stop;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod elsewhere;

pub use error::{AttachError, AttachErrorKind};
pub use mapping::Mapping;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub use elsewhere::Process;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use process::Process;

/// The memory of a process at one moment.
#[derive(Debug, Default)]
pub struct Frozen {
    /// Memory that is the process's own, without the read-only parts of files.
    pub ranges: Vec<FrozenRange>,
    /// First addresses and those after the last of what could not be read.
    pub missing: Vec<(u64, u64)>,
    /// Each thread's stack, the main thread's first.
    pub stacks: Vec<FrozenStack>,
    /// Everything that was mapped.
    pub mappings: Vec<Mapping>,
}

/// A thread's stack, by its registers.
#[derive(Clone, Copy, Debug)]
pub struct FrozenStack {
    /// Where it ends.
    pub pointer: u64,
    /// Where the C library has what is the thread's own: right above the stack, or elsewhere.
    pub thread_data: u64,
}

/// A part of it.
#[derive(Debug)]
pub struct FrozenRange {
    /// The address of the first byte.
    pub start: u64,
    /// What is there.
    pub bytes: Vec<u8>,
    /// Whether the process could write it.
    pub writable: bool,
    /// Whether the process could run it.
    pub executable: bool,
}
