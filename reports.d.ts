// What memwatch reports, as plain data: the state of the detector, allocation sites, and the analysis and
// comparison of snapshots, which `memwatch analyze --json` and `memwatch diff --json` print as well.
// index.d.ts exports all of it; import it from there. The payloads of events and of HeapDiff are declared
// there too. No functions.

import { IncomingMessage, ServerResponse } from 'node:http';
import { HeapChange, HeapChangeDetails, HeapDiffReport } from './index';
import { AnalyzeNowOptions } from './options';

// ---------------------------------------------------------------- the state of the detector

/**
 * - `heap`: the live heap after full collections, that is, objects.
 * - `external`: memory outside of the heap that objects keep alive: Buffers, strings of addons.
 * - `threads`: worker threads that this thread has started and that are not stopped, or, on the main
 *   thread, heaps of workers that grow only together. Sizes are estimates: the number of threads
 *   times the size of one. Suspects are the lines of `new Worker`.
 * - `native`: memory of the process outside of both: allocated by native code, or by the allocator for
 *   pieces too small to use (fragmentation: resident memory that grew with a peak and does not
 *   shrink is not a leak, and is not reported as one). Linux and the main thread only, without
 *   the heaps of worker threads. The memory that objects of threads without memwatch keep outside
 *   of the heap is unknown, and included.
 * - `handles`: files, sockets, pipes and other descriptors of the process that are opened and not closed, or
 *   threads that native code starts. Linux and the main thread only. They are counted, so sizes are 0.
 */
export type LeakKind = 'heap' | 'external' | 'native' | 'threads' | 'handles';

/** A limit on memory. */
export interface MemoryLimit {
  /** V8's on the heap of this thread, or that of a control group that this process is in. */
  kind: 'v8-heap' | 'container';
  /** Its size, in bytes. */
  bytes: number;
  /** Memory that counts against it now, in bytes: for a container all except reclaimable file cache. */
  usedBytes: number;
  /** The directory of the control group, the innermost where only `process.constrainedMemory()` knows the limit; `null` for V8's, and where there is no group. */
  path: string | null;
}

/** The trend detector's state of one kind of memory. All sizes are bytes. */
export interface KindState {
  kind: LeakKind;
  /**
   * - `ok`: no sustained growth.
   * - `suspected`: growth like that of a leak, a warm-up or a filling cache.
   * - `confirmed`: it grew for longer and by more than the thresholds for those allow.
   * - `paused`: growth that was suspected or confirmed stopped together with the work of the program, or with too much
   *   of it to judge, and its memory is still in use.
   */
  state: 'ok' | 'suspected' | 'confirmed' | 'paused';
  /** Whether the growth was confirmed since it was suspected: a paused leak or a paused suspicion. */
  wasConfirmed: boolean;
  /**
   * The share of the required evidence, from 0 to 1: growth relative to the threshold (`thresholdBytes`),
   * times its resemblance to a leak (steady, above its noise, not slowing
   * down, continuing). Not a probability. From 0.2 on a leak is suspected, from 0.9 on it is
   * confirmed.
   */
  confidence: number;
  /** When the most leak-like growth began. */
  start: Date;
  /** The last sample; if growth has paused, when it stopped. */
  end: Date;
  /** How much grew in between. */
  growthBytes: number;
  /** Growth required for confirmation, at this speed and age. */
  thresholdBytes: number;
  /** Size when the growth began. */
  startBytes: number;
  /** Present size. */
  currentBytes: number;
  /** How much of the growth is still in use, in bytes; 0 if nothing grows. */
  keptBytes: number;
  /** How fast it grows; if growth has paused, how fast it grew. */
  bytesPerHour: number;
  /** When `limit` is reached at this rate; `null` if there is none, or not within a year. */
  limitEta: Date | null;
  /** The limit that comes first, V8's or the container's; `null` for memory that neither limits. */
  limit: MemoryLimit | null;
  /** Number of samples; samples close together count as one. */
  samples: number;
  /** Kendall's τ, from -1 to 1: 1 if each sample is above all earlier ones. */
  kendallTau: number;
  /** How fast the second half grew in comparison with the whole: 1 is a straight line. */
  lateToOverall: number;
}

