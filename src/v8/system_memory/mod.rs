//! The memory numbers of systems that have no files for them, as Linux has: by system calls. It has nothing to do
//! with V8; it is here because to call them is unsafe, and all unsafe code is here. Reads alone, allocates nothing, and
//! decides nothing.

#[cfg_attr(windows, path = "windows.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(not(any(windows, target_os = "macos")), path = "elsewhere.rs")]
mod calls;

pub(crate) use calls::{free_bytes, process_limit, resident_bytes};

/// A limit that the system has set on this process and perhaps others with it. Sizes are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "made where the system has such a limit")]
pub(crate) struct ProcessLimit {
    /// Its size.
    pub bytes: u64,
    /// What counts against it by now.
    pub used: u64,
}
