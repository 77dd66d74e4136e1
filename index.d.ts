// The public API of memwatch: functions, their results with units, and all error codes.
// Written by hand; the tests compare it with the running module, key by key. It declares
// nothing of the native addon and nothing that only `lib/` uses.
//
// The module is one EventEmitter, so these three are the same object:
//
//   import memwatch, { HeapDiff, gc } from 'memwatch';   // ECMAScript modules
//   import memwatch = require('memwatch');               // TypeScript, CommonJS
//   const memwatch = require('memwatch');                // JavaScript, CommonJS
//
// `gc` and `HeapDiff` are its own properties and can be imported by name. Everything else
// (`on`, `once`, `set_recent_period`, ...) is called on the object: `memwatch.on(...)`.
//
// An error thrown by memwatch itself has a `code`: see `ErrorCode` for all of them.

/// <reference types="node" />

import { EventEmitter } from 'node:events';

export = memwatch;

declare const memwatch: memwatch.MemWatch;

declare namespace memwatch {
  // ---------------------------------------------------------------- the module

  /**
   * The module: an EventEmitter with these events: `stats`, `leak`, `leak-confirmed`, `leak-suspected`,
   * `leak-paused`, `leak-resumed`, `leak-cleared`.
   *
   * From `require('memwatch')` on, memwatch observes each full garbage collection of this thread,
   * with or without listeners. Each worker thread that loads memwatch has its own counts and
   * events. Events are emitted on the event loop, never inside a collection. A pending
   * event keeps the process alive; a listener alone does not. An exception of a listener is an
   * ordinary `uncaughtException`.
   *
   * Loading the module throws where it cannot work: see {@link ErrorCode}.
   */
  interface MemWatch extends EventEmitter {
    /**
     * Collects all garbage, synchronously, and without `--expose-gc`. V8 may run several GC cycles
     * for it; they count as one full collection: one `stats` event, one step towards a `leak`.
     * It stops the program for as long as a full collection takes.
     */
    gc(): void;

    /** The class that compares the heap at two moments. */
    HeapDiff: HeapDiffConstructor;

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
     * is taken inline as by other tools, and `reason` says why.
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
     * private temporary directory, the second is taken and compared in its forked child.
     *
     * Rejects as `writeSnapshot` does.
     */
    beginHeapDiff(options?: LiveSnapshotOptions): Promise<LiveHeapDiff>;

    /**
     * Changes the given options, keeps the others, and returns all of them.
     * Checks everything first: an invalid option changes nothing and throws
     * `ERR_MEMWATCH_USAGE` (TypeError), which names it and the accepted values.
     */
    configure(options?: Partial<ConfigureOptions>): ConfigureOptions;

    /**
     * The present state of the trend detector, with its evidence: for a diagnostics page, or before a
     * decision. `null` when it is switched off (`detector: 'consecutive'`).
     */
    verdict(): Verdict | null;

    /**
     * Sampled allocations that are still alive, by the function that allocated them, the most bytes first.
     * A sampler runs while a leak is suspected, or always by `configure({ sampling: 'always' })`, or
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

    /**
     * The same with all stacks, as the text of a `.heapprofile` file, which Chrome DevTools and
     * speedscope open. `null` when no sampler has run.
     */
    heapProfile(): string | null;

    /**
     * All metrics of this process in Prometheus' text format, version 0.0.4: answer `/metrics`
     * with it, as `text/plain; version=0.0.4`. Every thread that has loaded memwatch is in it;
     * workers are summed. At most 64 time series. Synchronous, about a tenth of a millisecond.
     * @throws TypeError `ERR_MEMWATCH_USAGE` for invalid labels.
     */
    metrics(options?: MetricsOptions): string;

    /**
     * Adds the same metrics to a registry of prom-client, all or none; a second time changes
     * nothing.
     * @throws Error `ERR_MEMWATCH_METRIC_TAKEN` when it has a metric of one of the names.
     * @throws TypeError `ERR_MEMWATCH_USAGE` when it is not a registry.
     */
    register(registry: PromRegistry): void;

    /**
     * Reports to OpenTelemetry's providers the pauses (`v8js.gc.duration`), the heap's spaces
     * (`v8js.memory.…`), and live heap, growth and leaks (`memwatch.…`), and logs each leak if
     * there is a `loggerProvider`. If a provider throws later, memwatch emits one warning and
     * reports nothing more to it.
     * @throws Error `ERR_MEMWATCH_PROVIDER_FAILED` when a provider throws; `cause` is its exception.
     * @throws TypeError `ERR_MEMWATCH_USAGE` when something else is given.
     */
    instrument(providers: OpenTelemetryProviders): Instrumentation;

    /**
     * Makes a directory with the evidence on this process: versions, options and their effect on its
     * memory, arguments, environment, descriptors, mappings, verdict, sites, metrics.
     * Secrets are left out: of arguments and environment, everything that is not known to be harmless.
     * Synchronous except for a snapshot's analysis: some milliseconds, or as long as a snapshot takes if it
     * cannot be taken in a forked child. `configure({ bundleOnLeak: directory })` does it at a leak.
     *
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
     * Rejects with `ERR_MEMWATCH_USAGE` (TypeError) for invalid options, and `ERR_MEMWATCH_PAGE_PORT`
     * when the port is not available.
     */
    dashboard(options?: DashboardOptions): Promise<Dashboard>;

    /** How many full collections in a row must grow for a `leak`. Default 5. */
    get_consecutive_growth_limit(): number;

    /**
     * Sets how many full collections in a row must grow for a `leak`, from the next collection on.
     * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
     */
    set_consecutive_growth_limit(collections: number): void;

    /** How many full collections `estimated_base` averages over. Default 10. */
    get_recent_period(): number;

