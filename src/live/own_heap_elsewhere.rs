//! Where there is no forked child there is no memory that stands still to be read.

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
