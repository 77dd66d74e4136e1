'use strict';
// The state of threads in one sentence, as the addon does for memory. Computes nothing.

const { exactDuration: duration, mebibytes } = require('../format.js');

/** By how much it has grown, and in how many seconds. @typedef {{ measure: import('./judge.js').Measure, growth: number, span: number }} Evidence */

/** The threshold for this number of threads. @param {Evidence} evidence @param {Record<string, any>} state */
function whatGrows({ measure, growth, span }, { alive, idle, growthBytes: bytes }) {
  const time = duration(span);
  const size = bytes > 0 ? `, ${mebibytes(bytes)}` : '';
  if (measure === 'idle') {
    return `worker threads are started and not stopped: ${growth} more in ${time}${size}; ${alive} are alive, ${idle} of them idle`;
  }
  if (measure === 'alive')
    return `the number of worker threads keeps growing: ${growth} more in ${time}${size}; ${alive} are alive`;
  return `the heaps of ${alive} worker threads grow together: ${mebibytes(bytes)} in ${time}, each of them below the threshold`;
}

/** How it ended. @param {string} why @param {Evidence} evidence @param {Record<string, any>} state */
function whatEnded(why, { measure, span }, { alive, growthBytes }) {
  const what = measure === 'heaps' ? 'the heaps of worker threads' : 'the number of worker threads';
  const how = why === 'reclaimed' ? 'went down again' : 'stopped growing';
  return `${what} ${how}: ${alive} threads are alive (it had grown by ${mebibytes(growthBytes)} in ${duration(span)})`;
}

/**
 * @param {Record<string, any>} state  as detectorState() has it
 * @param {Evidence | null} evidence
 * @param {string} [why]  of one that has ended
 */
function reasonOf(state, evidence, why) {
  if (evidence === null) return 'the number of worker threads does not grow';
  if (why === 'reclaimed' || why === 'stopped-growing') return whatEnded(why, evidence, state);
  const text = whatGrows(evidence, state);
  if (state.limitEta === null || state.state !== 'confirmed') return text;
  return `${text}; container limit in ${duration(Math.max(0, state.limitEta - state.end) / 1000)}`;
}

module.exports = { reasonOf };
