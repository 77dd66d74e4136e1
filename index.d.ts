// The public API of memwatch: functions, events, HeapDiff. What functions take is in options.d.ts, what they
// return in reports.d.ts, the codes of errors in errors.d.ts; all of it is exported here. Written by hand; the
// tests compare it with the running module, key by key. It declares nothing of the native addon and nothing
// that only `lib/` uses.
//
// The module is one EventEmitter, so these three are the same object:
//
//   import memwatch, { analyze, gc } from 'memwatch';   // ECMAScript modules
//   import memwatch = require('memwatch');              // TypeScript, CommonJS
//   const memwatch = require('memwatch');               // JavaScript, CommonJS
//
// Its own functions can be imported by name. Those of an EventEmitter (`on`, `once`, ...) are called on the
// object: `memwatch.on(...)`.
//
// An error thrown by memwatch itself has a `code` and, in `help`, the address of its documentation: see
// `MemwatchError`.

/// <reference types="node" />

import { EventEmitter } from 'node:events';
import * as compat from './compat';
import * as errors from './errors';
import * as options from './options';
import * as reports from './reports';

export = memwatch;

declare const memwatch: memwatch.MemWatch;

declare namespace memwatch {
  // ---------------------------------------------------------------- the module

  /**
   * The module: an EventEmitter with these events: `stats`, `leak`, `leak-confirmed`, `leak-suspected`,
   * `leak-paused`, `leak-resumed`, `leak-cleared`, `snapshot`.
   *
   * From `require('memwatch')` on, memwatch observes each full garbage collection of this thread,
   * with or without listeners. Each worker thread that loads memwatch has its own counts and
   * events. Events are emitted on the event loop, never inside a collection. A pending
   * event keeps the process alive; a listener alone does not. An exception of a listener is an
   * ordinary `uncaughtException`.
   *
   * Loading the module throws where it cannot work: see {@link ErrorCode}.
   */
  interface MemWatch extends EventEmitter, MemwatchNgSettings {
    /**
     * Collects all garbage, synchronously, and without `--expose-gc`. V8 may run several GC cycles
     * for it; they count as one full collection: one `stats` event, one step towards a `leak`.
     * It stops the program for as long as a full collection takes.
     */
    gc(): void;

    /** The class that compares the heap at two moments. */
    get HeapDiff(): reports.ReaderHeapDiffConstructor & HeapDiffConstructor;
    set HeapDiff(replacement: HeapDiffConstructor);

    /**
     * The leak candidates of a heap snapshot file, what keeps them, and what to inspect next: the report
     * of `memwatch analyze FILE --json`. Runs off the main thread. `.gz` and `.zst` are decompressed.
     *
     * Rejects with `ERR_MEMWATCH_USAGE` (TypeError) for invalid arguments,
     * `ERR_MEMWATCH_SNAPSHOT_UNREADABLE` when the file cannot be read, and another
     * `ERR_MEMWATCH_SNAPSHOT_…` with the byte `offset` when it is damaged or not a snapshot.
     */
    analyze(file: string, options?: ReportOptions): Promise<AnalyzeReport>;

    /**
     * What grew from one heap snapshot file to the next, by holder and by class: the report of
     * `memwatch diff BEFORE AFTER --json`. Runs off the main thread; rejects as `analyze` does.
     */
    diffSnapshots(before: string, after: string, options?: ReportOptions): Promise<SnapshotComparison>;

    /**
     * Writes a heap snapshot of this thread to a file that Chrome DevTools and
     * `memwatch analyze` open, and resolves with its name.
     *
     * On Linux a forked child takes it while the program continues: the thread is paused for
     * milliseconds (`pauseMs`). Elsewhere, and where there is too little memory to fork, the snapshot
     * is taken inline as by other tools, and `fallbackReason` has the reason.
     *
     * The file is readable by its owner only, gets its name only when it is complete, and never
     * overwrites another. The signature is that of the `heapdump` package; without a file (or
     * with anything but a string in its place) the name is generated. The callback is called with
     * the error or with `null` and the path, never before this returns (but immediately while the
     * program ends); with a callback the promise may be ignored.
     *
     * Rejects with `ERR_MEMWATCH_USAGE` (TypeError) and those of a snapshot that is being
     * taken or written: see {@link ErrorCode}.
     */
    writeSnapshot(file?: string, options?: WriteSnapshotOptions, callback?: SnapshotCallback): Promise<WrittenSnapshot>;
    writeSnapshot(file: string | undefined, callback: SnapshotCallback): Promise<WrittenSnapshot>;
    writeSnapshot(options: WriteSnapshotOptions, callback?: SnapshotCallback): Promise<WrittenSnapshot>;
    writeSnapshot(callback: SnapshotCallback): Promise<WrittenSnapshot>;