    /**
     * Sets how many full collections `estimated_base` averages over.
     * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
     */
    set_recent_period(collections: number): void;

    /** How many full collections the long average behind `usage_trend` covers. Default 120. */
    get_ancient_period(): number;

    /**
     * Sets how many full collections the long average behind `usage_trend` covers.
     * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
     */
    set_ancient_period(collections: number): void;

    /** The full collection from which on `min` and `max` are kept. Default 3. */
    get_extremes_period(): number;

    /**
     * Sets the full collection from which on `min` and `max` are kept.
     * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
     */
    set_extremes_period(collections: number): void;

    /** `stats`: once for each full collection. */
    on(event: 'stats', listener: (stats: Stats) => void): this;
    /**
     * `leak`: once for a leak, in all kinds of memory that it grows in, until its growth is reclaimed, has ended or is
     * cleared: when the trend confirms it, or before where the heap grew in five full collections in a row and the trend
     * has no evidence yet (`state: 'unknown'`); with `detector: 'consecutive'` for each five collections of this kind. Emitted
     * before the `stats` of that collection.
     */
    on(event: 'leak', listener: (leak: LeakEvent) => void): this;
    /**
     * `leak-confirmed`: the trend confirms a leak in one kind of memory. Followed by a `leak`, or `wasReported`.
     */
    on(event: 'leak-confirmed', listener: (leak: ConfirmedLeak) => void): this;
    /** `leak-suspected`: growth like that of a leak or of a filling cache. Not an alarm. */
    on(event: 'leak-suspected', listener: (leak: LeakEvent) => void): this;
    /**
     * `leak-paused`: the growth stopped together with the work of the program, and its memory is still in use. A leak that
     * grows with each request pauses when the requests do.
     */
    on(event: 'leak-paused', listener: (leak: PausedLeak) => void): this;
    /** `leak-resumed`: paused growth continues. A leak that was confirmed before is not reported as a second `leak`. */
    on(event: 'leak-resumed', listener: (leak: LeakEvent) => void): this;
    /** `leak-cleared`: half of the growth or more was reclaimed, or the program continued allocating as before without growing. */
    on(event: 'leak-cleared', listener: (leak: ClearedLeak) => void): this;
    on(event: 'snapshot', listener: (snapshot: TriggeredSnapshot) => void): this;
    on(event: string | symbol, listener: (...args: any[]) => void): this;

    once(event: 'stats', listener: (stats: Stats) => void): this;
    once(event: 'leak', listener: (leak: LeakEvent) => void): this;
    once(event: 'leak-confirmed', listener: (leak: ConfirmedLeak) => void): this;
    once(event: 'leak-suspected', listener: (leak: LeakEvent) => void): this;
    once(event: 'leak-paused', listener: (leak: PausedLeak) => void): this;
    once(event: 'leak-resumed', listener: (leak: LeakEvent) => void): this;
    once(event: 'leak-cleared', listener: (leak: ClearedLeak) => void): this;
    once(event: 'snapshot', listener: (snapshot: TriggeredSnapshot) => void): this;
    once(event: string | symbol, listener: (...args: any[]) => void): this;

    addListener(event: 'stats', listener: (stats: Stats) => void): this;
    addListener(event: 'leak', listener: (leak: LeakEvent) => void): this;
    addListener(event: 'leak-confirmed', listener: (leak: ConfirmedLeak) => void): this;
    addListener(event: 'leak-suspected', listener: (leak: LeakEvent) => void): this;
    addListener(event: 'leak-paused', listener: (leak: PausedLeak) => void): this;
    addListener(event: 'leak-resumed', listener: (leak: LeakEvent) => void): this;
    addListener(event: 'leak-cleared', listener: (leak: ClearedLeak) => void): this;
    addListener(event: 'snapshot', listener: (snapshot: TriggeredSnapshot) => void): this;
    addListener(event: string | symbol, listener: (...args: any[]) => void): this;

    prependListener(event: 'stats', listener: (stats: Stats) => void): this;
    prependListener(event: 'leak', listener: (leak: LeakEvent) => void): this;
    prependListener(event: 'leak-confirmed', listener: (leak: ConfirmedLeak) => void): this;
    prependListener(event: 'leak-suspected', listener: (leak: LeakEvent) => void): this;
    prependListener(event: 'leak-paused', listener: (leak: PausedLeak) => void): this;
    prependListener(event: 'leak-resumed', listener: (leak: LeakEvent) => void): this;
    prependListener(event: 'leak-cleared', listener: (leak: ClearedLeak) => void): this;
    prependListener(event: 'snapshot', listener: (snapshot: TriggeredSnapshot) => void): this;
    prependListener(event: string | symbol, listener: (...args: any[]) => void): this;

    prependOnceListener(event: 'stats', listener: (stats: Stats) => void): this;
    prependOnceListener(event: 'leak', listener: (leak: LeakEvent) => void): this;
    prependOnceListener(event: 'leak-confirmed', listener: (leak: ConfirmedLeak) => void): this;
    prependOnceListener(event: 'leak-suspected', listener: (leak: LeakEvent) => void): this;
    prependOnceListener(event: 'leak-paused', listener: (leak: PausedLeak) => void): this;
    prependOnceListener(event: 'leak-resumed', listener: (leak: LeakEvent) => void): this;
    prependOnceListener(event: 'leak-cleared', listener: (leak: ClearedLeak) => void): this;
    prependOnceListener(event: 'snapshot', listener: (snapshot: TriggeredSnapshot) => void): this;
    prependOnceListener(event: string | symbol, listener: (...args: any[]) => void): this;

