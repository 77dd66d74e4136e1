'use strict';
// A profile as pprof has it: the message Profile of profile.proto in protobuf's wire format, compressed with gzip.
// `go tool pprof`, speedscope, Pyroscope and Grafana open it. It knows nothing of where a profile comes from.

const zlib = require('node:zlib');
const { Message, Strings } = require('./protobuf.js');

/**
 * What a profile has. Values of a sample are in the order of the types; the last type is what is shown first.
 * @typedef {object} Profile
 * @property {[name: string, unit: string][]} types
 * @property {{ function: string, file: string | null, line: number | null }[]} frames
 * @property {{ frames: number[], values: number[] }[]} samples  frames by number, the innermost first
 * @property {number} period  bytes between two samples, on average; 0 where that is not known
 * @property {Date} at  when it was read
 * @property {number} [durationMs]
 */

/** @param {Profile} profile @returns {Buffer} the file */
function pprof({ types, frames, samples, period, at, durationMs = 0 }) {
  const strings = new Strings();
  const profile = new Message();
  const type = (/** @type {number} */ field, /** @type {[string, string]} */ [name, unit]) =>
    profile.message(field, (value) => {
      value.number(1, strings.number(name));
      value.number(2, strings.number(unit));
    });
  for (const one of types) type(1, one);
  for (const { frames: stack, values } of samples) {
    profile.message(2, (sample) => {
      // Locations have numbers from 1 on.
      sample.numbers(
        1,
        stack.map((frame) => frame + 1),
      );
      sample.numbers(2, values);
    });
  }
  frames.forEach((frame, index) => {
    const id = index + 1;
    const line = frame.line ?? 0;
    profile.message(4, (location) => {
      location.number(1, id);
      location.message(4, (place) => {
        place.number(1, id);
        place.number(2, line);
      });
    });
    profile.message(5, (named) => {
      named.number(1, id);
      named.number(2, strings.number(frame.function));
      named.number(3, strings.number(frame.function));
      named.number(4, strings.number(frame.file ?? ''));
      named.number(5, line);
    });
  });
  profile.number(9, BigInt(at.getTime()) * 1_000_000n);
  profile.number(10, BigInt(Math.round(durationMs)) * 1_000_000n);
  type(11, ['space', 'bytes']);
  profile.number(12, period);
  profile.number(14, strings.number(types[types.length - 1][0]));
  for (const text of strings.all()) profile.bytes(6, Buffer.from(text));
  return zlib.gzipSync(profile.end());
}

/** A function in such a file; lines count from 0. @typedef {{ functionName: string, url: string, lineNumber: number, columnNumber: number }} CallFrame */
/** @typedef {{ callFrame: CallFrame, selfSize: number, children: Call[] }} Call */

/** What `.heapprofile` files have: bytes by stack. */
class Stacks {
  /** @type {Profile['frames']} */
  frames = [];
  /** @type {Map<string, number>} */
  #numbers = new Map();
  /** @type {Map<string, { frames: number[], bytes: number }>} */
  #stacks = new Map();

  /** @param {CallFrame} frame */
  #numberOf({ functionName, url, lineNumber, columnNumber }) {
    const key = `${url}:${lineNumber}:${columnNumber} ${functionName}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const line = lineNumber < 0 ? null : lineNumber + 1;
    this.#numbers.set(key, this.frames.length);
    return this.frames.push({ function: functionName || '(anonymous)', file: url || null, line }) - 1;
  }

  /** Adds the bytes of a file, so many times. @param {string} text @param {1 | -1} times */
  add(text, times) {
    /** @type {{ head: Call }} */
    const { head } = JSON.parse(text);
    // The root is not a function.
    const waiting = head.children.map((call) => ({ call, callers: /** @type {number[]} */ ([]) }));
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { call } = next;
      const frames = [this.#numberOf(call.callFrame), ...next.callers];
      if (call.selfSize > 0) this.#addStack(frames, times * call.selfSize);
      for (const callee of call.children) waiting.push({ call: callee, callers: frames });
    }
  }

  /** @param {number[]} frames @param {number} bytes */
  #addStack(frames, bytes) {
    const key = frames.join();
    const known = this.#stacks.get(key);
    if (known === undefined) this.#stacks.set(key, { frames, bytes });
    else known.bytes += bytes;
  }

  /** @returns {Profile['samples']} the samples that are not 0 */
  samples() {
    const changed = [...this.#stacks.values()].filter(({ bytes }) => bytes !== 0);
    return changed.map(({ frames, bytes }) => ({ frames, values: [bytes] }));
  }
}

/**
 * The text of a `.heapprofile` file as a profile: bytes by stack, those that are alive unless another type is named, or how
 * many more than `before`, which is below 0 for what was freed. How many objects they are is not in the file.
 * @param {string} text
 * @param {{ at: Date, before?: string | null, durationMs?: number, type?: string, period?: number }} of
 * @returns {Profile}
 */
function profileOf(text, { at, before = null, durationMs, type = 'inuse_space', period = 0 }) {
  const stacks = new Stacks();
  stacks.add(text, 1);
  if (before !== null) stacks.add(before, -1);
  const [samples, { frames }] = [stacks.samples(), stacks];
  return { types: [[type, 'bytes']], frames, samples, period, at, durationMs };
}

/** The same as a file. @param {Parameters<typeof profileOf>} of */
const pprofOfHeapProfile = (...of) => pprof(profileOf(...of));

module.exports = { pprof, pprofOfHeapProfile, profileOf };
