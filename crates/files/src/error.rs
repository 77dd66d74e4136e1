//! Errors of an output path for a snapshot: a stable code and a sentence.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong.
#[derive(Debug)]
pub enum FileErrorKind {
    /// There is something of that name already; nothing is ever written over.
    Exists,
    /// The directory is not there, is none, or nothing may be written to it.
    Directory(io::Error),
    /// The disk, or the user's share of it, is full.
    DiskFull,
    /// As many snapshots, or bytes of them, lie in the directory as may.
    Quota {
        /// Snapshots there are.
        files: usize,
        /// Their bytes, and those that were to come.
        bytes: u64,
    },
    /// A name that cannot be one; the sentence says why.
    Name(String),
    /// The system would not write for another reason.
    Write(io::Error),
}

/// Why a snapshot did not become a file. Nothing of it is left, not even a part.
#[derive(Debug)]
pub struct FileError {
    /// What went wrong.
    pub kind: FileErrorKind,
    /// The file or the directory in question.
    pub path: PathBuf,
}

impl FileError {
    pub(crate) fn new(kind: FileErrorKind, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { kind, path }
    }

    /// What the system says of a file that is being made.
    pub(crate) fn creating(error: io::Error, path: &Path) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::AlreadyExists => FileErrorKind::Exists,
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem => {
                let directory = path.parent().unwrap_or(path);
                return Self::new(FileErrorKind::Directory(error), directory);
            }
            _ => return Self::writing(error, path),
        };
        Self::new(kind, path)
    }

    /// What the system says of a file that is being written; or what a part of the
    /// stream said, which travels inside the system's error.
    pub(crate) fn writing(error: io::Error, path: &Path) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(inner) => return inner,
            Err(error) => error,
        };
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FileErrorKind::DiskFull,
            _ => FileErrorKind::Write(error),
        };
        Self::new(kind, path)
    }

    /// The code programs compare with; never changes once released.
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            FileErrorKind::Exists => "ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS",
            FileErrorKind::Directory(_) => "ERR_MEMWATCH_SNAPSHOT_DIRECTORY",
            FileErrorKind::DiskFull => "ERR_MEMWATCH_SNAPSHOT_DISK_FULL",
            FileErrorKind::Quota { .. } => "ERR_MEMWATCH_SNAPSHOT_QUOTA",
            FileErrorKind::Name(_) => "ERR_MEMWATCH_SNAPSHOT_FILE_NAME",
            FileErrorKind::Write(_) => "ERR_MEMWATCH_SNAPSHOT_WRITE",
        }
    }

    /// To be carried through an interface that knows the system's errors only.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            FileErrorKind::Exists => {
                write!(
                    f,
                    "{path} already exists, and memwatch does not overwrite files"
                )
            }
            FileErrorKind::Directory(error) => {
                write!(f, "no snapshot can be written to {path}: {error}")
            }
            FileErrorKind::DiskFull => write!(
                f,
                "the disk is full; the partial file of {path} was removed"
            ),
            FileErrorKind::Quota { files, bytes } => write!(
                f,
                "{path} would hold {} snapshots with {bytes} bytes, more than the quota allows: \
                 remove some, or raise the quota",
                files + 1
            ),
            FileErrorKind::Name(why) => write!(f, "{path} cannot be the name of a snapshot: {why}"),
            FileErrorKind::Write(error) => write!(f, "{path} cannot be written: {error}"),
        }
    }
}

impl std::error::Error for FileError {}