    /**
     * The leak candidates in this thread's present heap: the report of `analyze`, without a file. The
     * snapshot is taken as by `writeSnapshot`, and analysed where it is taken.
     */
    analyzeNow(options?: AnalyzeNowOptions): Promise<LiveAnalyzeReport>;

    /**
     * Begins a comparison of this thread's heap with itself: what grew from here to `end()`, by
     * class and by what keeps it. Unlike `new HeapDiff()` it does not stop the program where a
     * forked child can take the snapshots, as by `writeSnapshot`: the first is kept as a file in a
     * private temporary directory, the second is taken and compared in its forked child. Rejects as `writeSnapshot` does.
     */
    beginHeapDiff(options?: SnapshotEngineOptions): Promise<LiveHeapDiff>;

    /**
     * Changes the given options, keeps the others, and returns all of them. Checks everything first: an invalid option
     * changes nothing and throws `ERR_MEMWATCH_USAGE` (TypeError), which names it and the accepted values.
     */
    configure(options?: ConfigureOptions): Configuration;

    /**
     * The present state of the trend detector, with its evidence: for a diagnostics page, or before a
     * decision. `null` when it is switched off (`detector: 'consecutive'`).
     */
    detectorState(): DetectorState | null;

    /**
     * Sampled allocations that are still alive, by the function that allocated them, the most bytes first.
     * A sampler runs while a leak is suspected, or always by `configure({ sampling: { when: 'always' } })`, or
     * because another agent started one. Its result is kept: once growth has paused or ended, this
     * returns the allocations that were alive at the moment `at` of the last suspicion, with
     * `isLive: false`, until another suspicion has a result. Empty, with `at: null`, when no sampler has run.
     *
     * Takes about a millisecond; with another agent's sampler it may collect the whole heap.
     *
     * @throws TypeError `ERR_MEMWATCH_USAGE` when `top` is not a whole number from 1 to 1000 (default 20),
     *   or the options are null.
     */
    sites(options?: { top?: number }): SitesTable;
    /** Calls a function, and returns or throws what it does, under a label that suspects then have: see {@link SiteLabel}. */
    label<T>(name: string, work: () => T): T;
    /** The same with all stacks, as the text of a `.heapprofile` for Chrome DevTools; `null` when no sampler has run. */
    heapProfile(options?: { format?: 'heapprofile' }): string | null;
    /** The same as a file of pprof, with gzip: `go tool pprof`, Pyroscope and Grafana open it. */
    heapProfile(options: { format: 'pprof' }): Buffer | null;
    /** A handler for this program's own HTTP server that answers `/debug/pprof/heap` and `allocs`: see {@link PprofHandler}. */
    pprofHandler(): PprofHandler;
    /** Sends heap profiles of this thread to a server while a sampler runs: see {@link options.PushOptions}. */
    pushProfiles(options: options.PushOptions): { stop(): void };
    /**
     * Where the resident set of this process is, in rows that add up to it: V8's heaps and code, what `malloc` has in
     * use and has free (fragmentation), stacks, files, the rest. On Linux; elsewhere the rows are `null`. Read on the thread
     * pool: the system adds up each mapping, which takes tens of milliseconds; the allocator locks its arenas for a moment.
     */
    nativeMemory(): Promise<NativeMemory>;

    /**
     * Makes the allocator return unused memory (`mallocFree`) to the system, on the thread pool. With glibc
     * (`malloc_trim`) a hundred milliseconds and more for a large process, in which threads that allocate may wait: for
     * a moment that suits, not for a timer. Rejects with `ERR_MEMWATCH_NO_TRIM` where the allocator has no way to.
     */
    trimNativeMemory(): Promise<TrimmedMemory>;

