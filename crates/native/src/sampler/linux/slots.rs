//! The words of a module through which it calls the allocator: the tables of the loader (JUMP_SLOT, GLOB_DAT), and data
//! that holds the address of a function. Reads them and writes them; which are to be changed is decided in `patch`.

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::maps;
use super::modules::Loaded;

/// How the loader fills a word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a call goes through; may hold a stub of the module until its first call.
    Call,
    /// The address of a function, for calls too.
    Address,
    /// A word of data.
    Data,
}

/// A word that belongs to a function.
pub(super) struct Slot<'a> {
    pub address: usize,
    pub name: &'a CStr,
    pub kind: Kind,
}

#[repr(C)]
struct Dynamic {
    tag: i64,
    value: u64,
}

#[repr(C)]
struct Relocation {
    offset: u64,
    info: u64,
    addend: i64,
}

#[repr(C)]
struct Symbol {
    name: u32,
    rest: [u32; 5],
}

/// Where the tables are, as the dynamic section says.
#[derive(Default)]
struct Tables {
    symbols: u64,
    names: u64,
    names_size: u64,
    calls: (u64, u64),
    others: (u64, u64),
    /// Whether names of libraries are looked for in directories of the module's own.
    has_search_path: bool,
}

fn tables(module: &Loaded) -> Option<Tables> {
    let range = module.dynamic.clone()?;
    let first = (module.base + range.start) as *const Dynamic;
    let count = (range.end - range.start) as usize / size_of::<Dynamic>();
    // SAFETY: the dynamic section of a module that is loaded and stays so.
    let entries = unsafe { std::slice::from_raw_parts(first, count) };
    let mut tables = Tables::default();
    // glibc has written the address in the process over that of the file, where it could.
    let address = |value: u64| {
        if value < module.base {
            value + module.base
        } else {
            value
        }
    };
    for entry in entries.iter().take_while(|entry| entry.tag != 0) {
        match entry.tag {
            2 => tables.calls.1 = entry.value,
            5 => tables.names = address(entry.value),
            6 => tables.symbols = address(entry.value),
            7 => tables.others.0 = address(entry.value),
            8 => tables.others.1 = entry.value,
            10 => tables.names_size = entry.value,
            15 | 29 => tables.has_search_path = true,
            23 => tables.calls.0 = address(entry.value),
            _ => {}
        }
    }
    let starts = [tables.symbols, tables.names];
    let is_inside = |&start: &u64| module.contains(start as usize);
    starts.iter().all(is_inside).then_some(tables)
}

/// Whether the module looks for libraries in directories of its own.
pub(super) fn has_search_path(module: &Loaded) -> bool {
    tables(module).is_none_or(|tables| tables.has_search_path)
}

/// Calls `found` for every word of the module that belongs to a function by name.
pub(super) fn each<'a>(module: &'a Loaded, mut found: impl FnMut(Slot<'a>)) {
    let Some(tables) = tables(module) else { return };
    for (start, size) in [tables.others, tables.calls] {
        let end = start.saturating_add(size) as usize;
        if start == 0 || size == 0 || !module.contains(start as usize) || !module.contains(end - 1)
        {
            continue;
        }
        let count = size as usize / size_of::<Relocation>();
        // SAFETY: a table of the module, inside of what is mapped of it.
        let all = unsafe { std::slice::from_raw_parts(start as *const Relocation, count) };
        for relocation in all {
            let kind = match relocation.info as u32 {
                7 => Kind::Call,
                6 => Kind::Address,
                1 if relocation.addend == 0 => Kind::Data,
                _ => continue,
            };
            let address = module.base.wrapping_add(relocation.offset) as usize;
            let symbol = tables.symbols + (relocation.info >> 32) * size_of::<Symbol>() as u64;
            if !address.is_multiple_of(8)
                || !module.contains(address)
                || !module.contains(symbol as usize + 24)
            {
                continue;
            }
            // SAFETY: an entry of the module's table of symbols.
            let offset = u64::from(unsafe { (*(symbol as *const Symbol)).name });
            if offset >= tables.names_size {
                continue;
            }
            // SAFETY: a string of the module's table of names, which ends with a zero.
            let name = unsafe { CStr::from_ptr((tables.names + offset) as *const c_char) };
            found(Slot {
                address,
                name,
                kind,
            });
        }
    }
}

/// What the word holds now.
///
/// # Safety
///
/// `address` is that of a slot of a module that is kept loaded.
pub(super) unsafe fn value(address: usize) -> usize {
    // SAFETY: an aligned word of the module; the loader and others write it whole.
    unsafe { &*(address as *const AtomicUsize) }.load(Acquire)
}

/// A word to write, and what it must hold now.
#[derive(Clone, Copy)]
pub(super) struct Write {
    pub address: usize,
    pub from: usize,
    pub to: usize,
}

