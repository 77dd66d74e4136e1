//! The heap of this thread as memwatch's own reader sees it, in a forked child: no code of V8's runs, no garbage is
//! collected, and it takes a tenth of the memory of V8's snapshot. How the heap is read is the business of
//! `memwatch_heap`; here the memory, the layout and the isolate are found.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use memwatch_heap::elf::Executable;
use memwatch_heap::layout::Layout;
use memwatch_heap::memory::{Memory, Range};
use memwatch_heap::program::untried;
use memwatch_heap::{HeapReader, Selection, StackRange};
use memwatch_mapped::MappedFile;
use memwatch_snapshot::Snapshot;

use super::outcome::Failure;
use super::take::CANCELLED;
use crate::error::Code;
use crate::memory::Headroom;
use crate::v8::{Isolate, OwnMemory};

/// Reads the heap of the isolate that this thread was in when the process was forked.
pub(super) fn read(isolate: Isolate, node_version: Option<&str>) -> Result<Snapshot, Failure> {
    // The reader is made not to panic, whatever the bytes. Should it, V8 can still be asked.
    catch_unwind(AssertUnwindSafe(|| read_all(isolate, node_version)))
        .unwrap_or_else(|_| Err(unreadable("the reader failed with an internal error")))
}

fn read_all(isolate: Isolate, node_version: Option<&str>) -> Result<Snapshot, Failure> {
    let headroom = Headroom::watch_in_copy(0);
    let own = OwnMemory::of_child().map_err(|error| {
        unreadable(format!(
            "the memory of the forked child cannot be read: {error}"
        ))
    })?;
    let layout = layout(&own)?;
    let memory = Memory::new(own.ranges().iter().map(|range| Range {
        start: range.start(),
        bytes: own.bytes(range),
        writable: range.writable,
        executable: range.executable,
        from_file: range.from_file,
    }));
    let reader = HeapReader::of_isolate(&memory, &layout, isolate.address()).map_err(refused)?;
    let here = 0_u8;
    let stack = StackRange::from(std::ptr::from_ref(&here).addr() as u64);
    let is_room = |objects| headroom.is_left_for_reader(objects);
    let snapshot = reader
        .snapshot_if(0, &[stack], Selection::Alive, is_room)
        .map_err(refused)?;
    let mut snapshot = snapshot.ok_or_else(|| Failure::new(Code::SnapshotMemory, CANCELLED))?;
    if let Some(reading) = snapshot.reading_mut() {
        reading.untried_version = node_version.and_then(untried);
    }
    Ok(snapshot)
}

/// How the V8 that runs here lays out its objects, from the symbols of the executable, or of the library that has V8 in
/// builds of distributions.
fn layout(own: &OwnMemory) -> Result<Layout, Failure> {
    let mut refusal = None;
    let executable = Path::new("/proc/self/exe");
    let libraries = own.libraries().iter().map(PathBuf::as_path);
    for path in libraries.chain([executable]) {
        let file = File::open(path).and_then(|file| MappedFile::open(&file));
        let file =
            file.map_err(|error| unreadable(format!("the executable cannot be read: {error}")))?;
        let layout = Executable::read(file.as_ref())
            .and_then(|executable| Layout::new(executable.integers()));
        match layout {
            Ok(layout) => return Ok(layout),
            Err(error) => refusal = Some(error),
        }
    }
    Err(refusal.map_or_else(|| unreadable("there is no executable"), refused))
}

fn refused(error: memwatch_heap::HeapError) -> Failure {
    unreadable(error.to_string())
}

fn unreadable(why: impl Into<String>) -> Failure {
    Failure::new(Code::SnapshotReader, why)
}
