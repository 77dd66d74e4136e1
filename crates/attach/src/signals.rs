//! While another process is stopped or has a child of ours, signals that would end or stop this process are held back.
//! The kernel releases a traced process when its tracer dies, in any state: only SIGKILL and SIGSTOP still can do that.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

const DEFERRED: [libc::c_int; 11] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
];

/// Those that came, a bit each.
static CAME: AtomicU64 = AtomicU64::new(0);

extern "C" fn note(signal: libc::c_int) {
    CAME.fetch_or(1 << signal, Ordering::Relaxed);
}

/// As long as it lives, signals wait; then they do what they do.
pub(crate) struct Deferred {
    before: Vec<(libc::c_int, libc::sigaction)>,
}

impl Deferred {
    pub(crate) fn new() -> Self {
        let mut before = Vec::with_capacity(DEFERRED.len());
        for signal in DEFERRED {
            // SAFETY: plain data, for which zeroes are valid.
            let mut own: libc::sigaction = unsafe { std::mem::zeroed() };
            let mut old = own;
            own.sa_sigaction = note as *const () as libc::sighandler_t;
            own.sa_flags = libc::SA_RESTART;
            // SAFETY: the structure lives through the call, which only asks.
            let asked = unsafe { libc::sigaction(signal, ptr::null(), &raw mut old) };
            if asked != 0 || old.sa_sigaction == libc::SIG_IGN {
                continue;
            }
            // SAFETY: the structure lives through the call. The handler sets a bit of an atomic and nothing else.
            if unsafe { libc::sigaction(signal, &raw const own, ptr::null_mut()) } == 0 {
                before.push((signal, old));
            }
        }
        Self { before }
    }

    /// Whether somebody wants this process to end.
    pub(crate) fn has_come() -> bool {
        CAME.load(Ordering::Relaxed) != 0
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        for (signal, old) in &self.before {
            // SAFETY: the action is the one that was there before.
            unsafe { libc::sigaction(*signal, ptr::from_ref(old), ptr::null_mut()) };
        }
        let came = CAME.swap(0, Ordering::Relaxed);
        for (signal, _) in &self.before {
            if came & (1 << signal) != 0 {
                // SAFETY: sends this process a signal that was sent to it.
                unsafe { libc::raise(*signal) };
            }
        }
    }
}
