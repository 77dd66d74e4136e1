'use strict';
// expectNoLeak: repeats work in rounds until it is clear whether memory grows with the
// calls. The statistics are the addon's (crates/core/src/gc/rounds.rs), what is said of a
// leak is leak-error.js's.

const { performance } = require('node:perf_hooks');
// Kept from here on: test runners replace the global ones to stop the clock.
const { setImmediate } = require('node:timers');
const v8 = require('node:v8');
const { collectUncounted, judgeRounds } = require('../addon.js');
const { HeapDiff } = require('../heap-diff.js');
const { lookCloser } = require('../sites.js');
const { LeakError } = require('./leak-error.js');
const { checkOptions } = require('./options.js');

// The least time and calls that the first rounds take: what a collection takes, about.
const ROUND_MS = 5;
const ROUND_CALLS = 20;
// A round is not made longer than this, as far as its calls allow.
const LONGEST_ROUND_MS = 1000;
// As many rounds as a verdict looks at; then the next have twice as many calls.
const ROUNDS = 10;
// What must grow again, in comparison with the verdict, when all is done once more: a cache
// that was only filling up does not.
const GROWS_AGAIN = 0.6;
// So often it is done once more. What grew each time and then no more is not clear however long it goes on, and each
// look takes two snapshots and as many calls as all before.
const MOST_LOOKS = 3;
// The work runs for so long while it is looked at: two hundred samples of its time, for
// it is time that tells which functions V8 has compiled into others.
const LOOK_MS = 20;
// Functions that are named: who is not among the first is only near the leak.
const SUSPECTS = 3;

/** Runs the work and weighs what it leaves behind. */
class Rounds {
  #work;
  #calls = new Float64Array(ROUNDS);
  #bytes = new Float64Array(ROUNDS);
  #count = 0;
  /** Calls of all rounds so far. */
  done = 0;

  constructor(work) {
    // V8 compiles the work into `run` otherwise, and then it is on no stack that the sampler
    // sees. It does not compile through a Proxy.
    this.#work = new Proxy(work, {});
  }

  /** Calls the work so often. @returns {Promise<number>} how many milliseconds that took */
  async run(calls) {
    const work = this.#work;
    const start = performance.now();
    for (let i = 0; i < calls; i++) {
      const result = work();
      if (typeof result?.then === 'function') await result;
    }
    this.done += calls;
    return performance.now() - start;
  }

  /** Collects and remembers what is still in use. */
  async weigh() {
    await collect();
    if (this.#count === ROUNDS) {
      this.#calls.copyWithin(0, 1);
      this.#bytes.copyWithin(0, 1);
      this.#count--;
    }
    this.#calls[this.#count] = this.done;
    this.#bytes[this.#count] = bytesInUse();
    this.#count++;
  }

  /** What was weighed says nothing any more. */
  forget() {
    this.#count = 0;
  }

  judge(tolerance) {
    return judgeRounds(this.#calls.subarray(0, this.#count), this.#bytes.subarray(0, this.#count), tolerance);
  }
}

/** Collects, lets finalizers and what they scheduled run, and collects what they let go. */
async function collect() {
  collectUncounted();
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  collectUncounted();
}

/** The heap, and what objects on it hold outside. */
function bytesInUse() {
  const { used_heap_size: heap, external_memory: external } = v8.getHeapStatistics();
  return heap + external;
}

/**
 * Runs `work` until it is clear whether it leaves memory behind each time.
 * Declared in test.d.ts, with its options and what it returns.
 */
async function expectNoLeak(work, options = {}) {
  const { tolerance, timeout, warmUp, name } = checkOptions(work, options);
  const deadline = performance.now() + timeout;
  const isTime = () => performance.now() < deadline;
  const rounds = new Rounds(work);
  await rounds.run(warmUp);

  // How many calls make a round.
  let calls = ROUND_CALLS;
  for (let took = await rounds.run(calls); took < ROUND_MS; took = await rounds.run(calls)) calls *= 2;

  for (let verdict, looks = 0; ; ) {
    let longest = 0;
    for (let round = 0; round < ROUNDS; round++) {
      longest = Math.max(longest, await rounds.run(calls));
      await rounds.weigh();
      verdict = rounds.judge(tolerance);
      if (verdict.judgement !== 'unclear' || !isTime()) break;
    }
    const report = { verdict: verdict.judgement, calls: rounds.done, ...bytesPerCall(verdict) };
    if (verdict.judgement === 'leak') {
      const evidence = await lookAgain(rounds, verdict, calls, deadline);
      if (evidence !== null) {
        throw new LeakError({ ...report, ...evidence, name, suspects: await whoMadeIt(rounds, calls, deadline) });
      }
      if (++looks === MOST_LOOKS) return { ...report, verdict: 'unclear' };
      rounds.forget();
    } else if (verdict.judgement === 'clear' || !isTime()) {
      return report;
    } else if (longest * 2 <= LONGEST_ROUND_MS) {
      calls *= 2;
    }
  }
}

const bytesPerCall = ({ bytesPerCall, low, high }) => ({ bytesPerCall, interval: [low, high] });

/** Does it all once more between two snapshots. @returns what grew, or null when it grows no more */
async function lookAgain(rounds, { bytesPerCall }, calls, deadline) {
  const again = rounds.done;
  const diff = new HeapDiff();
  const before = bytesInUse();
  let done = 0;
  do {
    await rounds.run(calls);
    done += calls;
  } while (done < again && performance.now() < deadline);
  await collect();
  const grown = bytesInUse() - before;
  if (grown < GROWS_AGAIN * bytesPerCall * done) return null;
  return { grown, grownCalls: done, details: diff.end({ retainers: true }).change.details };
}

/**
 * Does some of it under the sampler. After the snapshots, not between them: a CPU profile makes V8
 * lose track of which objects it has seen. @returns who made what grew
 */
async function whoMadeIt(rounds, calls, deadline) {
  const look = lookCloser();
  let suspects;
  try {
    let took = 0;
    for (let round = 0; round < ROUNDS || took < LOOK_MS; round++) {
      took += await rounds.run(calls);
      await collect();
      look.observe();
      if (performance.now() >= deadline) break;
    }
  } finally {
    suspects = look.end({ top: SUSPECTS });
  }
  return suspects;
}

module.exports = { expectNoLeak };
