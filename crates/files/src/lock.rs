//! Which processes write to a directory: locks that the system releases when a process ends,
//! however it ends. They need no file of their own, and leave nothing behind.
//!
//! They hold between processes of one machine, whatever their containers, on its own file
//! systems. Where a file system knows no locks, or a directory cannot be read, there is no
//! lock, and everything continues without: two processes may then both take the last slot.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::error::{FileError, FileErrorKind};
use crate::snapshot_file::create_private;

/// Between two attempts.
const RETRY_AFTER: Duration = Duration::from_millis(5);

/// Attempts, five seconds in all. What is done under the lock takes milliseconds; a process
/// that was stopped in the midst of it must not stop all others.
const ATTEMPTS: u32 = 1000;

/// How often a new part may be taken for an old one and removed before it is locked.
const CREATE_ATTEMPTS: u32 = 10;

/// The permission to count and to change what lies in a directory; given back when dropped.
pub(crate) struct DirectoryLock {
    _file: Option<File>,
}

impl DirectoryLock {
    /// Waits for it, for some seconds at most.
    ///
    /// # Errors
    ///
    /// When another process has it all the time.
    pub(crate) fn take(directory: &Path) -> Result<Self, FileError> {
        let Ok(file) = open(directory) else {
            return Ok(Self { _file: None });
        };
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(TryLockError::WouldBlock) => thread::sleep(RETRY_AFTER),
                Err(TryLockError::Error(_)) => return Ok(Self { _file: None }),
            }
        }
        let error = io::Error::new(
            io::ErrorKind::TimedOut,
            "another process has locked it for several seconds",
        );
        Err(FileError::new(FileErrorKind::Directory(error), directory))
    }
}

/// The directory itself can be locked.
#[cfg(unix)]
fn open(directory: &Path) -> io::Result<File> {
    File::open(directory)
}

/// A directory cannot be opened as a file here.
#[cfg(not(unix))]
fn open(directory: &Path) -> io::Result<File> {
    let name = directory.join(".memwatch-lock");
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(name)
}

/// Makes a part that is known to be written to as long as this file is open.
///
/// # Errors
///
/// What the system says.
pub(crate) fn create_locked(partial: &Path) -> io::Result<File> {
    for _ in 0..CREATE_ATTEMPTS {
        let file = create_private(partial)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, partial) => return Ok(file),
            // Somebody took it for one that was left, in the moment before it was locked.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let _ = fs::remove_file(partial);
            }
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// Whether no process writes to a part any more; nothing if that cannot be known.
pub(crate) fn is_left(partial: &Path) -> Option<bool> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A link or a pipe may have come into its place.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NOFOLLOW | libc::O_NONBLOCK,
    );
    // Shared: those who only look do not keep each other away.
    match options.open(partial).ok()?.try_lock_shared() {
        Ok(()) => Some(true),
        Err(TryLockError::WouldBlock) => Some(false),
        Err(TryLockError::Error(_)) => None,
    }
}

/// Whether the open file is the one that has this name.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => is_same(&open, &named),
        _ => false,
    }
}

#[cfg(unix)]
fn is_same(open: &Metadata, named: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// An open file keeps its name here.
#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_left_when_its_writer_has_closed_it() {
        let directory = tempfile::tempdir().unwrap();
        let partial = directory.path().join("partial");
        let writer = create_locked(&partial).unwrap();
        assert_eq!(is_left(&partial), Some(false));
        drop(writer);
        assert_eq!(is_left(&partial), Some(true));
        assert_eq!(is_left(&directory.path().join("none")), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_part_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let [link, victim] = ["link", "victim"].map(|name| directory.path().join(name));
        fs::write(&victim, "theirs").unwrap();
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        assert_eq!(is_left(&link), None);
    }

    #[test]
    fn one_at_a_time_has_a_directory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let held = DirectoryLock::take(&path).unwrap();
        let waiting = thread::spawn(move || DirectoryLock::take(&path).is_ok());
        thread::sleep(RETRY_AFTER * 4);
        assert!(!waiting.is_finished());
        drop(held);
        assert!(waiting.join().unwrap());
    }
}
