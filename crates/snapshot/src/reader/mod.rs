//! Ways to read the JSON V8 writes: bytes pushed as they come ([`PushReader`]),
//! or a whole file at once ([`read`]), which is several times as fast. Both
//! give the same snapshot, or the same error, for the same bytes. Opens no
//! file, decompresses nothing, and starts threads only when told to.

mod fast;
mod keep;
mod push;
pub(super) mod sections;
pub(super) mod syntax;
mod traced;
pub(super) mod twins;
pub(super) mod walk;

pub use push::PushReader;
pub(super) use push::push_into;
pub use traced::{TraceFunction, TraceSample, TraceStack, TracedReader, Traces};

use std::sync::atomic::{AtomicU64, Ordering};

use super::columns::Snapshot;
use super::error::SnapshotError;
use super::strings::SnapshotBytes;

/// Which columns to keep. What is left out is still checked as it is read by
/// [`PushReader`]; [`read`] skips the edges altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// V8's ids: needed for differences, and for people.
    pub ids: bool,
    /// Edges: needed for everything exact.
    pub edges: bool,
}

impl Columns {
    /// Everything.
    pub const ALL: Self = Self {
        ids: true,
        edges: true,
    };
    /// Nodes with their ids: enough for differences of raw sizes.
    pub const NODES: Self = Self {
        ids: true,
        edges: false,
    };

    /// The rules by which edges count need their nodes' ids.
    fn with_needed(self) -> Self {
        Self {
            ids: self.ids || self.edges,
            ..self
        }
    }
}

/// How to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// What to keep.
    pub columns: Columns,
    /// Threads to use, the caller's own included; 0 counts as 1. More than 2
    /// help no further.
    pub threads: usize,
}

impl Default for ReadOptions {
    /// Everything, on the caller's thread.
    fn default() -> Self {
        Self {
            columns: Columns::ALL,
            threads: 1,
        }
    }
}

/// Reads a whole file, which is typically mapped. The bytes are kept for the
/// strings, and not copied.
///
/// # Errors
///
/// As [`PushReader`].
pub fn read(bytes: SnapshotBytes, options: ReadOptions) -> Result<Snapshot, SnapshotError> {
    read_counted(bytes, options, &AtomicU64::new(0))
}

/// As [`read`]; `progress` counts the bytes of nodes and edges that were read, and
/// may be looked at by another thread meanwhile.
///
/// # Errors
///
/// As [`PushReader`].
pub fn read_counted(
    bytes: SnapshotBytes,
    options: ReadOptions,
    progress: &AtomicU64,
) -> Result<Snapshot, SnapshotError> {
    /// Bytes between two looks at how far it is: many against what counting costs.
    const CHUNK: usize = 1 << 20;
    let columns = options.columns.with_needed();
    let options = ReadOptions { columns, ..options };
    if let Some(snapshot) = fast::read_whole(&bytes, options, progress) {
        return Ok(snapshot);
    }
    progress.store(0, Ordering::Relaxed);
    let mut reader = PushReader::new(columns);
    for chunk in (*bytes).as_ref().chunks(CHUNK) {
        reader.push(chunk)?;
        progress.fetch_add(chunk.len() as u64, Ordering::Relaxed);
    }
    reader.finish()
}

/// What the fast reader makes of a file by itself.
#[cfg(test)]
pub(crate) fn read_fast_only(bytes: &[u8]) -> Option<Snapshot> {
    let options = ReadOptions {
        threads: 2,
        ..ReadOptions::default()
    };
    let bytes: SnapshotBytes = std::sync::Arc::new(bytes.to_vec());
    fast::read_whole(&bytes, options, &AtomicU64::new(0))
}