/** The result of `memwatch.detectorState()`: the worst kind, and all of them. */
export interface DetectorState extends KindState {
  /** For people, with the evidence. While growth has paused it ends with the top allocation site: `…, allocated by track() server.js:6`. */
  reason: string;
  /** Each kind of memory. */
  kinds: KindStates;
  /** Secondary counters, not judged; one that only grows is a lead. */
  counters: SecondaryCounters;
  /** Forced collections and their cost. */
  forcedGc: ForcedCollections;
  /** The functions that the evidence names for this kind of memory, the largest first; empty while it is `ok`. */
  suspects: Site[];
  /** When they were sampled; `null` if there are none. */
  suspectsAt: Date | null;
}

/** See {@link LeakKind}. */
export interface KindStates {
  heap: KindState;
  external: KindState;
  native: KindState;
  threads: ThreadsState;
  handles: HandlesState;
}

/** The state of the worker threads that this thread has started. */
export interface ThreadsState extends KindState {
  /** How many are alive. */
  alive: number;
  /** How many of them have been idle for 10 s and more. */
  idle: number;
  /** The lines of `new Worker`; for one in a package also the calling line of the program. */
  suspects: Site[];
}

/** The state of descriptors and threads of the process. Where nothing was read (yet), `samples` is 0. */
export interface HandlesState extends KindState {
  /** Those that grow; `null` if none do. */
  counts: HandleCounts | null;
}

/** How many handles of one sort there are, and were. */
export interface HandleCounts {
  /**
   * - `files`: files, directories and devices.
   * - `pipes`: pipes.
   * - `others`: descriptors of no other sort: of timers, events, epoll and inotify.
   * - `threads`: threads of the operating system, without worker threads.
   * - `sockets`: sockets, those to child processes among them. Their growth alone is suspected and never confirmed:
   *   a server under more load has more of them.
   * - `half-closed-sockets`: sockets that the other end closed 5 minutes ago or earlier, and this one has not.
   */
  which: 'files' | 'pipes' | 'others' | 'threads' | 'sockets' | 'half-closed-sockets';
  /** How many there were when the growth began. */
  before: number;
  /** How many there are. */
  after: number;
  /** How many more there are required to be for confirmation. */
  threshold: number;
  /** How many more there are in an hour at this rate. */
  perHour: number;
  /** How many descriptors of all sorts the process may have; `null` for threads, and if it is not known. */
  limit: number | null;
  /** When `limit` is reached at this rate; `null` if there is none, or not within a year. */
  limitEta: Date | null;
  /**
   * What keeps the event loop of the main thread alive, by the names of `process.getActiveResourcesInfo()`, such as
   * `TCPSocketWrap`, the most first. Open files are in no such list.
   */
  activeResources: { name: string; count: number }[];
}

/** Secondary counters, when the growth began and at the last full collection. */
export interface SecondaryCounters {
  /** Memory that V8 allocated with `malloc` for itself, in bytes. */
  mallocedBytes: CounterChange;
  /** Global handles in use, in bytes. */
  globalHandleBytes: CounterChange;
  /** Number of contexts alive. */
  nativeContexts: CounterChange;
  /** Number of contexts that were detached and are still alive. */
  detachedContexts: CounterChange;
}

/** A number at two times. */
export interface CounterChange {
  /** When the growth began; as `after` where nothing grows. */
  before: number;
  /** At the last full collection. */
  after: number;
}

/** Full collections that memwatch forced. */
export interface ForcedCollections {
  /** How many. */
  count: number;
  /** Their cost to the main thread: its processor time in them, in milliseconds. */
  costMs: number;
  /** Whether one is in progress. */
  isRunning: boolean;
}

// ---------------------------------------------------------------- allocation sites

/** The result of `sites()`. Bytes and counts are estimates from samples. */
export interface SitesTable {
  /** Whose sampler runs now; `false` if none does. */
  sampling: 'own' | 'other' | false;
  /** The time of this table; `null` when no sampler has run. */
  at: Date | null;
  /** Whether this is the present state, and not that of the last suspicion. */
  isLive: boolean;
  /** Live bytes of all allocations since the sampler started. */
  bytes: number;
  /** By function, the most bytes first. */
  sites: Site[];
}

