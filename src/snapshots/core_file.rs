//! A core file as a snapshot: which executable the process ran, and which of its heaps is asked
//! for. How V8's heap is read from memory is `memwatch_heap`'s business.

use std::fs;

use memwatch_heap::elf::{Core, Executable};
use memwatch_heap::layout::Layout;
use memwatch_heap::memory::{Memory, Range};
use memwatch_heap::process::{MappedFile, Process};
use memwatch_heap::{HeapError, HeapErrorKind, HeapReader, Selection, StackRange};
use memwatch_snapshot::Snapshot;
use serde::Deserialize;

/// Of an executable's first mapping, where its build id is. In bytes.
const FIRST_PAGE: u64 = 4096;

/// What is asked of a core beside the question itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CoreOptions {
    /// The executable that the process ran; without it the one that the core names.
    exe: Option<String>,
    /// Which isolate, counted from 1: the one with the most objects first.
    isolate: Option<usize>,
    /// Garbage too.
    all: bool,
}

/// Reads a core.
pub fn read(file: &[u8], options: &CoreOptions) -> Result<Snapshot, HeapError> {
    let core = Core::read(file)?;
    let own = Memory::new(core.segments().iter().copied());
    let process = Process::read(&core, &own);
    let executable = find_executable(&process, options)?;
    let symbols = Executable::read(&executable)?;
    let files: Vec<&MappedFile> = process
        .files
        .iter()
        .filter(|file| Some(&file.path) == process.executable.as_ref())
        .collect();
    check_build(&symbols, &files, &own)?;
    let layout = Layout::new(symbols.integers())?;
    let mapped = files
        .iter()
        .filter_map(|file| mapped_range(file, &executable));
    let memory = Memory::new(core.segments().iter().copied().chain(mapped));
    let reader = HeapReader::new(&memory, &layout)?;
    let stacks: Vec<StackRange> = process
        .threads
        .iter()
        .map(|thread| StackRange {
            pointer: thread.stack_pointer,
        })
        .collect();
    let selection = match options.all {
        true => Selection::All,
        false => Selection::Alive,
    };
    let isolate = options.isolate.unwrap_or(1).saturating_sub(1);
    reader.snapshot(isolate, &stacks, selection)
}

/// The executable's bytes. V8's layout is in its read-only data, which cores leave out.
fn find_executable(process: &Process, options: &CoreOptions) -> Result<Vec<u8>, HeapError> {
    let wanted = options.exe.as_ref().or(process.executable.as_ref());
    let Some(path) = wanted else {
        let message = "the core does not name the executable of its process: --exe FILE does";
        return Err(HeapError::new(HeapErrorKind::NoExecutable, message));
    };
    fs::read(path).map_err(|error| {
        let message = format!(
            "the executable {path} cannot be read: {error}; --exe FILE names the same build elsewhere"
        );
        HeapError::new(HeapErrorKind::NoExecutable, message)
    })
}

/// The build id of the executable must stand in the core's first page of it, where the core has
/// that page.
fn check_build(
    symbols: &Executable,
    files: &[&MappedFile],
    own: &Memory<'_>,
) -> Result<(), HeapError> {
    let first = files.iter().find(|file| file.offset == 0);
    let page = first.and_then(|file| own.bytes(file.start, FIRST_PAGE));
    let (Some(id), Some(page)) = (symbols.build_id(), page) else {
        return Ok(());
    };
    if page.windows(id.len()).any(|window| window == id) {
        return Ok(());
    }
    let message = "the executable is not the build that the process ran: --exe FILE names that one";
    Err(HeapError::new(HeapErrorKind::WrongExecutable, message))
}

/// A part of the executable that was mapped, as the core leaves it out.
fn mapped_range<'a>(file: &MappedFile, executable: &'a [u8]) -> Option<Range<'a>> {
    let bytes = executable.get(usize::try_from(file.offset).ok()?..)?;
    let length = usize::try_from(file.end.checked_sub(file.start)?).ok()?;
    Some(Range {
        start: file.start,
        bytes: &bytes[..length.min(bytes.len())],
        writable: false,
        executable: false,
        from_file: true,
    })
}
