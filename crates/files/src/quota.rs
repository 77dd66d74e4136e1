//! How much may lie in a directory, so that a program that crashes again and again does
//! not fill the disk. Counts files that bear memwatch's names, and no others.
//!
//! It is no lock: processes that write to one directory at the same moment may each find
//! room, and go over by what they then write.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::{FileError, FileErrorKind};
use crate::place::PARTIAL_EXTENSION;
use crate::template::Template;

/// What to do when there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Take no snapshot. What is there tells of the first crash, which those after it
    /// often only repeat; and nobody's file is ever removed.
    #[default]
    Refuse,
    /// Remove the oldest once the new one is whole, or when its bytes need the room.
    RemoveOldest,
}

/// How much may lie in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Files at most.
    pub max_files: usize,
    /// Bytes at most, in all of them together.
    pub max_bytes: u64,
    /// What to do beyond.
    pub when_full: WhenFull,
}

impl Default for Quota {
    /// Twenty files: three tell a leak, so that is six incidents. Eight GiB: less than half
    /// of the disks that small machines and containers commonly have.
    fn default() -> Self {
        Self {
            max_files: 20,
            max_bytes: 8 << 30,
            when_full: WhenFull::default(),
        }
    }
}

/// A part that nobody has written to for so long belongs to a process that was killed: the
/// longest that a snapshot is given is some minutes.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(3600);

/// A snapshot in the directory.
#[derive(Clone, Debug)]
struct Found {
    path: PathBuf,
    bytes: u64,
    modified: SystemTime,
    is_partial: bool,
}

/// The room that is left in a directory, as it was when it was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    quota: Quota,
    directory: PathBuf,
    /// The oldest last.
    found: Vec<Found>,
}

impl Room {
    /// Looks through a directory; removes parts that a killed process has left behind.
    ///
    /// # Errors
    /// When it is full, and nothing is to be removed.
    pub fn survey(
        directory: &Path,
        quota: Quota,
        ours: &[Template],
        now: SystemTime,
    ) -> Result<Self, FileError> {
        let failed = |error| FileError::new(FileErrorKind::Directory(error), directory);
        let mut found = Vec::new();
        for entry in fs::read_dir(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_partial = is_partial(&name);
            if !is_partial && !ours.iter().any(|template| template.matches(&name)) {
                continue;
            }
            // Of the entry itself, not of what a link leads to. It may be gone by now.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if !metadata.is_file() {
                continue;
            }
            let modified = metadata.modified().unwrap_or(now);
            let age = now.duration_since(modified).unwrap_or_default();
            if is_partial && age > LEFT_BEHIND_AFTER && fs::remove_file(entry.path()).is_ok() {
                continue;
            }
            found.push(Found {
                path: entry.path(),
                bytes: metadata.len(),
                modified,
                is_partial,
            });
        }
        found.sort_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
        let room = Self {
            quota,
            directory: directory.to_owned(),
            found,
        };
        let is_full = room.found.len() >= quota.max_files || room.bytes() >= quota.max_bytes;
        match is_full && (quota.when_full == WhenFull::Refuse || quota.max_files == 0) {
            true => Err(room.full(0)),
            false => Ok(room),
        }
    }

    fn bytes(&self) -> u64 {
        self.found.iter().map(|found| found.bytes).sum()
    }

    fn full(&self, more: u64) -> FileError {
        let kind = FileErrorKind::Quota {
            files: self.found.len(),
            bytes: self.bytes().saturating_add(more),
        };
        FileError::new(kind, &self.directory)
    }

    /// Room for a file that has this many bytes by now.
    pub fn make_for_bytes(&mut self, bytes: u64) -> Result<(), FileError> {
        while self.bytes().saturating_add(bytes) > self.quota.max_bytes {
            if !self.remove_oldest() {
                return Err(self.full(bytes));
            }
        }
        Ok(())
    }

    /// Room for one more file.
    pub fn make_for_file(&mut self) {
        while self.found.len() >= self.quota.max_files && self.remove_oldest() {}
    }

    /// Says whether there was one that could be removed. What another process is writing
    /// cannot.
    fn remove_oldest(&mut self) -> bool {
        if self.quota.when_full == WhenFull::Refuse {
            return false;
        }
        while let Some(at) = self.found.iter().rposition(|found| !found.is_partial) {
            let oldest = self.found.remove(at);
            match fs::remove_file(oldest.path) {
                Ok(()) => return true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return true,
                // Not ours to remove after all; its bytes no longer count.
                Err(_) => {}
            }
        }
        false
    }
}

fn is_partial(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(PARTIAL_EXTENSION)
}
