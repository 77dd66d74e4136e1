//! Why a command has no answer: a code for programs, a sentence for people.

use std::fmt;
use std::io;

use memwatch_attach::AttachError;
use memwatch_files::FileError;
use memwatch_heap::HeapError;
use memwatch_snapshot::SnapshotError;
use memwatch_snapshot::query::QueryError;

/// Why a command has no answer.
#[derive(Debug)]
pub enum Failure {
    /// The system would not let the file be read.
    Io {
        /// Its name, as it was given.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// The file is not a heap snapshot, or a damaged one.
    Snapshot {
        /// Its name.
        file: String,
        /// What is wrong, and where.
        error: SnapshotError,
    },
    /// The file is a core whose heap cannot be read.
    Core {
        /// Its name.
        file: String,
        /// Why.
        error: HeapError,
    },
    /// The heap of a process that runs cannot be read.
    Process {
        /// Its number.
        pid: u32,
        /// Why.
        error: HeapError,
    },
    /// A process cannot be stopped or copied.
    Attach(AttachError),
    /// What should be the number of a process.
    NotAProcess(String),
    /// The folder of source maps that was named cannot be read.
    Maps {
        /// Its name.
        folder: String,
        /// Why.
        error: io::Error,
    },
    /// No file could be written.
    File(FileError),
    /// Standard output could not be written to.
    Output(io::Error),
    /// The question does not fit the snapshot.
    Query(QueryError),
    /// The question is not to this many files.
    Files(usize),
    /// The report could not be written as JSON.
    Json(serde_json::Error),
    /// A defect of memwatch.
    Panic,
}

impl Failure {
    /// The system would not let a file be read.
    pub fn io(file: &str, error: io::Error) -> Self {
        let file = said(file);
        Self::Io { file, error }
    }

    /// A file is not a heap snapshot, or a damaged one.
    pub fn snapshot(file: &str, error: SnapshotError) -> Self {
        let file = said(file);
        Self::Snapshot { file, error }
    }

    /// The heap of a core cannot be read.
    pub fn core(file: &str, error: HeapError) -> Self {
        let file = said(file);
        Self::Core { file, error }
    }

    /// The code programs compare with.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "ERR_MEMWATCH_SNAPSHOT_UNREADABLE",
            Self::Snapshot { error, .. } => error.code(),
            Self::Core { error, .. } | Self::Process { error, .. } => error.code(),
            Self::Attach(error) => error.code(),
            Self::Maps { .. } => "ERR_MEMWATCH_MAPS_UNREADABLE",
            Self::File(error) => error.code(),
            Self::Output(_) => "ERR_MEMWATCH_SNAPSHOT_WRITE",
            Self::Query(error) => error.code(),
            Self::Files(_) | Self::NotAProcess(_) => "ERR_MEMWATCH_USAGE",
            Self::Json(_) | Self::Panic => "ERR_MEMWATCH_INTERNAL",
        }
    }

    /// The byte of the decompressed file at which it was noticed.
    pub fn offset(&self) -> Option<u64> {
        match self {
            Self::Snapshot { error, .. } => Some(error.offset),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { file, error } => write!(f, "{file} cannot be read: {error}"),
            Self::Snapshot { file, error } => write!(f, "{file} is not a heap snapshot: {error}"),
            Self::Core { file, error } => write!(f, "{file} cannot be read as a core: {error}"),
            Self::Process { pid, error } => write!(f, "process {pid} cannot be read: {error}"),
            Self::Attach(error) => error.fmt(f),
            Self::NotAProcess(word) => write!(f, "snapshot takes a process id, not '{word}'"),
            Self::Maps { folder, error } => {
                write!(
                    f,
                    "the folder of source maps cannot be read: {folder}: {error}"
                )
            }
            Self::File(error) => error.fmt(f),
            Self::Output(error) => write!(f, "standard output cannot be written: {error}"),
            Self::Query(error) => error.fmt(f),
            Self::Files(0) => f.write_str("expected a file, got none"),
            Self::Files(1) => f.write_str("expected two or more files, got one"),
            Self::Files(count) => write!(f, "expected one file, got {count}"),
            Self::Json(error) => write!(f, "the report cannot be written: {error}"),
            Self::Panic => f.write_str("internal error; please report it"),
        }
    }
}

impl From<AttachError> for Failure {
    fn from(error: AttachError) -> Self {
        Self::Attach(error)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

fn said(file: &str) -> String {
    match file {
        "-" => "standard input".to_owned(),
        file => file.to_owned(),
    }
}
