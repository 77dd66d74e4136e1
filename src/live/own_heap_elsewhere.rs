//! Without a forked child there is no stopped memory to read.

use memwatch_snapshot::Snapshot;

use super::outcome::Failure;
use crate::error::Code;
use crate::v8::Isolate;

/// Refuses.
pub fn read(_isolate: Isolate, _node_version: Option<&str>) -> Result<Snapshot, Failure> {
    Err(Failure::new(
        Code::SnapshotReader,
        "memwatch's reader works on Linux x64 only",
    ))
}