const PAGE: usize = 4096;

/// Writes the words that hold what they must; pages keep their protection. Where the system refuses one, those written
/// before are written back. The words written, in the order of their addresses, or nothing.
///
/// # Safety
///
/// As `value`, for each.
pub(super) unsafe fn write(mut writes: Vec<Write>) -> Option<Vec<Write>> {
    memwatch_order::sort_by_key(&mut writes, |write| write.address);
    let mut pages: Vec<(usize, i32)> = Vec::new();
    for page in writes.iter().map(|write| write.address & !(PAGE - 1)) {
        if pages.last().is_none_or(|last| last.0 != page) {
            pages.push((page, -1));
        }
    }
    maps::find(|mapping| {
        for page in &mut pages {
            if mapping.start <= page.0 && page.0 < mapping.end {
                page.1 = mapping.protection;
            }
        }
        false
    });
    let mut done: Vec<Write> = Vec::with_capacity(writes.len());
    for (page, protection) in pages {
        let on_page = |write: &&Write| write.address & !(PAGE - 1) == page;
        // SAFETY: the caller's.
        let written = unsafe { write_page(page, protection, writes.iter().filter(on_page)) };
        match written {
            Some(written) => done.extend(written),
            None => {
                let back = done.iter().map(|one| Write {
                    from: one.to,
                    to: one.from,
                    ..*one
                });
                let back: Vec<Write> = back.collect();
                if !back.is_empty() {
                    // SAFETY: as above. These pages could be written a moment ago.
                    unsafe { write(back) };
                }
                return None;
            }
        }
    }
    Some(done)
}

unsafe fn write_page<'a>(
    page: usize,
    protection: i32,
    writes: impl Iterator<Item = &'a Write>,
) -> Option<Vec<Write>> {
    if protection < 0 {
        return None;
    }
    let is_protected = protection & libc::PROT_WRITE == 0;
    let protect = |protection| {
        // SAFETY: a page of a module's data; nobody relies on a write to it failing.
        unsafe { libc::mprotect(page as *mut c_void, PAGE, protection) == 0 }
    };
    if is_protected && !protect(protection | libc::PROT_WRITE) {
        return None;
    }
    let written = writes.filter(|write| {
        // SAFETY: the caller's; the page is writable.
        let word = unsafe { &*(write.address as *const AtomicUsize) };
        word.compare_exchange(write.from, write.to, Release, Acquire)
            .is_ok()
    });
    let written = written.copied().collect();
    if is_protected {
        protect(protection);
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsRawFd;

    /// A page of the test itself, of a file that is open for reading alone: the system refuses to make it writable.
    fn protected_page() -> usize {
        let file = File::open("/proc/self/exe").expect("the test");
        // SAFETY: a new mapping of one page.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                PAGE,
                libc::PROT_READ,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        assert_ne!(page, libc::MAP_FAILED);
        page as usize
    }

    fn page(protection: i32) -> usize {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping of one page.
        let page = unsafe { libc::mmap(std::ptr::null_mut(), PAGE, protection, flags, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED);
        page as usize
    }

    fn protection(page: usize) -> i32 {
        let found = maps::find(|one| one.start <= page && page < one.end);
        found.expect("mapped").protection
    }

    #[test]
    fn pages_keep_their_protection_and_words_that_changed_are_left() {
        let pages = [
            page(libc::PROT_READ),
            page(libc::PROT_READ | libc::PROT_WRITE),
        ];
        let before = pages.map(protection);
        let writes = pages.iter().flat_map(|page| {
            [(0, 0), (8, 99)].map(|(at, from)| Write {
                address: page + at,
                from,
                to: 7,
            })
        });
        // SAFETY: words of the test's own pages.
        let written = unsafe { write(writes.collect()) }.expect("written");
        assert_eq!(written.len(), 2);
        for page in pages {
            // SAFETY: as above.
            assert_eq!([page, page + 8].map(|at| unsafe { value(at) }), [7, 0]);
        }
        assert_eq!(pages.map(protection), before);
    }

    #[test]
    fn where_one_page_is_refused_nothing_is_changed() {
        let (open, refused) = (page(libc::PROT_READ), protected_page());
        // SAFETY: a word of the mapped file.
        let first = unsafe { value(refused) };
        let writes = [(open, 0), (refused, first)].map(|(address, from)| Write {
            address,
            from,
            to: 7,
        });
        // SAFETY: words of the test's own pages.
        assert!(unsafe { write(writes.to_vec()) }.is_none());
        // SAFETY: as above.
        assert_eq!([open, refused].map(|at| unsafe { value(at) }), [0, first]);
        assert_eq!(protection(open), libc::PROT_READ);
    }
}
