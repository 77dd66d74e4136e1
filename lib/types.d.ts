// What the native addon exports, as lib/ calls it (src/lib.rs registers it; lib/native.js makes the
// classes), and the types that several files of lib/ share. Declarations alone: nothing here runs,
// and what users see is in index.d.ts. `any` is a report of crates/report that JavaScript completes.

import type { Stats } from '../index.js';

/** One loading of memwatch in one thread: `new Environment(deliver, isMainThread)`. */
export interface Environment {
  /** What happened, oldest first, up to the first event that is emitted. */
  take(wantsStats: boolean): (['stats', Stats] | [string, any])[];
  moreWait(): boolean;
  /** Whether single collections are wanted, as facts called `gc`. */
  follow(isWanted: boolean): void;
  tick(): boolean;
  youngCollections(): number;
  /** The detector's state with its numbers: crates/report/src/detector_state.rs has its keys, lib/detector.js completes it. */
  detectorState(): any;
  /** For bench/detection alone: what went into the detector since the last call, at the first of which it begins anew. */
  record(): string | null;
  setJudged(kind: 'threads' | 'handles', state: string, isLeak: boolean): void;
  setDetectors(consecutive: boolean, trend: boolean): void;
  setForcedGc(enabled: boolean, budget: number, spacingMs: number): void;
  getConsecutiveGrowthLimit(): number;
  setConsecutiveGrowthLimit(collections: number): void;
  getRecentPeriod(): number;
  setRecentPeriod(collections: number): void;
  getAncientPeriod(): number;
  setAncientPeriod(collections: number): void;
  getExtremesPeriod(): number;
  setExtremesPeriod(collections: number): void;
}

export interface FileLock {
  take(file: string, atMostMs: number): 'taken' | 'held' | 'unknown';
  release(): void;
}

/** What went wrong with a snapshot, in a forked child or here. */
export interface SnapshotFailure {
  code: string;
  message: string;
  signal?: number;
  status?: number;
  isTransient: boolean;
  isStuck?: boolean;
  mayGoInline?: boolean;
}

export interface SnapshotOutcome {
  /** Which engine took the snapshot. */
  engine?: 'reader' | 'v8';
  path?: string;
  bytes?: number;
  nodes: number;
  report?: string;
  failure?: SnapshotFailure;
}

export interface SnapshotProgress {
  stage: string;
  bytes: number;
}

/** A snapshot that is under way in a forked child, or why there is none. */
export interface SnapshotBegun {
  pauseMs: number;
  outcome: Promise<SnapshotOutcome>;
  failure?: SnapshotFailure;
}

export interface SnapshotForks {
  begin(request: string, onProgress?: (progress: SnapshotProgress) => void): SnapshotBegun;
  end(): void;
}

export interface HeapLimitTrigger {
  arm(request: string, isWorker: boolean): void;
  disarm(): void;
}

export interface SignalTrigger {
  start(signal: number): void;
  stop(): void;
}

/** The sampler of allocations. Its reports are JSON text. */
export interface Sites {
  start(interval: number, depth: number, about: string | null): 'own' | 'other' | null;
  stop(): void;
  hold(isHeld: boolean): void;
  hasFound(): boolean;
  stillRuns(): boolean;
  /** Samples all that is allocated; `false` where a sampler runs already. Not on Node 18, whose V8 keeps what is alive alone. */
  startAllocations(interval: number, depth: number): boolean;
  /** The text of a `.heapprofile`; `null` where it was ended before, as `start()` does. */
  takeAllocations(): string | null;
  forget(): void;
  observe(): boolean;
  suspects(top: number): string;
  evidence(top: number): string;
  evidenceAt(): number | null;
  learn(cpuProfile: string): void;
  /** A number that no label in this process has. */
  newLabel(): number;
  nameLabel(label: number, name: string, isRoute: boolean): void;
  noteWork(work: Function, label: number): void;
  table(top: number): string;
  heapProfile(): string | null;
  moment(topSites: number, topSuspects: number, wantsProfile: boolean): [string, string, string | null];
}

export interface CommandProgress {
  readonly stage: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface CommandResult {
  output: string;
  failure?: { code: string; message: string; offset?: number };
}

/** Everything that the addon exports. */
export interface Addon {
  version?(): string;
  probe(): { totalHeapSize: number; usedHeapSize: number; heapSizeLimit: number; numberOfNativeContexts: number };

  Environment: new (deliver: () => void, isMainThread: boolean) => Environment;
  collect(): void;
  collectUncounted(mostBytes?: number): void;
  awaitCompilers(atMostMs: number): void;

  /** What a scrape sees: crates/report/src/metrics.rs has its keys. */
  metricFamilies(node: string): any[];
  liveHeapOfWorkers(): number | null;

  FileLock: new () => FileLock;

  beginDiff(owner: object): void;
  endDiff(owner: object, retainers: boolean): any;
  compareDiff(owner: object, retainers: boolean): any;
  updateDiff(owner: object): void;

  takeInline(request: string): SnapshotOutcome;
  SnapshotForks: new () => SnapshotForks;
  templateMistake(template: string): string | null;
  HeapLimitTrigger: new (onEnd: (outcome: SnapshotOutcome) => void) => HeapLimitTrigger;
  SignalTrigger: new (onSignal: () => void) => SignalTrigger;

  runCommand(request: string, progress: CommandProgress): Promise<CommandResult>;
  CommandProgress: new () => CommandProgress;

  Sites: new (ours: readonly string[]) => Sites;
  packageOfFile(file: string): string | null;

  judgeRounds(
    calls: Float64Array,
    bytes: Float64Array,
    tolerance: number,
  ): { judgement: string; bytesPerCall: number; low: number; high: number };

  /** The report of crates/report/src/native_memory.rs, as JSON. Of this process where no other is named. */
  nativeMemory(pid: number | null, isolateBytes: number | null, arrayBuffersBytes: number | null): Promise<string>;
  /** Likewise; `null` where the allocator has no way to. */
  trimNativeMemory(): Promise<string>;

  NativeSites: new (
    ours: readonly string[],
  ) => {
    start(meanBytes: number | null, namesJavaScript: boolean): boolean;
    stop(): boolean;
    /** The table, or without `top` all stacks, of crates/report/src/native_sites.rs, as JSON; `null` where it does not run. */
    read(top: number | null): Promise<string> | null;
  };

  openPageFeed(address: string): void;
  closePageFeed(address: string): void;
  pageFeeds(): string[];

  noteThreadName(thread: number, name: string): void;
  forgetThreadName(thread: number): void;
  threadName(thread: number): string | null;
  workersMemory(): { loaded: number; bytes: number; others: number };
  measureHeaps(): Promise<any>;
  noteConstrainedMemory(bytes: number): void;
  containerMemory(): { bytes: number; used: number; path?: string } | null;
  containerFullInMs(bytesPerSecond: number): number | null;
}

/** An error with the code that docs/errors.md lists. */
export interface CodedError extends Error {
  code?: string;
}
