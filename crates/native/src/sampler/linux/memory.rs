//! Room for the tables: taken once, kept for good, real only where it was written. A thread may still look into a table
//! after the end, so none is ever given back; `forget` makes all of it zero again.

use std::ptr::{NonNull, null_mut};

/// An array of zeroes that is never freed.
pub(super) struct Room<T> {
    first: NonNull<T>,
    length: usize,
}

// SAFETY: the elements are atomics, or written and read under a protocol that their users state.
unsafe impl<T> Sync for Room<T> {}
// SAFETY: as above; the memory belongs to no thread.
unsafe impl<T> Send for Room<T> {}

impl<T> Room<T> {
    /// `None` where the system refuses.
    pub(super) fn take(length: usize) -> Option<Self> {
        // SAFETY: a new private mapping. All T here are valid when all bits are zero.
        let first = unsafe {
            libc::mmap(
                null_mut(),
                length * size_of::<T>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if first == libc::MAP_FAILED {
            return None;
        }
        NonNull::new(first.cast()).map(|first| Self { first, length })
    }

    /// The element; an index that is too large gives the last one.
    pub(super) fn at(&self, index: usize) -> NonNull<T> {
        let index = index.min(self.length - 1);
        // SAFETY: inside of the mapping.
        unsafe { self.first.add(index) }
    }

    /// A shared element, for types of atomics.
    ///
    /// # Safety
    ///
    /// Nobody has an exclusive reference to it.
    pub(super) unsafe fn get(&self, index: usize) -> &T {
        // SAFETY: inside of the mapping, which is never unmapped; the rest is the caller's.
        unsafe { self.at(index).as_ref() }
    }

    /// Gives the pages back: all elements are zero again.
    pub(super) fn forget(&self) {
        // SAFETY: the whole of our own mapping; atomics read zero from then on.
        unsafe {
            libc::madvise(
                self.first.as_ptr().cast(),
                self.length * size_of::<T>(),
                libc::MADV_DONTNEED,
            )
        };
    }
}