/** A function, as a place in the code. With source maps honoured by Node, a place in the source. */
export interface Place {
  /** Its name; `(anonymous)` if it has none, `(top level)` for the body of a file. */
  function: string;
  /** The path of its file, or `node:…`; `null` for V8's own and for code made at run time. */
  file: string | null;
  /** The line it begins at, from 1; `null` if there is no file. */
  line: number | null;
  /** The column, from 1. */
  column: number | null;
  /** Its package; `null` for the program itself, `node` for Node's own code. */
  package: string | null;
}

/** The live allocations of a function. */
export interface Site extends Place {
  /** The stack of most of it, innermost first. */
  stack: Place[];
  /** Bytes alive. */
  bytes: number;
  /** Objects alive. */
  count: number;
  /** Bytes more than in the first half of the time since the sampler started; negative when fewer. */
  growthBytes: number;
  /** Part of all growth, 0 to 1. */
  share: number;
  /** The share of the time since the sampler started that its live samples cover, 0 to 1: near 1 for a leak. */
  ageSpread: number;
  /** What the program was at while it allocated what has grown, the most first, and then what is not known; empty where nothing is. */
  labels: SiteLabel[];
  /** Of a suspect of native memory, where `nativeSites` names it; absent otherwise. */
  native?: NativeSuspect;
}

/**
 * A label's part in the growth of a site: at most three of a site.
 *
 * Routes of `http` and `https` servers have labels without a call. `label(name, work)` gives one to other work: the name of
 * a queue, a job, a command, not of one message. 200 labels are distinguished, routes among them. They are known only while the
 * sampler runs (a leak is suspected, or `sampling.when: 'always'`); else `label()` calls the function and does nothing more.
 * It throws `ERR_MEMWATCH_USAGE` (TypeError) if the name is not a non-empty string, or the other argument not a function.
 */
export interface SiteLabel {
  /** The route, as `POST /users/subscribe`, or the name given to `label()`; `null` for what is not known. */
  name: string | null;
  /** What the name is of. */
  kind: 'route' | 'task' | null;
  /** Its part in what has grown, 0 to 1. */
  share: number;
}

/** Fields of a suspect of native memory, in addition to its location in JavaScript. */
export interface NativeSuspect {
  /** The native function that it called; without JavaScript on the stack, the outermost one outside of the event loop: the suspect. */
  function: string;
  /** As of a `NativeSite`. */
  origin: 'javascript' | 'threadPool' | 'native';
  /** Likewise. */
  object: string | null;
  /** How far `bytes` may be off by the chance of sampling: 19 of 20 estimates are no further. */
  plusMinusBytes: number;
  /** Blocks alive that were sampled. */
  samples: number;
  /** From the allocator to `function`. */
  frames: NativeFrame[];
}

// ---------------------------------------------------------------- snapshot files

// Sizes are bytes; lines and columns count from 1, as in editors and stack traces. Unknown values are null.

/** The report on one snapshot. */
export interface AnalyzeReport {
  snapshot: SnapshotInfo;
  /** All bytes, native memory that belongs to no node included. */
  totalBytes: number;
  /** How many findings there are. */
  findingCount: number;
  /** The first of them, by retained size, weighted by certainty. */
  findings: (LeakSuspect & { path: AccessPath; trace: LeakTrace; next: NextStep[] })[];
  /** The object that keeps more than a quarter of the heap, if no finding covers it; otherwise null. */
  dominating: DominatingObject | null;
  /** Other notable facts. */
  observations: Observation[];
}

/** An object that keeps much of the heap, though nothing accumulates in one place below it. */
export interface DominatingObject {
  /** V8's id of it. */
  id: number;
  class: string;
  /** Bytes that would be freed with it. */
  retainedBytes: number;
  /** Share of all bytes, from 0 to 1. */
  share: number;
  path: AccessPath;
  next: NextStep[];
}

/** The report on two or more snapshots. */
export interface SnapshotComparison {
  /** Holders with more objects each time. */
  places: LeakGrowth;
  /** Objects allocated and freed, by class. */
  classes: SnapshotDiff;
}

