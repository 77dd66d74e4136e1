//! The whole sequence: a process stops at a suitable moment, forks a child that has its memory, continues, and the
//! child is read. If it cannot fork one, its memory is copied while it is stopped.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::calls::instruction;
use crate::child::Child;
use crate::copy::copy;
use crate::process::{Process, Status};
use crate::signals::Deferred;
use crate::stop::Stopped;
use crate::{AttachError, Frozen};

/// Between two looks for a good moment, at least and at most in addition: not in step with what the process does.
const LEAST_PAUSE: Duration = Duration::from_micros(500);
const MORE_PAUSE_US: u64 = 1500;

impl Process {
    /// Its memory at one moment, at which the 32-bit numbers at `zeroes` are all 0; after `patience`, at any moment.
    ///
    /// # Errors
    ///
    /// All but [`NoSuchProcess`](crate::AttachErrorKind::NoSuchProcess). The process then continues unchanged.
    pub fn freeze(&self, zeroes: &[u64], patience: Duration) -> Result<Frozen, AttachError> {
        let _deferred = Deferred::new();
        // Where memory gets short, the system ends this process, and not the one that is read.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
        let until = Instant::now() + patience;
        for attempt in 0_u64.. {
            let stopped = Stopped::all(self)?;
            if zeroes.iter().all(|&at| self.is_zero(at)) || Instant::now() >= until {
                return self.take(stopped);
            }
            drop(stopped);
            if Deferred::has_come() {
                break;
            }
            let more = Duration::from_micros(attempt.wrapping_mul(733) % MORE_PAUSE_US);
            thread::sleep(LEAST_PAUSE + more);
        }
        Err(self.failed(
            "it was interrupted",
            &std::io::ErrorKind::Interrupted.into(),
        ))
    }

    fn is_zero(&self, address: u64) -> bool {
        let mut bytes = [1; 4];
        // What is not there any more holds nothing up.
        self.memory.read_exact_at(&mut bytes, address).is_err() || bytes == [0; 4]
    }

    fn take(&self, stopped: Stopped<'_>) -> Result<Frozen, AttachError> {
        let stacks = stopped.stacks();
        let child = match self.may_call()? {
            Some(instruction) => {
                let child = Child::make(self, &stopped, instruction)?;
                child.map(|child| (child, instruction))
            }
            None => None,
        };
        let frozen = match child {
            Some((child, instruction)) => {
                drop(stopped);
                let frozen = File::open(format!("/proc/{}/mem", child.pid))
                    .map_err(|error| self.failed("its child", &error))
                    .and_then(|memory| copy(self, child.pid, &memory));
                // If it ends meanwhile, there is nothing to notify.
                let _ = child.reap(self, instruction);
                frozen?
            }
            None => copy(self, self.pid, &self.memory)?,
        };
        Ok(Frozen { stacks, ..frozen })
    }

    /// Where it can make calls. Not under a filter of its own: some end the process for a call that they do not know.
    fn may_call(&self) -> Result<Option<u64>, AttachError> {
        let status = Status::read(self.pid as u32).map_err(|_| self.ended())?;
        match status.has_filter {
            true => Ok(None),
            false => instruction(self),
        }
    }
}