    off(event: 'stats', listener: (stats: Stats) => void): this;
    off(event: 'leak', listener: (leak: LeakEvent) => void): this;
    off(event: 'leak-confirmed', listener: (leak: ConfirmedLeak) => void): this;
    off(event: 'leak-suspected', listener: (leak: LeakEvent) => void): this;
    off(event: 'leak-paused', listener: (leak: PausedLeak) => void): this;
    off(event: 'leak-resumed', listener: (leak: LeakEvent) => void): this;
    off(event: 'leak-cleared', listener: (leak: ClearedLeak) => void): this;
    off(event: 'snapshot', listener: (snapshot: TriggeredSnapshot) => void): this;
    off(event: string | symbol, listener: (...args: any[]) => void): this;

    removeListener(event: 'stats', listener: (stats: Stats) => void): this;
    removeListener(event: 'leak', listener: (leak: LeakEvent) => void): this;
    removeListener(event: 'leak-confirmed', listener: (leak: ConfirmedLeak) => void): this;
    removeListener(event: 'leak-suspected', listener: (leak: LeakEvent) => void): this;
    removeListener(event: 'leak-paused', listener: (leak: PausedLeak) => void): this;
    removeListener(event: 'leak-resumed', listener: (leak: LeakEvent) => void): this;
    removeListener(event: 'leak-cleared', listener: (leak: ClearedLeak) => void): this;
    removeListener(event: 'snapshot', listener: (snapshot: TriggeredSnapshot) => void): this;
    removeListener(event: string | symbol, listener: (...args: any[]) => void): this;

    /** Emits an event by hand, to test listeners. */
    emit(event: 'stats', stats: Stats): boolean;
    emit(event: 'leak', leak: LeakInformation): boolean;
    emit(event: 'leak-confirmed', leak: LeakInformation): boolean;
    emit(event: 'leak-suspected', leak: LeakInformation): boolean;
    emit(event: 'leak-paused', leak: PausedLeak): boolean;
    emit(event: 'leak-resumed', leak: LeakInformation): boolean;
    emit(event: 'leak-cleared', leak: ClearedLeak): boolean;
    emit(event: 'snapshot', snapshot: TriggeredSnapshot): boolean;
    emit(event: string | symbol, ...args: any[]): boolean;
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
    num_probe_gc: number;
    /** Their cost to the main thread so far: its processor time in them, in nanoseconds. */
    probe_gc_time: number;
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

  /** The keys of `stats` that came with the later generation, `@airbnb/node-memwatch`. */
  interface GcStats {
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
    /** The kind of memory that grows. The original rule covers the heap only. */
    kind: LeakKind;
    /** The trend detector's present state of this kind of memory; `unknown` for the original rule. */
    state: 'unknown' | 'suspected' | 'confirmed' | 'paused' | 'cleared';
    /**
     * See {@link VerdictOnKind.confidence}. For a cleared one: its maximum, as all of its evidence. `null` if
     * nothing was judged.
     */
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
    /** Why there are none, as a sentence; `null` if there are some. For the original rule it says that only the growth is known. */
    whyNoSuspects: string | null;
    /** With `diagnose`, for a confirmed leak: leak candidates and what keeps them, or why that is unknown. */
    diagnosis?: { report?: AnalyzeReport; error?: Error };
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
    /** The program continued allocating as before and nothing grew, or half of the growth is free again. */
    why: 'stopped growing' | 'given back';
  }

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
   */
  type LeakKind = 'heap' | 'external' | 'native' | 'threads';

  /** A limit on memory. */
  interface MemoryLimit {
    /** V8's on the heap of this thread, or that of a control group that this process is in. */
    kind: 'v8-heap' | 'container';
    /** Its size, in bytes. */
    bytes: number;
    /** Memory that counts against it now, in bytes: for a container all except reclaimable file cache. */
    used: number;
    /** The directory of the control group, the innermost where only `process.constrainedMemory()` knows the limit; `null` for V8's, and where there is no group. */
    path: string | null;
  }

  /** The trend detector's state of one kind of memory. All sizes are bytes. */
  interface VerdictOnKind {
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
     * The share of the required evidence, from 0 to 1: growth relative to the threshold (`enough`),
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
    growth: number;
    /** Growth required for confirmation, at this speed and age. */
    enough: number;
    /** Size when the growth began. */
    base: number;
    /** Present size. */
    current: number;
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
    steadiness: number;
    /** How fast the second half grew in comparison with the whole: 1 is a straight line. */
    persistence: number;
  }

  /** The result of `memwatch.verdict()`: the worst kind, and all of them. */
  interface Verdict extends VerdictOnKind {
    /** For people, with the evidence. While growth has paused it ends with the top allocation site: `…, allocated by track() server.js:6`. */
    reason: string;
    /** Each kind of memory. */
    kinds: VerdictOnKinds;
    /** Secondary counters, not judged; one that only grows is a lead. */
    beside: NumbersBeside;
    /** Forced collections and their cost. */
    probes: ProbesSoFar;
    /** The functions that the evidence names for this kind of memory, the largest first; empty while it is `ok`. */
    suspects: Site[];
    /** When they were sampled; `null` if there are none. */
    suspectsAt: Date | null;
  }

  /** See {@link LeakKind}. */
  interface VerdictOnKinds {
    heap: VerdictOnKind;
    external: VerdictOnKind;
    native: VerdictOnKind;
    threads: VerdictOnThreads;
  }

  /** The state of the worker threads that this thread has started. */
  interface VerdictOnThreads extends VerdictOnKind {
    /** How many are alive. */
    alive: number;
    /** How many of them have been idle for 10 s and more. */
    idle: number;
    /** The lines of `new Worker`; for one in a package also the calling line of the program. */
    suspects: Site[];
  }

