//! Where a command writes the file that it was asked for, and how it writes a snapshot there.

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use memwatch_files::{
    Compression, Destination, FileError, Occasion, Place, TRIGGER_TEMPLATE, Template, Written,
};
use memwatch_snapshot::{Snapshot, write};

/// The place of a file by its name. Without a compression the name says which; `reason` is the command.
pub(crate) fn place_of(
    output: &str,
    compression: Option<Compression>,
    reason: &str,
) -> Result<Place, FileError> {
    let mut destination = Destination::file(output);
    destination.compression = compression;
    Place::plan(&destination, &occasion(std::process::id(), reason))
}

/// A place in the working directory, named as the snapshots are that a process takes itself.
pub(crate) fn place_here(pid: u32, reason: &str) -> Result<Place, FileError> {
    let name = Template::parse(TRIGGER_TEMPLATE)?.name(&occasion(pid, reason))?;
    place_of(&name, None, reason)
}

fn occasion(pid: u32, reason: &str) -> Occasion<'_> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Occasion {
        unix_micros: since_epoch.unwrap_or_default().as_micros() as u64,
        pid,
        thread: 0,
        sequence: 0,
        reason,
    }
}

/// Writes a snapshot.
pub(crate) fn written(snapshot: &Snapshot, place: &Place) -> Result<Written, FileError> {
    let mut file = place.create()?;
    write(snapshot, &mut |bytes| file.write_all(bytes).is_ok());
    file.finish()
}