    /** Which functions outside of JavaScript allocate what stays. On Linux x64 with glibc; off until it is started. */
    readonly nativeSites: NativeSites;
    /** All stacks of `nativeSites`, as a file of pprof, compressed with gzip. Rejects as its `report()` does. */
    nativeProfile(): Promise<Buffer>;

    /**
     * All metrics of this process in Prometheus' text format: answer `/metrics` with it, as `text/plain; version=0.0.4`.
     * Every thread that has loaded memwatch is in it; workers are summed. At most 64 series, about a tenth of a millisecond.
     * @throws TypeError `ERR_MEMWATCH_USAGE` for invalid labels.
     */
    metrics(options?: MetricsOptions): string;

    /**
     * Adds the same metrics to a registry of prom-client, all or none; a second time changes nothing.
     * @throws Error `ERR_MEMWATCH_METRIC_TAKEN` when it has a metric of one of the names.
     * @throws TypeError `ERR_MEMWATCH_USAGE` when it is not a registry.
     */
    register(registry: PromRegistry): void;

    /**
     * Reports to OpenTelemetry's providers the pauses (`v8js.gc.duration`), the heap's spaces (`v8js.memory.…`), and
     * live heap, growth and leaks (`memwatch.…`), and logs each leak if there is a `loggerProvider`. If a provider throws
     * later, memwatch emits one warning and reports nothing more to it.
     * @throws Error `ERR_MEMWATCH_PROVIDER_FAILED` when a provider throws; `cause` is its exception.
     * @throws TypeError `ERR_MEMWATCH_USAGE` when something else is given.
     */
    instrument(providers: OpenTelemetryProviders): Instrumentation;

    /**
     * Makes a directory with the evidence on this process: versions, options and their effect on its
     * memory, arguments, environment, descriptors, mappings, detector state, sites, metrics.
     * Secrets are left out: of arguments and environment, everything that is not known to be harmless.
     * Synchronous except for a snapshot's analysis: some milliseconds, or as long as a snapshot takes if it
     * cannot be taken in a forked child. `configure({ onLeak: { bundle: directory } })` does it at a leak.
     * Rejects with `ERR_MEMWATCH_BUNDLE_FAILED` where it cannot be written, and with
     * `ERR_MEMWATCH_USAGE` (TypeError) for invalid arguments.
     */
    bundle(directory: string, options?: BundleOptions): Promise<Bundle>;

    /**
     * Serves the dashboard of this process: leak status, live heap after each full collection, allocation
     * sites, heap diffs, snapshots; all threads that have loaded memwatch, and those that load it later
     * within seconds. On loopback by default, under an address with a random token; it does not keep the
     * program alive. For several processes on one dashboard, as of a cluster, use `memwatch run`.
     *
     * Rejects with `ERR_MEMWATCH_USAGE` (TypeError) for invalid options, and `ERR_MEMWATCH_DASHBOARD_PORT`
     * when the port is not available.
     */
    dashboard(options?: DashboardOptions): Promise<Dashboard>;

    on<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
    on(event: string | symbol, listener: (...args: any[]) => void): this;
    once<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
    once(event: string | symbol, listener: (...args: any[]) => void): this;
    addListener<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
    addListener(event: string | symbol, listener: (...args: any[]) => void): this;
    prependListener<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
    prependListener(event: string | symbol, listener: (...args: any[]) => void): this;
    prependOnceListener<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
    prependOnceListener(event: string | symbol, listener: (...args: any[]) => void): this;
    off<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
    off(event: string | symbol, listener: (...args: any[]) => void): this;
    removeListener<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
    removeListener(event: string | symbol, listener: (...args: any[]) => void): this;
    /** Emits an event by hand, to test listeners. */
    emit(event: 'leak' | 'leak-suspected' | 'leak-confirmed' | 'leak-resumed', leak: LeakInformation): boolean;
    emit<E extends keyof Events>(event: E, ...args: Events[E]): boolean;
    emit(event: string | symbol, ...args: any[]): boolean;
  }

  // ---------------------------------------------------------------- events

