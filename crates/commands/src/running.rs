//! A running process without memwatch as a snapshot: waits for a suitable moment and reads its heap then.
//! How it is stopped and copied is `memwatch_attach`'s business, how V8's heap is read `memwatch_heap`'s. Only the
//! binary asks here: the addon is in a process, and reads its own.

use std::path::Path;
use std::time::Duration;

use memwatch_attach::{Frozen, Mapping, Process};
use memwatch_heap::elf::Executable;
use memwatch_heap::layout::Layout;
use memwatch_heap::memory::{Memory, Range};
use memwatch_heap::moment::{heaps, is_state, page_starts, state_offset};
use memwatch_heap::process::MappedFile as HeapFile;
use memwatch_heap::program::{self, Program};
use memwatch_heap::{HeapError, HeapErrorKind as Kind, HeapReader, StackRange};
use memwatch_mapped::MappedFile;
use memwatch_snapshot::Snapshot;

use crate::core_file::{CoreOptions, is_library, mapped_range};
use crate::failure::Failure;

/// How long a moment without a collection is waited for. A heap that is full collects nearly always: its snapshot is
/// then of the middle of a collection, and says so.
const PATIENCE: Duration = Duration::from_secs(5);
/// Moments that are tried, where the heap cannot be read: V8 may still sweep it, and reuse the maps of dead objects.
const TRIES: u32 = 7;
/// Moments that are tried, where it can, but something proved wrong.
const BETTER_TRIES: u32 = 3;
/// Between the first two moments; twice as long between the next.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// A heap at rest has a few words on its stacks that lead nowhere; in the middle of a collection there are more than one
/// in so many living objects.
const PER_DANGLING: u64 = 1000;
/// The offset in a page, and in its metadata, that identifies its heap. In bytes.
const HEADER_BYTES: usize = 256;

/// The number of a process, where an operand is one and no file has that name.
pub(crate) fn pid_of(operand: &str) -> Option<u32> {
    number_of(operand).filter(|_| !Path::new(operand).exists())
}

/// The same, whatever files there are.
pub(crate) fn number_of(operand: &str) -> Option<u32> {
    let is_number =
        operand.bytes().all(|digit| digit.is_ascii_digit()) && !operand.starts_with('0');
    is_number.then(|| operand.parse().ok()).flatten()
}

/// Reads the heap of a process.
pub(crate) fn read(pid: u32, options: &CoreOptions) -> Result<Snapshot, Failure> {
    let process = Process::open(pid)?;
    let v8 = V8::find(&process, pid)?;
    v8.read(&process, options, pid)
}

/// The V8 of a process.
struct V8 {
    /// The file that has it, as the process had it mapped.
    path: String,
    file: MappedFile,
    layout: Layout,
    /// From V8's `Heap` to the number that says whether a collection is under way.
    state: u64,
}

impl V8 {
    fn find(process: &Process, pid: u32) -> Result<Self, Failure> {
        let mappings = process.mappings()?;
        // Distributions have V8 in a library.
        let library = mappings.iter().find(|mapping| is_library(&mapping.path));
        let (path, file) = match library {
            Some(mapping) => (mapping.path.clone(), process.file(mapping)),
            None => (process.program(), process.executable()),
        };
        let file = file.and_then(|file| MappedFile::open(&file));
        let file = match file {
            Ok(file) => file,
            Err(error) => {
                // Of a process that ends, nothing can be read any more.
                process.check_same()?;
                let message = format!("its executable cannot be read: {error}");
                let error = HeapError::new(Kind::NoExecutable, message);
                return Err(Failure::Process { pid, error });
            }
        };
        let bytes = file.as_ref();
        let layout = Executable::read(bytes).and_then(|one| Layout::new(one.integers()));
        let layout = layout.map_err(|error| match Program::of(bytes).other {
            Some(other) => {
                let what = other.description();
                HeapError::new(
                    Kind::OtherProgram,
                    format!("it is {what}: only Node.js can be read"),
                )
            }
            None => error,
        });
        let layout = layout.map_err(|error| Failure::Process { pid, error })?;
        let state = state_offset(bytes, &layout);
        Ok(Self {
            path,
            file,
            layout,
            state,
        })
    }