  /** Secondary counters, when the growth began and at the last full collection. */
  interface NumbersBeside {
    /** Memory that V8 allocated with `malloc` for itself, in bytes. */
    mallocedMemory: ThenAndNow;
    /** Global handles in use, in bytes. */
    globalHandles: ThenAndNow;
    /** Number of contexts alive. */
    nativeContexts: ThenAndNow;
    /** Number of contexts that were detached and are still alive. */
    detachedContexts: ThenAndNow;
  }

  /** A number at two times. */
  interface ThenAndNow {
    then: number;
    now: number;
  }

  /** Full collections that memwatch forced. */
  interface ProbesSoFar {
    /** How many. */
    count: number;
    /** Their cost to the main thread: its processor time in them, in milliseconds. */
    costMs: number;
    /** Whether one is in progress. */
    isRunning: boolean;
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
    new (): HeapDiff;
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

  /** The result of `end({ retainers: true })`. */
  interface HeapDiffReportWithRetainers extends HeapDiffReport {
    change: HeapChange & { details: (HeapChangeDetails & Partial<NewObjects>)[] };
  }

  /** What keeps the new objects of a class. */
  interface NewObjects {
    /** Bytes that would be freed with them. */
    retained_size_bytes: number;
    /** The same for people: `1.2 mb`. */
    retained_size: string;
    /** The retaining paths to most of them, three at most. */
    paths: RetainingPath[];
  }

  /** A path from a root to new objects. */
  interface RetainingPath {
    /** Share of the new objects on this path, from 0 to 1. */
    share: number;
    /** As a programmer would write the access: `globalThis.app.registry → Map → Array[x]`. */
    path: string;
  }

  // ---------------------------------------------------------------- options

  /** The argument and the result of `configure`. */
  interface ConfigureOptions {
    // The detectors of leaks.

    /** The detectors that emit `leak`. Without the trend nothing is suspected or cleared. Default `'both'`. */
    detector: 'both' | 'trend' | 'consecutive';
    /**
     * Whether memwatch may force full collections, marked concurrently, while a leak is suspected
     * and there are few samples. Default `true`; without them a fast leak is reported late.
     */
    probes: boolean;
    /**
     * The share of wall time that forced collections may cost the main thread; up to 0.1. Default 0.005.
     * One that is likely to decide may use the budget of the next minute.
     */
    probeBudget: number;
    /**
     * The least time between a forced and any other full collection, in milliseconds; at least 2000. While a leak is
     * suspected it is longer for a large heap: 27 ms for each MB, except for collections that may decide. Default 2000.
     */
    probeSpacing: number;

    // Which line.

    /**
     * When allocations are sampled: while a leak is suspected, always, or never. While it runs, no
     * other agent can start one in this thread; such an agent gets the samples of memwatch. Default `'suspicion'`.
     */
    sampling: 'suspicion' | 'always' | 'off';
    /**
     * Whether a CPU profile of ten seconds at most is taken when a leak becomes suspected, so that
     * functions that V8 inlined into their caller are among the suspects. Only while the heap is
     * below 96 MB: starting one stops the program for 5 ms and some 0.35 ms for each MB, and while it
     * runs it takes half a percent of the time.
     *
     * Also at most once in half an hour before anything is suspected: when the live heap grew by half
     * since the previous collection, for the second time in a row, by at least 16 MB, and is still
     * below 64 MB. A leak that grows so fast is suspected when the heap is too large for a profile.
     * It emits nothing, and the sampler does not start. Never with `sampling: 'off'`, with the detector
     * `'consecutive'`, or while a HeapDiff is open. Default `true`.
     */
    callProfile: boolean;
    /**
     * Bytes allocated between two samples, 1024 to 2^30, from the next start of the sampler on. Default `'auto'`:
     * 65 536, and twice as many if more than 128 MiB of heap are in use then. If it starts because only memory
     * outside of the heap is suspected, down to 4096, for at most about 4000 samples a second, until the
     * program allocates more or the heap is suspected as well.
     */
    samplingInterval: number | 'auto';
    /** Innermost frames kept of each stack, 1 to 256, from the next start of the sampler on. Default 48. */
    stackDepth: number;

    // Automatic snapshots. Those by signal work only on the main thread.

    /** Takes a snapshot on this signal; memwatch handles no signal unless this is set. Default false. */
    snapshotSignal: 'SIGUSR2' | 'SIGHUP' | 'SIGQUIT' | false;
    /** Takes one on a `leak` event, in a forked child, ten minutes after the last at the earliest. Default false. */
    snapshotOnLeak: boolean;
    /**
     * Takes one, once, when the heap of this thread is nearly full, in a forked child. The limit is
     * raised once, by an eighth (16 MiB at least) above the size of the heap then, which may be a third
     * above the limit. If the program would die before the child is done, it is held for
     * up to two minutes; the child continues without it. False again afterwards.
     * Default false.
     */
    snapshotNearHeapLimit: boolean;
    /** Their directory. Default: the working directory, reported as `.`. */
    snapshotDirectory: string;
    /**
     * Their names: `{date}`, `{time}`, `{seconds}`, `{micros}`, `{pid}`, `{thread}`, `{seq}` and
     * `{reason}` are replaced, times in UTC; must end in `.heapsnapshot`.
     * Default `heap-{date}-{time}-{pid}-{thread}-{seq}-{reason}.heapsnapshot`.
     */
    snapshotName: string;
    /** How many may be there, by their names, and what to do beyond. A requested snapshot is never refused for it. */
    snapshotQuota: SnapshotQuota;
    /** Their compression; the name ends accordingly. Default `none`. */
    snapshotCompression: 'none' | 'gzip' | 'zstd';
    /** Whether their texts are replaced, as by `writeSnapshot`. Default false. */
    snapshotRedact: boolean | 'strict';

    // After the end.