  /** The events, with the arguments of their listeners. */
  interface Events {
    /** once for each full collection. */
    stats: [stats: Stats];
    /**
     * once for a leak, in all kinds of memory that it grows in, until its growth is reclaimed, has ended or is
     * cleared: when the trend confirms it, or before where the heap grew in five full collections in a row and the trend
     * has no evidence yet (`state: 'unknown'`); with `detector: 'consecutive'` for each five collections of this kind. Emitted
     * before the `stats` of that collection.
     */
    leak: [leak: LeakEvent];
    /** the trend confirms a leak in one kind of memory. Followed by a `leak`, or `wasReported`. */
    'leak-confirmed': [leak: ConfirmedLeak];
    /** growth like that of a leak or of a filling cache. Not an alarm. */
    'leak-suspected': [leak: LeakEvent];
    /**
     * the growth stopped together with the work of the program, and its memory is still in use. A leak that
     * grows with each request pauses when the requests do.
     */
    'leak-paused': [leak: PausedLeak];
    /** paused growth continues. A leak that was confirmed before is not reported as a second `leak`. */
    'leak-resumed': [leak: LeakEvent];
    /** half of the growth or more was reclaimed, or the program continued allocating as before without growing. */
    'leak-cleared': [leak: ClearedLeak];
    /** a snapshot was taken automatically: on a signal, at a leak, or near the heap limit. */
    snapshot: [snapshot: TriggeredSnapshot];
  }

  // ---------------------------------------------------------------- stats

  /**
   * The argument of `stats` listeners, after each full collection (V8: mark-sweep). The keys come in
   * this order: the eight original ones ({@link StatsInformation}), those of the later
   * generation ({@link GcStats}), and new ones.
   *
   * All counts begin when memwatch is loaded in this thread, and include the reported collection.
   * Collections of a `HeapDiff` for its snapshots are not counted.
   */
  interface Stats extends StatsInformation, GcStats {
    /** Marking collections of the young generation so far. */
    gcMinorMarkSweepCount: number;
    /** Their pauses together, in nanoseconds. */
    gcMinorMarkSweepTime: number;
    /** The pause of this collection in milliseconds: `gc_time / 1e6`. */
    pause_ms: number;
    /** Memory outside of the heap that objects on it keep alive, in bytes (buffers, strings of addons). */
    external_memory: number;
    /** Number of top-level contexts alive. A number that only grows is a leak of contexts (`node:vm`). */
    number_of_native_contexts: number;
    /** Number of contexts that were detached and are still alive: above 0 they are retained. */
    number_of_detached_contexts: number;
    /** Memory for global handles, in bytes. */
    total_global_handles_size: number;
    /** Of it in use, in bytes. */
    used_global_handles_size: number;
    /** Memory of `ArrayBuffer`s and `Buffer`s, in bytes; read when the event is emitted. */
    array_buffers: number;
    /** Resident set size of the whole process, in bytes; read when the event is emitted. */
    rss: number;
    /**
     * Full collections that memwatch has forced so far, because a leak is suspected and there are
     * few samples. They emit no `stats` event and are not counted in the other numbers.
     */
    num_forced_gc: number;
    /** Their cost to the main thread so far: its processor time in them, in nanoseconds. */
    forced_gc_time: number;
  }

  /** The eight original keys of `stats`. The *base* is the used heap right after a full collection. */
  interface StatsInformation {
    /** Full collections so far; all GC cycles of one `gc()` count as one. */
    num_full_gc: number;
    /** All other collections so far, most of them scavenges. */
    num_inc_gc: number;
    /** The same as `num_full_gc`: V8 may compact in each of them. */
    heap_compactions: number;
    /**
     * How far the short average of the base is above the long one, in percent with one decimal;
     * negative when memory use falls. 0 in the first nine full collections.
     */
    usage_trend: number;
    /** The short average of the base, in bytes. */
    estimated_base: number;
    /** The base after this collection, in bytes. */
    current_base: number;
    /** The smallest base from the third full collection on, in bytes; 0 before it. */
    min: number;
    /** The largest base from the third full collection on, in bytes; 0 before it. */
    max: number;
  }

  // ---------------------------------------------------------------- leak