    fn read(
        &self,
        process: &Process,
        options: &CoreOptions,
        pid: u32,
    ) -> Result<Snapshot, Failure> {
        let mut states = self.states(process)?;
        let mut pause = FIRST_PAUSE;
        for tries in 1.. {
            let frozen = process.freeze(&states, PATIENCE)?;
            let is_last = tries == TRIES;
            let read = self.snapshot(&frozen, options, &mut states);
            match read {
                Ok((snapshot, is_good)) if is_good || tries >= BETTER_TRIES => return Ok(snapshot),
                // Isolates that are not there will not be there at another moment.
                Err(error) if is_last || error.kind() == Kind::NoIsolate => {
                    return Err(Failure::Process { pid, error });
                }
                _ => {}
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        unreachable!("the last try returns")
    }

    /// Where each heap says whether it collects, as long as the process runs.
    fn states(&self, process: &Process) -> Result<Vec<u64>, Failure> {
        let mappings = process.mappings()?;
        let own = mappings
            .iter()
            .filter(|mapping| mapping.private && mapping.writable && mapping.path.is_empty())
            .map(|mapping| (mapping.start, mapping.end));
        let read = |address| (address, process.read(address, HEADER_BYTES));
        let headers: Vec<(u64, Vec<u8>)> = page_starts(own).map(read).collect();
        // From V8 13 on, the second word leads to the rest of the header.
        let rest = headers.iter().filter_map(|(start, bytes)| {
            let address = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
            (address != *start && address % 8 == 0 && address != 0).then(|| read(address))
        });
        let rest: Vec<(u64, Vec<u8>)> = rest.collect();
        let ranges = headers.iter().chain(&rest).map(|(start, bytes)| Range {
            start: *start,
            bytes,
            writable: true,
            executable: false,
            from_file: false,
        });
        let states = heaps(&Memory::new(ranges))
            .into_iter()
            .map(|heap| heap + self.state);
        // An invalid state belongs to something that only resembles a heap.
        let is_one = |&at: &u64| number(&process.read(at, 4)).is_some_and(is_state);
        Ok(states.filter(is_one).collect())
    }

    /// A snapshot, and whether the moment was good. Adds to `states` the heaps that have come meanwhile.
    fn snapshot(
        &self,
        frozen: &Frozen,
        options: &CoreOptions,
        states: &mut Vec<u64>,
    ) -> Result<(Snapshot, bool), HeapError> {
        let bytes = self.file.as_ref();
        let own = frozen.ranges.iter().map(|range| Range {
            start: range.start,
            bytes: &range.bytes,
            writable: range.writable,
            executable: range.executable,
            from_file: false,
        });
        let files: Vec<HeapFile> = frozen
            .mappings
            .iter()
            .filter(|mapping| mapping.path == self.path)
            .map(heap_file)
            .collect();
        let mapped = files.iter().filter_map(|file| mapped_range(file, bytes));
        let memory = Memory::new(own.chain(mapped)).lacking(frozen.missing.iter().copied());
        let reader = HeapReader::new(&memory, &self.layout)?;
        for isolate in reader.isolates() {
            let state = isolate.heap.saturating_add(self.state);
            if !states.contains(&state) {
                states.push(state);
            }
        }
        let state = reader
            .isolate(options.isolate())?
            .heap
            .saturating_add(self.state);
        let is_at_rest = memory.bytes(state, 4).and_then(number) == Some(0);
        let stacks: Vec<StackRange> = frozen
            .stacks
            .iter()
            .map(|stack| StackRange {
                pointer: stack.pointer,
                thread_data: stack.thread_data,
            })
            .collect();
        let mut snapshot = reader.snapshot(options.isolate(), &stacks, options.selection())?;
        let mut is_good = is_at_rest;
        if let Some(reading) = snapshot.reading_mut() {
            is_good &=
                reading.dangling <= reading.reached / PER_DANGLING && reading.invalid_sizes == 0;
            if is_at_rest {
                // Left by earlier collections: none is under way.
                reading.moved = 0;
            }
            let missing = frozen.missing.iter();
            reading.missing_bytes = missing.map(|(start, end)| end - start).sum();
            reading.untried_version =
                program::node_version(bytes).and_then(|version| program::untried(&version));
        }
        Ok((snapshot, is_good))
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_le_bytes)
}

fn heap_file(mapping: &Mapping) -> HeapFile {
    HeapFile {
        start: mapping.start,
        end: mapping.end,
        offset: mapping.offset,
        path: mapping.path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::pid_of;

    #[test]
    fn a_process_is_a_number_that_is_no_file() {
        assert_eq!(pid_of("4294967290"), Some(4_294_967_290));
        for operand in [
            "",
            "0",
            "012",
            "-1",
            "1.5",
            "app.heapsnapshot",
            "99999999999",
            "-",
        ] {
            assert_eq!(pid_of(operand), None, "{operand}");
        }
    }
}
