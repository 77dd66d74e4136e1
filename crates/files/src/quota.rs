//! How much may lie in a directory, so that a program that crashes again and again does
//! not fill the disk. Counts files that bear memwatch's names, and no others.
//!
//! It holds for all processes that write to the directory together: a place is counted and
//! taken while the directory is locked (`lock`). A part that is being written has its place
//! already, and loses it when its writer ends. Where the oldest are removed the directory may
//! be over by one snapshot that is being written: nothing goes before that one has its name,
//! because a copy that is killed, or a disk that is full midway, would take the others along.

use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::error::{FileError, FileErrorKind};
use crate::lock::{DirectoryLock, is_left};
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

/// A part without a write for this long belongs to a process that was killed: the
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

/// How often, and after which time each, a place is looked for that another process has
/// while it writes: half a minute in all. Its snapshot may take longer.
const PLACE_ATTEMPTS: u32 = 600;
const PLACE_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What is removed on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clearing {
    /// Parts without a write for an hour.
    Old,
    /// And those whose writer is gone. With the directory locked only: a part that has just
    /// been made is not locked yet.
    Left,
}

/// The room left in a directory at the time it was counted.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    quota: Quota,
    directory: PathBuf,
    ours: Vec<Template>,
    now: SystemTime,
    /// The part for which this room is, which is none of the others.
    own: PathBuf,
    /// The oldest last.
    found: Vec<Found>,
}

impl Room {
    /// Looks through a directory. What it finds may have changed when the place is taken.
    ///
    /// # Errors
    /// When it is full, and nothing is to be removed.
    pub(crate) fn survey(
        directory: &Path,
        quota: Quota,
        ours: Vec<Template>,
        own: &Path,
        now: SystemTime,
    ) -> Result<Self, FileError> {
        let mut room = Self {
            quota,
            directory: directory.to_owned(),
            ours,
            now,
            own: own.to_owned(),
            found: Vec::new(),
        };
        room.look(Clearing::Old)?;
        match room.is_full() {
            true => Err(room.full(0)),
            false => Ok(room),
        }
    }

    /// Takes the place: what `make` makes has one from then on. No other process takes or
    /// gives back one meanwhile.
    ///
    /// # Errors
    /// When the directory is full by now; what `make` says.
    pub(crate) fn take<T>(
        &mut self,
        make: impl FnOnce() -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        for _ in 1..PLACE_ATTEMPTS {
            let lock = self.locked()?;
            if self.is_full() {
                return Err(self.full(0));
            }
            if !self.is_in_use() {
                return make();
            }
            drop(lock);
            thread::sleep(PLACE_AGAIN_AFTER);
        }
        Err(self.full(0))
    }

    /// The directory as it is, and stays while this lock is held.
    pub(crate) fn locked(&mut self) -> Result<DirectoryLock, FileError> {
        let lock = DirectoryLock::take(&self.directory)?;
        self.look(Clearing::Left)?;
        Ok(lock)
    }

    /// The directory as it is at this moment. Where it cannot be read it is as it was.
    pub(crate) fn refresh(&mut self) {
        let _ = self.look(Clearing::Old);
    }

    fn look(&mut self, clearing: Clearing) -> Result<(), FileError> {
        let failed = |error| FileError::new(FileErrorKind::Directory(error), &self.directory);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_partial = is_partial(&name);
            if !is_partial && !self.ours.iter().any(|template| template.matches(&name)) {
                continue;
            }
            // Of the entry itself, not of what a link leads to. It may be gone by now.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let path = entry.path();
            if !metadata.is_file() || path == self.own {
                continue;
            }
            if is_partial {
                if removed_as_left_behind(&entry, &metadata, self.now) {
                    continue;
                }
                if is_left(&path) == Some(true) {
                    // Gone, it is counted no more; nor where it stays because it is another user's.
                    if clearing == Clearing::Left {
                        let _ = fs::remove_file(&path);
                    }
                    continue;
                }
            }
            found.push(Found {
                path,
                bytes: metadata.len(),
                modified: metadata.modified().unwrap_or(self.now),
                is_partial,
            });
        }
        memwatch_order::sort_by(&mut found, |a, b| {
            (b.modified, &b.path).cmp(&(a.modified, &a.path))
        });
        self.found = found;
        Ok(())
    }

    /// Whether there is no room, and none can be made.
    fn is_full(&self) -> bool {
        match self.quota.when_full {
            WhenFull::RemoveOldest => self.quota.max_files == 0,
            WhenFull::Refuse => {
                self.found.len() >= self.quota.max_files
                    || bytes_of(&self.found) >= self.quota.max_bytes
            }
        }
    }

    /// Whether another process has the one place there is beyond the quota while it writes.
    fn is_in_use(&self) -> bool {
        self.quota.when_full == WhenFull::RemoveOldest
            && self.found.len() > self.quota.max_files
            && self.found.iter().any(|found| found.is_partial)
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
    pub(crate) fn check(&self, bytes: u64) -> Result<(), FileError> {
        match bytes_of(self.staying()).saturating_add(bytes) > self.quota.max_bytes {
            true => Err(self.full(bytes)),
            false => Ok(()),
        }
    }

    /// The new one has this name: it is none of the old ones, though one of them may have
    /// had it.
    pub(crate) fn except(&mut self, path: &Path) {
        self.found.retain(|found| found.path != path);
    }

    /// Removes the oldest, as far as a whole file of this many bytes needs it.
    pub(crate) fn make_for(&mut self, bytes: u64) {
        while self.is_over_with(bytes) && self.remove_oldest() {}
    }

    fn is_over_with(&self, bytes: u64) -> bool {
        // A part has taken its place when it was made, and its writer gives one back in turn.
        let whole = self.found.iter().filter(|found| !found.is_partial);
        whole.count() >= self.quota.max_files
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

/// Removes a part if no process writes to it any more, and returns whether it is gone.
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
