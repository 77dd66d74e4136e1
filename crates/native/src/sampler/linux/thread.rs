//! What the sampler keeps of a thread, in the static block of thread-local memory: two instructions away.
//!
//! `thread_local!` of a shared library asks the loader (`__tls_get_addr`), which may call malloc, and stable Rust has no
//! switch for the model: the variable and its access are written here. It has no destructor: a thread may end anywhere.

use std::arch::{asm, global_asm};

/// All zero when a thread begins. The size is that of the symbol below: static room is scarce.
#[repr(C)]
pub(super) struct Thread {
    /// Bytes until the next sample; below zero it is due.
    pub countdown: i64,
    /// The state of the random numbers; 0 before the first.
    pub random: u64,
    /// The mean that the countdown was drawn with.
    pub mean: u64,
    /// The bounds of the stack; 0, 0 before they are known, 1, 1 where they cannot be.
    pub stack: (usize, usize),
    /// Inside of the sampler: what it allocates is not sampled.
    pub busy: u32,
    /// How many garbage collections of this thread's JavaScript are under way: they nest.
    pub collections: u32,
    /// What the thread announced itself with as one that runs JavaScript; 0 of all others.
    pub javascript: usize,
}

const _: () = assert!(size_of::<Thread>() == 56);

global_asm!(
    ".section .tbss.memwatch_native_thread,\"awT\",@nobits",
    ".p2align 3",
    ".type memwatch_native_thread,@object",
    ".size memwatch_native_thread,56",
    ".globl memwatch_native_thread",
    ".hidden memwatch_native_thread",
    "memwatch_native_thread: .zero 56",
    ".text",
);

/// The thread's own. The pointer is this thread's alone and valid until it ends.
#[inline(always)]
pub(super) fn thread() -> *mut Thread {
    let own: *mut Thread;
    // SAFETY: reads the offset of the variable, which the loader has written, and the thread's
    // own pointer; both stay the same for as long as the thread lives.
    unsafe {
        asm!(
            "mov {own}, qword ptr [rip + memwatch_native_thread@GOTTPOFF]",
            "add {own}, qword ptr fs:[0]",
            own = out(reg) own,
            options(pure, nomem, nostack)
        );
    }
    own
}

/// While it lives, this thread's allocations are not sampled.
pub(super) struct Busy(());

impl Busy {
    /// `None` where the thread is inside of the sampler already.
    pub(super) fn enter() -> Option<Self> {
        // SAFETY: the thread's own variable; nothing else refers to it until this returns.
        let own = unsafe { &mut *thread() };
        if own.busy != 0 {
            return None;
        }
        own.busy = 1;
        Some(Self(()))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        // SAFETY: as in `enter`; a Busy does not leave its thread, being used on the stack alone.
        unsafe { (*thread()).busy = 0 };
    }
}

/// From here on this thread's JavaScript is asked for, with this word; with 0 it is not. The garbage collections that
/// were under way are forgotten.
pub fn announce(word: usize) {
    // SAFETY: the thread's own variable; nothing else refers to it until this returns.
    let own = unsafe { &mut *thread() };
    own.collections = 0;
    own.javascript = word;
}

/// What this thread has announced itself with; 0 where it has not, and while its garbage is collected.
pub(super) fn announced() -> usize {
    // SAFETY: as above.
    let own = unsafe { &*thread() };
    if own.collections == 0 {
        own.javascript
    } else {
        0
    }
}

/// A garbage collection of this thread's JavaScript begins or ends. One that was under way before anybody said so may end.
pub fn collects(begins: bool) {
    // SAFETY: as above.
    let own = unsafe { &mut *thread() };
    own.collections = if begins {
        own.collections.saturating_add(1)
    } else {
        own.collections.saturating_sub(1)
    };
}

/// What was the reason of the last failure: a hook may not change it.
pub(super) struct KeptErrno(i32);

impl KeptErrno {
    /// Keeps it until the end of the scope.
    pub(super) fn new() -> Self {
        // SAFETY: a plain question.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: the C library's own variable of this thread.
        Self(unsafe { *errno })
    }
}

impl Drop for KeptErrno {
    fn drop(&mut self) {
        // SAFETY: a plain question.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: the C library's own variable of this thread.
        unsafe { *errno = self.0 };
    }
}
