//! The messages of a forked child to its parent: one line of JSON each. Written and read
//! by the same binary.

use serde::{Deserialize, Serialize};

use super::outcome::Failure;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// How far it is.
    Progress(Progress),
    /// It is done.
    Done(Done),
    /// It gave up.
    Failed(Failure),
}

/// How far a snapshot is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes of the snapshot's JSON so far.
    pub bytes: u64,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// V8 collects garbage and walks over the heap.
    Taking,
    /// The snapshot becomes a file, or columns.
    Writing,
    /// Dominators, sizes, suspects.
    Analyzing,
}

impl Stage {
    /// As JavaScript has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Taking => "taking",
            Self::Writing => "writing",
            Self::Analyzing => "analyzing",
        }
    }
}

/// What came out.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Done {
    /// How many nodes the snapshot has.
    pub nodes: u32,
    /// Whether memwatch's reader took it, and not V8.
    pub is_read: bool,
    /// Of a file: its path and size.
    pub file: Option<(String, u64)>,
    /// Of an analysis or a comparison: the report as JSON.
    pub report: Option<String>,
}
