//! What stands in for the allocator's functions. Each does two things: counts the bytes down, and calls the real one.
//! The rest is in `record`, which is called once in half a MiB.

use std::ffi::{c_char, c_int, c_void};

use super::live::may_be_sampled;
use super::real::{self, Block};
use super::record::{due, freed, sampled, slow_realloc};

/// Records what `allocate` returns, where a sample is due.
macro_rules! counted {
    ($size:expr, $allocate:expr) => {{
        let size = $size;
        if !due(size) {
            return $allocate;
        }
        sampled(size, || $allocate)
    }};
}

pub(super) unsafe extern "C" fn malloc(size: usize) -> Block {
    // SAFETY: the caller's call of `malloc`, passed on.
    counted!(size, unsafe { real::malloc(size) })
}

pub(super) unsafe extern "C" fn calloc(count: usize, size: usize) -> Block {
    let Some(bytes) = count.checked_mul(size) else {
        // SAFETY: the caller's call: the real one refuses it and sets errno.
        return unsafe { real::calloc(count, size) };
    };
    // SAFETY: the caller's call, passed on.
    counted!(bytes, unsafe { real::calloc(count, size) })
}

pub(super) unsafe extern "C" fn free(block: Block) {
    if may_be_sampled(block as usize) {
        freed(block as usize);
    }
    // SAFETY: the caller's call, passed on; the entry is gone before somebody else gets the address.
    unsafe { real::free(block) }
}

pub(super) unsafe extern "C" fn realloc(block: Block, size: usize) -> Block {
    // An entry under the null address does not exist; `realloc` of it is `malloc`.
    let is_due = size != 0 && due(size);
    if is_due || (!block.is_null() && may_be_sampled(block as usize)) {
        // SAFETY: the caller's call, passed on.
        return unsafe { slow_realloc(block, size, is_due) };
    }
    // SAFETY: as above.
    unsafe { real::realloc(block, size) }
}

pub(super) unsafe extern "C" fn memalign(alignment: usize, size: usize) -> Block {
    // SAFETY: the caller's call, passed on; this hook is set only where the allocator has the function.
    counted!(size, unsafe { real::memalign(alignment, size) })
}

pub(super) unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> Block {
    // SAFETY: as in `memalign`.
    counted!(size, unsafe { real::aligned_alloc(alignment, size) })
}

pub(super) unsafe extern "C" fn posix_memalign(
    out: *mut Block,
    alignment: usize,
    size: usize,
) -> c_int {
    if !due(size) {
        // SAFETY: the caller's call, passed on.
        return unsafe { real::posix_memalign(out, alignment, size) };
    }
    let mut result = 0;
    sampled(size, || {
        // SAFETY: the caller's call, passed on.
        result = unsafe { real::posix_memalign(out, alignment, size) };
        if result == 0 {
            // SAFETY: where it succeeds it has written `out`.
            unsafe { *out }
        } else {
            std::ptr::null_mut()
        }
    });
    result
}

/// A module that comes later gets its hooks.
pub(super) unsafe extern "C" fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void {
    // SAFETY: the caller's call, passed on. It is set in the table of the program alone, which has no search path of its
    // own, so that it does not matter who calls.
    let handle = unsafe { real::dlopen(name, flags) };
    if !handle.is_null() {
        super::refresh();
    }
    handle
}
