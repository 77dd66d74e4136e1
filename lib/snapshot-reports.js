'use strict';
// Reports on snapshot files for programs: what the command line prints as JSON, as objects.
// The work is done off the main thread, and files are read, not mapped: one that is cut
// off meanwhile gives an error and not a crash.

const { ask } = require('./snapshot-command.js');
const { withCode } = require('./errors.js');
const { checkFileName } = require('./file-names.js');

// The widest line that text would have; JSON has none.
const NO_WIDTH = 0;

function checkFile(name, file) {
  if (typeof file === 'string' && file !== '') {
    checkFileName(file);
    return file;
  }
  throw withCode(new TypeError(`${name} takes a file name, not ${String(file)}`), 'ERR_MEMWATCH_USAGE');
}

function checkTop(name, top) {
  if (top === undefined || (Number.isSafeInteger(top) && top > 0)) return top;
  throw withCode(
    new TypeError(`${name}: top takes a whole number of at least 1, not ${String(top)}`),
    'ERR_MEMWATCH_USAGE',
  );
}

async function report(request) {
  const { output } = await ask({ ...request, format: 'json', width: NO_WIDTH });
  return JSON.parse(output);
}

/**
 * The leak candidates of a snapshot file: the report of `memwatch analyze`.
 * @param {string} file
 * @param {{ top?: number }} [options]
 */
async function analyze(file, { top } = {}) {
  checkFile('analyze', file);
  return report({ command: 'analyze', files: [file], top: checkTop('analyze', top) });
}

/**
 * What grew from one snapshot file to the next: the report of `memwatch diff`.
 * @param {string} before
 * @param {string} after
 * @param {{ top?: number }} [options]
 */
async function diffSnapshots(before, after, { top } = {}) {
  for (const file of [before, after]) checkFile('diffSnapshots', file);
  return report({ command: 'diff', files: [before, after], top: checkTop('diffSnapshots', top) });
}

module.exports = { analyze, diffSnapshots };
