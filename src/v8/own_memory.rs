//! The memory of this process as ranges of bytes, for the reader of V8's heap. To be used in a
//! forked child alone: there nothing is mapped, unmapped or moved but by the thread that reads.
//! Knows nothing of V8's heap; what a range holds is its reader's to find out.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::fork::{is_copy, parse_range};

/// Bytes of a page of memory, on the one platform that the reader has layouts for.
const PAGE_BYTES: usize = 4096;
/// Bytes of an entry of `/proc/self/pagemap`.
const ENTRY_BYTES: usize = 8;
/// The bits of an entry that say that the page is in memory, or swapped out.
const PRESENT: u64 = 0b11 << 62;
/// Of mappings that can be run, untouched parts of this length are left out: V8 13 and later reserve
/// 512 MiB for code. In bytes; V8's pages have this length, so none is cut.
const UNTOUCHED_BYTES: usize = 256 << 10;

/// A range of memory.
#[derive(Clone, Copy, Debug)]
pub struct OwnRange {
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
pub struct OwnMemory {
    ranges: Vec<OwnRange>,
}

impl OwnMemory {
    /// Finds what is mapped, private to this process and can be read: memory without a file, and the executable.
    ///
    /// # Errors
    ///
    /// Where this is no forked child, and those of reading `/proc/self`.
    pub fn of_child() -> io::Result<Self> {
        if !is_copy() {
            return Err(io::Error::other(
                "the memory of a running program changes while it is read",
            ));
        }
        let executable = fs::read_link("/proc/self/exe").unwrap_or_default();
        let maps = fs::read("/proc/self/maps")?;
        let lines = maps.split(|&byte| byte == b'\n');
        let mut memory = Self {
            ranges: lines.filter_map(|line| parse(line, &executable)).collect(),
        };
        memory.leave_untouched_code_out()?;
        Ok(memory)
    }

    /// The ranges.
    pub fn ranges(&self) -> &[OwnRange] {
        &self.ranges
    }

    /// What is there.
    pub fn bytes(&self, range: &OwnRange) -> &[u8] {
        let start = std::ptr::with_exposed_provenance(range.start);
        // SAFETY: `of_child` saw the range mapped and readable, and made sure that this process is a
        // forked child: its only thread is this one, which unmaps nothing that was mapped before the fork.
        // malloc's own memory among the ranges changes while this thread allocates; the reader takes single
        // words of it, believes none of them, and finds V8's objects elsewhere.
        unsafe { std::slice::from_raw_parts(start, range.length) }
    }

    /// Splits mappings that can be run where long parts of them were never touched. To read those would
    /// give this process page tables and pages of zeros for nothing.
    fn leave_untouched_code_out(&mut self) -> io::Result<()> {
        if !self.ranges.iter().any(OwnRange::may_be_untouched) {
            return Ok(());
        }
        let mut pagemap = File::open("/proc/self/pagemap")?;
        let mut kept = Vec::with_capacity(self.ranges.len());
        for range in &self.ranges {
            if range.may_be_untouched() {
                kept.extend(range.touched(&mut pagemap)?);
            } else {
                kept.push(*range);
            }
        }
        self.ranges = kept;
        Ok(())
    }
}

impl OwnRange {
    /// The address of the first byte.
    pub fn start(&self) -> u64 {
        self.start as u64
    }

    fn may_be_untouched(&self) -> bool {
        self.executable && !self.from_file && self.length > UNTOUCHED_BYTES
    }

    /// The parts that have a page in memory, from and to multiples of [`UNTOUCHED_BYTES`].
    fn touched(&self, pagemap: &mut File) -> io::Result<Vec<Self>> {
        pagemap.seek(SeekFrom::Start(
            (self.start / PAGE_BYTES * ENTRY_BYTES) as u64,
        ))?;
        let mut entries = vec![0; self.length / PAGE_BYTES * ENTRY_BYTES];
        pagemap.read_exact(&mut entries)?;
        let mut touched: Vec<Self> = Vec::new();
        for (page, entry) in entries.chunks_exact(ENTRY_BYTES).enumerate() {
            let entry = u64::from_ne_bytes(entry.try_into().expect("eight bytes"));
            if entry & PRESENT == 0 {
                continue;
            }
            let at = self.start + page * PAGE_BYTES;
            let block = at / UNTOUCHED_BYTES * UNTOUCHED_BYTES;
            let start = block.max(self.start);
            let end = (block + UNTOUCHED_BYTES).min(self.start + self.length);
            match touched.last_mut() {
                Some(last) if last.start + last.length >= start => last.length = end - last.start,
                _ => touched.push(Self {
                    start,
                    length: end - start,
                    ..*self
                }),
            }
        }
        Ok(touched)
    }
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
