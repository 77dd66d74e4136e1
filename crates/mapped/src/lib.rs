//! A file as bytes without reading it. A crate of its own because mapping is unsafe, which the other
//! crates forbid: it does nothing else, and knows no format.

#![allow(unsafe_code, reason = "a file cannot be mapped without any")]

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// A mapped file.
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps the whole file.
    ///
    /// Only for the command line, whose process does nothing else, and for files that nobody
    /// changes: when a file is cut off while it is mapped, the system ends the process.
    ///
    /// # Errors
    ///
    /// The system's, where the file cannot be mapped.
    pub fn open(file: &File) -> io::Result<Self> {
        // SAFETY: the bytes are only read, and only as bytes: others who write to the
        // file meanwhile make the answer wrong, not the program. Cutting it off is
        // the caller's risk, as documented.
        let map = unsafe { Mmap::map(file) }?;
        Ok(Self(map))
    }
}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