  /**
   * The argument of `leak` and `leak-suspected` listeners. There are two detectors:
   *
   * - `'consecutive'`, the original rule: the base grew in five full collections in a row
   *   (`set_consecutive_growth_limit`). Any growth counts, including a warm-up's. After a leak the count
   *   restarts.
   * - `'trend'`: memory grew for longer, and by more, than the thresholds for warm-ups and filling
   *   caches allow. Use this one for a pager that must stay quiet during a warm-up.
   */
  interface LeakEvent extends LeakInformation {
    /** The detector that reports it. */
    detector: 'consecutive' | 'trend';
    /** The kind of memory that grows, or `handles`, of which all sizes are 0. The original rule covers the heap only. */
    kind: LeakKind;
    /** The trend detector's present state of this kind of memory; `unknown` for the original rule. */
    state: 'unknown' | 'suspected' | 'confirmed' | 'paused' | 'cleared';
    /** See {@link KindState.confidence}. For a cleared one: its maximum, as all of its evidence. `null` if nothing was judged. */
    confidence: number | null;
    /** How fast it grows. */
    bytesPerHour: number;
    /** When {@link LeakEvent.limit} is reached at this rate; `null` if there is none, or not within a year. */
    limitEta: Date | null;
    /** The limit that comes first, V8's or the container's; `null` for memory that neither limits. */
    limit: MemoryLimit | null;
    /**
     * The functions that allocated the growth, the largest first, by file and line. A confirmed
     * leak has some unless sampling is off or refused; at the suspicion the sampler has only started, and
     * there may be none if both events come in one turn of the event loop. When sampling has ended
     * they are those of the last suspicion of this kind of memory, for either detector.
     */
    suspects: Site[];
    /** When they were sampled; `null` if there are none. */
    suspectsAt: Date | null;
    /** Why there are none, as a sentence; `null` if there are some. For the original rule: only the growth is known. */
    whyNoSuspects: string | null;
    /** Of `kind: 'handles'`: which, and how many; absent of other kinds. */
    handles?: HandleCounts;
    /** With `onLeak.analyze`, for a confirmed leak: leak candidates and what keeps them, or why that is unknown. */
    analysis?: { report?: LiveAnalyzeReport; error?: Error };
  }

  /** The original four keys of `leak`. */
  interface LeakInformation {
    /** When the growth began, to the millisecond: at the first of these collections, or of the trend. */
    start: Date;
    /** When the last of them ended, to the millisecond. */
    end: Date;
    /** How much grew in that time, in bytes. */
    growth: number;
    /**
     * For people. Of the original rule, in the original format:
     * `heap growth over 5 consecutive GCs (20s) - 11.67 mb/hr`; the interval is in whole seconds,
     * the rate is of the exact one. Of the trend with its evidence:
     * `heap grows by 2.6 GiB an hour: 45.4 MiB over 14 samples (1m 1s), steady; heap limit in 1h 30m 2s`.
     */
    reason: string;
  }

  /** The argument of `leak-confirmed` listeners. */
  interface ConfirmedLeak extends LeakEvent {
    /** Whether there was a `leak` for it before, by the original rule or in another kind of memory. If not, one follows. */
    wasReported: boolean;
  }

  /** The argument of `leak-paused` listeners: the growth began at `start` and stopped at `end`. */
  interface PausedLeak extends LeakEvent {
    /** How much of the growth is still in use, in bytes. */
    keptBytes: number;
    /** Whether it was confirmed to be a leak before. */
    wasConfirmed: boolean;
    /** For how long it grew, in milliseconds. */
    lastedMs: number;
  }

  /** The argument of `leak-cleared` listeners: the evidence at its maximum, and why the growth has ended. */
  interface ClearedLeak extends LeakEvent {
    /** How much of the growth is still in use, in bytes. */
    keptBytes: number;
    /** Whether it was confirmed to be a leak before. */
    wasConfirmed: boolean;
    /** From the suspicion on, in milliseconds. */
    lastedMs: number;
    /** `stopped-growing`: the program continued allocating as before. `reclaimed`: half of the growth or more is free again. */
    why: 'stopped-growing' | 'reclaimed';
  }

  // ---------------------------------------------------------------- HeapDiff

