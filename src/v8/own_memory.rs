//! The memory of this process as ranges of bytes, for the reader of V8's heap. To be used in a
//! forked child alone: there nothing is mapped, unmapped or moved but by the thread that reads.
//! Knows nothing of V8's heap; the reader interprets the ranges.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::fork::{is_copy, parse_range, read_memory};

/// Bytes of a page of memory, on the one platform that the reader has layouts for.
const PAGE_BYTES: usize = 4096;
/// Bytes of an entry of `/proc/self/pagemap`.
const ENTRY_BYTES: usize = 8;
/// Pages whose entries are read at a time: 256 KiB of entries.
const PAGES_AT_A_TIME: usize = 1 << 15;
/// The bits of an entry: the page is in memory; it is swapped out, or has a mark of the kernel's.
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
/// Untouched parts of this length are left out where a mapping is large or can be run. In bytes; V8's pages have this
/// length.
const UNTOUCHED_BYTES: usize = 256 << 10;
/// From here on a mapping is large, in bytes: to read what was never touched would give this process page tables and
/// pages of zeros for nothing. V8 writes all of what it allocates. V8 13 and later reserve 512 MiB for code.
const LARGE_BYTES: usize = 16 << 20;

/// A range of memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnRange {
    start: usize,
    length: usize,
    /// Whether the program can write it.
    pub writable: bool,
    /// Whether the program can run it.
    pub executable: bool,
    /// Whether it is the executable's own, mapped.
    pub from_file: bool,
}

/// The memory of a forked child.
pub(crate) struct OwnMemory {
    ranges: Vec<OwnRange>,
    /// Where V8 can be, beside the executable.
    libraries: Vec<PathBuf>,
    /// The list of mappings is itself in one of them, which must stay as long as the ranges are read.
    _maps: Vec<u8>,
}

impl OwnMemory {
    /// Finds what is mapped, private to this process and can be read: memory without a file, and the executable.
    ///
    /// # Errors
    ///
    /// Where this is no forked child, and those of reading `/proc/self/maps`.
    pub(crate) fn of_child() -> io::Result<Self> {
        if !is_copy() {
            return Err(io::Error::other("memwatch's reader needs a forked child"));
        }
        keep_freed_memory();
        let executable = fs::read_link("/proc/self/exe").unwrap_or_default();
        let maps = fs::read("/proc/self/maps")?;
        let lines = maps.split(|&byte| byte == b'\n');
        let mapped = lines.filter_map(|line| parse(line, &executable));
        // Some systems have no such file, or show it to root alone.
        let pagemap = File::open("/proc/self/pagemap").ok();
        let mut entries = vec![0; PAGES_AT_A_TIME * ENTRY_BYTES];
        let mut ranges = Vec::new();
        let mut libraries: Vec<PathBuf> = Vec::new();
        for line in maps.split(|&byte| byte == b'\n') {
            libraries.extend(library(line).filter(|path| libraries.last() != Some(path)));
        }
        for range in mapped {
            match &pagemap {
                Some(pagemap) if !range.from_file => {
                    range.add_readable(pagemap, &mut entries, &mut ranges);
                }
                _ => ranges.push(range),
            }
        }
        Ok(Self {
            ranges,
            libraries,
            _maps: maps,
        })
    }

    /// The ranges.
    pub(crate) fn ranges(&self) -> &[OwnRange] {
        &self.ranges
    }

    /// The libraries with V8 that distributions have for their builds of Node.js; none in an official build.
    pub(crate) fn libraries(&self) -> &[PathBuf] {
        &self.libraries
    }

    /// What is there.
    pub(crate) fn bytes(&self, range: &OwnRange) -> &[u8] {
        let start = std::ptr::with_exposed_provenance(range.start);
        // SAFETY: `of_child` saw the range mapped and readable, without pages that fault, and made sure that this
        // process is a forked child: its only thread is this one. What it frees of malloc's memory stays mapped
        // (`keep_freed_memory`), but for blocks that were mapped since then, and those are in no range.
        // malloc's own memory among the ranges changes while this thread allocates, which a shared reference does not
        // allow for; the reader takes single words of it, believes none of them, and finds V8's objects elsewhere.
        unsafe { std::slice::from_raw_parts(start, range.length) }
    }
}

/// From here on malloc gives nothing back to the system below what was mapped before.
fn keep_freed_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number of malloc's, in a process with one thread.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
    }
}

