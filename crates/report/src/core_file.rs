//! The answer of `core`: what a core file contains of its process. Arguments and environment are as the
//! process had them: what prints or stores this redacts them first. It is read back, in
//! `core_file_back`, because the redaction stands between its JSON and its text.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a core file contains of its process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreReport {
    /// The core, as the caller named it.
    pub file: String,
    /// The process.
    pub process: CoreProcess,
    /// What stopped it, as far as its memory shows.
    pub crash: CoreCrash,
    /// The threads; the one that stopped the process is the first.
    pub threads: Vec<CoreThread>,
    /// The heaps, the one with the most objects first. Empty where none could be read.
    pub isolates: Vec<CoreIsolate>,
    /// Invalid data in the heaps.
    pub doubts: CoreDoubts,
    /// Why the heaps could not be read.
    pub failure: Option<CoreFailure>,
    /// The snapshot that was written.
    pub output: Option<CoreOutput>,
}

/// The process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreProcess {
    /// Its number.
    pub pid: u32,
    /// Its name: that of its main thread.
    pub name: String,
    /// The executable, as the process had it.
    pub executable: Option<String>,
    /// Node.js's version.
    pub node_version: Option<String>,
    /// V8's version.
    pub v8_version: Option<String>,
    /// Its arguments, the program first.
    pub arguments: Vec<String>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// Arguments and words of `NODE_OPTIONS` that limit the heap. A core has no other limits.
    pub heap_limits: Vec<String>,
    /// The signal that stopped it.
    pub signal: Option<CoreSignal>,
    /// Its memory, as far as the core has it.
    pub memory: CoreMemory,
}

/// A signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreSignal {
    /// Its number.
    pub number: i32,
    /// Its name; nothing for a number without one.
    pub name: Option<String>,
    /// The process that sent it; nothing where the kernel did.
    pub sender: Option<u32>,
    /// The address at which the processor failed.
    pub fault_address: Option<String>,
}

/// Memory in the core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreMemory {
    /// Ranges of memory.
    pub ranges: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of those that the process could write.
    pub writable_bytes: u64,
    /// Bytes that the headers promise and the file lacks.
    pub missing_bytes: u64,
    /// Files that were mapped.
    pub mapped_files: u64,
}

/// What stopped the process, as far as its memory shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreCrash {
    /// V8's words where it ran out of heap memory; nothing where it did not.
    pub out_of_memory: Option<String>,
    /// Errors that were on their way, the likeliest first.
    pub errors: Vec<CoreError>,
}

/// An error object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreError {
    /// The address of the object.
    pub address: String,
    /// The isolate that it is in, counted from 1.
    pub isolate: u64,
    /// Its class.
    pub class: String,
    /// `message`.
    pub message: Option<String>,
    /// `code`.
    pub code: Option<String>,
    /// `stack`, where V8 had made the text.
    pub stack: Option<String>,
    /// Its frames, where V8 had not.
    pub frames: Vec<CoreFrame>,
    /// Whether V8 had it as thrown and not yet caught. Else it was found on the stack, and may have
    /// been handled before.
    pub is_pending: bool,
}

/// A thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreThread {
    /// The kernel's number.
    pub id: u32,
    /// Its isolate, counted from 1; nothing where it ran no JavaScript.
    pub isolate: Option<u64>,
    /// Whether the core has its stack.
    pub has_stack: bool,
    /// Its JavaScript frames, the innermost first.
    pub frames: Vec<CoreFrame>,
}

/// A JavaScript frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreFrame {
    /// The function; empty for one without a name.
    pub function: String,
    /// The file or URL.
    pub script: Option<String>,
    /// From 1; nothing where the source is not in the core.
    pub line: Option<u32>,
    /// From 1, in UTF-16 units.
    pub column: Option<u32>,
    /// Whether the place is that of the call. Else it is where the function begins.
    pub is_call: bool,
}

/// A heap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreIsolate {
    /// Its number for `--isolate`, from 1.
    pub number: u64,
    /// Objects, garbage too.
    pub objects: u64,
    /// Bytes that these take.
    pub used_bytes: u64,
    /// Bytes of the pages that objects can stand on.
    pub bytes: u64,
    /// The same by space.
    pub spaces: Vec<CoreSpace>,
}

/// A space of a heap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreSpace {
    /// `new`, `old`, `code` or `large`.
    pub name: String,
    /// Pages.
    pub pages: u64,
    /// Objects, garbage too.
    pub objects: u64,
    /// Bytes that these take.
    pub used_bytes: u64,
    /// Bytes of the pages that objects can stand on.
    pub bytes: u64,
}

/// Invalid data in the heaps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreDoubts {
    /// Objects whose size cannot be right.
    pub invalid_sizes: u64,
    /// Objects that a collection under way had moved.
    pub moved_objects: u64,
    /// Bytes between objects, unused for the most part.
    pub unread_bytes: u64,
    /// The version of Node.js, where the reader was never tried with it.
    pub untried_version: Option<String>,
}

/// Why the heaps could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreFailure {
    /// The stable code.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// A snapshot that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoreOutput {
    /// The file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Nodes of the snapshot.
    pub nodes: u64,
    /// Its edges.
    pub edges: u64,
    /// The isolate that it is of, from 1.
    pub isolate: u64,
}
