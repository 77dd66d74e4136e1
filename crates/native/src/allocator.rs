//! Whose `malloc` the program has, what that says of its own, and how it gives back what it does not
//! use. Everything is looked up by name in what is loaded already; nothing is linked, loaded or
//! replaced. Takes the allocator's locks, and visits its free blocks, so it is to be called off the main thread or seldom.

use crate::accounting::Malloc;

/// An allocator that is told apart from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocator {
    /// The C library's own, on most Linux systems.
    Glibc,
    /// jemalloc.
    Jemalloc,
    /// mimalloc.
    Mimalloc,
    /// tcmalloc.
    Tcmalloc,
    /// The C library's own, on Alpine.
    Musl,
}

#[cfg(target_os = "linux")]
mod loaded {
    use std::ffi::{CStr, c_char, c_int, c_void};
    use std::{mem, ptr};

    use super::{Allocator, Malloc};

    type Mallctl =
        unsafe extern "C" fn(*const c_char, *mut c_void, *mut usize, *mut c_void, usize) -> c_int;
    type Mallinfo2 = unsafe extern "C" fn() -> Info;
    type MallocTrim = unsafe extern "C" fn(usize) -> c_int;

    /// `struct mallinfo2`, of which no version of glibc has another layout.
    #[repr(C)]
    #[derive(Default)]
    struct Info {
        arena: usize,
        ordblks: usize,
        smblks: usize,
        hblks: usize,
        hblkhd: usize,
        usmblks: usize,
        fsmblks: usize,
        uordblks: usize,
        fordblks: usize,
        keepcost: usize,
    }

    fn address(name: &CStr) -> *mut c_void {
        // SAFETY: looks a name up in what the process has loaded; the name is terminated.
        unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
    }

    fn has(name: &CStr) -> bool {
        !address(name).is_null()
    }

    /// What glibc's `malloc` says, if it is the one that is used.
    fn mallinfo() -> Option<Info> {
        let found = address(c"mallinfo2");
        if found.is_null() {
            return None;
        }
        // SAFETY: the function of this name has this type, in glibc since 2.33 and nowhere else.
        let mallinfo2: Mallinfo2 = unsafe { mem::transmute::<*mut c_void, Mallinfo2>(found) };
        // SAFETY: it takes nothing, and any thread may call it.
        let info = unsafe { mallinfo2() };
        // 0: another allocator has taken its place.
        (info.arena > 0).then_some(info)
    }

    /// What glibc's `malloc` has.
    fn glibc() -> Option<Malloc> {
        mallinfo().map(|info| Malloc::Arenas {
            in_use: info.uordblks as u64,
            mapped: info.hblkhd as u64,
        })
    }

    /// Bytes that glibc's `malloc` has taken from the system and nobody uses. It visits each free block.
    pub fn held_free() -> Option<u64> {
        mallinfo().map(|info| info.fordblks as u64)
    }

    fn mallctl() -> Option<Mallctl> {
        let found = address(c"mallctl");
        // SAFETY: the function of this name has this type, in jemalloc alone.
        (!found.is_null()).then(|| unsafe { mem::transmute::<*mut c_void, Mallctl>(found) })
    }

    fn jemalloc() -> Option<Malloc> {
        let control = mallctl()?;
        let mut epoch: u64 = 1;
        // SAFETY: a name and a number of the length that is passed; jemalloc brings its numbers up to date.
        unsafe {
            let new = ptr::from_mut(&mut epoch).cast();
            control(c"epoch".as_ptr(), ptr::null_mut(), ptr::null_mut(), new, 8);
        }
        let read = |name: &CStr| {
            let mut value: usize = 0;
            let mut length = size_of::<usize>();
            // SAFETY: a name, and room for a number of the length that is passed.
            let failed = unsafe {
                let into = ptr::from_mut(&mut value).cast();
                control(name.as_ptr(), into, &raw mut length, ptr::null_mut(), 0)
            };
            (failed == 0).then_some(value as u64)
        };
        Some(Malloc::Anywhere {
            in_use: read(c"stats.allocated")?,
            resident: read(c"stats.resident")?,
        })
    }

