//! What `memwatch.nativeMemory()`, `memwatch.trimNativeMemory()` and `memwatch native PID` report: the
//! resident set in rows that add up to it.

use memwatch_native::accounting::{Malloc, Rows};
use memwatch_native::allocator::Allocator;
use memwatch_native::handles::Handles;
use serde::Serialize;

use crate::Date;

/// Where the resident set of a process is. Each row is apart from the others: the resident bytes of all
/// rows add up to `residentBytes`. What is part of a row stands inside it. A number that is not known is
/// `null`, never 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NativeMemoryReport {
    /// When it was read.
    pub at: Date,
    /// The resident set, in bytes.
    pub resident_bytes: Option<u64>,
    /// Whose `malloc` the process uses.
    pub allocator: Option<AllocatorName>,
    /// The rows.
    pub rows: NativeMemoryRows,
    /// Open descriptors, and threads.
    pub handles: OpenHandles,
}

/// An allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AllocatorName {
    /// The C library's own, on most Linux systems.
    Glibc,
    /// jemalloc.
    Jemalloc,
    /// mimalloc.
    Mimalloc,
    /// tcmalloc.
    Tcmalloc,
    /// The C library's own, on Alpine.
    Musl,
}

/// The parts of the resident set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NativeMemoryRows {
    /// The heaps of all isolates: of the main thread and of all workers.
    pub v8_heap: V8HeapRow,
    /// Code that V8 has compiled at run time.
    pub v8_code: MemoryRow,
    /// What was allocated with `malloc` and is in use.
    pub malloc_in_use: MallocInUseRow,
    /// Memory that the allocator keeps and the program does not use: fragmentation.
    pub malloc_free: MemoryRow,
    /// Stacks of threads.
    pub thread_stacks: ThreadStacksRow,
    /// Files: the program, its libraries and addons, and files that were mapped.
    pub mapped_files: MemoryRow,
    /// Data of the program and its libraries that is in no file.
    pub program_data: MemoryRow,
    /// The rest: what was mapped without `malloc`, by V8 or an addon.
    pub other: OtherRow,
}

/// A part of the resident set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MemoryRow {
    /// Its bytes in the resident set.
    pub resident_bytes: Option<u64>,
}

/// V8's heaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct V8HeapRow {
    /// Its bytes in the resident set.
    pub resident_bytes: Option<u64>,
    /// Of these, the isolate of the thread that asks, as V8 counts it; `null` for another process.
    pub isolate_bytes: Option<u64>,
}

/// Blocks of `malloc` that are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MallocInUseRow {
    /// Its bytes in the resident set, at most: pages that were never touched are not resident.
    pub resident_bytes: Option<u64>,
    /// All that is in use, as the allocator counts it, resident or not.
    pub allocated_bytes: Option<u64>,
    /// Of it, `ArrayBuffer`s and `Buffer`s of the thread that asks; `null` for another process.
    pub array_buffers_bytes: Option<u64>,
}

/// Stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ThreadStacksRow {
    /// Its bytes in the resident set.
    pub resident_bytes: Option<u64>,
    /// How many stacks there are.
    pub count: Option<u64>,
}

/// What is in no other row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OtherRow {
    /// Its bytes in the resident set.
    pub resident_bytes: Option<u64>,
    /// Of these, what is known to be the allocator's where it does not report how much of it is in use;
    /// `null` where it does.
    pub undivided_malloc_bytes: Option<u64>,
}

/// Descriptors and threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OpenHandles {
    /// Open descriptors.
    pub descriptors: Option<u64>,
    /// Of these, sockets.
    pub sockets: Option<u64>,
    /// Of these, files, directories and devices.
    pub files: Option<u64>,
    /// Of these, pipes.
    pub pipes: Option<u64>,
    /// All threads of the operating system in this process.
    pub threads: Option<u64>,
}

/// What came of giving memory back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TrimReport {
    /// Whose `malloc` it was.
    pub allocator: AllocatorName,
    /// What it could give back at most, in bytes: `mallocFree` before. `null` where that is not known.
    pub most_bytes: Option<u64>,
    /// By how much `mallocFree` fell, in bytes. `null` where that is not known.
    pub returned_bytes: Option<u64>,
    /// How long the allocator took, in milliseconds. Threads that allocate meanwhile may wait for it.
    pub duration_ms: f64,
}

/// What is known of a process.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeMemoryReading {
    /// The resident set in rows.
    pub rows: Option<Rows>,
    /// Whose `malloc` it is.
    pub allocator: Option<Allocator>,
    /// What `malloc` has in use and free, by its own numbers.
    pub malloc: Option<Malloc>,
    /// V8's number for the isolate that asks, in bytes.
    pub isolate_bytes: Option<u64>,
    /// Its `ArrayBuffer`s, in bytes.
    pub array_buffers_bytes: Option<u64>,
    /// Descriptors and threads.
    pub handles: Option<Handles>,
}