  /** How a {@link HeapDiff} is made. */
  interface HeapDiffConstructor {
    /**
     * Takes a heap snapshot, synchronously: a large heap stops the program for seconds.
     *
     * @throws TypeError `ERR_MEMWATCH_NEW_REQUIRED` when called without `new`.
     * @throws Error `ERR_MEMWATCH_SNAPSHOT_MEMORY` when there is too little memory for a snapshot.
     * @throws Error `ERR_MEMWATCH_SNAPSHOT_FAILED` when V8 cannot take one.
     */
    new (options?: { engine: 'v8' }): HeapDiff;
    readonly prototype: HeapDiff;
  }

  /**
   * The heap at one moment, to be compared with a later one. Several may be open at a time; the
   * diffs themselves are left out of what they report. One that is never ended frees its memory
   * when it is collected.
   *
   * The methods throw, in addition to the errors listed at each:
   * `ERR_MEMWATCH_WRONG_THIS` (TypeError) when called on anything but a `HeapDiff`, and
   * `ERR_MEMWATCH_SNAPSHOT_MEMORY` or `ERR_MEMWATCH_SNAPSHOT_FAILED` as the constructor does;
   * the diff then stays open.
   */
  interface HeapDiff {
    /**
     * As `end()`, and for the five classes that grew most what keeps their new objects. Reads the
     * second snapshot with all its edges: several times the time and memory of `end()`.
     * @throws Error `ERR_MEMWATCH_DIFF_ENDED` when it was ended before.
     */
    end(options: { retainers: true }): HeapDiffReportWithRetainers;
    /**
     * Takes the second snapshot, ends the diff and reports the changes.
     * @throws Error `ERR_MEMWATCH_DIFF_ENDED` when it was ended before.
     */
    end(): HeapDiffReport;
    /**
     * As `compare()`, and for the five classes that grew most what keeps their new objects.
     * @throws Error `ERR_MEMWATCH_DIFF_ENDED` when it was ended before.
     */
    compare(options: { retainers: true }): HeapDiffReportWithRetainers;
    /**
     * Takes a snapshot and reports the changes; the diff stays open.
     * @throws Error `ERR_MEMWATCH_DIFF_ENDED` when it was ended before.
     */
    compare(): HeapDiffReport;
    /**
     * Takes a snapshot that replaces the first one.
     * @throws Error `ERR_MEMWATCH_DIFF_ENDED` when it was ended before.
     */
    update(): void;
  }

  /** What changed between two snapshots. */
  interface HeapDiffReport {
    /** The heap in the first snapshot. */
    before: HeapSide;
    /** The heap in the second snapshot. */
    after: HeapSide;
    /** The difference. */
    change: HeapChange;
  }

  /** One snapshot in numbers. */
  interface HeapSide {
    /** All nodes of the snapshot. */
    nodes: number;
    /** When it was taken, to the millisecond. */
    time: Date;
    /** The shallow sizes of all nodes that can be reached, in bytes. */
    size_bytes: number;
    /** The same for people: `2.67 mb`. */
    size: string;
  }

  /** The difference of two snapshots. */
  interface HeapChange {
    /** `after.size_bytes - before.size_bytes`, in bytes; negative when the heap shrank. */
    size_bytes: number;
    /** The same for people: `-54 kb`. */
    size: string;
    /** Nodes of the first snapshot that are gone. */
    freed_nodes: number;
    /** Nodes that were not there before. */
    allocated_nodes: number;
    /** By class, in ascending order of the bytes of `what`. Classes with no new and no freed node are left out. */
    details: HeapChangeDetails[];
  }

  /** What changed in one class. */
  interface HeapChangeDetails {
    /** The name of the constructor, or `Array`, `String`, `Closure`, `Code`, `RegExp`, `Number`, `Native`. */
    what: string;
    /** Shallow sizes of the new nodes less those of the freed ones, in bytes. */
    size_bytes: number;
    /** The same for people: `234.38 kb`. */
    size: string;
    /** New nodes. */
    '+': number;
    /** Freed nodes. */
    '-': number;
  }

  /** `heapdump`'s callback. */
  type SnapshotCallback = (error: Error | null, file?: string) => void;

  // ---------------------------------------------------------------- declared in the files next to this one

