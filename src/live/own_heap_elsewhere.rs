//! Where there is no forked child there is no memory that stands still to be read.

use memwatch_snapshot::Snapshot;

use super::outcome::Failure;
use crate::error::Code;
use crate::v8::Isolate;

/// Refuses.
pub fn read(_isolate: Isolate) -> Result<Snapshot, Failure> {
    Err(Failure::new(
        Code::SnapshotReader,
        "memwatch reads V8's heap without V8 on Linux only",
    ))
}
