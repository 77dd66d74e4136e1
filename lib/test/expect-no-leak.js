'use strict';
// expectNoLeak: repeats work in rounds until it is clear whether memory grows with the
// calls, as far as there is time. The statistics are the addon's (crates/detector/src/gc/rounds.rs),
// what is said of a leak is leak-error.js's.

const { performance } = require('node:perf_hooks');
// Kept from here on: test runners replace the global ones to stop the clock.
const { setImmediate, setTimeout } = require('node:timers');
const v8 = require('node:v8');
const { withCode } = require('../errors.js');
const { LeakError } = require('./leak-error.js');
const { checkArguments } = require('./options.js');

// The least time and calls that the first rounds take: what a collection takes, about. Of slow work a round has as many
// calls as fit in its share of the time, down to one.
const ROUND_MS = 5;
const ROUND_CALLS = 20;
// A round is not made longer than this, as far as its calls allow.
const LONGEST_ROUND_MS = 1000;
// As many rounds as a result is made of; then the next have twice as many calls.
const ROUNDS = 10;
// With fewer there is none.
const LEAST_ROUNDS = 6;
// What must grow again, in comparison with the result, when all is done once more: a cache
// that was only filling up does not.
const GROWS_AGAIN = 0.6;
// So often it is done once more. What grew each time and then no more is not clear however long it goes on, and each
// look takes two snapshots and as many calls as all before.
const MOST_LOOKS = 3;
// Where time is short the look has so many calls: one or two prove nothing. They are kept free from the first rounds on.
const LEAST_LOOK_CALLS = 6;
// In so few calls also small lists fill up that end somewhere, and tables get their size: growth of less bytes than
// this is not looked at yet, and does not count.
const FEW_CALLS = 2000;
const LEAST_BYTES_OF_FEW = 64 * 1024;
// V8 goes on compiling what work runs for thousands of calls: a request over HTTP leaves 300 KiB of machine code, and
// what V8 notes to make it, in its second thousand. Code that leaks comes with functions that are kept: one with most
// calls, or closures (64 bytes each) of this share of the code's size. Else it is V8's own.
const CLOSURES_OF_CODE = 0.02;
// What is to be let go by a timer is so by then, such as what fetch keeps of each request until its next half second.
const LET_GO_MS = 1200;
// Without it there must be as much at least of what was to grow again.
const LEAST_OF_THEIRS = 1 / 3;
// What memwatch itself keeps hangs on the name that lib/lifetime.js gives it; listeners are those of the program.
const OWN = /^globalThis\[memwatch [^\]]*\](?!.*_events)/;
// A class of which memwatch has more than this is not named.
const MOSTLY_OWN = 0.5;
// The work runs for so long while it is looked at: two hundred samples of its time, for
// it is time that tells which functions V8 has compiled into others.
const LOOK_MS = 20;
// Functions that are named: who is not among the first is only near the leak.
const SUSPECTS = 3;

// How the work itself is kept while it is repeated, as a path says it: the class and the field below.
const HOLDER = 'Rounds.#work';

/**
 * @param {object} by
 * @param {Pick<import('../types.js').Addon, 'collectUncounted' | 'judgeRounds'>} by.addon
 * @param {ReturnType<typeof import('../heap-diff.js').heapDiffBy>} by.HeapDiff
 * @param {import('../sites.js').SiteSampler['lookCloser']} by.lookCloser
 */