    /**
     * A small crash-safe file, complete at any moment, with the last detector state, memory over time and
     * the suspected lines: `memwatch report FILE` reads it after the program has ended. `{pid}` and
     * `{thread}` are replaced. The file of a previous run is kept as `FILE.previous`; that of a crash is not
     * replaced there by that of a run that ended with status 0. Default false.
     * @throws Error `ERR_MEMWATCH_BLACK_BOX` when it cannot be written, when another process or thread
     * uses the name, or when a file of one of these names is not a black box: it is left unchanged.
     */
    blackBox: string | false;

    // Diagnosis.

    /** Whether a confirmed leak is analysed immediately, as by `analyzeNow`. Default false. */
    diagnose: boolean;

    // Evidence.

    /** Where a bundle is made at each of the first three `leak` events; `null`, the default, for none. */
    bundleOnLeak: string | null;
  }

  // ---------------------------------------------------------------- sites

  /** The result of `sites()`. Bytes and counts are estimates from samples. */
  interface SitesTable {
    /** Whose sampler runs now; `off` if none does. */
    sampling: 'own' | 'other' | 'off';
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
  interface Place {
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
  interface Site extends Place {
    /** The stack of most of it, innermost first. */
    stack: Place[];
    /** Bytes alive. */
    bytes: number;
    /** Objects alive. */
    count: number;
    /** Bytes more than in the first half of the time since the sampler started; negative when fewer. */
    growth: number;
    /** Part of all growth, 0 to 1. */
    share: number;
    /** The share of the time since the sampler started that its live samples cover, 0 to 1: near 1 for a leak. */
    ageSpread: number;
  }

  // ---------------------------------------------------------------- triggers

  /** It applies to all processes that write to the directory. Omitted fields have their defaults. */
  interface SnapshotQuota {
    /** Files at most. Default 20. */
    files?: number;
    /** Bytes at most, in all of them. Default 8 GiB. */
    bytes?: number;
    /**
     * `refuse`, the default: existing files document the first crash, and none is removed.
     * `removeOldest`: the oldest are removed when the new one is complete, so while it is written the
     * directory may exceed its quota by that file; for a file that alone exceeds it none is removed.
     */
    whenFull?: 'refuse' | 'removeOldest';
  }

  /** The argument of `snapshot` listeners. */
  interface TriggeredSnapshot {
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
    reason?: string;
  }

  // ---------------------------------------------------------------- snapshots of the running program

  /** Options of `writeSnapshot`, `analyzeNow` and `beginHeapDiff`. */
  interface LiveSnapshotOptions {
    /**
     * `fork`: in a forked child, or not at all. `inline`: in this thread, which is paused
     * for seconds. `auto`, the default: in a forked child if possible, otherwise inline.
     */
    mode?: 'auto' | 'fork' | 'inline';
    /** How long a forked child may take, in milliseconds. Default 600 000. */
    timeout?: number;
    /** Called now and then while a forked child works. */
    onProgress?: (progress: SnapshotProgress) => void;
  }

  /** Options of `writeSnapshot` and `analyzeNow`. */
  interface SnapshotEngineOptions extends LiveSnapshotOptions {
    /**
     * Which engine takes the snapshot. `v8`: V8's generator. `reader`: memwatch's reader, in a forked child only, in
     * about a fourth of the time and an eighth of the memory; it collects no garbage, does not know the native objects
     * of Node.js, and numbers objects by address, so that two such files are compared by class and not object by
     * object. `auto`, the default: V8's generator where there is enough memory for it, otherwise the reader.
     */
    engine?: 'auto' | 'reader' | 'v8';
  }

  interface WriteSnapshotOptions extends SnapshotEngineOptions {
    /** The compression of the file; by default as the extension, `.gz` or `.zst`, says. */
    compression?: 'none' | 'gzip' | 'zstd';
    /**
     * `true` replaces the contents of strings by their lengths; class names, property names and source
     * positions stay. `'strict'` also replaces names of properties that look like data.
     */
    redact?: boolean | 'strict';
  }

  interface AnalyzeNowOptions extends SnapshotEngineOptions {
    /** Findings at most: a whole number from 1 on. Default 10. */
    top?: number;
  }

  /** The progress of a forked child. */
  interface SnapshotProgress {
    stage: 'taking' | 'writing' | 'analysing';
    /** Bytes of the snapshot so far, before compression. */
    bytes: number;
  }

  /** `heapdump`'s callback. */
  type SnapshotCallback = (error: Error | null, file?: string) => void;

  /** How a snapshot was taken. */
  interface SnapshotManner {
    /** How long the thread was paused, in milliseconds. */
    pauseMs: number;
    mode: 'fork' | 'inline';
    /** Why it was not taken in a forked child, if `auto` found that impossible. */
    reason?: string;
  }

  interface WrittenSnapshot extends SnapshotManner {
    /** The file; an absolute path. */
    path: string;
    /** Its size. */
    bytes: number;
    /** Objects and other things in it. */
    nodes: number;
    /** Which engine took the snapshot. */
    engine: 'reader' | 'v8';
  }

  interface LiveAnalyzeReport extends AnalyzeReport, SnapshotManner {
    /** Which engine took the snapshot. */
    engine: 'reader' | 'v8';
  }

  /** An open heap diff. Its file is removed when it or the program ends. */
  interface LiveHeapDiff extends SnapshotManner {
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

  interface LiveComparison extends SnapshotComparison, SnapshotManner {}

  // ---------------------------------------------------------------- the dashboard

  /** Options of `dashboard`. */
  interface DashboardOptions {
    /** Default 0: a free one. */
    port?: number;
    /** The address it is served on. Default `127.0.0.1`: this machine only. */
    host?: string;
    /**
     * The secret part of the address, 16 characters or more of letters, digits, `-` and `_`.
     * Default: 128 random bits, new at each start.
     */
    token?: string;
  }

