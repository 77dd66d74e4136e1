//! A forked child that works on the copy-on-write heap while the parent continues: `fork`,
//! made to work with V8. The caller defines the work of the child and handles its
//! messages.
//!
//! | file | what it does |
//! | --- | --- |
//! | `mappings` | V8 marks its heap as not to be copied: found, unmarked, marked again |
//! | `child` | what the child does first: it drops all descriptors, signals and locks of the parent |
//! | `locks` | locks whose owners were not copied do nothing |
//! | `sandbox` | the child can change only files in one directory |
//! | `parent` | the parent's side: messages and end of the child |
//!
//! glibc's `fork` and not the bare system call: it alone puts `malloc` into order in the
//! child, whose other threads are gone while they held its locks. The price is that the
//! parent gets a SIGCHLD when the child ends, as for any child. Its disposition is left
//! as it is, and the child is waited for by its own pid, which libuv does with its
//! children too, so neither takes the other's.

mod child;
mod locks;
mod mappings;
mod parent;
mod sandbox;

use std::fs::File;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) use child::STUCK;
#[cfg(target_arch = "x86_64")]
pub(super) use mappings::parse_range;
pub(crate) use parent::{Child, Ending, Killer, Ready};
#[cfg(target_arch = "x86_64")]
pub(super) use sandbox::read_memory;

/// Whether a process can be copied on this system at all.
pub(crate) const CAN_FORK: bool = true;

/// Numbers of signals.
pub(crate) mod signals {
    /// The deadline that a copy has set itself.
    pub(crate) const ALARM: i32 = libc::SIGALRM;
    /// Nobody can do anything against it.
    pub(crate) const KILL: i32 = libc::SIGKILL;
    /// A fault of what ran.
    pub(crate) const FAULTS: [i32; 7] = [
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGABRT,
        libc::SIGTRAP,
        libc::SIGSYS,
    ];
}

/// Under which conditions the copy works.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// The directory in which it may make, change and remove files.
    pub writes_to: Option<&'a Path>,
    /// After this time it ends itself, should the original not have ended it.
    pub deadline: Duration,
    /// Whether it continues when the parent is gone.
    pub outlives_parent: bool,
}

/// Why there is no forked child.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The mappings of V8's heap cannot be found: there is no `/proc`.
    Mappings(io::Error),
    /// The system makes no more pipes or processes.
    System(io::Error),
    /// Not on this platform.
    #[allow(dead_code, reason = "made on the other platforms")]
    Platform,
}

/// Set in a copy, by its only thread.
static IS_COPY: AtomicBool = AtomicBool::new(false);

/// Whether this process is a copy that was made here.
pub(crate) fn is_copy() -> bool {
    IS_COPY.load(Ordering::Relaxed)
}

/// Makes a copy of this process which does `work` and ends. It can write to the file it
/// is given, which [`Child`] reads; all other descriptors are gone. The copy has this
/// thread alone. What `work` must not do: start threads, or take locks other than
/// pthread's.
///
/// The calling thread is stopped until the page tables are copied.
pub(crate) fn fork(terms: Terms<'_>, work: impl FnOnce(File)) -> Result<Child, Refused> {
    let (messages, sender) = pipe().map_err(Refused::System)?;
    // A signal that comes to the copy before it has laid off the original's handlers
    // would be told to the original, through the pipe of libuv that both have.
    let signals = SignalsBlocked::new();
    let mappings = mappings::Copied::all().map_err(Refused::Mappings)?;
    let parent = std::process::id();
    // SAFETY: the copy only runs `child::run`, which never returns, and which is made for
    // a process whose other threads are gone.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        IS_COPY.store(true, Ordering::Relaxed);
        child::run(parent, terms, sender, work);
    }
    let failed = io::Error::last_os_error();
    drop(mappings);
    drop(signals);
    drop(sender);
    match pid {
        -1 => Err(Refused::System(failed)),
        pid => Ok(Child::new(pid, messages)),
    }
}

/// A pipe that no program started meanwhile inherits: reading end, writing end.
fn pipe() -> io::Result<(File, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both numbers.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just made, and nobody else's.
    let receiver = unsafe { File::from_raw_fd(ends[0]) };
    // SAFETY: as above.
    let sender = unsafe { OwnedFd::from_raw_fd(ends[1]) };
    Ok((receiver, sender))
}

/// No signal reaches this thread while this lives.
struct SignalsBlocked {
    before: libc::sigset_t,
}

impl SignalsBlocked {
    fn new() -> Self {
        // SAFETY: a set of signals is plain data, for which zeroes are valid.
        let mut all: libc::sigset_t = unsafe { std::mem::zeroed() };
        let mut before = all;
        // SAFETY: the set is on this stack.
        unsafe { libc::sigfillset(&raw mut all) };
        // SAFETY: both sets are on this stack; the second one is overwritten.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
        Self { before }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: the set that was in force before.
        unsafe {
            libc::pthread_sigmask(
                libc::SIG_SETMASK,
                &raw const self.before,
                std::ptr::null_mut(),
            )
        };
    }
}