/** What memwatch's own reader found in the memory of a process, and which data are invalid there. */
export interface CoreReading {
  /** Whether the memory was that of a core file; else it was of a process that runs. */
  isCore: boolean;
  /** Objects on the pages of the isolate, garbage too. */
  objects: number;
  /** Of these, what the roots reach. */
  reached: number;
  /** Whether the snapshot has garbage, too. */
  hasGarbage: boolean;
  /** Objects whose size cannot be right. */
  invalidSizes: number;
  /** Objects that a collection under way had moved. */
  movedObjects: number;
  /** References of living objects that lead to no object. */
  brokenReferences: number;
  /** Bytes of memory that the file should have and lacks. */
  missingBytes: number;
  /** The version of Node.js, where the reader was never tried with it. */
  untriedVersion: string | null;
}

/** Which snapshot a report is about. */
export interface SnapshotInfo {
  file: string;
  nodes: number;
  /** `null` with `--fast`, which does not read them. */
  edges: number | null;
  /** Sum of all shallow sizes. */
  shallowBytes: number;
  /** Native memory that belongs to no node. */
  extraNativeBytes: number;
  /** `exact`: as Chrome DevTools shows the numbers. `fast`: from the nodes alone. */
  precision: 'exact' | 'fast';
  /**
   * Strings that are not valid UTF-8, so that the file is damaged or was not written by V8 alone; absent if
   * there are none.
   */
  invalidStrings?: number;
  /** How memwatch's own reader read it; not there for a snapshot that V8 wrote. */
  reading?: CoreReading;
  /** Why source maps were not used, a sentence each; absent if there is no note. */
  sourceMapNotes?: string[];
}

/** Objects that share their holder: one leak, if it is one. */
export interface LeakSuspect {
  /** 16 hexadecimal digits, the same in every run. */
  signature: string;
  /** The kind of holder: `closure-chain`, `map`, `listeners`, ... */
  kind: string;
  certainty: 'probable' | 'likely' | 'possible';
  /** The class of most of them. */
  class: string;
  count: number;
  shallowBytes: number;
  /** Bytes that would be freed with them. */
  retainedBytes: number;
  /** Share of all bytes, from 0 to 1. */
  share: number;
  /**
   * Bytes that would be freed with the collection that holds them all, including what they share. Null if several
   * hold them, or if the holder is not a collection.
   */
  holderRetainedBytes: number | null;
  /** V8's id of the object that holds most of them. */
  holderId: number;
  holderClass: string;
  /** How many such holders there are. */
  holders: number;
  /** V8's id of one of the objects. */
  exampleId: number;
}

/** A path from a root, as a programmer would write the access. */
export interface AccessPath {
  /** In one line, cycles collapsed. */
  text: string;
  parts: AccessPart[];
}

export interface AccessPart {
  text: string;
  /** V8's id of the object it leads to. */
  id: number;
  /** The position of its function or constructor. */
  position: SourcePosition | null;
  /** How often its cycle is repeated. */
  times: number;
}

/** The references from a root to the objects of a leak candidate, and which one to cut. */
export interface LeakTrace {
  /** The kind of leak, if it is one: `listener`, `timer`, `closure-context`, `cache`, `promise`, ... */
  kind: string;
  /** The address of the documentation of that kind. */
  docs: string;
  /** From the root on. */
  steps: TraceStep[];
  /** The place in `steps`, from 0, of the reference that a repaired program does not have. */
  cut: number;
}

/** A reference, and the object it leads to. */
export interface TraceStep {
  /** `.name`, `[x]`, `context.name`, `(entry)`; of the first step, the root. */
  reference: string;
  /** The class of the object. */
  class: string;
  /** V8's id of the object. */
  id: number;
  /** The position of its function or constructor. */
  position: SourcePosition | null;
  /** How often its cycle is repeated. */
  times: number;
  /**
   * Whether a program wants the object: `expected` if it is one of a fixed number, by the names that lead to it;
   * `unexpected` from the reference to cut on; `unknown` if it may be one of many.
   */
  expectation: 'expected' | 'unknown' | 'unexpected';
}

export interface SourcePosition {
  script: string | null;
  scriptId: number;
  line: number;
  column: number;
  /** The position in its source; absent if no source map has it, and in the reports of functions, which read none. */
  original?: OriginalPosition;
}

/** A position in a source that a script was made from. */
export interface OriginalPosition {
  /** The source: its path as seen from the script, or the address that the bundler gave it. */
  source: string;
  line: number;
  column: number;
  /** What the function or class is called there; `null` where the map has no name, or the same one. */
  name: string | null;
}