function expectNoLeakBy({ addon: { collectUncounted, judgeRounds }, HeapDiff, lookCloser }) {
  /** Runs the work and weighs what it leaves behind. */
  class Rounds {
    #work;
    #calls = new Float64Array(ROUNDS);
    #bytes = new Float64Array(ROUNDS);
    #count = 0;
    #ms = 0;
    /** Calls so far. */
    done = 0;

    constructor(work) {
      // V8 compiles the work into `run` otherwise, and then it is on no stack that the sampler
      // sees. It does not compile through a Proxy.
      this.#work = new Proxy(work, {});
    }

    /** What a call takes on the average, in milliseconds. */
    get callMs() {
      return this.#ms / Math.max(this.done, 1);
    }

    /**
     * Calls the work so often, or until the time is over; once at least.
     * @returns {Promise<number>} how many milliseconds that took
     */
    async run(calls, until = Infinity) {
      const work = this.#work;
      const start = performance.now();
      let now = start;
      for (let i = 0; i < calls && (i === 0 || now < until); i++) {
        const result = work();
        if (typeof result?.then === 'function') await result;
        this.done++;
        now = performance.now();
      }
      this.#ms += now - start;
      return now - start;
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

  const externalBytes = () => v8.getHeapStatistics().external_memory;

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
    const { toleranceBytes, timeoutMs, warmUpCalls, name } = checkArguments(work, options);
    const deadline = performance.now() + timeoutMs;
    const rounds = new Rounds(work);
    await rounds.run(warmUpCalls, deadline);
    let calls = await callsOfARound(rounds, deadline);

    const end = () => deadline - LEAST_LOOK_CALLS * rounds.callMs;
    const isTime = () => performance.now() < end();
    let report = null;
    for (let looks = 0; ; ) {
      let longest = 0;
      let result = rounds.judge(toleranceBytes);
      for (let round = 0; round < ROUNDS && isTime(); round++) {
        longest = Math.max(longest, await rounds.run(calls, end()));
        await rounds.weigh();
        result = rounds.judge(toleranceBytes);
        if (result.judgement === 'clear' || isWorthALook(result, rounds.done)) break;
      }
      // Too few rounds have no interval. What was known before the last look still holds.
      if (Number.isFinite(result.low)) {
        report = { result: result.judgement, calls: rounds.done, ...bytesPerCall(result) };
      } else if (report === null) {
        throw tooSlow(name, timeoutMs, rounds.done, warmUpCalls + 1 + LEAST_ROUNDS + LEAST_LOOK_CALLS);
      }
      if (isWorthALook(result, rounds.done)) {
        const evidence = await lookAgain(rounds, result, calls, deadline);
        if (evidence !== null) {
          const suspects = await whoMadeIt(rounds, calls, deadline);
          throw new LeakError({ ...report, ...evidence, name, suspects, holder: HOLDER });
        }
        if (++looks === MOST_LOOKS) return { ...report, result: 'unclear' };
        rounds.forget();
      } else if (result.judgement === 'clear') {
        return report;
      } else if (!isTime()) {
        return { ...report, result: 'unclear' };
      } else if (longest * 2 <= LONGEST_ROUND_MS) {
        calls *= 2;
      }
    }
  }

  /** Whether it grows, and by more than small lists and tables do in so many calls. */
  const isWorthALook = ({ judgement, bytesPerCall }, calls) =>
    judgement === 'leak' && bytesPerCall * calls >= leastBytes(calls);
  const leastBytes = (calls) => (calls < FEW_CALLS ? LEAST_BYTES_OF_FEW : 0);

  /**
   * How many calls make a round, tried: these calls belong to the warm-up. So many that ten rounds take half of the time
   * that is left, and a second look the other half.
   */
  async function callsOfARound(rounds, deadline) {
    const most = (deadline - performance.now()) / (2 * ROUNDS);
    for (let calls = ROUND_CALLS; most > 0; calls *= 2) {
      const before = rounds.done;
      const took = await rounds.run(calls, performance.now() + most);
      const done = rounds.done - before;
      if (done < calls) return done;
      // Tried twice: of a busy machine another program may have had these milliseconds.
      if (took >= ROUND_MS && (await rounds.run(calls, performance.now() + most)) >= ROUND_MS) return done;
    }
    return 0;
  }

  function tooSlow(name, timeout, done, needed) {
    const why =
      done < needed
        ? `it was called only ${done} times. Use a timeoutMs that allows ${needed} calls and the collections between them.`
        : `the collections between its ${done} calls took too long, as on a large heap or a busy machine. Use a longer timeoutMs.`;
    return withCode(
      new Error(`expectNoLeak() could not determine within ${timeout} ms whether ${name} leaks: ${why}`),
      'ERR_MEMWATCH_TOO_SLOW',
    );
  }

  const bytesPerCall = ({ bytesPerCall, low, high }) => ({ bytesPerCall, interval: [low, high] });

  /** Does it all once more between two snapshots. @returns what grew, or null when it grows no more */
  async function lookAgain(rounds, { bytesPerCall }, calls, deadline) {
    const again = rounds.done;
    const left = deadline - performance.now();
    const diff = new HeapDiff();
    // What the snapshot itself has left on the heap would hide what a few hundred calls leave.
    await collect();
    // Its time is not the work's: on a busy machine it took all that was left, and in the few calls then nothing could grow
    // by enough.
    const until = performance.now() + left;
    const [before, externalBefore] = [bytesInUse(), externalBytes()];
    const isTooFew = () => rounds.done - again < LEAST_LOOK_CALLS;
    do {
      await rounds.run(calls, isTooFew() ? Infinity : until);
    } while (isTooFew() || (rounds.done < 2 * again && performance.now() < until));
    const done = rounds.done - again;
    await collect();
    const least = Math.max(GROWS_AGAIN * bytesPerCall * done, leastBytes(again));
    if (bytesInUse() - before < least) return null;
    await new Promise((resolve) => setTimeout(resolve, LET_GO_MS));
    await collect();
    const grown = bytesInUse() - before;
    if (grown < least) return null;
    const external = externalBytes() - externalBefore;
    const { size_bytes: shown, details } = diff.end({ retainers: true }).change;
    // What is neither in the snapshots nor outside of the heap is V8's own.
    const code = compiled(details, done);
    const theirs = Math.min(grown, Math.max(shown, external)) - code - ownBytes(details);
    // What was compiled is in what grew before, too, so less than that must grow again, but not next to nothing.
    if (theirs < Math.max(least - code, LEAST_OF_THEIRS * least, leastBytes(again))) return null;
    return { grown, grownCalls: done, details: details.filter((entry) => ownShare(entry) <= MOSTLY_OWN) };
  }

  /** The part of a class that memwatch keeps. */
  const ownShare = ({ paths = [] }) =>
    paths.filter(({ path }) => OWN.test(path)).reduce((sum, { share }) => sum + share, 0);

  /** By how much has grown what memwatch keeps. */
  const ownBytes = (details) =>
    details.reduce((sum, entry) => sum + Math.max(entry.size_bytes, 0) * ownShare(entry), 0);

  /** By how much machine code has grown, with what V8 notes to make it, where that is V8's own doing. */
  function compiled(details, calls) {
    const none = { size_bytes: 0, '+': 0, '-': 0 };
    const [code, closures] = ['Code', 'Closure'].map((name) => details.find(({ what }) => what === name) ?? none);
    const isKept =
      closures['+'] - closures['-'] >= GROWS_AGAIN * calls || closures.size_bytes >= CLOSURES_OF_CODE * code.size_bytes;
    return isKept ? 0 : code.size_bytes;
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
        took += await rounds.run(calls, round === 0 ? Infinity : deadline);
        await collect();
        look.observe();
        if (performance.now() >= deadline) break;
      }
    } finally {
      suspects = look.end({ top: SUSPECTS });
    }
    return suspects;
  }

  return expectNoLeak;
}

module.exports = { expectNoLeakBy };
