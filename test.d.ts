// `memwatch/test`: what tests of other programs use. Sizes are bytes.

import { RetainingPath, Site } from './index';

/**
 * Calls `work` until it is clear whether it leaves memory behind each time: in rounds, with
 * everything collected after each, and with twice the calls where ten rounds do not tell.
 * What it returns is awaited. Works under every test runner; it takes a fraction of a
 * second for work that is quick. Once `timeout` is over the work that leaves nothing behind is called
 * no more; a leak takes longer, for it is told after two heap snapshots. So give the test a longer one.
 *
 * Rejects with a {@link LeakError} when memory (of the heap, and of Buffers) grows with the
 * calls, and goes on to grow when all is done once more: a cache that is filling up does
 * not, unless it holds more than all the calls make. What `work` starts it must also await:
 * what still waits for a timer is held by it.
 *
 * Slow work (with the default `timeout` from some 50 ms a call on) is called fewer times, and V8 is
 * still compiling then what is called. So after fewer than 140 calls memory must grow by 64 KiB more
 * when all is done again, and after fewer than 500 what V8 compiles does not count: what leaks less is
 * `unclear`.
 *
 * Rejects with `ERR_MEMWATCH_TOO_SLOW` when so few calls fit into `timeout` that nothing can be
 * told: `warmUp` and 13 more are the least.
 *
 * The slope is Theil and Sen's, its interval that of Kendall's τ at 98 %.
 *
 * A wrong option throws `ERR_MEMWATCH_WRONG_OPTION` (TypeError).
 */
export function expectNoLeak(work: () => unknown, options?: ExpectNoLeakOptions): Promise<NoLeakReport>;

export interface ExpectNoLeakOptions {
  /** Bytes that a call may leave behind. Default 8. */
  tolerance?: number;
  /**
   * Milliseconds after which no more calls are begun, but for the last look at a leak. A call that
   * is under way is not cut short. Default 20 000.
   */
  timeout?: number;
  /** Calls before anything is measured. Default 10. */
  warmUp?: number;
  /** What the work is called in the message. Default: the function's name. */
  name?: string;
}

/** What was found of work that does not leak. */
export interface NoLeakReport {
  /**
   * `unclear`: the time was over before the interval was below the tolerance; or memory grew with the calls and, when
   * all was done once more, no further, three times over.
   */
  verdict: 'clear' | 'unclear';
  /** How often `work` was called. */
  calls: number;
  /** Bytes that a call leaves behind, in the middle of … */
  bytesPerCall: number;
  /** … the interval that holds it. */
  interval: [low: number, high: number];
}

/** Work leaves memory behind each time. The message says it all; the rest is for programs. */
export class LeakError extends Error {
  name: 'LeakError';
  code: 'ERR_MEMWATCH_LEAK';
  bytesPerCall: number;
  interval: [low: number, high: number];
  /** How often `work` had been called for the verdict. */
  calls: number;
  /** What grew with the calls, what keeps most first. */
  classes: LeakedClass[];
  /**
   * Who allocated it, the likeliest first, three at most: by V8's sampler of allocations, which runs
   * while all is done once more. Empty with `configure({ sampling: 'off' })`.
   */
  suspects: Site[];
}

/** Instances of a class that came and did not go. */
export interface LeakedClass {
  class: string;
  /** How many more. */
  count: number;
  /** Their shallow size. */
  bytes: number;
  /** Their retained size. */
  retainedBytes: number;
  /** Who keeps them, the commonest way first. What `work` itself keeps begins with its name. */
  paths: RetainingPath[];
}