  /** A running dashboard. */
  interface Dashboard {
    /** Its address, with the token: it grants access to everything, including the buttons. */
    url: string;
    /** Ends it; resolves when its port is free again. */
    close(): Promise<void>;
  }

  // ---------------------------------------------------------------- reports on snapshot files

  // Sizes are bytes; lines and columns count from 0, as V8 has them. Unknown values are null.

  /** Options of `analyze` and `diffSnapshots`. */
  interface ReportOptions {
    /** Entries of each list at most: a whole number from 1 on. */
    top?: number;
  }

  /** The report on one snapshot. */
  interface AnalyzeReport {
    snapshot: SnapshotInfo;
    /** All bytes, native memory that belongs to no node included. */
    totalBytes: number;
    /** How many findings there are. */
    findingCount: number;
    /** The first of them, by retained size, weighted by certainty. */
    findings: (LeakSuspect & { path: AccessPath; next: NextStep[] })[];
    /** The object that keeps more than a quarter of the heap, if no finding covers it; otherwise null. */
    dominating: DominatingObject | null;
    /** Other notable facts. */
    observations: Observation[];
  }

  /** An object that keeps much of the heap, though nothing accumulates in one place below it. */
  interface DominatingObject {
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
  interface SnapshotComparison {
    /** Holders with more objects each time. */
    places: LeakGrowth;
    /** Objects allocated and freed, by class. */
    classes: SnapshotDiff;
  }

  /** What memwatch's own reader found in the memory of a process, and what proved wrong there. */
  interface CoreReading {
    /** Whether the memory was that of a core file; else it was of a process that runs. */
    isCore: boolean;
    /** Objects on the pages of the isolate, garbage too. */
    objects: number;
    /** Of these, what the roots reach. */
    reached: number;
    /** Whether the snapshot has garbage, too. */
    hasGarbage: boolean;
    /** Objects whose size cannot be right. */
    wrongSizes: number;
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
  interface SnapshotInfo {
    file: string;
    nodes: number;
    edges: number;
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
  }

  /** Objects that share their holder: one leak, if it is one. */
  interface LeakSuspect {
    /** 16 hexadecimal digits, the same in every run. */
    signature: string;
    /** The kind of holder: `closureChain`, `map`, `listeners`, ... */
    kind: string;
    confidence: 'probable' | 'likely' | 'possible';
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
  interface AccessPath {
    /** In one line, cycles collapsed. */
    text: string;
    parts: AccessPart[];
  }

  interface AccessPart {
    text: string;
    /** V8's id of the object it leads to. */
    id: number;
    /** The position of its function or constructor. */
    position: SourcePosition | null;
    /** How often its cycle is repeated. */
    times: number;
  }

  interface SourcePosition {
    script: string | null;
    scriptId: number;
    line: number;
    column: number;
  }

  /** The next command: `memwatch COMMAND FILE TARGET`. */
  interface NextStep {
    command: string;
    target: string;
    shows: string;
  }

  /** A notable fact. */
  interface Observation {
    rule: string;
    subject: string;
    count: number;
    against: number | null;
    bytes: number;
    id: number;
    path: AccessPath | null;
  }

  /** Groups of objects that grow in every snapshot. */
  interface LeakGrowth {
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
  interface SnapshotDiff {
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

  // ---------------------------------------------------------------- metrics

  /** Options of `metrics`. */
  interface MetricsOptions {
    /** Labels of every series, such as the program's version. */
    labels?: Record<string, string>;
  }

  /** The parts of a prom-client registry that `register` uses. */
  interface PromRegistry {
    registerMetric(metric: any): void;
    getSingleMetric(name: string): unknown;
  }

  /** The OpenTelemetry providers that `instrument` uses; the program sets them up. */
  interface OpenTelemetryProviders {
    meterProvider: { getMeter(name: string, version?: string): any };
    loggerProvider?: { getLogger(name: string, version?: string): any };
  }

  /** The reporting to providers. */
  interface Instrumentation {
    /** Stops reporting to them. */
    stop(): void;
  }

  /**
   * The message of the channel `memwatch:gc` of `node:diagnostics_channel`, after each collection of
   * this thread. `memwatch:stats` and `memwatch:leak` carry the same objects as the events.
   */
  interface CollectionMessage {
    /** The kinds that OpenTelemetry defines. */
    kind: 'minor' | 'major' | 'incremental' | 'weakcb';
    /** How long it stopped this thread, in milliseconds. */
    pauseMs: number;
    /** When it ended, in milliseconds since the Unix epoch. */
    endedAt: number;
  }

  // ---------------------------------------------------------------- bundle

  /** Options of `bundle`. */
  interface BundleOptions {
    /** Adds a heap snapshot without the contents of strings (with them if `secrets` is set), and its leak candidates. Default false. */
    snapshot?: boolean;
    /** Keeps arguments, environment and the contents of strings unchanged. Default false. */
    secrets?: boolean;
    /** The leak it is about, as its listeners got it. */
    leak?: object;
  }

  /** A written bundle. */
  interface Bundle {
    /** Its directory, which only its owner may read. */
    path: string;
    /** The files in it. */
    files: string[];
  }

  // ---------------------------------------------------------------- errors

