// What functions can use that tests run as programs of their own, and what pages and worker threads get: child.js, worker.js
// and live.js put it before their text. Declarations alone, for `tsc`; what is not in here a program has to require.

/** Prints a value for the test. */
declare function say(value: unknown): void;
/** The directory of the package. */
declare const ROOT: string;
/** Waits for this number of turns of the event loop. */
declare function turns(count?: number): Promise<void>;

// worker.js: what a worker thread has besides.

declare const parentPort: import('node:worker_threads').MessagePort;
declare const workerData: any;

// live.js: programs of which snapshots are taken.

declare const memwatch: typeof import('../../index.js');
declare const fs: typeof import('node:fs');
declare const path: typeof import('node:path');
declare function sleep(ms: number): Promise<void>;
/** What `grow` makes. */
declare class Leaf {
  constructor(i: number);
  i: number;
  name: string;
}
/** Makes a heap of this number of objects. */
declare function grow(count: number): void;

/** What programs keep on purpose, of any kind. */
declare var kept: any;

/** How a promise was settled: with a value, or with what is said of an error. */
interface Outcome<T> {
  value?: T;
  code?: string;
  signal?: string;
  message?: string;
  name?: string;
}
declare function caught<T>(promise: Promise<T>): Promise<Outcome<T>>;

/** All processes whose parent the program is. */
declare function children(): [pid: number, name: string, state: string][];
declare function descriptors(): number;

interface ForkedChildOptions {
  before?: number;
  isReady?: (pid: number) => boolean;
}
declare function forkedChild(outcome: Promise<unknown>, options?: ForkedChildOptions): Promise<number | undefined>;
declare function paused(pid: number): Promise<boolean>;
declare function resume(pid: number): boolean;
declare function held<T>(
  take: () => Promise<T>,
  options?: ForkedChildOptions,
): Promise<{ pid: number; outcome: Promise<Outcome<T>> }>;
declare function withheld(file: string): () => void;
