'use strict';
// A function for each label, through which its work is called, so that V8's sampler has a frame of the label on its
// stacks. V8 has no labels of its own in Node.js 18 to 26; where it has, they take the place of this file. What the frames
// mean is known to crates/detector/src/sites/labels.rs.

const { compileFunction } = require('node:vm');

// As LABEL_SCRIPTS of crates/detector has it.
const SCRIPTS = 'memwatch:label/';

// V8 leaves no frame of a function that it compiles into its caller, and compiles in what has fewer than 460 bytes of
// bytecode. A call of this kind has six or more; none of them ever runs. So the label's frame stays, and as what is called
// is an argument, it is not compiled into the label either.
const CALLS = 120;
const BODY = `if (work === apply) { ${'apply(self, work, args); '.repeat(CALLS)} } return apply(work, self, args);`;

/** @typedef {(apply: typeof Reflect.apply, work: Function, self: unknown, args: ArrayLike<any>) => any} Trampoline */

/**
 * It is no code from a string for `--disallow-code-generation-from-strings`: that is of eval() and Function() alone.
 * @param {number} id  of the label
 * @returns {Trampoline}
 */
const trampoline = (id) =>
  /** @type {Trampoline} */ (
    /** @type {unknown} */ (compileFunction(BODY, ['apply', 'work', 'self', 'args'], { filename: `${SCRIPTS}${id}` }))
  );

module.exports = { trampoline };
