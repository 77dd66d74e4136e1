//! A forked child has one thread. Locks may be held by others, which were not copied,
//! and conditions be waited for by them: so the calls that take them do nothing here.
//! They are replaced where each loaded object looks up their addresses (its global
//! offset table); libc itself keeps its own.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::sync::OnceLock;

use super::child::{STUCK, exit};

/// `DT_…` and `PT_…` of the ELF format.
const PT_DYNAMIC: u32 = 2;
const DT_NULL: i64 = 0;
const DT_PLTRELSZ: i64 = 2;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_JMPREL: i64 = 23;

/// The smallest address that anything is loaded at; the vDSO, which is not relocated,
/// has offsets below it instead.
const LOWEST_ADDRESS: usize = 0x10000;

#[repr(C)]
struct Dyn {
    tag: i64,
    value: usize,
}

#[repr(C)]
struct Rela {
    offset: usize,
    info: u64,
    addend: i64,
}

#[repr(C)]
struct Sym {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

const _: () = assert!(size_of::<Dyn>() == 16 && size_of::<Rela>() == 24 && size_of::<Sym>() == 24);

/// Objects that keep their locks: glibc's own, whose `fork` has put them into order.
const LIBC: [&[u8]; 4] = [b"/libc.so", b"/libc-", b"/libpthread", b"/ld-"];

/// What replaces which function.
fn replacement(name: &CStr) -> Option<*const c_void> {
    let done = done as *const c_void;
    Some(match name.to_bytes() {
        b"pthread_mutex_lock" | b"pthread_mutex_trylock" | b"pthread_mutex_unlock" => done,
        b"pthread_rwlock_rdlock" | b"pthread_rwlock_wrlock" | b"pthread_rwlock_unlock" => done,
        b"pthread_rwlock_tryrdlock" | b"pthread_rwlock_trywrlock" => done,
        b"pthread_cond_signal" | b"pthread_cond_broadcast" => done,
        b"pthread_cond_timedwait" | b"pthread_cond_clockwait" => timed_out as *const c_void,
        b"pthread_cond_wait" | b"pthread_join" => stuck as *const c_void,
        b"sem_wait" => take_or_stuck as *const c_void,
        b"syscall" => call as *const c_void,
        _ => return None,
    })
}

/// A lock is taken or given back at once.
extern "C" fn done() -> c_int {
    0
}

/// No other thread signals before the time is over.
extern "C" fn timed_out() -> c_int {
    libc::ETIMEDOUT
}

/// Waiting for another thread would never end: fail immediately.
extern "C" fn stuck() -> c_int {
    exit(STUCK)
}

unsafe extern "C" fn take_or_stuck(semaphore: *mut libc::sem_t) -> c_int {
    // SAFETY: the caller's semaphore.
    match unsafe { libc::sem_trywait(semaphore) } {
        0 => 0,
        _ => exit(STUCK),
    }
}

/// Locks that are made of the system's own waiting, as newer V8's are, are not held
/// against nobody, but waited for: whoever would wait, waits for ever here.
unsafe extern "C" fn call(
    number: c_long,
    first: usize,
    second: usize,
    third: usize,
    fourth: usize,
    fifth: usize,
    sixth: usize,
) -> c_long {
    let operation = second as c_int & libc::FUTEX_CMD_MASK;
    if number == libc::SYS_futex && matches!(operation, libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET)
    {
        let word: *const u32 = std::ptr::with_exposed_provenance(first);
        // SAFETY: the caller's word to wait at; there is no other thread to change it.
        if unsafe { word.read_volatile() } == third as u32 {
            // `fourth` is how long to wait at most.
            if fourth == 0 {
                exit(STUCK);
            }
            // SAFETY: a plain question.
            let errno = unsafe { libc::__errno_location() };
            // SAFETY: this thread's own error number.
            unsafe { *errno = libc::ETIMEDOUT };
            return -1;
        }
    }
    let Some(original) = SYSCALL.get() else {
        exit(STUCK)
    };
    // SAFETY: handed on as it came.
    unsafe { original(number, first, second, third, fourth, fifth, sixth) }
}

type Syscall = unsafe extern "C" fn(c_long, usize, usize, usize, usize, usize, usize) -> c_long;

/// libc's own, kept before this object's entry is replaced too. Only ever set in a copy.
static SYSCALL: OnceLock<Syscall> = OnceLock::new();

/// Replaces the calls in all loaded objects.
///
/// # Safety
/// Only in a process whose only thread is this one, and which holds no lock.
pub(super) unsafe fn disable() {
    // SAFETY: at most seven arguments, all of a register's size: how they are handed over is
    // the same with and without `...` where this is built for.
    let original = unsafe { std::mem::transmute::<*const (), Syscall>(libc::syscall as *const ()) };
    let _ = SYSCALL.set(original);
    // SAFETY: the callback only uses what it is given during the call.
    unsafe { libc::dl_iterate_phdr(Some(in_object), std::ptr::null_mut()) };
}

unsafe extern "C" fn in_object(
    object: *mut libc::dl_phdr_info,
    _size: usize,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: the loader hands out a description that is good for this call.
    let object = unsafe { &*object };
    // SAFETY: as above; its name is null or a string.
    if unsafe { is_libc(object.dlpi_name) } {
        return 0;
    }
    // SAFETY: the object stays loaded: no other thread is there to unload it.
    if let Some(tables) = unsafe { Tables::of(object) } {
        // SAFETY: as asked of `disable`, the only one that iterates with this function.
        unsafe { tables.replace_all() };
    }
    0
}

/// # Safety
/// `name` is null or a string.
unsafe fn is_libc(name: *const c_char) -> bool {
    if name.is_null() {
        return false;
    }
    // SAFETY: as asked for.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    LIBC.iter()
        .any(|part| name.windows(part.len()).any(|window| window == *part))
}

/// The tables of one object by which its calls are bound.
struct Tables {
    base: usize,
    symbols: *const Sym,
    names: *const c_char,
    relocations: [(*const Rela, usize); 2],
}

impl Tables {
    /// # Safety
    /// The object is loaded and stays so.
    unsafe fn of(object: &libc::dl_phdr_info) -> Option<Self> {
        let base = object.dlpi_addr as usize;
        // SAFETY: the loader's own headers.
        let headers =
            unsafe { std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()) };
        let dynamic = headers.iter().find(|header| header.p_type == PT_DYNAMIC)?;
        let mut entry: *const Dyn =
            std::ptr::with_exposed_provenance(base + dynamic.p_vaddr as usize);
        let [
            mut symbols,
            mut names,
            mut calls,
            mut call_bytes,
            mut data,
            mut data_bytes,
        ] = [0; 6];
        loop {
            // SAFETY: an entry of the dynamic section, which ends with DT_NULL.
            let &Dyn { tag, value } = unsafe { &*entry };
            match tag {
                DT_NULL => break,
                DT_SYMTAB => symbols = value,
                DT_STRTAB => names = value,
                DT_JMPREL => calls = value,
                DT_PLTRELSZ => call_bytes = value,
                DT_RELA => data = value,
                DT_RELASZ => data_bytes = value,
                _ => {}
            }
            // SAFETY: this was not the last one.
            entry = unsafe { entry.add(1) };
        }
        // glibc has made addresses of them; other loaders leave offsets.
        let address = |value: usize| match value {
            0 => 0,
            offset if offset < base => base + offset,
            address => address,
        };
        let (symbols, names) = (address(symbols), address(names));
        if symbols < LOWEST_ADDRESS || names < LOWEST_ADDRESS {
            return None;
        }
        let table = |start: usize, bytes: usize| {
            let count = if start == 0 {
                0
            } else {
                bytes / size_of::<Rela>()
            };
            (std::ptr::with_exposed_provenance(address(start)), count)
        };
        Some(Self {
            base,
            symbols: std::ptr::with_exposed_provenance(symbols),
            names: std::ptr::with_exposed_provenance(names),
            relocations: [table(calls, call_bytes), table(data, data_bytes)],
        })
    }