/** The next command: `memwatch COMMAND FILE TARGET`. */
export interface NextStep {
  command: string;
  target: string;
  shows: string;
}

/** A notable fact. */
export interface Observation {
  rule: string;
  subject: string;
  count: number;
  against: number | null;
  bytes: number;
  id: number;
  path: AccessPath | null;
}

/** Groups of objects that grow in every snapshot. */
export interface LeakGrowth {
  snapshots: SnapshotInfo[];
  isSameProcess: boolean;
  totalBytes: number[];
  grownCount: number;
  unknownCount: number;
  grown: (LeakSuspect & {
    path: AccessPath;
    next: NextStep[];
    /** Objects in each snapshot, and the bytes they retain. */
    counts: number[];
    retainedBytesEach: number[];
    countGrowth: number;
    retainedGrowthBytes: number;
    /** For one process only: objects allocated and freed. */
    newCount: number | null;
    freedCount: number | null;
    isKnown: boolean;
  })[];
}

/** Changes by class. */
export interface SnapshotDiff {
  before: SnapshotInfo;
  after: SnapshotInfo;
  /**
   * Whether the same id means different objects in the two: they are of two processes or of two forked children,
   * each of which numbers its objects itself, or V8 renumbered the heap between them, as when DevTools
   * disconnects. Then only class totals are compared, and allocated and freed objects are unknown.
   */
  seemsUnrelated: boolean;
  classCount: number;
  netBytes: number;
  classes: {
    name: string;
    position: SourcePosition | null;
    allocated: number | null;
    allocatedBytes: number | null;
    freed: number | null;
    freedBytes: number | null;
    net: number;
    netBytes: number;
    shallowGrowthBytes: number;
    retainedGrowthBytes: number | null;
  }[];
}

// ---------------------------------------------------------------- snapshots of the running program

/** The argument of `snapshot` listeners. */
export interface TriggeredSnapshot {
  trigger: 'signal' | 'leak' | 'near-heap-limit';
  /** The file; an absolute path. */
  path: string;
  /** Its size. */
  bytes: number;
  /** Objects and other things in it. */
  nodes: number;
  /** How long the thread was paused, in milliseconds; unknown near the heap limit. */
  pauseMs?: number;
  mode: 'fork' | 'inline';
  /** Which engine took the snapshot. */
  engine: 'reader' | 'v8';
  /** Why it was not taken in a forked child. */
  fallbackReason?: string;
}

/** How a snapshot was taken. */
export interface SnapshotManner {
  /** How long the thread was paused, in milliseconds. */
  pauseMs: number;
  mode: 'fork' | 'inline';
  /** Which engine took the snapshot. */
  engine: 'reader' | 'v8';
  /** Why it was not taken in a forked child, if `auto` found that impossible. */
  fallbackReason?: string;
}

export interface WrittenSnapshot extends SnapshotManner {
  /** The file; an absolute path. */
  path: string;
  /** Its size. */
  bytes: number;
  /** Objects and other things in it. */
  nodes: number;
}

export interface LiveAnalyzeReport extends AnalyzeReport, SnapshotManner {}

/** An open heap diff. Its file is removed when it or the program ends. */
export interface LiveHeapDiff extends SnapshotManner {
  /** When the first snapshot was taken. */
  readonly start: Date;
  /** Size of its file, in bytes. */
  readonly bytes: number;
  /**
   * Takes the second snapshot and compares: the report of `diffSnapshots`. If it fails, the
   * diff stays open.
   *
   * Rejects as `writeSnapshot` does, and with `ERR_MEMWATCH_DIFF_ENDED` after the end.
   */
  end(options?: Omit<AnalyzeNowOptions, 'engine'>): Promise<LiveComparison>;
  /** Ends it without a second snapshot. */
  cancel(): void;
}

/** An open heap diff of `new HeapDiff({ engine: 'reader' })`: what fails at the first moment is thrown by `end()`. */
export interface ReaderHeapDiff extends Pick<LiveHeapDiff, 'start' | 'end'> {
  /** Ends it without a second moment. */
  cancel(): Promise<void>;
}

/** Generic, so that a class that extends `HeapDiff` extends what the other constructor makes. */
export interface ReaderHeapDiffConstructor {
  /** Reads the heap in forked children, as `beginHeapDiff` does: growth by class, and what keeps it. */
  new <Engine extends 'reader'>(options: { engine: Engine }): ReaderHeapDiff;
}

