//! Where a command writes the file that it was asked for. Writes nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use memwatch_files::{Compression, Destination, FileError, Occasion, Place};

/// The place of a file by its name. Without a compression the name says which; `reason` is the command.
pub fn place_of(
    output: &str,
    compression: Option<Compression>,
    reason: &str,
) -> Result<Place, FileError> {
    let mut destination = Destination::file(output);
    destination.compression = compression;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let occasion = Occasion {
        unix_micros: since_epoch.unwrap_or_default().as_micros() as u64,
        pid: std::process::id(),
        thread: 0,
        sequence: 0,
        reason,
    };
    Place::plan(&destination, &occasion)
}
