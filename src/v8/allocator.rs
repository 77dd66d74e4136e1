//! The allocator that V8, Node and this addon share. It has nothing to do with V8; it is here
//! because to call it is unsafe, and all unsafe code is here.

/// Gives the system back what is free between what is in use. It takes a third of a second for
/// each GiB, and other threads that allocate may wait for it.
///
/// glibc alone is asked: it keeps what is free below anything that is in use. What others keep
/// is not known, and Node's own builds use the system's.
pub(crate) fn release_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: may be called on any thread at any time, and changes nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}
