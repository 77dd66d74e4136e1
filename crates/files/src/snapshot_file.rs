//! A file that is complete or absent. It is written under another name in the same
//! directory and renamed at the end; until then any failure short of a kill removes it,
//! and after a kill [`Place::discard`] does.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::claim::claim;
use crate::error::{FileError, FileErrorKind};
use crate::lock::create_locked;
use crate::place::Place;
use crate::quota::Room;
use crate::stream::SnapshotStream;

/// A file that came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it lies; absolute.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// A snapshot being written: take the bytes with [`Write`] or [`SnapshotFile::push`], end
/// with [`SnapshotFile::finish`]. Dropped before, it leaves nothing.
pub struct SnapshotFile {
    place: Place,
    /// `None` after an error, and at the end.
    stream: Option<SnapshotStream<Counted>>,
    failed: Option<FileError>,
}

impl SnapshotFile {
    pub(crate) fn create(place: Place) -> Result<Self, FileError> {
        let partial = place.partial_path();
        let make = || create_locked(partial).map_err(|error| FileError::creating(error, partial));
        let mut room = place.room.clone();
        let file = match &mut room {
            Some(room) => room.take(make)?,
            None => make()?,
        };
        let counted = Counted {
            file,
            bytes: 0,
            surveyed_at: 0,
            room,
        };
        let stream = SnapshotStream::new(counted, place.compression);
        let mut created = Self {
            place,
            stream: None,
            failed: None,
        };
        let stream = stream.map_err(|error| created.explain(error))?;
        created.stream = Some(stream);
        Ok(created)
    }

    /// Takes the next bytes of the JSON. Says whether it wants more: after an error it does
    /// not, and [`SnapshotFile::finish`] tells which it was.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.write_all(bytes).is_ok()
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    ///
    /// The first that there was. Nothing is left then.
    pub fn finish(mut self) -> Result<Written, FileError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let stream = self.stream.take();
        let stream = stream.ok_or_else(|| self.explain(io::ErrorKind::BrokenPipe.into()))?;
        let counted = stream.finish().map_err(|error| self.explain(error))?;
        self.place_it(counted)
    }

    fn place_it(&self, counted: Counted) -> Result<Written, FileError> {
        let Counted {
            file,
            bytes,
            mut room,
            ..
        } = counted;
        // A file that the disk does not have yet survives the end of the process, but not that of
        // the machine.
        file.sync_all().map_err(|error| self.explain(error))?;
        // Others may have written meanwhile. From here on they wait; the part stays open until
        // it has its name, or they would take it for one that was left.
        let lock = room.as_mut().map(Room::locked).transpose()?;
        if let Some(room) = &room {
            room.check(bytes)?;
        }
        let mut claimed = self.claim_name();
        // Where names repeat, that of this one may be the oldest's, which has to go anyway.
        if let (Err(error), Some(room)) = (&claimed, &mut room)
            && matches!(error.kind, FileErrorKind::Exists)
        {
            room.make_for(bytes);
            claimed = self.claim_name();
        }
        let path = claimed?;
        drop(file);
        sync_directory(self.place.directory());
        // The others go when this one is sure to stay.
        if let Some(room) = &mut room {
            room.except(&path);
            room.make_for(bytes);
        }
        drop(lock);
        Ok(Written { path, bytes })
    }

    fn claim_name(&self) -> Result<PathBuf, FileError> {
        let mut taken = self.place.path();
        for path in self.place.paths() {
            let path = path?;
            match claim(self.place.partial_path(), &path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = path,
                Err(error) => return Err(FileError::creating(error, &path)),
            }
        }
        Err(FileError::new(FileErrorKind::Exists, taken))
    }

    fn explain(&self, error: io::Error) -> FileError {
        FileError::writing(error, &self.place.path())
    }
}

impl Write for SnapshotFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(stream) = &mut self.stream else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        match stream.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(self.explain(error));
                self.stream = None;
                Err(kind.into())
            }
            taken => taken,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.as_mut().map_or(Ok(()), SnapshotStream::flush)
    }
}

impl Drop for SnapshotFile {
    fn drop(&mut self) {
        // Closed first, for systems that do not remove what is open. What has its name by
        // now no longer has this one.
        self.stream = None;
        self.place.discard();
    }
}

/// Bytes after which a writer looks again at what others have written: little against a quota.
const SURVEY_BYTES: u64 = 16 << 20;

/// The file, and how much it has become.
struct Counted {
    file: File,
    bytes: u64,
    /// How much it was when the directory was last counted.
    surveyed_at: u64,
    room: Option<Room>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(room) = &mut self.room {
            if self.bytes - self.surveyed_at >= SURVEY_BYTES {
                self.surveyed_at = self.bytes;
                room.refresh();
            }
            room.check(self.bytes + bytes.len() as u64)
                .map_err(FileError::into_io)?;
        }
        let count = self.file.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Makes a file for the user alone, which must not be there yet. A link in its place is
/// never followed: `O_EXCL` sees to that.
///
/// # Errors
///
/// What the system says.
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// So that the name outlives the machine. Not every system can do it, and the file is
/// there without.
fn sync_directory(directory: &Path) {
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}