    /// The name of a symbol.
    ///
    /// # Safety
    /// The tables have this symbol, and are those of an object that stays loaded.
    unsafe fn name_of(&self, symbol: usize) -> &CStr {
        // SAFETY: as asked for.
        let symbol = unsafe { self.symbols.add(symbol) };
        // SAFETY: as asked for.
        let offset = unsafe { (*symbol).name };
        // SAFETY: the loader has read the name of each symbol to bind it.
        let name = unsafe { self.names.add(offset as usize) };
        // SAFETY: names end with a zero.
        unsafe { CStr::from_ptr(name) }
    }

    /// # Safety
    /// As for [`disable`].
    unsafe fn replace_all(&self) {
        for (start, count) in self.relocations {
            for index in 0..count {
                // SAFETY: the tables are as long as they say: the loader has used them all to bind this object.
                let relocation = unsafe { start.add(index) };
                // SAFETY: as above.
                let relocation = unsafe { &*relocation };
                let symbol = (relocation.info >> 32) as usize;
                if symbol == 0 {
                    continue;
                }
                // SAFETY: as above; the index is good.
                let name = unsafe { self.name_of(symbol) };
                if let Some(function) = replacement(name) {
                    // SAFETY: the relocation is that of a function: its place is in the global offset table.
                    unsafe { overwrite(self.base + relocation.offset, function) };
                }
            }
        }
    }
}

/// Writes a pointer into what the loader has made read-only.
///
/// # Safety
/// `address` is that of an entry of a global offset table.
unsafe fn overwrite(address: usize, function: *const c_void) {
    // SAFETY: a plain question.
    let page_bytes = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
    let page = std::ptr::with_exposed_provenance_mut(address & !(page_bytes - 1));
    // SAFETY: the page is mapped, and this process's own.
    let refused = unsafe { libc::mprotect(page, page_bytes, libc::PROT_READ | libc::PROT_WRITE) };
    if refused == 0 {
        let entry: *mut *const c_void = std::ptr::with_exposed_provenance_mut(address);
        // SAFETY: the entry is a pointer, in the page that was just made writable.
        unsafe { entry.write(function) };
    }
}