impl NativeMemoryReport {
    /// Of what was read at a moment.
    #[must_use]
    pub fn of(reading: &NativeMemoryReading, at_unix_us: i64) -> Self {
        let rows = reading.rows;
        let row = |bytes: fn(&Rows) -> Option<u64>| MemoryRow {
            resident_bytes: rows.as_ref().and_then(bytes),
        };
        Self {
            at: Date::from_unix_us(at_unix_us),
            resident_bytes: rows.map(|rows| rows.total),
            allocator: reading.allocator.map(AllocatorName::from),
            rows: NativeMemoryRows {
                v8_heap: V8HeapRow {
                    resident_bytes: rows.map(|rows| rows.v8_heap),
                    isolate_bytes: reading.isolate_bytes,
                },
                v8_code: row(|rows| Some(rows.v8_code)),
                malloc_in_use: MallocInUseRow {
                    resident_bytes: rows.and_then(|rows| rows.malloc_in_use),
                    allocated_bytes: reading.malloc.map(|malloc| malloc.in_use()),
                    array_buffers_bytes: reading.array_buffers_bytes,
                },
                malloc_free: row(|rows| rows.malloc_free),
                thread_stacks: ThreadStacksRow {
                    resident_bytes: rows.map(|rows| rows.stacks),
                    count: rows.map(|rows| rows.stack_count),
                },
                mapped_files: row(|rows| Some(rows.files)),
                program_data: row(|rows| Some(rows.data)),
                other: OtherRow {
                    resident_bytes: rows.map(|rows| rows.other),
                    undivided_malloc_bytes: rows.and_then(|rows| rows.undivided),
                },
            },
            handles: reading.handles.map(OpenHandles::from).unwrap_or_default(),
        }
    }
}

impl From<Allocator> for AllocatorName {
    fn from(allocator: Allocator) -> Self {
        match allocator {
            Allocator::Glibc => Self::Glibc,
            Allocator::Jemalloc => Self::Jemalloc,
            Allocator::Mimalloc => Self::Mimalloc,
            Allocator::Tcmalloc => Self::Tcmalloc,
            Allocator::Musl => Self::Musl,
        }
    }
}

impl From<Handles> for OpenHandles {
    fn from(handles: Handles) -> Self {
        Self {
            descriptors: Some(handles.descriptors),
            sockets: handles.sockets,
            files: handles.files,
            pipes: handles.pipes,
            threads: handles.threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_null_and_never_0() {
        let report = NativeMemoryReport::of(&NativeMemoryReading::default(), 0);
        let json = serde_json::to_string(&report).expect("JSON");
        assert!(
            json.contains(r#""residentBytes":null,"allocator":null"#),
            "{json}"
        );
        assert!(
            json.contains(r#""mallocFree":{"residentBytes":null}"#),
            "{json}"
        );
        let numbers = json
            .split("at\":")
            .nth(1)
            .expect("a time")
            .split_once(',')
            .expect("more")
            .1;
        assert!(!numbers.contains(":0"), "{json}");
    }

    #[test]
    fn each_row_is_where_its_name_says() {
        let rows = Rows {
            total: 45,
            v8_heap: 1,
            v8_code: 2,
            malloc_in_use: Some(3),
            malloc_free: Some(4),
            stacks: 5,
            stack_count: 9,
            files: 6,
            data: 7,
            other: 17,
            undivided: None,
        };
        let reading = NativeMemoryReading {
            rows: Some(rows),
            allocator: Some(Allocator::Glibc),
            malloc: Some(Malloc::Arenas {
                in_use: 10,
                mapped: 5,
            }),
            isolate_bytes: Some(1),
            array_buffers_bytes: Some(2),
            handles: None,
        };
        let report = NativeMemoryReport::of(&reading, 1_500_000);
        let json = serde_json::to_string(&report.rows).expect("JSON");
        let expected = r#"{"v8Heap":{"residentBytes":1,"isolateBytes":1},"v8Code":{"residentBytes":2},"mallocInUse":{"residentBytes":3,"allocatedBytes":15,"arrayBuffersBytes":2},"mallocFree":{"residentBytes":4},"threadStacks":{"residentBytes":5,"count":9},"mappedFiles":{"residentBytes":6},"programData":{"residentBytes":7},"other":{"residentBytes":17,"undividedMallocBytes":null}}"#;
        assert_eq!(json, expected);
    }
}
