//! V8 marks its heap as not to be copied by `fork` (`MADV_DONTFORK`), for programs that
//! fork only to start others. Here the marks are found and taken away for one fork.
//!
//! Only `/proc/self/smaps` shows the mark. It is read each time: the mappings of V8
//! change with every page, and marking a foreign mapping would remove it from the
//! children of the program.

use std::fs::File;
use std::io::{self, Read};

/// V8's mappings, which a fork copies while this lives.
pub(super) struct Copied {
    marked: Vec<Mapping>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mapping {
    start: usize,
    end: usize,
}

impl Copied {
    /// Takes the mark from all mappings that have it.
    pub(super) fn all() -> io::Result<Self> {
        let mut marked = find(File::open("/proc/self/smaps")?)?;
        marked.retain(|mapping| mapping.advise(libc::MADV_DOFORK));
        Ok(Self { marked })
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        for mapping in &self.marked {
            // One that another thread has unmapped meanwhile is left out by the system.
            mapping.advise(libc::MADV_DONTFORK);
        }
    }
}

impl Mapping {
    fn advise(self, advice: i32) -> bool {
        let length = self.end - self.start;
        let start = std::ptr::without_provenance_mut(self.start);
        // SAFETY: neither advice changes what is in memory or who may use it, in this
        // process; the range is one that the system told.
        unsafe { libc::madvise(start, length, advice) == 0 }
    }
}

/// The mappings with the flag `dc` ("do not copy"). The file gives a few kilobytes at a
/// time, whole mappings each; a line may all the same be cut, so what is left of one is
/// kept.
fn find(mut smaps: impl Read) -> io::Result<Vec<Mapping>> {
    let mut found = Vec::new();
    let mut current = None;
    let mut buffer = vec![0; 1 << 16];
    let mut filled = 0;
    loop {
        let count = match smaps.read(&mut buffer[filled..]) {
            Ok(0) => return Ok(found),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        filled += count;
        let whole = buffer[..filled].iter().rposition(|&byte| byte == b'\n');
        let Some(whole) = whole else {
            if filled == buffer.len() {
                buffer.resize(2 * filled, 0);
            }
            continue;
        };
        for line in buffer[..whole].split(|&byte| byte == b'\n') {
            match line.first() {
                // The first line of a mapping begins with its address, all others with
                // a capital letter.
                Some(b'0'..=b'9' | b'a'..=b'f') => current = parse(line),
                Some(b'V') if is_not_copied(line) => found.extend(current.take()),
                _ => {}
            }
        }
        buffer.copy_within(whole + 1..filled, 0);
        filled -= whole + 1;
    }
}

fn parse(line: &[u8]) -> Option<Mapping> {
    let (start, end) = parse_range(line.split(|&byte| byte == b' ').next()?)?;
    Some(Mapping { start, end })
}

/// `7f0000000000-7f0000001000`
pub(crate) fn parse_range(range: &[u8]) -> Option<(usize, usize)> {
    let mut ends = range.split(|&byte| byte == b'-');
    let mut address = || usize::from_str_radix(str::from_utf8(ends.next()?).ok()?, 16).ok();
    let (start, end) = (address()?, address()?);
    (start < end).then_some((start, end))
}

/// `VmFlags: rd wr mr mw me dc ac sd`
fn is_not_copied(line: &[u8]) -> bool {
    line.strip_prefix(b"VmFlags:")
        .is_some_and(|flags| flags.split(|&byte| byte == b' ').any(|flag| flag == b"dc"))
}
