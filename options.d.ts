// The options that functions of memwatch take. index.d.ts exports all of them; import them from there.
// What a function does with them is documented where the function is declared.

/** All options of `configure`, as it returns them: by subject. */
export interface Configuration {
  /** The detectors that emit `leak`. Without the trend nothing is suspected or cleared. Default `'both'`. */
  detector: 'both' | 'trend' | 'consecutive';
  /** Full collections that memwatch forces while a leak is suspected. */
  forcedGc: ForcedGcOptions;
  /** Which line: when allocations are sampled, and how. */
  sampling: SamplingOptions;
  /** Snapshots that memwatch takes without a call: when, where, and what becomes of them. */
  snapshots: SnapshotOptions;
  /** What happens at a leak, in addition to its event. */
  onLeak: OnLeakOptions;
  /**
   * A small crash-safe file, complete at any moment, with the last detector state, memory over time and
   * the suspected lines: `memwatch report FILE` reads it after the program has ended. `{pid}` and
   * `{thread}` are replaced. The file of a previous run is kept as `FILE.previous`; that of a crash is not
   * replaced there by that of a run that ended with status 0. Default false.
   * @throws Error `ERR_MEMWATCH_FLIGHT_RECORDER` when it cannot be written, when another process or thread
   * uses the name, or when a file of one of these names is not a flight recorder's: it is left unchanged.
   */
  flightRecorder: string | false;
}

/** The argument of `configure`: any options of any group. */
export type ConfigureOptions = Changes<Configuration>;

/** What is given of an object, at every depth. */
export type Changes<T> = { [K in keyof T]?: T[K] extends object ? Changes<T[K]> : T[K] };

export interface ForcedGcOptions {
  /**
   * Whether memwatch may force full collections, marked concurrently, while a leak is suspected
   * and there are few samples. Default true; without them a fast leak is reported late.
   */
  enabled: boolean;
  /**
   * The share of wall time that they may cost the main thread; up to 0.1. Default 0.005.
   * One that is likely to decide may use the budget of the next minute.
   */
  budgetRatio: number;
  /**
   * The least time between a forced and any other full collection, in milliseconds; at least 2000. While a leak is
   * suspected it is longer for a large heap: 27 ms for each MB, except for collections that may decide. Default 2000.
   */
  minSpacingMs: number;
}

export interface SamplingOptions {
  /**
   * When allocations are sampled: while a leak is suspected, always, or never. While it runs, no
   * other agent can start one in this thread; such an agent gets the samples of memwatch. Default `'suspected'`.
   */
  when: 'suspected' | 'always' | false;
  /**
   * Bytes allocated between two samples, 1024 to 2^30, from the next start of the sampler on. Default `'auto'`:
   * 65 536, and twice as many if more than 128 MiB of heap are in use then. If it starts because only memory
   * outside of the heap is suspected, down to 4096, for at most about 4000 samples a second, until the
   * program allocates more or the heap is suspected as well.
   */
  intervalBytes: number | 'auto';
  /** Innermost frames kept of each stack, 1 to 256, from the next start of the sampler on. Default 48. */
  stackDepth: number;
  /**
   * Whether a CPU profile of ten seconds at most is taken when a leak becomes suspected, so that
   * functions that V8 inlined into their caller are among the suspects. Only while the heap is
   * below 96 MB: starting one stops the program for 5 ms and some 0.35 ms for each MB, and while it
   * runs it takes half a percent of the time.
   *
   * Also at most once in half an hour before anything is suspected: when the live heap grew by half
   * since the previous collection, for the second time in a row, by at least 16 MB, and is still
   * below 64 MB. A leak that grows so fast is suspected when the heap is too large for a profile.
   * It emits nothing, and the sampler does not start. Never with `when: false`, with the detector
   * `'consecutive'`, or while a HeapDiff is open. Default true.
   */
  callProfile: boolean;
  /**
   * When allocations of native memory are sampled, for the suspects of a leak of `kind: 'native'`: while native memory is
   * suspected and blocks of `malloc` grow, for ten minutes at most; always, from here on; or never. On Linux x64 with glibc,
   * elsewhere nothing is sampled. Default false: it changes the tables by which the program calls the allocator.
   * @throws Error `ERR_MEMWATCH_NATIVE_SITES_…` for `'always'`, where it cannot be sampled.
   */
  native: 'suspected' | 'always' | false;
}

export interface SnapshotOptions {
  /**
   * Takes a snapshot on this signal; memwatch handles no signal unless this is set. On the main thread only.
   * On Windows, which has no such signals, on a named pipe by `memwatch snapshot PID`. Default false.
   */
  onSignal: 'SIGUSR2' | 'SIGHUP' | 'SIGQUIT' | false;
  /**
   * Takes one, once, when the heap of this thread is nearly full, in a forked child. The limit is
   * raised once, by an eighth (16 MiB at least) above the size of the heap then, which may be a third
   * above the limit. If the program would die before the child is done, it is held for
   * up to two minutes; the child continues without it. False again afterwards.
   * Default false.
   */
  nearHeapLimit: boolean;
  /** Their directory. Default: the working directory, reported as `.`. */
  directory: string;
  /**
   * Their names: `{date}`, `{time}`, `{seconds}`, `{micros}`, `{pid}`, `{thread}`, `{seq}` and
   * `{trigger}` are replaced, times in UTC; must end in `.heapsnapshot`.
   * Default `heap-{date}-{time}-{pid}-{thread}-{seq}-{trigger}.heapsnapshot`.
   */
  name: string;
  /** How many may be there, by their names, and what to do beyond. A requested snapshot is never refused for it. */
  quota: SnapshotQuota;
  /** Their compression; the name ends accordingly. Default false. */
  compression: 'gzip' | 'zstd' | false;
  /** Whether their texts are replaced, as by `writeSnapshot`. Default false. */
  redact: boolean | 'strict';
}

