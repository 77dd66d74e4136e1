//! Why the memory of a process cannot be read. Each kind has a stable code; messages are one sentence for people.

use std::fmt;

/// The kinds of failure, by the code that a program can test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttachErrorKind {
    /// No process has this number.
    NoSuchProcess,
    /// The process is another user's, or the system does not let it be read.
    Denied,
    /// A debugger or tracer has the process.
    Traced,
    /// The process ended, or runs another program now.
    Ended,
    /// This system, this processor, or a program for another one.
    Unsupported,
    /// The system failed a call; the process continues unchanged.
    Failed,
}

impl AttachErrorKind {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSuchProcess => "ERR_MEMWATCH_NO_SUCH_PROCESS",
            Self::Denied => "ERR_MEMWATCH_ATTACH_DENIED",
            Self::Traced => "ERR_MEMWATCH_ATTACH_TRACED",
            Self::Ended => "ERR_MEMWATCH_ATTACH_ENDED",
            Self::Unsupported => "ERR_MEMWATCH_ATTACH_UNSUPPORTED",
            Self::Failed => "ERR_MEMWATCH_ATTACH_FAILED",
        }
    }
}

/// A failure: its kind and one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachError {
    kind: AttachErrorKind,
    message: String,
}

impl AttachError {
    /// A failure in a sentence.
    pub fn new(kind: AttachErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// Which failure it is.
    pub fn kind(&self) -> AttachErrorKind {
        self.kind
    }

    /// The stable code, see [`AttachErrorKind::code`].
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AttachError {}
