//! Takes note of the end of traced threads while others are still being seized. A process that starts another program
//! waits, inside `execve`, until its other threads are gone: a traced one is gone when its tracer has taken note. The
//! tracer may wait at that very moment, inside `PTRACE_SEIZE`, until `execve` has ended. A second thread of the tracer
//! gets both out of it. Only ends are taken note of; stops are left to `stop`.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use libc::{c_int, id_t, pid_t};

/// Once nothing was seized for so long, it looks. Seizing all threads of a process takes less, as a rule.
const QUIET: Duration = Duration::from_millis(2);

/// The second thread; it ends when this is dropped.
pub(crate) struct Reaper {
    seized: Option<Sender<pid_t>>,
    thread: Option<JoinHandle<()>>,
}

impl Reaper {
    pub(crate) fn start() -> io::Result<Self> {
        let (seized, numbers) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("memwatch-reaper".into())
            .spawn(move || {
                let mut threads = Vec::new();
                loop {
                    match numbers.recv_timeout(QUIET) {
                        Ok(number) => threads.push(number),
                        Err(RecvTimeoutError::Timeout) => threads.retain(|&number| !reap(number)),
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
            })?;
        Ok(Self {
            seized: Some(seized),
            thread: Some(thread),
        })
    }

    /// From now on its end is taken note of.
    pub(crate) fn watch(&self, thread: pid_t) {
        if let Some(seized) = &self.seized {
            // It listens until this is dropped.
            let _ = seized.send(thread);
        }
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.seized = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes note of the end of a thread, if it has ended; whether it is gone, or not traced any more.
pub(crate) fn reap(thread: pid_t) -> bool {
    // Peek first: the kernel also reports stops to a tracer, requested or not, and each only once.
    match look(thread, libc::WNOWAIT) {
        Ok(libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED) => look(thread, 0).is_ok(),
        Ok(_) => false,
        Err(error) => error.raw_os_error() == Some(libc::ECHILD),
    }
}

/// What has become of a thread (`CLD_*`); 0 for nothing.
fn look(thread: pid_t, options: c_int) -> io::Result<c_int> {
    // SAFETY: plain data, for which zeroes are valid; it is ours and lives through the call.
    let mut found: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::__WALL | options;
    // SAFETY: as above.
    match unsafe { libc::waitid(libc::P_PID, thread as id_t, &raw mut found, options) } {
        0 => Ok(found.si_code),
        _ => Err(io::Error::last_os_error()),
    }
}
