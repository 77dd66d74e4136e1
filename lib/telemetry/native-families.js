'use strict';
// Metrics of native memory and of open handles: names, help, and the samples of the last reading, which lib/native-memory makes
// in the background. None where nothing was read: in the first seconds, in a worker thread, and where it is not Linux.

const { countsOf } = require('../handles/counts.js');
const { ROWS } = require('../native-memory/words.js');

/** `v8Heap` as labels have it: `v8_heap`. @param {string} name */
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** @param {string} label @param {[string, number | null][]} numbers @returns {import('./families.js').Sample[]} */
const samplesOf = (label, numbers) =>
  numbers.flatMap(([name, value]) => (value === null ? [] : [{ labels: { [label]: snake(name) }, value }]));

/**
 * @param {import('../../reports.js').NativeMemory | null} last  the last reading
 * @returns {import('./families.js').Family[]}
 */
function nativeFamilies(last) {
  const rows = /** @type {import('../native-memory/words.js').RowName[]} */ (Object.keys(ROWS)).map(
    (name) => /** @type {[string, number | null]} */ ([name, last?.rows[name].residentBytes ?? null]),
  );
  const handles = last === null ? [] : Object.entries(countsOf(last.handles));
  return [
    {
      name: 'memwatch_native_memory_bytes',
      help: 'Parts of the resident memory of the process, which add up to it: as of the last reading, one in 30 seconds or rarer.',
      type: 'gauge',
      aggregator: 'sum',
      instrument: { name: 'memwatch.native.memory', unit: 'By' },
      samples: samplesOf('row', rows),
    },
    {
      name: 'memwatch_open_handles',
      help: 'Open descriptors of the process by sort, and its threads: as of the last reading, one in 30 seconds or rarer.',
      type: 'gauge',
      aggregator: 'sum',
      instrument: { name: 'memwatch.handles', unit: '{handle}' },
      samples: samplesOf('handle', handles),
    },
  ];
}

module.exports = { nativeFamilies };
