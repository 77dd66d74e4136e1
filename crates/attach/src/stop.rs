//! Stops and resumes all threads of a process. Events that arrive meanwhile are passed on: signals are delivered as
//! they would have been, and a process that was stopped stays so. All calls come from one thread of ours, which the
//! kernel asks for.

use std::io;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use libc::{c_int, c_void, pid_t, user_regs_struct};

use crate::process::{Process, Status};
use crate::reaper::{Reaper, reap};
use crate::refused::refused;
use crate::{AttachError, FrozenStack};

/// How long a thread may take to stop: one that waits for a disk, or for a child to exec, cannot stop immediately.
const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// How often it is asked for without a pause, and the pause then.
const BUSY_ASKS: u32 = 300;
const PAUSE: Duration = Duration::from_micros(100);

/// Of a status: which event it is (`PTRACE_EVENT_*`), and the bit that distinguishes system calls from signals.
const EVENT: u32 = 16;
pub(crate) const CALL_BIT: c_int = 0x80;
const OPTION_CALLS: usize = libc::PTRACE_O_TRACESYSGOOD as usize;

/// A request without an answer but success.
pub(crate) fn trace(request: c_int, thread: pid_t, address: usize, data: usize) -> io::Result<()> {
    let address = ptr::with_exposed_provenance_mut::<c_void>(address);
    let data = ptr::with_exposed_provenance_mut::<c_void>(data);
    // SAFETY: every caller hands in numbers, or the address of a value that is its own, lives through the call and has
    // the type that the request wants.
    let result = unsafe { libc::ptrace(request as _, thread, address, data) };
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// What a wait for a thread found.
pub(crate) enum Found {
    /// It stands, with this status.
    Stopped(c_int),
    /// It is gone.
    Gone,
    /// Nothing yet.
    Nothing,
}

/// Asks once; `options` is `WNOHANG`, or 0 to wait.
pub(crate) fn wait(thread: pid_t, options: c_int) -> Found {
    loop {
        let mut status = 0;
        // SAFETY: the status is ours and lives through the call.
        let found = unsafe { libc::waitpid(thread, &raw mut status, libc::__WALL | options) };
        match found {
            0 => return Found::Nothing,
            -1 if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            -1 => return Found::Gone,
            _ if libc::WIFSTOPPED(status) => return Found::Stopped(status),
            _ => return Found::Gone,
        }
    }
}

/// The event of a status.
pub(crate) fn event(status: c_int) -> c_int {
    status >> EVENT
}

/// The signal that a thread is about to get, to be handed on with the next request; 0 for none.
pub(crate) fn signal(status: c_int) -> usize {
    let signal = libc::WSTOPSIG(status);
    match event(status) == 0 && signal & CALL_BIT == 0 {
        true => signal as usize,
        false => 0,
    }
}

/// Waits until a thread that was interrupted stands; false where it is gone.
pub(crate) fn until_stopped(process: &Process, thread: pid_t) -> Result<bool, AttachError> {
    let until = Instant::now() + STOPS_WITHIN;
    for asks in 0_u32.. {
        match wait(thread, libc::WNOHANG) {
            Found::Gone => return Ok(false),
            Found::Stopped(status) if event(status) == libc::PTRACE_EVENT_STOP => return Ok(true),
            // On its way there.
            Found::Stopped(status) => {
                let _ = trace(libc::PTRACE_CONT as c_int, thread, 0, signal(status));
            }
            Found::Nothing if asks < BUSY_ASKS => thread::yield_now(),
            Found::Nothing if Instant::now() < until => thread::sleep(PAUSE),
            Found::Nothing => break,
        }
    }
    let error = io::Error::from(io::ErrorKind::TimedOut);
    Err(process.failed(
        "a thread of it does not stop, as it waits in the kernel",
        &error,
    ))
}

/// A thread that is traced.
struct Thread {
    number: pid_t,
    stands: bool,
}

/// Threads of a process that are traced; they go on when this is dropped.
pub(crate) struct Stopped<'a> {
    process: &'a Process,
    threads: Vec<Thread>,
}

impl<'a> Stopped<'a> {
    /// All threads of a process.
    pub(crate) fn all(process: &'a Process) -> Result<Self, AttachError> {
        // Before the threads, so that it outlives them where this fails.
        let reaper = Reaper::start().map_err(|error| process.failed("a second thread", &error))?;
        let mut stopped = Self {
            process,
            threads: Vec::new(),
        };
        // Those that stand start no more threads.
        while stopped.seize_new(&reaper)? {
            stopped.stop()?;
        }
        stopped.has_main()
    }

