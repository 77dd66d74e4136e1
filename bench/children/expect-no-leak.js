'use strict';
// One function under one tool: prints whether the tool calls it a leak, and how long that took. Judges nothing.
//
//   node expect-no-leak.js TOOL CASE DIRECTORY_OF_LEAKAGE
const { EventEmitter } = require('node:events');
const { report, startClocks } = require('../lib/child.js');
const { CASES } = require('./leak-cases.js');

const TOOLS = {
  memwatch: async (work) => {
    const { expectNoLeak } = require('../../test.js');
    return rejected(expectNoLeak(work), 'LeakError');
  },
  leakage: async (work, isAsync, directory) => {
    const { iterate } = require(directory);
    return rejected(isAsync ? iterate.async(work) : (async () => iterate(work))(), 'MemoryLeakError');
  },
};

/** Whether it fails for the reason of a leak. */
async function rejected(promise, name) {
  try {
    await promise;
    return false;
  } catch (error) {
    if (error.name !== name && error.constructor.name !== name) throw error;
    return true;
  }
}

async function main(/** @type {string[]} */ [tool, name, directory]) {
  EventEmitter.defaultMaxListeners = 0;
  const { make, isAsync = false } = CASES[name];
  const work = make();
  const clocks = startClocks();
  const leaks = await TOOLS[tool](work, isAsync, directory);
  report({ leaks, ...clocks() });
  process.exit();
}

main(process.argv.slice(2));