  type Configuration = options.Configuration;
  type ConfigureOptions = options.ConfigureOptions;
  type ForcedGcOptions = options.ForcedGcOptions;
  type SamplingOptions = options.SamplingOptions;
  type SnapshotOptions = options.SnapshotOptions;
  type OnLeakOptions = options.OnLeakOptions;
  type SnapshotQuota = options.SnapshotQuota;
  type LiveSnapshotOptions = options.LiveSnapshotOptions;
  type SnapshotEngineOptions = options.SnapshotEngineOptions;
  type WriteSnapshotOptions = options.WriteSnapshotOptions;
  type AnalyzeNowOptions = options.AnalyzeNowOptions;
  type SnapshotProgress = options.SnapshotProgress;
  type ReportOptions = options.ReportOptions;
  type DashboardOptions = options.DashboardOptions;
  type MetricsOptions = options.MetricsOptions;
  type BundleOptions = options.BundleOptions;
  type LeakKind = reports.LeakKind;
  type MemoryLimit = reports.MemoryLimit;
  type KindState = reports.KindState;
  type DetectorState = reports.DetectorState;
  type KindStates = reports.KindStates;
  type ThreadsState = reports.ThreadsState;
  type HandlesState = reports.HandlesState;
  type HandleCounts = reports.HandleCounts;
  type SecondaryCounters = reports.SecondaryCounters;
  type CounterChange = reports.CounterChange;
  type ForcedCollections = reports.ForcedCollections;
  type SitesTable = reports.SitesTable;
  type Place = reports.Place;
  type Site = reports.Site;
  type SiteLabel = reports.SiteLabel;
  type AnalyzeReport = reports.AnalyzeReport;
  type DominatingObject = reports.DominatingObject;
  type SnapshotComparison = reports.SnapshotComparison;
  type CoreReading = reports.CoreReading;
  type SnapshotInfo = reports.SnapshotInfo;
  type LeakSuspect = reports.LeakSuspect;
  type AccessPath = reports.AccessPath;
  type LeakTrace = reports.LeakTrace;
  type TraceStep = reports.TraceStep;
  type AccessPart = reports.AccessPart;
  type SourcePosition = reports.SourcePosition;
  type NextStep = reports.NextStep;
  type Observation = reports.Observation;
  type LeakGrowth = reports.LeakGrowth;
  type SnapshotDiff = reports.SnapshotDiff;
  type TriggeredSnapshot = reports.TriggeredSnapshot;
  type SnapshotManner = reports.SnapshotManner;
  type WrittenSnapshot = reports.WrittenSnapshot;
  type LiveAnalyzeReport = reports.LiveAnalyzeReport;
  type LiveHeapDiff = reports.LiveHeapDiff;
  type LiveComparison = reports.LiveComparison;
  type Dashboard = reports.Dashboard;
  type PprofHandler = reports.PprofHandler;
  type Bundle = reports.Bundle;
  type NativeMemory = reports.NativeMemory;
  type NativeMemoryRows = reports.NativeMemoryRows;
  type OpenHandles = reports.OpenHandles;
  type TrimmedMemory = reports.TrimmedMemory;
  type NativeSites = reports.NativeSites;
  type NativeSitesTable = reports.NativeSitesTable;
  type NativeSite = reports.NativeSite;
  type NativeSuspect = reports.NativeSuspect;
  type NativeFrame = reports.NativeFrame;
  type PromRegistry = reports.PromRegistry;
  type OpenTelemetryProviders = reports.OpenTelemetryProviders;
  type Instrumentation = reports.Instrumentation;
  type CollectionMessage = reports.CollectionMessage;
  type HeapDiffReportWithRetainers = reports.HeapDiffReportWithRetainers;
  type NewObjects = reports.NewObjects;
  type RetainingPath = reports.RetainingPath;
  type GcStats = reports.GcStats;
  type EventCallback = compat.EventCallback;
  type HeapInfo = compat.HeapInfo;
  type HeapDiffResult = compat.HeapDiffResult;
  type HeapDiffInformation = compat.HeapDiffInformation;
  type HeapDiffSnapshot = compat.HeapDiffSnapshot;
  type HeapDiffChange = compat.HeapDiffChange;
  type HeapDiffDetail = compat.HeapDiffDetail;
  type MemwatchNgSettings = compat.MemwatchNgSettings;
  type ErrorCode = errors.ErrorCode;
  type MemwatchError = errors.MemwatchError;
}