    /// Whose `malloc` it is, and what it says; without numbers where it says none.
    pub fn own() -> (Option<Allocator>, Option<Malloc>) {
        let of_glibc = glibc();
        let others = [
            (c"mallctl", Allocator::Jemalloc),
            (c"mi_malloc", Allocator::Mimalloc),
            (c"tc_malloc", Allocator::Tcmalloc),
            (c"MallocExtension_GetNumericProperty", Allocator::Tcmalloc),
        ];
        let other = others.into_iter().find(|(name, _)| has(name));
        match (other, of_glibc) {
            (Some((_, Allocator::Jemalloc)), _) => {
                let of_jemalloc = jemalloc();
                let used = |malloc: &Malloc| malloc.in_use();
                // A library may bring its own jemalloc along, for itself alone.
                if of_glibc.as_ref().map_or(0, used) > of_jemalloc.as_ref().map_or(0, used) {
                    (Some(Allocator::Glibc), of_glibc)
                } else {
                    (Some(Allocator::Jemalloc), of_jemalloc)
                }
            }
            (Some((_, allocator)), None) => (Some(allocator), None),
            // Its library is there, and glibc's own is used.
            (_, Some(malloc)) => (Some(Allocator::Glibc), Some(malloc)),
            (None, None) if cfg!(target_env = "musl") => (Some(Allocator::Musl), None),
            // Before 2.33, glibc has no numbers that hold for more than 2 GiB.
            (None, None) if has(c"gnu_get_libc_version") && !has(c"mallinfo2") => {
                (Some(Allocator::Glibc), None)
            }
            (None, None) => (None, None),
        }
    }

    /// Gives back to the system what is not in use. Whether there is a way to.
    pub fn trim() -> bool {
        if own().0 == Some(Allocator::Jemalloc) {
            // 4096 is jemalloc's number for all of its arenas.
            return mallctl().is_some_and(|control| {
                // SAFETY: a name without a value.
                let failed = unsafe {
                    let name = c"arena.4096.purge".as_ptr();
                    control(name, ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), 0)
                };
                failed == 0
            });
        }
        let found = address(c"malloc_trim");
        if own().0 != Some(Allocator::Glibc) || found.is_null() {
            return false;
        }
        // SAFETY: the function of this name has this type, in glibc alone.
        let malloc_trim: MallocTrim = unsafe { mem::transmute::<*mut c_void, MallocTrim>(found) };
        // SAFETY: any thread may call it. It locks one arena after the other.
        unsafe { malloc_trim(0) };
        true
    }
}

#[cfg(target_os = "linux")]
pub use loaded::{held_free, own, trim};

/// Whose `malloc` it is, and what it says: not known here.
#[cfg(not(target_os = "linux"))]
pub fn own() -> (Option<Allocator>, Option<Malloc>) {
    (None, None)
}

/// What `malloc` holds free: not known here.
#[cfg(not(target_os = "linux"))]
pub fn held_free() -> Option<u64> {
    None
}

/// There is no way to here.
#[cfg(not(target_os = "linux"))]
pub fn trim() -> bool {
    false
}

/// Whose `malloc` another process has, by the libraries that it has mapped.
#[must_use]
pub fn of_libraries<'a>(names: impl Iterator<Item = &'a str>) -> Option<Allocator> {
    // An allocator of its own comes before that of the C library.
    const KNOWN: [(&str, Allocator); 6] = [
        ("libjemalloc.so", Allocator::Jemalloc),
        ("libmimalloc", Allocator::Mimalloc),
        ("libtcmalloc", Allocator::Tcmalloc),
        ("ld-musl-", Allocator::Musl),
        ("libc.musl-", Allocator::Musl),
        ("libc.so.6", Allocator::Glibc),
    ];
    let found = names.filter_map(|name| KNOWN.iter().position(|(known, _)| name.contains(known)));
    found.min().map(|place| KNOWN[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allocator_comes_before_the_c_library_in_whatever_order() {
        let libraries = ["/lib/libc.so.6", "/usr/lib/libjemalloc.so.2"];
        for names in [[0, 1], [1, 0]] {
            let names = names.map(|at| libraries[at]);
            assert_eq!(of_libraries(names.into_iter()), Some(Allocator::Jemalloc));
        }
        assert_eq!(of_libraries(["/opt/app"].into_iter()), None);
        let musl = of_libraries(["/lib/ld-musl-x86_64.so.1"].into_iter());
        assert_eq!(musl, Some(Allocator::Musl));
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn what_is_taken_is_in_use() {
        const BYTES: u64 = 64 << 20;
        let used = || own().1.expect("numbers").in_use();
        let before = used();
        let block = vec![1_u8; BYTES as usize];
        let during = used();
        assert!(during >= before + BYTES / 2, "{before} {during}");
        assert_eq!(block.iter().map(|&one| u64::from(one)).sum::<u64>(), BYTES);
        assert_eq!(own().0, Some(Allocator::Glibc));
        assert!(trim());
    }
}