export interface LiveComparison extends SnapshotComparison, SnapshotManner {}

// ---------------------------------------------------------------- dashboard, bundle, metrics

/** A running dashboard. */
export interface Dashboard {
  /** Its address, with the token: it grants access to everything, including the buttons. */
  url: string;
  /** Ends it; resolves when its port is free again. */
  close(): Promise<void>;
}

/**
 * Answers `/debug/pprof/heap` and `/debug/pprof/allocs` as Go's programs do, for `go tool pprof`, Pyroscope and Parca: what is alive in this thread,
 * in bytes, by stack. `?seconds=N`, up to 60: what changed in that time; the sampler is started for it where none runs.
 * `?gc=1`: a full collection first. `/debug/pprof/allocs?seconds=N`: all that is allocated in that time, also what was
 * collected since; where no other sampler runs, on Node.js 20 and newer. One request at a time. With `next`, as from express, paths that are not its own are
 * passed on.
 *
 * It does not check who asks: put it behind what does. A refusal is one sentence with a code: 400
 * `ERR_MEMWATCH_USAGE`, 429 `ERR_MEMWATCH_PROFILE_BUSY`, 503 `ERR_MEMWATCH_NO_SAMPLER` or
 * `ERR_MEMWATCH_NO_ALLOCS`.
 */
export type PprofHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/**
 * Where the resident set of a process is. Each row is apart from the others: the resident bytes of all rows add up to
 * `residentBytes`. What is part of a row stands inside it. A number that is not known is `null`, never 0.
 */
export interface NativeMemory {
  /** When it was read. */
  at: Date;
  /** The resident set, in bytes. */
  residentBytes: number | null;
  /** Whose `malloc` the process uses. */
  allocator: 'glibc' | 'jemalloc' | 'mimalloc' | 'tcmalloc' | 'musl' | null;
  rows: NativeMemoryRows;
  /** Open descriptors, and threads. */
  handles: OpenHandles;
}

/** The parts of the resident set. */
export interface NativeMemoryRows {
  /** The heaps of all isolates: of the main thread and of all workers. */
  v8Heap: {
    residentBytes: number | null;
    /** Of these, the isolate of the thread that asks, as V8 counts it; `null` for another process. */
    isolateBytes: number | null;
  };
  /** Code that V8 has compiled at run time. */
  v8Code: { residentBytes: number | null };
  /** What was allocated with `malloc` and is in use. */
  mallocInUse: {
    /** At most: pages that were never touched are not resident. */
    residentBytes: number | null;
    /** All that is in use, as the allocator counts it, resident or not. */
    allocatedBytes: number | null;
    /** Of it, `ArrayBuffer`s and `Buffer`s of the thread that asks; `null` for another process. */
    arrayBuffersBytes: number | null;
  };
  /** Memory that the allocator keeps and the program does not use: fragmentation. */
  mallocFree: { residentBytes: number | null };
  /** Stacks of threads. */
  threadStacks: { residentBytes: number | null; count: number | null };
  /** Files: the program, its libraries and addons, and files that were mapped. */
  mappedFiles: { residentBytes: number | null };
  /** Data of the program and its libraries that is in no file. */
  programData: { residentBytes: number | null };
  /** The rest: what was mapped without `malloc`, by V8 or an addon. */
  other: {
    residentBytes: number | null;
    /**
     * Of these, what is known to be the allocator's where it does not report how much of it is in use; `null` where it
     * does.
     */
    undividedMallocBytes: number | null;
  };
}

/** Open descriptors, and threads. */
export interface OpenHandles {
  /** Open descriptors. */
  descriptors: number | null;
  /** Of these, sockets. */
  sockets: number | null;
  /** Of these, files, directories and devices. */
  files: number | null;
  /** Of these, pipes. */
  pipes: number | null;
  /** All threads of the operating system in this process. */
  threads: number | null;
}

/** What came of giving memory back. */
export interface TrimmedMemory {
  /** Whose `malloc` it was. */
  allocator: 'glibc' | 'jemalloc' | 'mimalloc' | 'tcmalloc' | 'musl';
  /** What it could give back at most, in bytes: `mallocFree` before. `null` where that is not known. */
  mostBytes: number | null;
  /** By how much `mallocFree` fell, in bytes. `null` where that is not known. */
  returnedBytes: number | null;
  /** How long the allocator took, in milliseconds. Threads that allocate meanwhile may wait for it. */
  durationMs: number;
}