  /**
   * The `code` of every error that memwatch makes.
   *
   * While loading:
   * - `ERR_MEMWATCH_UNSUPPORTED_RUNTIME`: not Node.js, or without V8.
   * - `ERR_MEMWATCH_UNSUPPORTED_NODE`: a version of Node.js that memwatch was not tested with.
   * - `ERR_MEMWATCH_ADDON_MISSING`: there is no native addon for this platform.
   * - `ERR_MEMWATCH_ADDON_UNUSABLE`: it exists but cannot be loaded; `cause` is the reason.
   * - `ERR_MEMWATCH_SELF_TEST`: the addon's numbers differ from Node's own.
   *
   * In a snapshot of the running program:
   * - `ERR_MEMWATCH_SNAPSHOT_BUSY`: another one of this process is in progress.
   * - `ERR_MEMWATCH_SNAPSHOT_FORK`: the process cannot be forked; the message says why.
   * - `ERR_MEMWATCH_SNAPSHOT_CHILD`: the forked child ended before it was done; see `signal` or `exitStatus`.
   * - `ERR_MEMWATCH_SNAPSHOT_TIMEOUT`: it exceeded its timeout.
   * - `ERR_MEMWATCH_SNAPSHOT_READER`: memwatch's reader was required and cannot read this heap; the message says why.
   * - `ERR_MEMWATCH_SNAPSHOT_EXITING`: it was requested while the program was exiting.
   * - `ERR_MEMWATCH_SNAPSHOT_MEMORY`, `ERR_MEMWATCH_SNAPSHOT_FAILED`: as in a `HeapDiff`.
   *
   * In a `HeapDiff`:
   * - `ERR_MEMWATCH_NEW_REQUIRED`: it was called without `new`.
   * - `ERR_MEMWATCH_WRONG_THIS`: a method was called on something else.
   * - `ERR_MEMWATCH_DIFF_ENDED`: it was ended before.
   * - `ERR_MEMWATCH_SNAPSHOT_MEMORY`: there is too little memory for a snapshot.
   * - `ERR_MEMWATCH_SNAPSHOT_FAILED`: V8 cannot take a snapshot.
   *
   * About a snapshot file:
   * - `ERR_MEMWATCH_SNAPSHOT_UNREADABLE`: the file cannot be read.
   * - `ERR_MEMWATCH_SNAPSHOT_SYNTAX`, `…_TRUNCATED`, `…_HEADER`, `…_SECTION`, `…_COUNT`, `…_RANGE`,
   *   `…_TARGET`, `…_NAME`, `…_TOO_LARGE`: it is damaged or not a snapshot; `offset` is the byte.
   * - `ERR_MEMWATCH_NOT_AN_ID`, `…_NO_SUCH_ID`, `…_NO_SUCH_CLASS`, `…_NEEDS_EDGES`: the query does
   *   not fit it.
   *
   * About a core file:
   * - `ERR_MEMWATCH_CORE_INVALID`, `…_MACHINE`, `…_TRUNCATED`, `…_NO_HEAP`, `…_NO_ISOLATE`, `…_UNSOUND`, `…_TOO_LARGE`:
   *   it is not a core of a 64-bit process on x86-64, or its heap cannot be read.
   * - `ERR_MEMWATCH_CORE_EXECUTABLE_MISSING`, `…_EXECUTABLE_WRONG`, `…_NO_LAYOUT`, `…_SYMBOL_MISSING`,
   *   `…_POINTER_COMPRESSION`: the executable of the process is not there, is another build, or does not say how V8 lays
   *   out its objects.
   *
   * Where a snapshot is to be written:
   * - `ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS`: the file exists; memwatch overwrites no file.
   * - `ERR_MEMWATCH_SNAPSHOT_DIRECTORY`: the directory does not exist or is not writable.
   * - `ERR_MEMWATCH_SNAPSHOT_QUOTA`: the quota of automatic snapshots, in files or bytes, is used up.
   * - `ERR_MEMWATCH_SNAPSHOT_DISK_FULL`: the disk is full.
   * - `ERR_MEMWATCH_SNAPSHOT_FILE_NAME`: an invalid file name or template.
   * - `ERR_MEMWATCH_SNAPSHOT_WRITE`: writing failed for another reason.
   * - `ERR_MEMWATCH_WORKING_DIRECTORY`: a path is relative to a working directory that was removed.
   * - `ERR_MEMWATCH_PERMISSION`: Node's permission model forbids the file; also where one is to be read.
   *   see `permission` and `resource`, as in Node's own errors.
   *
   * Of the black box:
   * - `ERR_MEMWATCH_BLACK_BOX`: the file cannot be written, another process or thread writes it, or it is not a black box.
   * - `ERR_MEMWATCH_BLACK_BOX_UNREADABLE`: the file given to `memwatch report` is not a black box.
   *
   * On the command line:
   * - `ERR_MEMWATCH_NO_SUCH_PROCESS`: there is no such process, or it belongs to another user.
   * - `ERR_MEMWATCH_NO_TRIGGER`: it takes no snapshot on a signal, and the signal would end it.
   * - `ERR_MEMWATCH_NO_ANSWER`: it has not reported a snapshot in time.
   * - `ERR_MEMWATCH_PAGE_PORT`: the dashboard cannot be served there; the message says why.
   * - `ERR_MEMWATCH_BASELINE_UNREADABLE`: the file of known signatures cannot be read.
   *
   * In tests:
   * - `ERR_MEMWATCH_LEAK`: `expectNoLeak()` found a leak.
   * - `ERR_MEMWATCH_TOO_SLOW`: too few calls completed within its `timeout`.
   *
   * About a process:
   * - `ERR_MEMWATCH_BUNDLE_FAILED`: a bundle cannot be written; `cause` is the reason.
   *
   * In metrics:
   * - `ERR_MEMWATCH_METRIC_TAKEN`: the registry has a metric of the same name.
   * - `ERR_MEMWATCH_PROVIDER_FAILED`: an OpenTelemetry provider threw.
   *
   * Anywhere:
   * - `ERR_MEMWATCH_USAGE`: invalid arguments; the message names the accepted ones.
   * - `ERR_MEMWATCH_INTERNAL`: an unexpected failure of Node-API or of memwatch itself.
   */
  type ErrorCode =
    | 'ERR_MEMWATCH_UNSUPPORTED_RUNTIME'
    | 'ERR_MEMWATCH_UNSUPPORTED_NODE'
    | 'ERR_MEMWATCH_ADDON_MISSING'
    | 'ERR_MEMWATCH_ADDON_UNUSABLE'
    | 'ERR_MEMWATCH_SELF_TEST'
    | 'ERR_MEMWATCH_WORKING_DIRECTORY'
    | 'ERR_MEMWATCH_PERMISSION'
    | 'ERR_MEMWATCH_NEW_REQUIRED'
    | 'ERR_MEMWATCH_WRONG_THIS'
    | 'ERR_MEMWATCH_DIFF_ENDED'
    | 'ERR_MEMWATCH_DIFF_IDS'
    | 'ERR_MEMWATCH_SNAPSHOT_MEMORY'
    | 'ERR_MEMWATCH_SNAPSHOT_FAILED'
    | 'ERR_MEMWATCH_SNAPSHOT_BUSY'
    | 'ERR_MEMWATCH_SNAPSHOT_FORK'
    | 'ERR_MEMWATCH_SNAPSHOT_READER'
    | 'ERR_MEMWATCH_SNAPSHOT_CHILD'
    | 'ERR_MEMWATCH_SNAPSHOT_TIMEOUT'
    | 'ERR_MEMWATCH_SNAPSHOT_EXITING'
    | 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE'
    | 'ERR_MEMWATCH_SNAPSHOT_SYNTAX'
    | 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED'
    | 'ERR_MEMWATCH_SNAPSHOT_HEADER'
    | 'ERR_MEMWATCH_SNAPSHOT_SECTION'
    | 'ERR_MEMWATCH_SNAPSHOT_COUNT'
    | 'ERR_MEMWATCH_SNAPSHOT_RANGE'
    | 'ERR_MEMWATCH_SNAPSHOT_TARGET'
    | 'ERR_MEMWATCH_SNAPSHOT_NAME'
    | 'ERR_MEMWATCH_SNAPSHOT_ID'
    | 'ERR_MEMWATCH_SNAPSHOT_ENCODING'
    | 'ERR_MEMWATCH_SNAPSHOT_TOO_LARGE'
    | 'ERR_MEMWATCH_CORE_INVALID'
    | 'ERR_MEMWATCH_CORE_MACHINE'
    | 'ERR_MEMWATCH_CORE_TRUNCATED'
    | 'ERR_MEMWATCH_CORE_EXECUTABLE_MISSING'
    | 'ERR_MEMWATCH_CORE_EXECUTABLE_WRONG'
    | 'ERR_MEMWATCH_CORE_NOT_NODE'
    | 'ERR_MEMWATCH_CORE_NO_LAYOUT'
    | 'ERR_MEMWATCH_CORE_SYMBOL_MISSING'
    | 'ERR_MEMWATCH_CORE_POINTER_COMPRESSION'
    | 'ERR_MEMWATCH_CORE_NO_HEAP'
    | 'ERR_MEMWATCH_CORE_NO_ISOLATE'
    | 'ERR_MEMWATCH_CORE_UNSOUND'
    | 'ERR_MEMWATCH_CORE_TOO_LARGE'
    | 'ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS'
    | 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY'
    | 'ERR_MEMWATCH_SNAPSHOT_QUOTA'
    | 'ERR_MEMWATCH_SNAPSHOT_DISK_FULL'
    | 'ERR_MEMWATCH_SNAPSHOT_FILE_NAME'
    | 'ERR_MEMWATCH_SNAPSHOT_WRITE'
    | 'ERR_MEMWATCH_NOT_AN_ID'
    | 'ERR_MEMWATCH_NO_SUCH_ID'
    | 'ERR_MEMWATCH_NO_SUCH_CLASS'
    | 'ERR_MEMWATCH_NEEDS_EDGES'
    | 'ERR_MEMWATCH_BLACK_BOX'
    | 'ERR_MEMWATCH_BLACK_BOX_UNREADABLE'
    | 'ERR_MEMWATCH_NO_SUCH_PROCESS'
    | 'ERR_MEMWATCH_NO_TRIGGER'
    | 'ERR_MEMWATCH_NO_ANSWER'
    | 'ERR_MEMWATCH_BASELINE_UNREADABLE'
    | 'ERR_MEMWATCH_BUNDLE_FAILED'
    | 'ERR_MEMWATCH_METRIC_TAKEN'
    | 'ERR_MEMWATCH_PROVIDER_FAILED'
    | 'ERR_MEMWATCH_PAGE_PORT'
    | 'ERR_MEMWATCH_USAGE'
    | 'ERR_MEMWATCH_LEAK'
    | 'ERR_MEMWATCH_TOO_SLOW'
    | 'ERR_MEMWATCH_INTERNAL';

  // ---------------------------------------------------------------- names of older declarations

  // From @types/memwatch-next.
  /** A listener for any event of memwatch. */
  type EventCallback = (data: LeakInformation | StatsInformation | Object) => void;

  // From @types/airbnb__node-memwatch, which knew no `time`.
  /** {@link HeapSide} without `time`. */
  type HeapInfo = Omit<HeapSide, 'time'>;
  /** {@link HeapDiffReport} without `time`. */
  interface HeapDiffResult {
    before: HeapInfo;
    after: HeapInfo;
    change: HeapChange;
  }

  // From @types/node-memwatch, likewise.
  /** {@link HeapDiffReport} without `time`. */
  type HeapDiffInformation = HeapDiffResult;
  /** {@link HeapSide} without `time`. */
  type HeapDiffSnapshot = HeapInfo;
  /** {@link HeapChange}. */
  type HeapDiffChange = HeapChange;
  /** {@link HeapChangeDetails}. */
  type HeapDiffDetail = HeapChangeDetails;
}
