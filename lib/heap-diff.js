'use strict';
// The HeapDiff class as users see it. It is a function, not a class, because calling it
// without `new` has an error of its own. The snapshots and their comparison are native;
// they hang on the object, which has no properties of its own.

const { diffBegins, diffEnds } = require('./call-profile.js');
const { withCode } = require('./errors.js');
const { check, oneOf } = require('./options.js');

// How long V8's other threads are given at most, in milliseconds; they need a few, and more
// where the processors are busy. And the turns of a loop in which V8 looks what they have
// ready.
const SETTLE_MS = 50;
const TURNS = 1000;
// How often: the loop itself may be what V8 begins to compile.
const ROUNDS = 2;
// On a larger heap no collection: it takes tens of milliseconds, and what it is for, some
// kilobytes of code, is beneath notice.
const MOST_SETTLED_BYTES = 64 * 2 ** 20;

/**
 * Long enough that V8 compiles it at once when it is warm, and all that waits to be compiled with it: it compiles warm
 * functions together when their code comes to 4 KiB, seven bytes for each of bytecode (baseline-batch-compiler.cc).
 * @param {number} turns
 */
function ballast(turns) {
  let n = 0;
  // biome-ignore format: as long as it has to be, and not one line longer.
  for (let turn = 0; turn < turns; turn++) {
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
    n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn; n ^= turn;
  }
  return n;
}

/**
 * The originals ignored whatever they were given, so only what has one of our names counts.
 * @param {any} options
 * @param {string} name
 */
const optionOf = (options, name) => (typeof options === 'object' && options !== null ? options[name] : undefined);

const ENGINE = oneOf('v8', 'reader');

/**
 * Calls a native function on what claims to be a HeapDiff.
 * @param {(self: any, ...rest: any[]) => any} method
 * @param {unknown} self
 * @param {unknown[]} rest
 */
function call(method, self, ...rest) {
  if (typeof self !== 'object' || self === null) throw wrongThis();
  try {
    return method(self, ...rest);
  } catch (error) {
    throw error.code === 'ERR_MEMWATCH_WRONG_THIS' ? wrongThis() : error;
  }
}

function wrongThis() {
  return withCode(new TypeError('Illegal invocation'), 'ERR_MEMWATCH_WRONG_THIS');
}

/** @param {unknown} options */
const wantsRetainers = (options) => optionOf(options, 'retainers') === true;

/**
 * The class, for the programs of one loading.
 * @param {object} by
 * @param {Pick<import('./types.js').Addon, 'awaitCompilers' | 'beginDiff' | 'collectUncounted' | 'compareDiff' | 'endDiff' | 'updateDiff'>} by.addon
 * @param {() => object} by.readerDiff  makes what `new HeapDiff({ engine: 'reader' })` is
 */
function heapDiffBy({ addon, readerDiff }) {
  let isSettled = false;

  /**
   * Before the first snapshot: V8 compiles in the background what a program runs at its start,
   * and would put the code on the heap between the two snapshots. So it is given the time and
   * the occasion to do so before: a few milliseconds, and at most a tenth of a second, where a
   * worker never rests. The collection is not counted.
   */
  function settle() {
    if (isSettled) return;
    isSettled = true;
    addon.collectUncounted(MOST_SETTLED_BYTES);
    for (let round = 0; round < ROUNDS; round++) {
      for (let turn = 0; turn < TURNS; turn++);
      ballast(TURNS);
      addon.awaitCompilers(SETTLE_MS);
    }
    for (let turn = 0; turn < TURNS; turn++);
  }

  /** @param {{ engine?: string }} [options] */
  function HeapDiff(options = undefined) {
    if (new.target === undefined) {
      throw withCode(
        new TypeError('Use the new operator to create instances of this object.'),
        'ERR_MEMWATCH_NEW_REQUIRED',
      );
    }
    const engine = optionOf(options, 'engine');
    if (engine !== undefined) check('The option engine of HeapDiff', engine, ENGINE);
    if (engine === 'reader') {
      return readerDiff();
    }
    diffBegins(this);
    try {
      settle();
      addon.beginDiff(this);
    } catch (error) {
      diffEnds(this);
      throw error;
    }
  }

  /** @param {{ retainers?: boolean }} [options] */
  HeapDiff.prototype.end = function end(options = undefined) {
    try {
      const report = call(addon.endDiff, this, wantsRetainers(options));
      diffEnds(this);
      return report;
    } catch (error) {
      // Over as well; any other error lets it go on.
      if (error.code === 'ERR_MEMWATCH_DIFF_IDS') diffEnds(this);
      throw error;
    }
  };

  HeapDiff.prototype.compare = function compare(options = undefined) {
    return call(addon.compareDiff, this, wantsRetainers(options));
  };

  HeapDiff.prototype.update = function update() {
    call(addon.updateDiff, this);
  };

  // V8 compiles a function when it is first called. Were that between the two snapshots of
  // the first diff, it would show there as some kilobytes of code.
  for (const method of Object.values(HeapDiff.prototype)) {
    try {
      method.call({});
    } catch {
      // The wrong `this`, as meant.
    }
  }

  return HeapDiff;
}

module.exports = { heapDiffBy };
