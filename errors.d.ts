// The code of every error that memwatch makes. What each means and what to do: docs/errors.md, which has an
// anchor for each. index.d.ts exports the type; import it from there.

/** An error of memwatch. */
export interface MemwatchError extends Error {
  code: ErrorCode;
  /** The address of its documentation, for people: what it means, and what to do. */
  help: string;
  /** The byte of a snapshot file at which it was noticed. */
  offset?: number;
  /** `ERR_MEMWATCH_PERMISSION`: what Node's permission model forbids, … */
  permission?: string;
  /** … and for which file. */
  resource?: string;
  /** `ERR_MEMWATCH_SNAPSHOT_CHILD`: the signal that ended the forked child, … */
  signal?: string;
  /** … or its exit status. */
  exitStatus?: number;
}

/** The `code` of an error of memwatch. */
export type ErrorCode =
  // Loading memwatch.
  /** The package with the binary is not installed, or there is none for this platform. */
  | 'ERR_MEMWATCH_ADDON_MISSING'
  /**
   * The binary is damaged, or for another platform; or the program, such as Electron, does not export V8 to addons.
   * `cause` is the loader's error.
   */
  | 'ERR_MEMWATCH_ADDON_UNUSABLE'
  /** A version of Node.js that was never tried. */
  | 'ERR_MEMWATCH_UNSUPPORTED_NODE'
  /** Bun or Deno, which lack the V8 of Node.js. */
  | 'ERR_MEMWATCH_UNSUPPORTED_RUNTIME'
  /** V8's layout differs from the expected one: the addon's numbers do not agree with Node's own. */
  | 'ERR_MEMWATCH_SELF_TEST'
  // Arguments and options.
  /**
   * Invalid arguments or options, of a function or on the command line; the message names the first invalid one and
   * what it takes. Nothing was changed.
   */
  | 'ERR_MEMWATCH_USAGE'
  /** A file is named from a working directory that was removed. */
  | 'ERR_MEMWATCH_WORKING_DIRECTORY'
  /**
   * Node's permission model (`--permission`) forbids the file; nothing was touched. `permission` and `resource` name
   * what, as in Node's own errors.
   */
  | 'ERR_MEMWATCH_PERMISSION'
  /** Node-API refused something that it never should. */
  | 'ERR_MEMWATCH_INTERNAL'
  // HeapDiff.
  /** `HeapDiff()` was called without `new`. */
  | 'ERR_MEMWATCH_NEW_REQUIRED'
  /** A method of HeapDiff was called on something else. */
  | 'ERR_MEMWATCH_WRONG_THIS'
  /** The diff was ended before. */
  | 'ERR_MEMWATCH_DIFF_ENDED'
  /**
   * V8 renumbered the heap's objects since the diff began: DevTools or another inspector session left, or called
   * `HeapProfiler.disable`.
   */
  | 'ERR_MEMWATCH_DIFF_IDS'
  // A snapshot of the running program.
  /** There is too little memory left, so the snapshot was abandoned. A diff that was to end stays open. */
  | 'ERR_MEMWATCH_SNAPSHOT_MEMORY'
  /** V8 took none. */
  | 'ERR_MEMWATCH_SNAPSHOT_FAILED'
  /** Another snapshot of this process is under way. */
  | 'ERR_MEMWATCH_SNAPSHOT_BUSY'
  /**
   * The process cannot be forked for it, and `mode` is `fork` or `engine` is `reader`; the message has the reason. Of
   * `memwatch snapshot PID`: the message has the time for which the program would stop.
   */
  | 'ERR_MEMWATCH_SNAPSHOT_FORK'
  /** The forked child was killed or crashed; `signal` or `exitStatus` has the cause. The program was not touched. */
  | 'ERR_MEMWATCH_SNAPSHOT_CHILD'
  /** The forked child took longer than `timeoutMs`. */
  | 'ERR_MEMWATCH_SNAPSHOT_TIMEOUT'
  /**
   * `engine` is `reader`, and memwatch's reader cannot read this heap: `mode` is `inline`, or it does not know this
   * V8; the message names which.
   */
  | 'ERR_MEMWATCH_SNAPSHOT_READER'
  /** It was asked for while the program ends. */
  | 'ERR_MEMWATCH_SNAPSHOT_EXITING'
  // Writing a file.
  /** The file exists; memwatch never overwrites. */
  | 'ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS'
  /** The directory is not there, or nothing may be written to it; nothing half-written is left. */
  | 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY'
  /** The disk is full; nothing half-written is left. */
  | 'ERR_MEMWATCH_SNAPSHOT_DISK_FULL'
  /** The system would not write for another reason; nothing half-written is left. */
  | 'ERR_MEMWATCH_SNAPSHOT_WRITE'
  /** As many snapshots, or bytes of them, lie in the directory as may; of triggers only. */
  | 'ERR_MEMWATCH_SNAPSHOT_QUOTA'
  /** A name that cannot be one, or an invalid template; the message has the reason. */
  | 'ERR_MEMWATCH_SNAPSHOT_FILE_NAME'
  // Reading a snapshot file.
  /** The system does not let the file be read, or it cannot be decompressed. */
  | 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE'
  /** The file ends too early, at the byte in `offset`: a full disk, or the program died while it wrote. */
  | 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED'
  /** It is not the JSON of a heap snapshot, at the byte in `offset`. */
  | 'ERR_MEMWATCH_SNAPSHOT_SYNTAX'
  /** Its header lacks a field that is needed, or describes its columns in a way that cannot be read. */
  | 'ERR_MEMWATCH_SNAPSHOT_HEADER'
  /** A section that is needed is not there, or is there twice. */
  | 'ERR_MEMWATCH_SNAPSHOT_SECTION'
  /** It has more or fewer records than its header, or its nodes, announce. */
  | 'ERR_MEMWATCH_SNAPSHOT_COUNT'
  /** A name points at no string. */
  | 'ERR_MEMWATCH_SNAPSHOT_NAME'
  /** A reference, a location or the root points at no object. */
  | 'ERR_MEMWATCH_SNAPSHOT_TARGET'
  /** A number is outside of its column: an unknown type, or too many digits. */
  | 'ERR_MEMWATCH_SNAPSHOT_RANGE'
  /** Two objects have one id. */
  | 'ERR_MEMWATCH_SNAPSHOT_ID'
  /** The text is not UTF-8; UTF-16 is what PowerShell's `>` writes. */
  | 'ERR_MEMWATCH_SNAPSHOT_ENCODING'
  /** It has more nodes or edges than can be numbered. */
  | 'ERR_MEMWATCH_SNAPSHOT_TOO_LARGE'
  // Reading a core file, or a process from outside.
  /** The file is an ELF file but not a core of a 64-bit process. */
  | 'ERR_MEMWATCH_CORE_INVALID'
  /** The core is of a processor other than x86-64, or of a 32-bit process. */
  | 'ERR_MEMWATCH_CORE_MACHINE'
  /** The core ends before its own headers do. */
  | 'ERR_MEMWATCH_CORE_TRUNCATED'
  /** The executable of the process cannot be read. */
  | 'ERR_MEMWATCH_CORE_EXECUTABLE_MISSING'
  /** The executable is another build than the process ran. */
  | 'ERR_MEMWATCH_CORE_EXECUTABLE_WRONG'
  /** The executable exports none of V8's layout symbols: it is not Node.js, or was built without them. */
  | 'ERR_MEMWATCH_CORE_NO_LAYOUT'
  /** The process ran Electron, Deno or Bun. */
  | 'ERR_MEMWATCH_CORE_NOT_NODE'
  /** The executable lacks one of the layout symbols that are needed. */
  | 'ERR_MEMWATCH_CORE_SYMBOL_MISSING'
  /** V8 was built with pointer compression, which cannot be read. */
  | 'ERR_MEMWATCH_CORE_POINTER_COMPRESSION'
  /** The memory has no V8 heap. */
  | 'ERR_MEMWATCH_CORE_NO_HEAP'
  /** The core has fewer isolates than the number in `--isolate`. */
  | 'ERR_MEMWATCH_CORE_NO_ISOLATE'
  /**
   * Too much of the heap is invalid for a sound answer: sizes that cannot be, or more than one reference in a
   * hundred objects that leads nowhere.
   */
  | 'ERR_MEMWATCH_CORE_UNSOUND'
  /** The heap has more objects or references than can be numbered. */
  | 'ERR_MEMWATCH_CORE_TOO_LARGE'
  // Questions to a snapshot.
  /** The operand is not an id, or it is an address and the file is not a core. */
  | 'ERR_MEMWATCH_NOT_AN_ID'
  /** No object of the snapshot has this id, or begins at this address. */
  | 'ERR_MEMWATCH_NO_SUCH_ID'
  /** No object of the snapshot has this class. */
  | 'ERR_MEMWATCH_NO_SUCH_CLASS'
  /** The question cannot be answered from nodes alone. */
  | 'ERR_MEMWATCH_NEEDS_EDGES'
  /** The file has no allocation timeline. */
  | 'ERR_MEMWATCH_NO_TIMELINE'
  /** The system does not let the file of `--baseline` be read. */
  | 'ERR_MEMWATCH_BASELINE_UNREADABLE'
  /** The folder of `--maps` cannot be read. */
  | 'ERR_MEMWATCH_MAPS_UNREADABLE'
  // Another process.
  /** There is no such process, or it belongs to another user. */
  | 'ERR_MEMWATCH_NO_SUCH_PROCESS'
  /**
   * `memwatch snapshot PID`: the program has not switched it on, would die of the signal, and cannot be read from
   * outside on this system.
   */
  | 'ERR_MEMWATCH_NO_TRIGGER'
  /** The process is another user's, or the system does not let it be read; the message names what grants it. */
  | 'ERR_MEMWATCH_ATTACH_DENIED'
  /** A debugger or tracer has the process, and only one can. */
  | 'ERR_MEMWATCH_ATTACH_TRACED'
  /** The process ended, or started another program, before its memory was read. */
  | 'ERR_MEMWATCH_ATTACH_ENDED'
  /** It is not a 64-bit program for x86, or this system is not Linux on x64. */
  | 'ERR_MEMWATCH_ATTACH_UNSUPPORTED'
  /** The system failed a call, or the command was interrupted; the process continues unchanged. */
  | 'ERR_MEMWATCH_ATTACH_FAILED'
  /** It has reported no snapshot in time: it ended, or its event loop is blocked. */
  | 'ERR_MEMWATCH_NO_ANSWER'
  /** The dashboard cannot be served on that port or address; the message has the reason. */
  | 'ERR_MEMWATCH_DASHBOARD_PORT'
  /** `memwatch top`: that process or address has no dashboard that this user can read. */
  | 'ERR_MEMWATCH_NO_DASHBOARD'
  /** `memwatch mcp`: a file that was asked for is not in the folders that may be read. */
  | 'ERR_MEMWATCH_OUTSIDE_FOLDERS'
  /** No directory for temporary files can hold what is needed; the sentence names the variable to set. */
  | 'ERR_MEMWATCH_TEMPORARY_DIRECTORY'
  /** The HTML report cannot be written there; nothing was started. */
  | 'ERR_MEMWATCH_REPORT_UNWRITABLE'
  /** `run --cores`: the system leaves no core of a crash, and the message has the reason; nothing was started. */
  | 'ERR_MEMWATCH_CORES_UNAVAILABLE'
  /** `run --cores`: no file can be written in that directory; nothing was started. */
  | 'ERR_MEMWATCH_CORES_UNWRITABLE'
  // The flight recorder and bundles.
  /**
   * The file cannot be written, another process or thread writes it (one of another container is a warning, later),
   * or what has its name is not memwatch's.
   */
  | 'ERR_MEMWATCH_FLIGHT_RECORDER'
  /** The file given to `memwatch report` is not a flight recorder file. */
  | 'ERR_MEMWATCH_FLIGHT_RECORDER_UNREADABLE'
  /** The bundle cannot be written. */
  | 'ERR_MEMWATCH_BUNDLE_FAILED'
  // Native memory.
  /** `trimNativeMemory()`: the allocator of the process has no way to give memory back on request. */
  | 'ERR_MEMWATCH_NO_TRIM'
  /** `nativeSites.start()`: not on this system. */
  | 'ERR_MEMWATCH_NATIVE_SITES_UNSUPPORTED'
  /** `nativeSites.start()`: this thread has started it already. */
  | 'ERR_MEMWATCH_NATIVE_SITES_RUNNING'
  /** `nativeSites.report()`: this thread has not started it, or it has been stopped. */
  | 'ERR_MEMWATCH_NATIVE_SITES_OFF'
  /** `nativeSites.start()`: a thread has not left the run before. */
  | 'ERR_MEMWATCH_NATIVE_SITES_BUSY'
  /** `nativeSites.start()`: the program does not call `malloc` through a table. */
  | 'ERR_MEMWATCH_NATIVE_SITES_NO_TABLE'
  /** `nativeSites.start()`: `malloc` belongs to a sanitizer, another sampler, or an unknown library. */
  | 'ERR_MEMWATCH_NATIVE_SITES_ALLOCATOR'
  /** `nativeSites.start()`: the system refuses to make a page of a table writable. */
  | 'ERR_MEMWATCH_NATIVE_SITES_PROTECTED'
  /** `nativeSites.start()`: the system gives no memory for the tables of samples. */
  | 'ERR_MEMWATCH_NATIVE_SITES_MEMORY'
  // Heap profiles over HTTP.
  /** No sampler of allocations runs in the thread, or it ended while the profile was taken; the message names what starts it. */
  | 'ERR_MEMWATCH_NO_SAMPLER'
  /** `/debug/pprof/allocs`: another sampler runs in the thread, or Node.js is older than 20. */
  | 'ERR_MEMWATCH_NO_ALLOCS'
  /** One profile of a thread is taken at a time. */
  | 'ERR_MEMWATCH_PROFILE_BUSY'
  /** A server did not take a heap profile; as a warning, and the next is sent all the same. */
  | 'ERR_MEMWATCH_PUSH_FAILED'
  // Metrics.
  /** The registry has a metric of this name that is not ours. */
  | 'ERR_MEMWATCH_METRIC_TAKEN'
  /** OpenTelemetry's provider threw; it is called no more. */
  | 'ERR_MEMWATCH_PROVIDER_FAILED'
  // Tests.
  /** What `expectNoLeak` rejects with, of `memwatch/playwright` too: not an error of memwatch. */
  | 'ERR_MEMWATCH_LEAK'
  /** In its `timeoutMs`, `expectNoLeak` could not call the work often enough to decide whether it leaks. */
  | 'ERR_MEMWATCH_TOO_SLOW'
  /** `memwatch/playwright`: the page crashed, was closed, went to another process, or is not Chromium's. */
  | 'ERR_MEMWATCH_PAGE';
