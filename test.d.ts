// `memwatch/test`: for tests of other programs. Sizes are bytes.

import { RetainingPath, Site } from './index';

/**
 * Calls `work` until it is clear whether it leaves memory behind each time: in rounds, with
 * a full collection after each, and with twice the calls if ten rounds do not decide.
 * A returned promise is awaited. Works under every test runner; it takes a fraction of a
 * second for quick work. After `timeoutMs`, work that leaves nothing behind is not called again;
 * a leak takes longer, because it is reported after two heap snapshots. So give the test a longer one.
 *
 * Rejects with a {@link LeakError} when memory (of the heap, and of Buffers) grows with the
 * calls, and continues to grow when all of it is repeated: a cache that is filling up does
 * not, unless its capacity exceeds all the calls. `work` must await everything it starts:
 * a pending timer keeps its objects alive.
 *
 * Slow work (with the default `timeoutMs` from some 5 ms a call on) is called fewer times, while V8 is
 * still compiling it. So after fewer than 2000 calls memory must grow by 64 KiB more
 * when all of it is repeated, and compiled code counts only with functions that are kept: a smaller leak is
 * `unclear`.
 *
 * Rejects with `ERR_MEMWATCH_TOO_SLOW` when too few calls fit into `timeoutMs`: at least `warmUpCalls`
 * and 13 more are needed.
 *
 * The slope is Theil and Sen's, its interval that of Kendall's τ at 98 %.
 *
 * An invalid option throws `ERR_MEMWATCH_USAGE` (TypeError).
 */
export function expectNoLeak(work: () => unknown, options?: ExpectNoLeakOptions): Promise<NoLeakReport>;

export interface ExpectNoLeakOptions {
  /** Bytes that a call may leave behind. Default 8. */
  toleranceBytes?: number;
  /**
   * Milliseconds after which no more calls are started, except to examine a leak. A running call
   * is not interrupted. Default 20 000.
   */
  timeoutMs?: number;
  /** Calls before anything is measured. Default 10. */
  warmUpCalls?: number;
  /** The name of the work in the message. Default: the function's name. */
  name?: string;
}

/** The result for work that does not leak. */
export interface NoLeakReport {
  /**
   * `unclear`: the time ended before the interval was below the tolerance; or memory grew with the calls but not,
   * three times, when all of it was repeated.
   */
  result: 'clear' | 'unclear';
  /** How often `work` was called. */
  calls: number;
  /** Bytes that a call leaves behind, the centre of … */
  bytesPerCall: number;
  /** … this interval. */
  interval: [low: number, high: number];
}

/** Work leaves memory behind each time. The message contains everything; the fields are for programs. */
export class LeakError extends Error {
  name: 'LeakError';
  code: 'ERR_MEMWATCH_LEAK';
  /** The address of its documentation. */
  help: string;
  bytesPerCall: number;
  interval: [low: number, high: number];
  /** How often `work` had been called for the result. */
  calls: number;
  /** The classes that grew with the calls, largest retained size first. */
  classes: LeakedClass[];
  /**
   * The functions that allocated it, the likeliest first, three at most: by V8's sampler of allocations,
   * which runs while all of it is repeated. Empty with `configure({ sampling: { when: false } })`.
   */
  suspects: Site[];
}

/** Instances of a class that were allocated and not freed. */
export interface LeakedClass {
  class: string;
  /** How many more. */
  count: number;
  /** Their shallow size. */
  bytes: number;
  /** Their retained size. */
  retainedBytes: number;
  /** Their retaining paths, the commonest first. A path that begins with the name of `work` is kept by it. */
  paths: RetainingPath[];
}