impl OwnRange {
    /// The address of the first byte.
    pub(crate) fn start(&self) -> u64 {
        self.start as u64
    }

    /// Adds the parts that can be read without a fault, and in a large mapping those that were ever touched. Where the
    /// kernel does not say, all of it. `entries` is room for [`PAGES_AT_A_TIME`] of them.
    fn add_readable(&self, pagemap: &File, entries: &mut [u8], ranges: &mut Vec<Self>) {
        let may_leave_out = self.length >= LARGE_BYTES || self.executable;
        let first = ranges.len();
        let mut at = self.start;
        let end = self.start + self.length;
        // Of the present block of untouched pages: where it begins.
        let mut untouched: Option<usize> = None;
        while at < end {
            let count = ((end - at) / PAGE_BYTES).min(PAGES_AT_A_TIME);
            let entries = &mut entries[..count * ENTRY_BYTES];
            let place = (at / PAGE_BYTES * ENTRY_BYTES) as u64;
            if count == 0 || pagemap.read_exact_at(entries, place).is_err() {
                self.extend(first, at, end, ranges);
                return;
            }
            for entry in entries.chunks_exact(ENTRY_BYTES) {
                let entry = u64::from_ne_bytes(entry.try_into().expect("eight bytes"));
                let is_there = entry & (PRESENT | SWAPPED) != 0;
                if !is_there && may_leave_out {
                    untouched.get_or_insert(at);
                } else {
                    // Short gaps are read as zeros: what stands before and behind is one range.
                    if let Some(from) = untouched.take().filter(|from| at - from < UNTOUCHED_BYTES)
                    {
                        self.extend(first, from, at, ranges);
                    }
                    // Guard pages of stacks are in no list of mappings since Linux 6.13, and fault.
                    if entry & PRESENT != 0 || entry & SWAPPED == 0 || can_read(at) {
                        self.extend(first, at, at + PAGE_BYTES, ranges);
                    }
                }
                at += PAGE_BYTES;
            }
        }
        if let Some(from) = untouched.filter(|from| end - from < UNTOUCHED_BYTES) {
            self.extend(first, from, end, ranges);
        }
    }

    /// Adds a part to the ranges from `first` on, which are this one's.
    fn extend(&self, first: usize, from: usize, to: usize, ranges: &mut Vec<Self>) {
        match ranges[first..].last_mut() {
            Some(last) if last.start + last.length == from => last.length = to - last.start,
            _ => ranges.push(Self {
                start: from,
                length: to - from,
                ..*self
            }),
        }
    }
}

/// Whether the page at an address can be read: the kernel tries, and says so where it cannot.
fn can_read(address: usize) -> bool {
    let mut byte = 0_u8;
    let from = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: there is room for the byte.
    let is_read = unsafe { read_memory((&raw mut byte).cast(), from, 1) };
    is_read || io::Error::last_os_error().raw_os_error() != Some(libc::EFAULT)
}

/// The file of a mapping, if it is called as the library with V8 is.
fn library(line: &[u8]) -> Option<PathBuf> {
    let at = line.iter().position(|&byte| byte == b'/')?;
    let path = Path::new(OsStr::from_bytes(&line[at..]));
    let name = path.file_name()?.to_str()?;
    (name.starts_with("libnode") && name.contains(".so")).then(|| path.to_owned())
}

/// `7f0000000000-7f0000001000 rw-p 00000000 00:00 0    /path`, or a name in brackets, or nothing.
fn parse(line: &[u8], executable: &Path) -> Option<OwnRange> {
    let mut fields = line.split(|&byte| byte == b' ');
    let (start, end) = parse_range(fields.next()?)?;
    let [read, write, run, b'p'] = *fields.next()? else {
        return None;
    };
    // The fields before it have neither of these.
    let name = line.iter().position(|byte| b"/[".contains(byte));
    let name = name.map(|at| &line[at..]);
    let from_file = name == Some(executable.as_os_str().as_bytes());
    // Files that are cut off while they are mapped end their reader; the executable of a process that
    // runs cannot be. The kernel's own pages (`[vvar]`) can be mapped and not read.
    let is_memory =
        name.is_none_or(|name| from_file || (name[0] == b'[' && !name.starts_with(b"[v")));
    (read == b'r' && is_memory).then_some(OwnRange {
        start,
        length: end - start,
        writable: write == b'w',
        executable: run == b'x',
        from_file,
    })
}