    /// The main thread alone.
    pub(crate) fn main(process: &'a Process) -> Result<Self, AttachError> {
        let mut stopped = Self {
            process,
            threads: Vec::new(),
        };
        stopped.seize(process.pid)?;
        stopped.stop()?;
        stopped.has_main()
    }

    fn has_main(self) -> Result<Self, AttachError> {
        let main = self.process.pid;
        match self.threads.iter().any(|thread| thread.number == main) {
            true => self.process.check_same().map(|()| self),
            false => Err(self.process.ended()),
        }
    }

    fn seize_new(&mut self, reaper: &Reaper) -> Result<bool, AttachError> {
        let list = std::fs::read_dir(format!("/proc/{}/task", self.process.pid));
        let list = list.map_err(|_| self.process.ended())?;
        let numbers = list
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mut is_new = false;
        for number in numbers {
            if !self.threads.iter().any(|thread| thread.number == number) {
                let is_seized = self.seize(number)?;
                if is_seized {
                    reaper.watch(number);
                }
                is_new |= is_seized;
            }
        }
        Ok(is_new)
    }

    /// Traces a thread, which continues; false if it has ended meanwhile.
    fn seize(&mut self, number: pid_t) -> Result<bool, AttachError> {
        let pid = self.process.pid as u32;
        let Err(error) = trace(libc::PTRACE_SEIZE as c_int, number, 0, OPTION_CALLS) else {
            self.threads.push(Thread {
                number,
                stands: false,
            });
            return Ok(true);
        };
        // Threads that end are refused as well.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/task/{number}/stat"));
        let state = stat.as_deref().ok().and_then(|stat| stat.rsplit_once(") "));
        if state.is_none_or(|(_, state)| state.starts_with(['Z', 'X'])) {
            return Ok(false);
        }
        let status = Status::read(pid).map_err(|_| self.process.ended())?;
        status.check_tracer(pid)?;
        match error.raw_os_error() {
            Some(libc::EPERM) => Err(refused(pid, &status)),
            _ => Err(self.process.failed("ptrace", &error)),
        }
    }

    /// All that are traced stand after this.
    fn stop(&mut self) -> Result<(), AttachError> {
        for thread in self.threads.iter().filter(|thread| !thread.stands) {
            let _ = trace(libc::PTRACE_INTERRUPT as c_int, thread.number, 0, 0);
        }
        let mut result = Ok(());
        let process = self.process;
        self.threads.retain_mut(|thread| {
            if thread.stands {
                return true;
            }
            match until_stopped(process, thread.number) {
                Ok(stands) => thread.stands = stands,
                Err(error) => result = Err(error),
            }
            // One that has not stopped yet is still traced.
            thread.stands || result.is_err()
        });
        result
    }

    /// The stacks, the main thread's first.
    pub(crate) fn stacks(&self) -> Vec<FrozenStack> {
        let main = self.process.pid;
        let (first, others): (Vec<&Thread>, Vec<&Thread>) = self
            .threads
            .iter()
            .partition(|thread| thread.number == main);
        let threads = first.into_iter().chain(others);
        threads
            .filter_map(|thread| registers(thread.number).ok())
            .map(|registers| FrozenStack {
                pointer: registers.rsp,
                thread_data: registers.fs_base,
            })
            .collect()
    }
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        // The main thread last: as long as it stands, it starts no other program, which would end the others here.
        let main = self.process.pid;
        self.threads.sort_by_key(|thread| thread.number == main);
        let mut ending = Vec::new();
        for thread in &mut self.threads {
            // A thread that has not stopped cannot be detached.
            if !thread.stands {
                let _ = trace(libc::PTRACE_INTERRUPT as c_int, thread.number, 0, 0);
                thread.stands = until_stopped(self.process, thread.number) == Ok(true);
            }
            if thread.stands && trace(libc::PTRACE_DETACH as c_int, thread.number, 0, 0).is_err() {
                ending.push(thread.number);
            }
        }
        // The process is not gone, for those that wait for its end, before its tracer has taken note of each thread.
        let until = Instant::now() + STOPS_WITHIN;
        while !ending.is_empty() && Instant::now() < until {
            ending.retain(|&number| !reap(number));
            thread::sleep(PAUSE);
        }
    }
}

/// The registers of a thread that stands.
pub(crate) fn registers(thread: pid_t) -> io::Result<user_regs_struct> {
    // SAFETY: plain numbers, for which zeroes are valid.
    let mut registers: user_regs_struct = unsafe { std::mem::zeroed() };
    trace(
        libc::PTRACE_GETREGS as c_int,
        thread,
        0,
        (&raw mut registers).expose_provenance(),
    )?;
    Ok(registers)
}