/**
 * The sampler of native allocations: on Linux x64 with glibc, off until it is started. While it runs, the tables by which
 * the program and its libraries call `malloc` lead through memwatch.
 */
export interface NativeSites {
  /**
   * Samples the allocations of the whole process from here on. Where another thread has started it, this one joins.
   *
   * `meanBytes`: bytes between two samples on average, 1024 to 2^30, which stay as they are; by default 524,288 at first,
   * and then what gives 50 to 300 samples a second. Where it runs already, it keeps its own.
   *
   * `javascript`: whether functions of JavaScript are named in what this thread allocates. For that V8 goes through the heap
   * once, in which the thread stands still: 10 ms, and some 1.3 ms for each MB. By default where no more than 64 MiB of
   * heap are in use; what runs in a thread already is shared.
   *
   * Rejects with a code `ERR_MEMWATCH_NATIVE_SITES_…`, and has changed nothing then.
   */
  start(options?: { meanBytes?: number; javascript?: boolean }): Promise<void>;
  /** Ends it for this thread; the last thread puts back what the tables held, and all samples are forgotten. */
  stop(): Promise<void>;
  /**
   * What was allocated since the start and is alive, by function. Names are read on the thread pool.
   *
   * `top`: rows at most, 1 to 1000; 20 by default.
   *
   * Rejects with `ERR_MEMWATCH_NATIVE_SITES_OFF` where this thread has not started it.
   */
  report(options?: { top?: number }): Promise<NativeSitesTable>;
}

/**
 * What was allocated with `malloc` since sampling began and is alive, by the function that the program called. All
 * numbers but those of samples are estimates.
 */
export interface NativeSitesTable {
  /** When it was read. */
  at: Date;
  /** Since when allocations are sampled. What was allocated before is in no row. */
  since: Date;
  /** Bytes between two samples on average, at the moment: it follows the rate of allocation. */
  meanBytes: number;
  /** Samples taken since then, of what is alive and of what was freed. */
  samples: number;
  /** Of these, those that were not kept, because a table was full or another thread had its turn. */
  droppedSamples: number;
  /** Of these, those whose stack could not be read: they are in the row `(unknown)`. */
  samplesWithoutStack: number;
  /** The library that `malloc` belongs to. */
  allocator: string;
  /** The program has been stripped: only functions that it exports have a name, and callers are known less often. */
  hasExportedNamesOnly: boolean;
  /** Whether functions of JavaScript are named of the thread that asks. */
  namesJavaScript: boolean;
  /** Bytes alive of all sites. */
  bytes: number;
  /** How far `bytes` may be off by the chance of sampling: 19 of 20 estimates are no further. */
  plusMinusBytes: number;
  /** Most bytes first. */
  sites: NativeSite[];
}

/** A native function, and what allocated through it and is alive. */
export interface NativeSite {
  /** The function that JavaScript called; without JavaScript on the stack, the outermost one outside of the event loop. */
  function: string;
  /**
   * Who called it: JavaScript; a thread of libuv's pool, where who has asked for the work is not on the stack and not known;
   * the event loop, or another thread.
   */
  origin: 'javascript' | 'threadPool' | 'native';
  /**
   * What such memory belongs to, by the classes of C++ in the stack: `a stream of node:zlib`. Known also where JavaScript was
   * not on the stack; `null` where no class shows it.
   */
  object: string | null;
  /**
   * The function of JavaScript that called it: the nearest that is not Node's own, or Node's where there is no other; its
   * line is where it begins. `null` where JavaScript was not on the stack, or which function it was is not known: of threads
   * that have not called `start()`, or whose heap was too large for that. One that V8 has inlined is its caller.
   */
  caller: Place | null;
  /** Bytes alive, as the allocator counts them. */
  bytes: number;
  /** How far `bytes` may be off by the chance of sampling: 19 of 20 estimates are no further. */
  plusMinusBytes: number;
  /** Blocks alive. */
  count: number;
  /** Blocks alive that were sampled: with fewer than ten, the numbers are imprecise. */
  samples: number;
  /** The stack that holds most of it, innermost first, from the allocator to `function`. */
  frames: NativeFrame[];
  /** The functions of JavaScript further out in that stack, innermost first. */
  javascript: Place[];
}

