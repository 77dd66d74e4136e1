//! A file as bytes without reading it. It has nothing to do with V8; it is here
//! because mapping is unsafe, and all unsafe code is here.

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// A mapped file.
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps the whole file.
    ///
    /// Only for the command line, whose process does nothing else: when somebody
    /// cuts the file off while it is mapped, the system ends the process.
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
