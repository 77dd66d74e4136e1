//! What the tests of files share: something to write, and a look at what is there then.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use memwatch_files::{Destination, FileError, Occasion, Place, Written};
use tempfile::TempDir;

/// Some bytes that can be compressed, and more than one buffer holds.
pub(crate) fn content() -> Vec<u8> {
    (0..400_000_u32)
        .flat_map(|n| n.to_string().into_bytes())
        .collect()
}

/// A moment, which is now, and the number of the snapshot.
pub(crate) fn occasion(sequence: u64) -> Occasion<'static> {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    Occasion {
        unix_micros: now.as_micros() as u64,
        pid: 4711,
        thread: 0,
        sequence,
        reason: "call",
    }
}

/// Writes the content to its end.
pub(crate) fn write(destination: &Destination, sequence: u64) -> Result<Written, FileError> {
    let mut file = Place::plan(destination, &occasion(sequence))?.create()?;
    for piece in content().chunks(10_007) {
        if !file.push(piece) {
            break;
        }
    }
    file.finish()
}

/// What lies in a directory, hidden files too.
pub(crate) fn names(directory: &TempDir) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The error of a place that cannot be, with what must be left in the directory.
#[track_caller]
pub(crate) fn refused(
    destination: &Destination,
    code: &str,
    directory: &TempDir,
    left: &[&str],
) -> String {
    let error = write(destination, 9).unwrap_err();
    assert_eq!(error.code(), code);
    assert_eq!(names(directory), left);
    error.to_string()
}

/// Makes a file older.
pub(crate) fn age(path: &Path, seconds: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
        .unwrap();
}
