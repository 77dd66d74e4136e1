//! A core file as a snapshot: which executable the process ran, and which of its heaps is asked
//! for. How V8's heap is read from memory is `memwatch_heap`'s business.

use std::fs;
use std::io;
use std::path::Path;

use memwatch_heap::elf::{Core, Executable};
use memwatch_heap::layout::Layout;
use memwatch_heap::memory::{Memory, Range};
use memwatch_heap::process::{MappedFile, Process};
use memwatch_heap::program::{self, Program};
use memwatch_heap::{HeapError, HeapErrorKind, HeapReader, Selection, StackRange};
use memwatch_snapshot::Snapshot;

/// Of an executable's first mapping, where its build id is. In bytes.
const FIRST_PAGE: u64 = 4096;

/// Distributions build Node.js with V8 in a library of this name.
const LIBRARY: &str = "libnode";

/// The options for a core, in addition to the question itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreOptions {
    /// The executable that the process ran; without it the one that the core names.
    pub exe: Option<String>,
    /// Which isolate, counted from 1: the one with the most objects first.
    pub isolate: Option<usize>,
    /// Garbage too.
    pub all: bool,
}

impl CoreOptions {
    /// The place of the isolate among the reader's.
    pub fn isolate(&self) -> usize {
        self.isolate.unwrap_or(1).saturating_sub(1)
    }

    /// Which objects are wanted.
    pub fn selection(&self) -> Selection {
        match self.all {
            true => Selection::All,
            false => Selection::Alive,
        }
    }

    /// Whether an isolate was named.
    pub fn names_isolate(&self) -> bool {
        self.isolate.is_some()
    }
}

/// A core whose process is known; its heap may be unreadable.
pub(crate) struct CoreFile<'a> {
    /// The file.
    pub core: Core<'a>,
    /// The process.
    pub process: Process,
}

/// The heaps of a core.
pub(crate) struct Heaps<'a> {
    file: &'a CoreFile<'a>,
    v8: &'a V8,
    /// Walked.
    pub reader: HeapReader<'a>,
    /// What the executable is.
    pub executable: &'a [u8],
    /// The threads, in the order of the process's.
    pub stacks: Vec<StackRange>,
}

/// Reads a core.
pub(crate) fn read(file: &[u8], options: &CoreOptions) -> Result<Snapshot, HeapError> {
    let file = CoreFile::read(file)?;
    file.heaps(options, |heaps| heaps.snapshot(options))
}

impl<'a> CoreFile<'a> {
    /// Reads the headers and the notes.
    pub(crate) fn read(file: &'a [u8]) -> Result<Self, HeapError> {
        let core = Core::read(file)?;
        let process = Process::read(&core, &own_memory(&core));
        Ok(Self { core, process })
    }

    /// Finds the heaps, and hands them to `ask`.
    pub(crate) fn heaps<T>(
        &self,
        options: &CoreOptions,
        ask: impl FnOnce(&Heaps<'_>) -> Result<T, HeapError>,
    ) -> Result<T, HeapError> {
        let v8 = V8::find(&self.process, options)?;
        let explain = |error| self.explain(error, &v8);
        let own = own_memory(&self.core);
        let symbols = Executable::read(&v8.bytes).map_err(explain)?;
        let files: Vec<&MappedFile> = v8.mappings(&self.process);
        check_build(&symbols, &files, &own, &v8.bytes)?;
        let layout = Layout::new(symbols.integers()).map_err(explain)?;
        let mapped = files
            .iter()
            .filter_map(|file| mapped_range(file, &v8.bytes));
        let memory = Memory::new(self.core.segments().iter().copied().chain(mapped))
            .lacking(self.core.missing().iter().copied());
        let threads = self.process.threads.iter();
        let heaps = Heaps {
            file: self,
            v8: &v8,
            reader: HeapReader::new(&memory, &layout).map_err(explain)?,
            executable: &v8.bytes,
            stacks: threads
                .map(|thread| StackRange {
                    pointer: thread.stack_pointer,
                    thread_data: thread.thread_data,
                })
                .collect(),
        };
        ask(&heaps)
    }

    /// The same failure with what is known of its reason: another program, or a file that was cut.
    fn explain(&self, error: HeapError, v8: &V8) -> HeapError {
        use HeapErrorKind as Kind;
        match error.kind() {
            Kind::NoLayout | Kind::MissingSymbol | Kind::PointerCompression => {
                match Program::of(&v8.bytes).other {
                    Some(other) => HeapError::new(
                        Kind::OtherProgram,
                        format!(
                            "the process ran {}: only Node.js can be read",
                            other.description()
                        ),
                    ),
                    None => HeapError::new(error.kind(), format!("{error} ({})", v8.path)),
                }
            }
            Kind::NoHeap | Kind::Unsound if self.core.missing_bytes() > 0 => {
                let missing = memwatch_report::text::bytes(self.core.missing_bytes());
                let message =
                    format!("{error}; the file is cut off: {missing} of memory are missing");
                HeapError::new(error.kind(), message)
            }
            _ => error,
        }
    }
}

impl Heaps<'_> {
    /// A snapshot of the isolate that is asked for.
    pub(crate) fn snapshot(&self, options: &CoreOptions) -> Result<Snapshot, HeapError> {
        let snapshot = self
            .reader
            .snapshot(options.isolate(), &self.stacks, options.selection());
        let mut snapshot = snapshot.map_err(|error| self.file.explain(error, self.v8))?;
        if let Some(reading) = snapshot.reading_mut() {
            reading.is_core = true;
            reading.missing_bytes = self.file.core.missing_bytes();
            reading.untried_version = program::node_version(self.executable)
                .and_then(|version| program::untried(&version));
        }
        Ok(snapshot)
    }
}

