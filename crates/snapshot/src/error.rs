//! What can be wrong with a snapshot, said once: a stable kind, the byte where
//! it shows, and a sentence. Knows nothing of how it is printed.

use std::borrow::Cow;
use std::fmt;

/// The sort of damage. Each has a stable code, see [`SnapshotErrorKind::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SnapshotErrorKind {
    /// The bytes are not the JSON of a heap snapshot.
    Syntax,
    /// The input ends before the snapshot does.
    Truncated,
    /// The `snapshot` object lacks a field that is needed, or describes its
    /// columns in a way that cannot be read.
    Header,
    /// A section that is needed is not there, or is there twice.
    Section,
    /// More or fewer records than the header, or the nodes, announce.
    Count,
    /// A number outside its column: an unknown type, or too many digits.
    Range,
    /// An edge, a location or the root points at no node.
    Target,
    /// A name points at no string.
    Name,
    /// Two objects of one id.
    Id,
    /// The text is not UTF-8.
    Encoding,
    /// More nodes or edges than the columns can number.
    TooLarge,
}

impl SnapshotErrorKind {
    /// The code programs compare with; never changes once released.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Syntax => "ERR_MEMWATCH_SNAPSHOT_SYNTAX",
            Self::Truncated => "ERR_MEMWATCH_SNAPSHOT_TRUNCATED",
            Self::Header => "ERR_MEMWATCH_SNAPSHOT_HEADER",
            Self::Section => "ERR_MEMWATCH_SNAPSHOT_SECTION",
            Self::Count => "ERR_MEMWATCH_SNAPSHOT_COUNT",
            Self::Range => "ERR_MEMWATCH_SNAPSHOT_RANGE",
            Self::Target => "ERR_MEMWATCH_SNAPSHOT_TARGET",
            Self::Name => "ERR_MEMWATCH_SNAPSHOT_NAME",
            Self::Id => "ERR_MEMWATCH_SNAPSHOT_ID",
            Self::Encoding => "ERR_MEMWATCH_SNAPSHOT_ENCODING",
            Self::TooLarge => "ERR_MEMWATCH_SNAPSHOT_TOO_LARGE",
        }
    }
}

/// Why a snapshot cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotError {
    /// The sort of damage.
    pub kind: SnapshotErrorKind,
    /// Byte offset in the (uncompressed) input at which it was noticed. For
    /// snapshots that were never bytes: 0.
    pub offset: u64,
    /// A sentence for people, without the offset.
    pub message: Cow<'static, str>,
}

impl SnapshotError {
    pub(crate) fn new(
        kind: SnapshotErrorKind,
        offset: u64,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            offset,
            message: message.into(),
        }
    }

    /// The stable code of [`SnapshotErrorKind::code`].
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)
    }
}

impl std::error::Error for SnapshotError {}
