'use strict';
// How many handles of each sort are open, from what the addon has counted: those of no sort are what is left of the sum.
// A number that is not known is null.

/**
 * @param {import('../../reports.js').OpenHandles} handles
 * @returns {{ files: number | null, pipes: number | null, sockets: number | null, others: number | null,
 *   threads: number | null }}
 */
function countsOf({ descriptors, sockets, files, pipes, threads }) {
  const isKnown = descriptors !== null && sockets !== null && files !== null && pipes !== null;
  const others = isKnown ? Math.max(0, descriptors - sockets - files - pipes) : null;
  return { files, pipes, sockets, others, threads };
}

module.exports = { countsOf };
