//! The errors that reach JavaScript: each has a `code` there. Texts that are the
//! original's stay as they were.

use napi::Error;

use crate::v8::NoIsolate;

/// The `code` of an error.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    /// V8 could not take a heap snapshot.
    SnapshotFailed,
    /// There is too little memory for a heap snapshot.
    SnapshotMemory,
    /// Another heap snapshot is under way.
    SnapshotBusy,
    /// No copy of the process can be made.
    SnapshotFork,
    /// The copy of the process ended before it was done.
    SnapshotChild,
    /// The snapshot took longer than it may.
    SnapshotTimeout,
    /// V8's heap cannot be read without V8.
    SnapshotReader,
    /// The program, or the thread, ends.
    SnapshotExiting,
    /// The heap diff was ended before.
    DiffEnded,
    /// V8 numbered the heap's objects anew since the heap diff began.
    DiffIds,
    /// Native allocations cannot be sampled: the code says why.
    NativeSites(&'static str),
    /// A method of a heap diff was called on something else.
    WrongThis,
    /// A native function got an argument of another type.
    WrongArgument,
    /// Node-API or V8 refused something that cannot be refused.
    Internal,
}

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        match self {
            Self::SnapshotFailed => "ERR_MEMWATCH_SNAPSHOT_FAILED",
            Self::SnapshotMemory => "ERR_MEMWATCH_SNAPSHOT_MEMORY",
            Self::SnapshotBusy => "ERR_MEMWATCH_SNAPSHOT_BUSY",
            Self::SnapshotFork => "ERR_MEMWATCH_SNAPSHOT_FORK",
            Self::SnapshotChild => "ERR_MEMWATCH_SNAPSHOT_CHILD",
            Self::SnapshotTimeout => "ERR_MEMWATCH_SNAPSHOT_TIMEOUT",
            Self::SnapshotReader => "ERR_MEMWATCH_SNAPSHOT_READER",
            Self::SnapshotExiting => "ERR_MEMWATCH_SNAPSHOT_EXITING",
            Self::DiffEnded => "ERR_MEMWATCH_DIFF_ENDED",
            Self::DiffIds => "ERR_MEMWATCH_DIFF_IDS",
            Self::NativeSites(code) => code,
            Self::WrongThis => "ERR_MEMWATCH_WRONG_THIS",
            Self::WrongArgument | Self::Internal => "ERR_MEMWATCH_INTERNAL",
        }
    }
}

impl From<napi::Status> for Code {
    fn from(_: napi::Status) -> Self {
        Self::Internal
    }
}

impl From<NoIsolate> for Error<Code> {
    fn from(none: NoIsolate) -> Self {
        error(Code::Internal, none.to_string())
    }
}

/// What native functions return.
pub(crate) type Result<T> = std::result::Result<T, Error<Code>>;

/// An error with a code.
pub(crate) fn error(code: Code, message: impl Into<String>) -> Error<Code> {
    Error::new(code, message.into())
}

/// An error of Node-API itself.
pub(crate) fn internal(error: Error) -> Error<Code> {
    Error::new(Code::Internal, error.reason.clone())
}
