//! The parent's side of a forked child: its messages, and how it ended. Decides nothing
//! about either.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A running forked child. Its owner must [`Child::reap`] it.
#[derive(Debug)]
pub(crate) struct Child {
    pid: libc::pid_t,
    messages: File,
    killer: Killer,
}

/// Ends a copy, from any thread, until it is waited for.
#[derive(Clone, Debug)]
pub(crate) struct Killer(Arc<Mutex<Target>>);

/// Whom to kill. From the moment on that a process is waited for, its number may be
/// somebody else's.
#[derive(Debug)]
struct Target {
    pid: Option<libc::pid_t>,
    has_killed: bool,
}

impl Killer {
    /// Ends it, if it still is there.
    pub(crate) fn kill(&self) {
        let mut target = self.target();
        if let Some(pid) = target.pid {
            target.has_killed = true;
            // SAFETY: no memory is involved.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
    }

    /// Whether [`Killer::kill`] was called in time.
    pub(crate) fn has_killed(&self) -> bool {
        self.target().has_killed
    }

    fn target(&self) -> MutexGuard<'_, Target> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// The program has its children reaped by the system, or has reaped this one.
    Unknown,
}

/// What the reading end of the pipe has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// Something to read, or its end.
    Yes,
    /// Nothing until now.
    NotYet,
}

impl Child {
    pub(super) fn new(pid: libc::pid_t, messages: File) -> Self {
        let killer = Killer(Arc::new(Mutex::new(Target {
            pid: Some(pid),
            has_killed: false,
        })));
        Self {
            pid,
            messages,
            killer,
        }
    }

    /// Its number in the system.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Where it writes to.
    pub(crate) fn messages(&self) -> &File {
        &self.messages
    }

    /// Waits until there is a message, or for this long.
    pub(crate) fn wait_for_message(&self, at_most: Duration) -> Ready {
        let until = Instant::now() + at_most;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // Rounded up, so that the last round does not spin.
            let left = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
            let mut poll = libc::pollfd {
                fd: self.messages.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: one entry, which lives on this stack.
            match unsafe { libc::poll(&raw mut poll, 1, left) } {
                0 => return Ready::NotYet,
                -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                // An error is found again where it is read.
                _ => return Ready::Yes,
            }
        }
    }

    /// What ends it.
    pub(crate) fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// Waits for its end, so that nothing is left of it.
    pub(crate) fn reap(self) -> Ending {
        self.killer.target().pid = None;
        let mut status = 0;
        loop {
            // SAFETY: the status lives on this stack. A child of our own is waited for by
            // its number, so nobody else's is taken away.
            let pid = unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
            if pid == self.pid {
                break;
            }
            if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return Ending::Unknown;
            }
        }
        match libc::WIFSIGNALED(status) {
            true => Ending::Killed(libc::WTERMSIG(status)),
            false => Ending::Exited(libc::WEXITSTATUS(status)),
        }
    }
}
