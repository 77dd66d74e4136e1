//! A limit on memory, as part of a leak or of a detector state.

use memwatch_detector::limits::{Limit, LimitKind};
use serde::Serialize;

/// A limit on memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MemoryLimit {
    /// V8's on the heap of this thread, or that of a control group that this process is in.
    pub kind: MemoryLimitKind,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Memory that counts against it now, in bytes: for a container all except reclaimable file cache.
    pub used_bytes: u64,
    /// The directory of the control group, the innermost where only `process.constrainedMemory()`
    /// knows the limit; `null` for V8's, and where there is no group.
    pub path: Option<String>,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MemoryLimitKind {
    /// V8's, on the heap of this thread.
    #[serde(rename = "v8-heap")]
    V8Heap,
    /// That of a control group.
    Container,
}

impl MemoryLimit {
    /// Of a limit, and of a container its directory.
    #[must_use]
    pub fn of(limit: &Limit, path: Option<String>) -> Self {
        Self {
            kind: match limit.kind {
                LimitKind::V8Heap => MemoryLimitKind::V8Heap,
                LimitKind::Container => MemoryLimitKind::Container,
            },
            bytes: limit.bytes,
            used_bytes: limit.used,
            path,
        }
    }
}
