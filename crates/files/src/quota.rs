//! How much may lie in a directory, so that a program that crashes again and again does
//! not fill the disk. Counts files that bear memwatch's names, and no others.
//!
//! It is no lock: processes that write to one directory at the same moment may each find
//! room, and go over by what they then write. Where the oldest are removed the directory may
//! be over by the snapshot that is being written: nothing goes before that one has its name,
//! because a copy that is killed, or a disk that is full midway, would take the others along.

use std::fs::{self, DirEntry, Metadata};
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
    /// Remove the oldest once the new one is whole and has its name. One that is more than
    /// the quota all by itself is refused, and nothing is removed for it.
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
            if is_partial && removed_as_left_behind(&entry, &metadata, now) {
                continue;
            }
            found.push(Found {
                path: entry.path(),
                bytes: metadata.len(),
                modified: metadata.modified().unwrap_or(now),
                is_partial,
            });
        }
        found.sort_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
        let room = Self {
            quota,
            directory: directory.to_owned(),
            found,
        };
        let bytes = bytes_of(&room.found);
        let is_full = room.found.len() >= quota.max_files || bytes >= quota.max_bytes;
        match is_full && (quota.when_full == WhenFull::Refuse || quota.max_files == 0) {
            true => Err(room.full(0)),
            false => Ok(room),
        }
    }

    /// What no removal will make room of: everything, or what another process is writing.
    fn staying(&self) -> impl Iterator<Item = &Found> {
        let all = self.quota.when_full == WhenFull::Refuse;
        self.found
            .iter()
            .filter(move |found| all || found.is_partial)
    }

    fn full(&self, more: u64) -> FileError {
        let kind = FileErrorKind::Quota {
            files: self.staying().count(),
            bytes: bytes_of(self.staying()).saturating_add(more),
        };
        FileError::new(kind, &self.directory)
    }

    /// Whether there is, or can be made, room for a file that has this many bytes by now.
    ///
    /// # Errors
    /// When there is not. Nothing was removed then.
    pub fn check(&self, bytes: u64) -> Result<(), FileError> {
        match bytes_of(self.staying()).saturating_add(bytes) > self.quota.max_bytes {
            true => Err(self.full(bytes)),
            false => Ok(()),
        }
    }

    /// The new one has this name: it is none of the old ones, though one of them may have
    /// had it.
    pub fn except(&mut self, path: &Path) {
        self.found.retain(|found| found.path != path);
    }

    /// Removes the oldest, as far as a whole file of this many bytes needs it.
    pub fn make_for(&mut self, bytes: u64) {
        while self.is_over_with(bytes) && self.remove_oldest() {}
    }

    fn is_over_with(&self, bytes: u64) -> bool {
        self.found.len() >= self.quota.max_files
            || bytes_of(&self.found).saturating_add(bytes) > self.quota.max_bytes
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

/// Removes parts that killed processes have left behind in a directory without a quota.
pub(crate) fn sweep(directory: &Path, now: SystemTime) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if !is_partial(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if let Ok(metadata) = entry.metadata() {
            removed_as_left_behind(&entry, &metadata, now);
        }
    }
}

/// Removes a part if nobody writes to it any more, and says whether it is gone.
fn removed_as_left_behind(entry: &DirEntry, metadata: &Metadata, now: SystemTime) -> bool {
    let modified = metadata.modified().unwrap_or(now);
    let age = now.duration_since(modified).unwrap_or_default();
    metadata.is_file() && age > LEFT_BEHIND_AFTER && fs::remove_file(entry.path()).is_ok()
}

fn bytes_of<'a>(found: impl IntoIterator<Item = &'a Found>) -> u64 {
    found.into_iter().map(|found| found.bytes).sum()
}

fn is_partial(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(PARTIAL_EXTENSION)
}
