//! The allocator's own functions: what the tables held before. They are set before the first hook can be called and
//! are never taken back, since a thread may be inside of a hook after the end.

use std::ffi::{c_int, c_void};
use std::mem::transmute;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// A block.
pub(super) type Block = *mut c_void;

pub(super) static MALLOC: AtomicUsize = AtomicUsize::new(0);
pub(super) static FREE: AtomicUsize = AtomicUsize::new(0);
pub(super) static CALLOC: AtomicUsize = AtomicUsize::new(0);
pub(super) static REALLOC: AtomicUsize = AtomicUsize::new(0);
pub(super) static MEMALIGN: AtomicUsize = AtomicUsize::new(0);
pub(super) static ALIGNED_ALLOC: AtomicUsize = AtomicUsize::new(0);
pub(super) static POSIX_MEMALIGN: AtomicUsize = AtomicUsize::new(0);
pub(super) static DLOPEN: AtomicUsize = AtomicUsize::new(0);
/// `malloc_usable_size`, where the allocator has it.
pub(super) static USABLE: AtomicUsize = AtomicUsize::new(0);
/// What the allocator keeps in front of a block: glibc 8 bytes, others nothing.
pub(super) static HEADER: AtomicUsize = AtomicUsize::new(0);

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident = $slot:ident ($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        $($(#[$doc])*
        ///
        /// # Safety
        ///
        /// As the C function; the slot is set.
        #[inline(always)]
        pub(crate) unsafe fn $name($($arg: $type),*) -> $result {
            // SAFETY: the slot holds the address of the function of this name and type, taken from
            // a table of the loader; the caller keeps the function's own rules.
            unsafe {
                transmute::<usize, unsafe extern "C" fn($($type),*) -> $result>($slot.load(Relaxed))($($arg),*)
            }
        })*
    };
}

functions! {
    /// `malloc`
    malloc = MALLOC(size: usize) -> Block;
    /// `free`
    free = FREE(block: Block) -> ();
    /// `calloc`
    calloc = CALLOC(count: usize, size: usize) -> Block;
    /// `realloc`
    realloc = REALLOC(block: Block, size: usize) -> Block;
    /// `memalign`
    memalign = MEMALIGN(alignment: usize, size: usize) -> Block;
    /// `aligned_alloc`
    aligned_alloc = ALIGNED_ALLOC(alignment: usize, size: usize) -> Block;
    /// `posix_memalign`
    posix_memalign = POSIX_MEMALIGN(out: *mut Block, alignment: usize, size: usize) -> c_int;
    /// `dlopen`
    dlopen = DLOPEN(name: *const std::ffi::c_char, flags: c_int) -> *mut c_void;
    /// `malloc_usable_size`
    usable = USABLE(block: Block) -> usize;
}

/// The bytes that a live block takes from the allocator.
///
/// # Safety
///
/// The block is alive, and nobody else can free it yet.
pub(super) unsafe fn held(block: Block, asked: usize) -> usize {
    if USABLE.load(Relaxed) == 0 {
        return asked;
    }
    // SAFETY: the slot is set; the block is alive as the caller says.
    let usable = unsafe { usable(block) };
    usable.max(asked) + HEADER.load(Relaxed)
}
