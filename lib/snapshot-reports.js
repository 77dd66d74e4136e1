'use strict';
// Reports on snapshot files for programs: what the command line prints as JSON, as objects.
// The work is done off the main thread, and files are read, not mapped: one that is cut
// off meanwhile gives an error and not a crash.

const { checkFileName } = require('./file-names.js');
const { A_NAME, check, checkOptions, wholeNumber } = require('./options.js');

const OPTIONS = { top: wholeNumber({ least: 1 }) };

/**
 * @param {string} call
 * @param {unknown[]} files
 * @param {unknown} options
 */
function checkArguments(call, files, options) {
  for (const file of files) {
    check(`Each file of ${call}`, file, A_NAME);
    checkFileName(/** @type {string} */ (file));
  }
  return checkOptions(call, options, OPTIONS);
}

/** @param {{ ask: (request: object) => Promise<{ output: string }> }} commands  snapshot-command.js has them */
function snapshotReports({ ask }) {
  /** @param {object} request */
  async function report(request) {
    const { output } = await ask(request);
    return JSON.parse(output);
  }

  /**
   * The leak candidates of a snapshot file: the report of `memwatch analyze`.
   * @param {string} file
   * @param {{ top?: number }} [options]
   */
  async function analyze(file, options = {}) {
    const { top } = checkArguments('memwatch.analyze()', [file], options);
    return report({ command: 'analyze', files: [file], top });
  }

  /**
   * What grew from one snapshot file to the next: the report of `memwatch diff`.
   * @param {string} before
   * @param {string} after
   * @param {{ top?: number }} [options]
   */
  async function diffSnapshots(before, after, options = {}) {
    const { top } = checkArguments('memwatch.diffSnapshots()', [before, after], options);
    return report({ command: 'diff', files: [before, after], top });
  }

  return { analyze, diffSnapshots };
}

module.exports = { snapshotReports };
