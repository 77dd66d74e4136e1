//! A child of another process, made by the process itself: its memory is the process's, copied by the kernel where the
//! process writes. It never runs; it ends with us. Its end sends no signal (exit signal 0), and it holds no descriptor
//! of its own, so that a socket closes when the process closes it.

use std::fs;

use libc::{c_int, pid_t};

use crate::AttachError;
use crate::calls::{Calls, call_all};
use crate::mapping::{Mapping, runs};
use crate::process::Process;
use crate::stop::{Found, Stopped, trace, wait};

/// What the kernel answers for a range with holes; it has done its work in the rest.
const HOLES: i64 = -(libc::ENOMEM as i64);
/// What is ended first where memory gets short.
const FIRST_TO_END: &str = "1000";

/// The child.
pub(crate) struct Child {
    /// Its number here.
    pub pid: pid_t,
    /// Its number where the process is: in a container another one.
    number_there: i64,
}

impl Child {
    /// Makes one; `None` where the process can make none, and is as it was.
    pub(crate) fn make(
        process: &Process,
        stopped: &Stopped<'_>,
        instruction: u64,
    ) -> Result<Option<Self>, AttachError> {
        let all = process.mappings()?;
        // V8 keeps its heap from children. The marks are read while all threads stand, and put back on exactly these.
        let kept = Mapping::kept_from_children(&process.text("smaps")?);
        call_all(process, stopped, instruction, |calls| {
            let given = advise(calls, &kept, &all, libc::MADV_DOFORK);
            let number_there = match given {
                Ok(true) => clone(calls),
                Ok(false) => Ok(-1),
                Err(error) => Err(error),
            };
            let child = calls.child.take();
            let child = child.map(|pid| Self::take(pid, *number_there.as_ref().unwrap_or(&-1)));
            advise(calls, &kept, &all, libc::MADV_DONTFORK)?;
            number_there.map(|_| child)
        })
    }

    /// Once it stands, before its first instruction, it ends with us.
    fn take(pid: pid_t, number_there: i64) -> Self {
        wait(pid, 0);
        let _ = trace(
            libc::PTRACE_SETOPTIONS as c_int,
            pid,
            0,
            libc::PTRACE_O_EXITKILL as usize,
        );
        let _ = fs::write(format!("/proc/{pid}/oom_score_adj"), FIRST_TO_END);
        Self { pid, number_there }
    }

    /// Ends it, and has the process take note of it: without that it would be its zombie.
    pub(crate) fn reap(self, process: &Process, instruction: u64) -> Result<(), AttachError> {
        let number = self.number_there;
        drop(self);
        let stopped = Stopped::main(process)?;
        call_all(process, &stopped, instruction, |calls| {
            let flags = (libc::__WALL | libc::WNOHANG) as u64;
            calls
                .call(libc::SYS_wait4, [number as u64, 0, flags, 0, 0])
                .map(drop)
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: sends a signal. The child is traced by us: its number is nobody else's before it is waited for.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        while let Found::Stopped(_) = wait(self.pid, 0) {}
    }
}

/// The call that makes the child.
fn clone(calls: &mut Calls<'_>) -> Result<i64, AttachError> {
    let flags = (libc::CLONE_FILES | libc::CLONE_FS) as u64;
    calls.call(libc::SYS_clone, [flags, 0, 0, 0, 0])
}

/// Gives mappings to children, or keeps them from them; false where one was refused.
fn advise(
    calls: &mut Calls<'_>,
    kept: &[Mapping],
    all: &[Mapping],
    advice: c_int,
) -> Result<bool, AttachError> {
    let mut is_done = true;
    for (start, end) in runs(kept, all) {
        let answer = calls.call(libc::SYS_madvise, [start, end - start, advice as u64, 0, 0])?;
        if answer == 0 || answer == HOLES {
            continue;
        }
        // One by one, so that one that is refused does not keep the others from what is theirs.
        let of_run = kept.iter().filter(|one| (start..end).contains(&one.start));
        for one in of_run {
            let length = one.end - one.start;
            let answer = calls.call(libc::SYS_madvise, [one.start, length, advice as u64, 0, 0])?;
            is_done &= answer == 0;
        }
    }
    Ok(is_done)
}
