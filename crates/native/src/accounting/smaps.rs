//! The kernel's list of mappings (`/proc/PID/smaps`), read line by line, and the two short files that
//! belong to it. A line that is not understood is passed over; it never panics.

use std::io::{self, BufRead};

/// More than a mapping can have, so that no sum of them overflows.
const MOST_BYTES: u64 = 1 << 47;

/// What a mapping is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Name {
    /// Not at all: anonymous.
    #[default]
    None,
    /// The data segment that `malloc` grows.
    Heap,
    /// The stack of the main thread.
    Stack,
    /// The kernel's own, such as `[vdso]`.
    Kernel,
    /// A shared library or an addon.
    Library,
    /// Another file, or memory that is shared under a name.
    File,
    /// A name that a program has given to anonymous memory.
    Other,
}

/// A mapping, and how much of it is resident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Its first address.
    pub start: u64,
    /// The address after its last.
    pub end: u64,
    /// Whether it can be read.
    pub readable: bool,
    /// Whether it can be written.
    pub writable: bool,
    /// Whether it can be run.
    pub executable: bool,
    /// Whether `fork` leaves it out: V8 marks its heaps so.
    pub dont_copy: bool,
    /// What it is called.
    pub name: Name,
    /// Resident bytes.
    pub resident: u64,
}

impl Mapping {
    /// Whether a file is behind it.
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(self.name, Name::File | Name::Library)
    }

    /// Whether it is a guard: a few pages that nobody may touch.
    #[must_use]
    pub fn is_guard(&self) -> bool {
        let bytes = self.end.saturating_sub(self.start);
        !self.readable && !self.writable && !self.executable && bytes <= super::MOST_GUARD_BYTES
    }
}

/// All mappings of `smaps`, in its order.
///
/// # Errors
///
/// Those of reading.
pub fn whole(mut smaps: impl BufRead) -> io::Result<Vec<Mapping>> {
    let mut mappings: Vec<Mapping> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if smaps.read_until(b'\n', &mut line)? == 0 {
            return Ok(mappings);
        }
        // Names of files may be anything.
        let text = String::from_utf8_lossy(&line);
        if let Some(mapping) = head(&text) {
            mappings.push(mapping);
        } else if let Some(last) = mappings.last_mut() {
            if let Some(size) = text.strip_prefix("Rss:") {
                let most = (last.end - last.start).min(MOST_BYTES);
                last.resident = kilobytes(size).unwrap_or(0).min(most);
            } else if let Some(flags) = text.strip_prefix("VmFlags:") {
                last.dont_copy = flags.split_ascii_whitespace().any(|flag| flag == "dc");
            }
        }
    }
}

/// `7f00-7f01 rw-p 00000000 08:01 4711   /usr/lib/libc.so.6`
fn head(line: &str) -> Option<Mapping> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let [start, end] = [start, end].map(|hex| u64::from_str_radix(hex, 16).ok());
    let mode = words.next()?.as_bytes();
    let &[read, write, execute, _] = mode else {
        return None;
    };
    let inode: u64 = words.nth(2)?.parse().ok()?;
    let name = match words.next() {
        Some(path) if inode != 0 => {
            let is_library = path.contains(".so") || path.ends_with(".node");
            if is_library {
                Name::Library
            } else {
                Name::File
            }
        }
        _ if inode != 0 => Name::File,
        None => Name::None,
        Some("[heap]") => Name::Heap,
        Some(stack) if stack.starts_with("[stack") => Name::Stack,
        Some(named) if named.starts_with("[anon") => Name::Other,
        Some(_) => Name::Kernel,
    };
    Some(Mapping {
        start: start?,
        end: end?.max(start?),
        readable: read == b'r',
        writable: write == b'w',
        executable: execute == b'x',
        dont_copy: false,
        name,
        resident: 0,
    })
}

/// The resident set as `smaps_rollup` has it, in bytes.
#[must_use]
pub fn total(rollup: &str) -> Option<u64> {
    rollup
        .lines()
        .find_map(|line| kilobytes(line.strip_prefix("Rss:")?))
}

/// The soft limit on a stack as `limits` has it, in bytes; `None` where there is none.
#[must_use]
pub fn stack_limit(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max stack size"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// ` 256 kB`, in bytes.
fn kilobytes(size: &str) -> Option<u64> {
    let number: u64 = size.split_ascii_whitespace().next()?.parse().ok()?;
    Some(number.saturating_mul(1024))
}