/** A frame of C, C++ or Rust. */
export interface NativeFrame {
  /** The function. One without a name is its address in its file, `+0x891f4 [libc.so.6]`. */
  function: string;
}

/** A written bundle. */
export interface Bundle {
  /** Its directory, which only its owner may read. */
  path: string;
  /** The files in it. */
  files: string[];
}

/** The parts of a prom-client registry that `register` uses. */
export interface PromRegistry {
  registerMetric(metric: any): void;
  getSingleMetric(name: string): unknown;
}

/** The OpenTelemetry providers that `instrument` uses; the program sets them up. */
export interface OpenTelemetryProviders {
  meterProvider: { getMeter(name: string, version?: string): any };
  loggerProvider?: { getLogger(name: string, version?: string): any };
}

/** The reporting to providers. */
export interface Instrumentation {
  /** Stops reporting to them. */
  stop(): void;
}

/**
 * The message of the channel `memwatch:gc` of `node:diagnostics_channel`, after each collection of
 * this thread. `memwatch:stats` and `memwatch:leak` carry the same objects as the events.
 */
export interface CollectionMessage {
  /** The kinds that OpenTelemetry defines. */
  kind: 'minor' | 'major' | 'incremental' | 'weakcb';
  /** How long it stopped this thread, in milliseconds. */
  pauseMs: number;
  /** When it ended, in milliseconds since the Unix epoch. */
  endedAt: number;
}

// ---------------------------------------------------------------- of HeapDiff and stats

/** The result of `end({ retainers: true })`. */
export interface HeapDiffReportWithRetainers extends HeapDiffReport {
  change: Omit<HeapChange, 'details'> & { details: (HeapChangeDetails & Partial<NewObjects>)[] };
}

/** What keeps the new objects of a class. */
export interface NewObjects {
  /** Bytes that would be freed with them. */
  retained_size_bytes: number;
  /** The same for people: `1.2 mb`. */
  retained_size: string;
  /** The retaining paths to most of them, three at most. */
  paths: RetainingPath[];
}

/** A path from a root to new objects. */
export interface RetainingPath {
  /** Share of the new objects on this path, from 0 to 1. */
  share: number;
  /** As a programmer would write the access: `globalThis.app.registry → Map → Array[x]`. */
  path: string;
}

/** The keys of `stats` that came with the later generation, `@airbnb/node-memwatch`. */
export interface GcStats {
  /** When the collection ended, in microseconds since the Unix epoch. */
  gc_ts: number;
  /** Copying collections of the young generation so far. */
  gcScavengeCount: number;
  /** Their pauses together, in nanoseconds. */
  gcScavengeTime: number;
  /** Collections of the whole heap so far, as V8 ran them: each GC cycle of a `gc()` counts. */
  gcMarkSweepCompactCount: number;
  /** Their pauses together, in nanoseconds. */
  gcMarkSweepCompactTime: number;
  /** Steps of incremental marking so far. */
  gcIncrementalMarkingCount: number;
  /** Their pauses together, in nanoseconds. */
  gcIncrementalMarkingTime: number;
  /** Passes over weak callbacks so far. */
  gcProcessWeakCallbacksCount: number;
  /** Their pauses together, in nanoseconds. */
  gcProcessWeakCallbacksTime: number;
  /** Memory V8 holds for the heap, in bytes. */
  total_heap_size: number;
  /** Of it for machine code, in bytes. */
  total_heap_size_executable: number;
  /** Of the heap backed by memory, in bytes. */
  total_physical_size: number;
  /** Room for further growth of the heap, in bytes. */
  total_available_size: number;
  /** Used heap, in bytes: the same as `current_base`. */
  used_heap_size: number;
  /** V8's limit on the heap, in bytes (`--max-old-space-size`). */
  heap_size_limit: number;
  /** Memory that V8 allocated with `malloc` for itself, in bytes. */
  malloced_memory: number;
  /** Its maximum, in bytes. */
  peak_malloced_memory: number;
  /** The pause of this collection, in nanoseconds; for a `gc()` the pauses of all its GC cycles. */
  gc_time: number;
}
