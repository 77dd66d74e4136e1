//! Locks on files and directories, for JavaScript: the system releases them when the process
//! ends, however it ends, and they hold between containers that share a file system. Nothing
//! is written. A forked child that takes a snapshot does not inherit them.

#[cfg(unix)]
use std::fs::{File, OpenOptions, TryLockError};
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::time::Duration;

use std::cell::RefCell;

use crate::v8::Export;
#[cfg(windows)]
use crate::v8::{Attempt, NamedLock};

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("FileLock.new", |call| {
        call.hang(RefCell::new(FileLock::default()))
    }),
    Export::new("FileLock.take", |call| {
        let lock = call.native::<RefCell<FileLock>>(0)?;
        let (path, at_most_ms) = (call.argument(1)?, call.argument(2)?);
        call.answer(lock.borrow_mut().take(path, at_most_ms))
    }),
    Export::new("FileLock.release", |call| {
        let lock = call.native::<RefCell<FileLock>>(0)?;
        lock.borrow_mut().release();
        call.answer(())
    }),
];

/// Between two attempts.
const RETRY_AFTER: Duration = Duration::from_millis(5);

/// What came of an attempt, as JavaScript compares it.
const TAKEN: &str = "taken";
const HELD: &str = "held";
const UNKNOWN: &str = "unknown";

/// One lock, none yet; given back by `release()`, or when it is collected.
#[derive(Default)]
pub(crate) struct FileLock {
    #[cfg(unix)]
    file: Option<File>,
    #[cfg(windows)]
    lock: Option<NamedLock>,
}

impl FileLock {
    /// Locks what has this name, which is no link and is not made. Waits so many milliseconds
    /// at most where another has it: `taken`, `held`, or `unknown` where the file cannot be
    /// opened or the file system has no locks. Never throws.
    pub(crate) fn take(&mut self, path: String, at_most_ms: u32) -> &'static str {
        self.release();
        self.try_take(&path, at_most_ms)
    }

    /// Gives it back, if there is one.
    pub(crate) fn release(&mut self) {
        #[cfg(unix)]
        {
            self.file = None;
        }
        #[cfg(windows)]
        {
            self.lock = None;
        }
    }

    fn try_take(&mut self, path: &str, at_most_ms: u32) -> &'static str {
        let attempts = 1 + u128::from(at_most_ms) / RETRY_AFTER.as_millis();
        for attempt in 0..attempts {
            if attempt > 0 {
                std::thread::sleep(RETRY_AFTER);
            }
            match self.attempt(path) {
                HELD => {}
                found => return found,
            }
        }
        HELD
    }

    #[cfg(unix)]
    fn attempt(&mut self, path: &str) -> &'static str {
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(path);
        let Ok(file) = opened else {
            return UNKNOWN;
        };
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => {
                self.file = Some(file);
                TAKEN
            }
            // Replaced meanwhile: what has the name now is another file.
            Ok(()) | Err(TryLockError::WouldBlock) => HELD,
            Err(TryLockError::Error(_)) => UNKNOWN,
        }
    }

    /// The system's own lock on a file there keeps others from reading it, and the file from being replaced.
    #[cfg(windows)]
    fn attempt(&mut self, path: &str) -> &'static str {
        match NamedLock::try_take(path) {
            Attempt::Taken(lock) => {
                self.lock = Some(lock);
                TAKEN
            }
            Attempt::Held => HELD,
            Attempt::Unknown => UNKNOWN,
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &str) -> bool {
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
