//! The memory of a stopped process, as bytes. Only resident memory: V8 reserves hundreds of MiB that are never
//! touched, and reading them would cost as much as the heap.
//!
//! Read through `/proc/PID/mem`: `process_vm_readv` pins pages, and pinning a page that a child shares makes a copy of
//! it, at the process's expense.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use crate::process::Process;
use crate::signals::Deferred;
use crate::{AttachError, Frozen, FrozenRange, Mapping};

const PAGE_BYTES: u64 = 4096;
/// Bytes of an entry of `pagemap`, and where it says that the page is in memory or swapped out.
const ENTRY_BYTES: usize = 8;
const THERE: u8 = 0xc0;
/// And that it is a guard of a stack, which is not to be read (from Linux 6.15).
const GUARD: u8 = 1 << 2;
/// Untouched parts of this length are left out. In bytes; V8's pages have this length.
const BLOCK: u64 = 256 << 10;
/// Smaller mappings are read whole, in bytes.
const SMALL: u64 = 1 << 20;
/// Read at a time, in bytes.
const PIECE: usize = 16 << 20;

/// Reads what a process, or its child `pid`, has in memory.
pub(crate) fn copy(process: &Process, pid: i32, memory: &File) -> Result<Frozen, AttachError> {
    let maps = std::fs::read(format!("/proc/{pid}/maps")).map_err(|_| process.ended())?;
    let mappings = Mapping::list(&String::from_utf8_lossy(&maps));
    if mappings.is_empty() {
        return Err(process.ended());
    }
    let mut frozen = Frozen::default();
    // Some systems have no such file, or show it to root alone.
    let pagemap = File::open(format!("/proc/{pid}/pagemap")).ok();
    for mapping in mappings.iter().filter(|one| one.is_memory()) {
        for (start, end) in there(mapping, pagemap.as_ref()) {
            if Deferred::has_come() {
                let error = std::io::ErrorKind::Interrupted.into();
                return Err(process.failed("it was interrupted", &error));
            }
            read(memory, mapping, (start, end), pagemap.as_ref(), &mut frozen);
        }
    }
    frozen.mappings = mappings;
    Ok(frozen)
}

/// The parts of a mapping that were ever touched.
fn there(mapping: &Mapping, pagemap: Option<&File>) -> Vec<(u64, u64)> {
    let whole = vec![(mapping.start, mapping.end)];
    let Some(pagemap) = pagemap.filter(|_| mapping.end - mapping.start > SMALL) else {
        return whole;
    };
    let mut entries = vec![0; (BLOCK / PAGE_BYTES) as usize * ENTRY_BYTES];
    let mut parts: Vec<(u64, u64)> = Vec::new();
    let mut at = mapping.start;
    while at < mapping.end {
        let end = (at + 1).next_multiple_of(BLOCK).min(mapping.end);
        let entries = &mut entries[..((end - at) / PAGE_BYTES) as usize * ENTRY_BYTES];
        let place = at / PAGE_BYTES * ENTRY_BYTES as u64;
        if pagemap.read_exact_at(entries, place).is_err() {
            return whole;
        }
        let mut entries = entries.chunks_exact(ENTRY_BYTES);
        if entries.any(|entry| entry[ENTRY_BYTES - 1] & THERE != 0) {
            match parts.last_mut() {
                Some(last) if last.1 == at => last.1 = end,
                _ => parts.push((at, end)),
            }
        }
        at = end;
    }
    parts
}

fn read(
    memory: &File,
    mapping: &Mapping,
    (start, end): (u64, u64),
    pagemap: Option<&File>,
    frozen: &mut Frozen,
) {
    // Of the system, as zeroes: only what is read becomes memory.
    let mut bytes = vec![0; (end - start) as usize];
    let mut at = 0;
    while at < bytes.len() {
        let piece = at..bytes.len().min(at + PIECE);
        match memory.read_at(&mut bytes[piece], start + at as u64) {
            Ok(count) if count > 0 => at += count,
            // Zeroes stand there: what they are worth has to be known.
            _ => {
                let address = start + at as u64;
                let next = (address + 1).next_multiple_of(PAGE_BYTES).min(end);
                if !pagemap.is_some_and(|pagemap| is_guard(pagemap, address)) {
                    frozen.missing.push((address, next));
                }
                at = (next - start) as usize;
            }
        }
    }
    frozen.ranges.push(FrozenRange {
        start,
        bytes,
        writable: mapping.writable,
        executable: mapping.executable,
    });
}

fn is_guard(pagemap: &File, address: u64) -> bool {
    let mut entry = [0; ENTRY_BYTES];
    let place = address / PAGE_BYTES * ENTRY_BYTES as u64;
    pagemap.read_exact_at(&mut entry, place).is_ok() && entry[ENTRY_BYTES - 1] & GUARD != 0
}