fn own_memory<'a>(core: &Core<'a>) -> Memory<'a> {
    Memory::new(core.segments().iter().copied())
}

/// The file that has V8 in it: its read-only data has V8's layout, and cores leave that out.
struct V8 {
    path: String,
    /// As the process had mapped it.
    mapped_path: Option<String>,
    bytes: Vec<u8>,
}

impl V8 {
    fn find(process: &Process, options: &CoreOptions) -> Result<Self, HeapError> {
        let library = process
            .files
            .iter()
            .map(|file| &file.path)
            .find(|path| is_library(path));
        let mapped = library.or(process.executable.as_ref()).cloned();
        let Some(path) = options.exe.as_ref().or(mapped.as_ref()) else {
            let message = "the core does not name the executable of its process: --exe FILE does";
            return Err(HeapError::new(HeapErrorKind::NoExecutable, message));
        };
        // A library's own executable has no V8; what is named may be either.
        let mapped_path = match is_library(path) {
            true => mapped.clone(),
            false => process.executable.clone(),
        };
        // A core names what it likes: a device would be read for ever.
        let is_file = |metadata: fs::Metadata| match metadata.is_file() {
            true => Ok(()),
            false => Err(io::Error::other("it is not a regular file")),
        };
        let bytes = fs::metadata(path)
            .and_then(is_file)
            .and_then(|()| fs::read(path));
        let bytes = bytes.map_err(|error| {
            let message = format!(
                "the executable {path} cannot be read: {error}; --exe FILE names the same build elsewhere"
            );
            HeapError::new(HeapErrorKind::NoExecutable, message)
        })?;
        Ok(Self {
            path: path.clone(),
            mapped_path,
            bytes,
        })
    }

    fn mappings<'p>(&self, process: &'p Process) -> Vec<&'p MappedFile> {
        let files = process.files.iter();
        files
            .filter(|file| Some(&file.path) == self.mapped_path.as_ref())
            .collect()
    }
}

/// Whether a file is called as distributions call theirs.
pub(crate) fn is_library(path: &str) -> bool {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(LIBRARY) && name.contains(".so"))
}

/// What identifies the executable must stand in the core's first page of it, where the core has that page.
fn check_build(
    symbols: &Executable,
    files: &[&MappedFile],
    own: &Memory<'_>,
    executable: &[u8],
) -> Result<(), HeapError> {
    let first = files.iter().find(|file| file.offset == 0);
    let page = first.and_then(|file| own.bytes(file.start, FIRST_PAGE));
    let (Some(id), Some(page)) = (symbols.build_id(), page) else {
        return Ok(());
    };
    if is_same_build(id, page, &executable[..page.len().min(executable.len())]) {
        return Ok(());
    }
    let message = "the executable is not the build that the process ran: --exe FILE names that one";
    Err(HeapError::new(HeapErrorKind::WrongExecutable, message))
}

/// Whether two first pages are of one build. Tools that repair executables, as for wheels and some distributions, move
/// the build id behind the code; then the whole page is what identifies it, with the places and sizes of all parts.
fn is_same_build(id: &[u8], in_core: &[u8], in_file: &[u8]) -> bool {
    let has_id = |page: &[u8]| page.windows(id.len()).any(|window| window == id);
    if has_id(in_file) {
        has_id(in_core)
    } else {
        in_core == in_file
    }
}

/// A part of the executable that was mapped, as the core leaves it out.
pub(crate) fn mapped_range<'a>(file: &MappedFile, executable: &'a [u8]) -> Option<Range<'a>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_known_by_its_id_or_by_its_page_where_the_id_lies_behind_the_code() {
        let id = [0xab; 20];
        let with_id = [[7; 20], id].concat();
        let moved = [[7; 20], [8; 20]].concat();
        // Prelinked: the same id, and other bytes around it.
        let other_around = [[9; 20], id].concat();
        assert!(is_same_build(&id, &other_around, &with_id));
        assert!(!is_same_build(&id, &moved, &with_id));
        assert!(is_same_build(&id, &moved, &moved));
        assert!(!is_same_build(&id, &[[7; 20], [9; 20]].concat(), &moved));
        assert!(!is_same_build(&id, &moved, &moved[..39]));
    }
}