/** It applies to all processes that write to the directory. */
export interface SnapshotQuota {
  /** Files at most. Default 20. */
  maxFiles: number;
  /** Bytes at most, in all of them. Default 8 GiB. */
  maxBytes: number;
  /**
   * `refuse`, the default: existing files document the first crash, and none is removed.
   * `remove-oldest`: the oldest are removed when the new one is complete, so while it is written the
   * directory may exceed its quota by that file; for a file that alone exceeds it none is removed.
   */
  whenFull: 'refuse' | 'remove-oldest';
}

export interface OnLeakOptions {
  /** Takes a snapshot at a `leak` event, in a forked child, ten minutes after the last at the earliest. Default false. */
  snapshot: boolean;
  /**
   * Whether a confirmed leak is analysed immediately, as by `analyzeNow`: its event comes when that is done, with the
   * result in `analysis`. Default false.
   */
  analyze: boolean;
  /** The directory in which a bundle is made at each of the first three `leak` events. Default false. */
  bundle: string | false;
}

/** Options of `writeSnapshot`, `analyzeNow` and `beginHeapDiff`. */
export interface LiveSnapshotOptions {
  /**
   * `fork`: in a forked child, or not at all. `inline`: in this thread, which is paused
   * for seconds. `auto`, the default: in a forked child if possible, otherwise inline.
   */
  mode?: 'auto' | 'fork' | 'inline';
  /** How long a forked child may take, in milliseconds. Default 600 000. */
  timeoutMs?: number;
  /** Called now and then while a forked child works. */
  onProgress?: (progress: SnapshotProgress) => void;
}

/** Options of `writeSnapshot`, `analyzeNow` and `beginHeapDiff`. */
export interface SnapshotEngineOptions extends LiveSnapshotOptions {
  /**
   * Which engine takes the snapshot. `v8`: V8's generator. `reader`: memwatch's reader, in a forked child only, in
   * about a fourth of the time and an eighth of the memory; it collects no garbage, does not know the native objects
   * of Node.js, and numbers objects by address, so that two such files are compared by class and not object by
   * object. `auto`, the default: V8's generator where there is enough memory for it, otherwise the reader; of
   * `beginHeapDiff` V8's generator always, for both snapshots of a diff are of one engine.
   */
  engine?: 'auto' | 'reader' | 'v8';
}

export interface WriteSnapshotOptions extends SnapshotEngineOptions {
  /** The compression of the file; by default that of the extension, `.gz` or `.zst`. `false`: none, whatever it is. */
  compression?: 'gzip' | 'zstd' | false;
  /**
   * `true` replaces the contents of strings by their lengths; class names, property names and source
   * positions stay. `'strict'` also replaces names of properties that look like data.
   */
  redact?: boolean | 'strict';
}

export interface AnalyzeNowOptions extends SnapshotEngineOptions {
  /** Findings at most: a whole number from 1 on. Default 10. */
  top?: number;
}

/** The progress of a forked child. */
export interface SnapshotProgress {
  stage: 'taking' | 'writing' | 'analyzing';
  /** Bytes of the snapshot so far, before compression. */
  bytes: number;
}

/** Options of `analyze` and `diffSnapshots`. */
export interface ReportOptions {
  /** Entries of each list at most: a whole number from 1 on. */
  top?: number;
}

/** Options of `dashboard`. */
export interface DashboardOptions {
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

/** Options of `pushProfiles`. A request that fails is a warning `ERR_MEMWATCH_PUSH_FAILED`, once for each reason. */
export interface PushOptions {
  /**
   * Whose format it is: `pyroscope` is `POST /ingest` with pprof in a form; `experimental-otlp` is OTLP over HTTP, the signal
   * `profiles` of `v1development`, which changes with that.
   */
  to: 'pyroscope' | 'experimental-otlp';
  /** The address of the server, to which the format's own path is added: `http://pyroscope:4040`. */
  url: string;
  /** The name of the program there. Default `nodejs`. */
  name?: string;
  /** What else is known of it, such as its version: tags of Pyroscope, attributes of the resource in OTLP. */
  tags?: Record<string, string>;
  /** Headers of each request, such as `authorization`. */
  headers?: Record<string, string>;
  /** Seconds between two profiles, from 1 to 3600. Default 15. */
  everySeconds?: number;
}

/** Options of `metrics`. */
export interface MetricsOptions {
  /** Labels of every series, such as the program's version. */
  labels?: Record<string, string>;
}

/** Options of `bundle`. */
export interface BundleOptions {
  /** Adds a heap snapshot without the contents of strings (with them if `secrets` is set), and its leak candidates. Default false. */
  snapshot?: boolean;
  /** Keeps arguments, environment and the contents of strings unchanged. Default false. */
  secrets?: boolean;
  /** The leak it is about, as its listeners got it. */
  leak?: object;
}
