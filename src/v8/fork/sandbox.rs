//! What a forked child may do to the rest of the machine: write files in one directory, and
//! nothing else. V8 collects garbage before a snapshot, and native objects that are
//! collected clean up: a database that is closed this way in the child writes back its
//! state and removes its log, while the parent uses them.
//!
//! Two walls: the kernel's Landlock (Linux 5.13 and later, where it is switched on) for
//! files, connections and signals, and private copies in place of memory that is mapped
//! as shared. `child` handles the descriptors.

use std::ffi::CString;
use std::fs;
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

/// Landlock's calls; the same numbers on all processors. libc's own wrappers are newer
/// than the systems that this runs on.
const CREATE_RULESET: libc::c_long = 444;
const ADD_RULE: libc::c_long = 445;
const RESTRICT_SELF: libc::c_long = 446;
const VERSION_FLAG: u32 = 1;
const PATH_BENEATH: u32 = 1;

/// `LANDLOCK_ACCESS_FS_…`: what changes files. Reading stays free.
const EXECUTE: u64 = 1 << 0;
const WRITE_FILE: u64 = 1 << 1;
const REMOVE_FILE: u64 = 1 << 5;
const MAKE_REGULAR: u64 = 1 << 8;
/// Directories and files removed, and everything that can be made.
const REMOVE_OR_MAKE: u64 = (1 << 4) | REMOVE_FILE | 0x7f << 6;
/// From the second version on: links and renames between directories.
const REFER: u64 = 1 << 13;
/// From the third.
const TRUNCATE: u64 = 1 << 14;
/// From the fourth: TCP, listening and connecting.
const NETWORK: u64 = 0b11;
/// From the sixth: abstract sockets, and signals to others.
const SCOPES: u64 = 0b11;

#[repr(C)]
struct Ruleset {
    fs: u64,
    network: u64,
    scopes: u64,
}

#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    directory: i32,
}

/// Of files only those in `directory` can be changed from here on. Where the system does
/// not know how, nothing is kept away.
pub(super) fn close(directory: Option<&Path>) {
    // SAFETY: only asks for the version.
    let version = unsafe { libc::syscall(CREATE_RULESET, ptr::null::<Ruleset>(), 0, VERSION_FLAG) };
    if version < 1 {
        return;
    }
    let since = |first, access| if version >= first { access } else { 0 };
    let rules = Ruleset {
        fs: EXECUTE | WRITE_FILE | REMOVE_OR_MAKE | since(2, REFER) | since(3, TRUNCATE),
        network: since(4, NETWORK),
        scopes: since(6, SCOPES),
    };
    let bytes = match version {
        1..4 => size_of::<u64>(),
        4..6 => 2 * size_of::<u64>(),
        _ => size_of::<Ruleset>(),
    };
    // SAFETY: the rules live on this stack and have as many bytes as are said.
    let ruleset = unsafe { libc::syscall(CREATE_RULESET, &raw const rules, bytes, 0) };
    if ruleset < 0 {
        return;
    }
    if let Some(directory) = directory {
        let allowed = WRITE_FILE | REMOVE_FILE | MAKE_REGULAR | since(3, TRUNCATE);
        // SAFETY: the ruleset was just made, and stays open for the short life of this process.
        let may = unsafe { allow(ruleset, directory, allowed) };
        // Where not even that can be allowed, the work would fail for it.
        if !may {
            return;
        }
    }
    // SAFETY: a plain call.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: a plain call; the ruleset is open.
    unsafe { libc::syscall(RESTRICT_SELF, ruleset, 0) };
}

/// # Safety
/// `ruleset` is one.
unsafe fn allow(ruleset: libc::c_long, directory: &Path, allowed: u64) -> bool {
    let Ok(path) = CString::new(directory.as_os_str().as_bytes()) else {
        return false;
    };
    // SAFETY: the path ends with a zero.
    let directory = unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC) };
    if directory < 0 {
        return false;
    }
    let beneath = Beneath { allowed, directory };
    // SAFETY: the rule lives on this stack; the descriptors are ours, and stay open for the short
    // life of this process.
    unsafe { libc::syscall(ADD_RULE, ruleset, PATH_BENEATH, &raw const beneath, 0) == 0 }
}

/// The most of one mapping that is copied, in bytes: the tables of databases and of
/// io_uring are far smaller. Of larger ones, writing ends this process.
const COPIED_AT_MOST: usize = 64 << 20;

/// What is mapped to be shared, and can be written, is this process's own from here on.
pub(super) fn unshare_memory() {
    let Ok(maps) = fs::read("/proc/self/maps") else {
        return;
    };
    for line in maps.split(|&byte| byte == b'\n') {
        // `7f0000000000-7f0000001000 rw-s …`
        let mut fields = line.split(|&byte| byte == b' ');
        let (Some(range), Some(b"rw-s")) = (fields.next(), fields.next()) else {
            continue;
        };
        if let Some((start, end)) = super::mappings::parse_range(range) {
            // SAFETY: nothing of ours is there, and this is the only thread.
            unsafe { unshare(start, end - start) };
        }
    }
}

/// # Safety
/// The range is mapped, and not used by others meanwhile.
unsafe fn unshare(start: usize, length: usize) {
    let shared: *mut libc::c_void = ptr::with_exposed_provenance_mut(start);
    // SAFETY: as asked for.
    if length <= COPIED_AT_MOST && unsafe { copy_over(shared, length) } {
        return;
    }
    // SAFETY: as asked for.
    unsafe { libc::mprotect(shared, length, libc::PROT_READ) };
}

/// Puts a copy of a mapping in its place; `false` where that cannot be.
///
/// # Safety
/// As for [`unshare`].
unsafe fn copy_over(shared: *mut libc::c_void, length: usize) -> bool {
    let readable = libc::PROT_READ | libc::PROT_WRITE;
    let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: new memory, wherever there is room.
    let copy = unsafe { libc::mmap(ptr::null_mut(), length, readable, anonymous, -1, 0) };
    if copy == libc::MAP_FAILED {
        return false;
    }
    // The system reads what is there, so that a page beyond the end of a file gives an error here
    // and not a signal.
    // SAFETY: the copy was just mapped, with room for the whole.
    if !unsafe { read_memory(copy, shared, length) } {
        return false;
    }
    let moved = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    // SAFETY: the copy is ours; what it takes the place of is not used meanwhile, as asked for.
    unsafe { libc::mremap(copy, length, length, moved, shared) != libc::MAP_FAILED }
}

/// Copies as much as can be read; `false` where nothing can, and the system's last error says why. The system reads, so
/// that a page which cannot be read gives an error and not a signal.
///
/// # Safety
/// `to` has room.
pub(crate) unsafe fn read_memory(
    to: *mut libc::c_void,
    from: *mut libc::c_void,
    length: usize,
) -> bool {
    let part = |base| libc::iovec {
        iov_base: base,
        iov_len: length,
    };
    let (local, remote) = (part(to), part(from));
    // SAFETY: a plain question.
    let own = unsafe { libc::getpid() };
    // SAFETY: both live on this stack; of this process's own memory, which it may read.
    unsafe { libc::process_vm_readv(own, &raw const local, 1, &raw const remote, 1, 0) > 0 }
}
