//! System calls by a thread of another, stopped process. Afterwards it is as before: the same registers,
//! the same blocked signals, and a call that it was in is made again as after any interruption.
//!
//! The instruction that is run is one of the kernel's own, in the vDSO that every process has mapped. Between two calls
//! the thread has registers of ours: a reader that is killed by SIGKILL in these milliseconds leaves it with them.

use std::io;

use libc::{c_int, c_long, pid_t, user_regs_struct};

use crate::AttachError;
use crate::process::Process;
use crate::stop::{CALL_BIT, Found, Stopped, event, registers, signal, trace, until_stopped, wait};

/// `syscall`, the instruction.
const INSTRUCTION: [u8; 2] = [0x0f, 0x05];
/// Bytes of a set of signals.
const SET_BYTES: usize = 8;
const EVERY_SIGNAL: u64 = !0;
/// Answers of the kernel that mean: once more (ERESTARTSYS and the like, EINTR).
const AGAIN: [i64; 5] = [-512, -513, -514, -516, -4];
const MOST_TRIES: u32 = 20;

const OPTIONS: usize = libc::PTRACE_O_TRACESYSGOOD as usize;
const OPTIONS_OF_CALLS: usize = OPTIONS | libc::PTRACE_O_TRACECLONE as usize;

/// Where a thread of the process can make a call; `None` where no vDSO is mapped.
pub(crate) fn instruction(process: &Process) -> Result<Option<u64>, AttachError> {
    let mappings = process.mappings()?;
    Ok(mappings
        .iter()
        .find(|one| one.path == "[vdso]")
        .and_then(|vdso| {
            let bytes = process.read(vdso.start, (vdso.end - vdso.start) as usize);
            let at = bytes
                .windows(INSTRUCTION.len())
                .position(|window| window == INSTRUCTION)?;
            Some(vdso.start + at as u64)
        }))
}

/// Makes calls on the main thread.
pub(crate) fn call_all<T>(
    process: &Process,
    _stopped: &Stopped<'_>,
    instruction: u64,
    calls: impl FnOnce(&mut Calls<'_>) -> Result<T, AttachError>,
) -> Result<T, AttachError> {
    let thread = process.pid;
    let failed = |what| move |error: io::Error| process.failed(what, &error);
    let saved = registers(thread).map_err(failed("its registers"))?;
    let mut mask = 0_u64;
    signals(libc::PTRACE_GETSIGMASK as c_int, thread, &mut mask).map_err(failed("its signals"))?;
    let mut every = EVERY_SIGNAL;
    signals(libc::PTRACE_SETSIGMASK as c_int, thread, &mut every).map_err(failed("its signals"))?;
    let mut own = Calls {
        process,
        saved,
        instruction,
        child: None,
    };
    let result = options(thread, OPTIONS_OF_CALLS)
        .map_err(failed("ptrace"))
        .and_then(|()| calls(&mut own));
    // Into a stop of the kind that it was in: there alone the kernel sees to the call that was interrupted.
    let _ = set_registers(thread, &saved);
    let _ = trace(libc::PTRACE_INTERRUPT as c_int, thread, 0, 0);
    let _ = trace(libc::PTRACE_CONT as c_int, thread, 0, 0);
    if !until_stopped(process, thread)? {
        return Err(process.ended());
    }
    let restored = set_registers(thread, &saved)
        .and_then(|()| options(thread, OPTIONS))
        .and_then(|()| signals(libc::PTRACE_SETSIGMASK as c_int, thread, &mut mask));
    restored.map_err(|_| process.ended())?;
    result
}

fn signals(request: c_int, thread: pid_t, set: &mut u64) -> io::Result<()> {
    trace(
        request,
        thread,
        SET_BYTES,
        std::ptr::from_mut(set).expose_provenance(),
    )
}

fn options(thread: pid_t, options: usize) -> io::Result<()> {
    trace(libc::PTRACE_SETOPTIONS as c_int, thread, 0, options)
}

fn set_registers(thread: pid_t, registers: &user_regs_struct) -> io::Result<()> {
    let address = std::ptr::from_ref(registers).expose_provenance();
    trace(libc::PTRACE_SETREGS as c_int, thread, 0, address)
}

/// The calls of one stop.
pub(crate) struct Calls<'a> {
    process: &'a Process,
    saved: user_regs_struct,
    instruction: u64,
    /// What a call to clone has made, by its number here.
    pub child: Option<pid_t>,
}

impl Calls<'_> {
    /// One call; its answer, as the kernel gives it.
    pub(crate) fn call(&mut self, number: c_long, arguments: [u64; 5]) -> Result<i64, AttachError> {
        let mut answer = 0;
        for _ in 0..MOST_TRIES {
            answer = self.call_once(number, arguments)?;
            if !AGAIN.contains(&answer) {
                break;
            }
        }
        Ok(answer)
    }

    fn call_once(&mut self, number: c_long, arguments: [u64; 5]) -> Result<i64, AttachError> {
        let thread = self.process.pid;
        let ended = |_| self.process.ended();
        let [first, second, third, fourth, fifth] = arguments;
        let registers_of_call = user_regs_struct {
            rip: self.instruction,
            rax: number as u64,
            // It comes from no call that would have to be made again.
            orig_rax: u64::MAX,
            rdi: first,
            rsi: second,
            rdx: third,
            r10: fourth,
            r8: fifth,
            ..self.saved
        };
        set_registers(thread, &registers_of_call).map_err(ended)?;
        let (mut has_entered, mut hand_on) = (false, 0);
        loop {
            trace(libc::PTRACE_SYSCALL as c_int, thread, 0, hand_on).map_err(ended)?;
            // To the end, however long it takes: it cannot be put back before.
            let Found::Stopped(status) = wait(thread, 0) else {
                return Err(self.process.ended());
            };
            hand_on = signal(status);
            if event(status) == libc::PTRACE_EVENT_CLONE {
                let mut child = 0_u64;
                let address = (&raw mut child).expose_provenance();
                trace(libc::PTRACE_GETEVENTMSG as c_int, thread, 0, address).map_err(ended)?;
                self.child = pid_t::try_from(child).ok();
            } else if event(status) == 0 && libc::WSTOPSIG(status) == libc::SIGTRAP | CALL_BIT {
                if has_entered {
                    break;
                }
                has_entered = true;
            }
        }
        Ok(registers(thread).map_err(ended)?.rax as i64)
    }
}
