'use strict';
// One question to snapshot files, through the addon, on a thread of its own. Used by the
// command line and by the functions of the module; words and printing are theirs.

const { runCommand, CommandProgress } = require('./addon.js');
const { withCode } = require('./errors.js');
const { checkReading, checkWriting } = require('./permission.js');

/**
 * @param {object} request  as src/snapshots/request.rs has it
 * @param {CommandProgress} [progress]
 * @returns {Promise<{output: string, newFindings: number}>}
 */
async function ask(request, progress = new CommandProgress()) {
  // A dash is the standard input.
  for (const file of request.files) if (file !== '-') checkReading(file);
  if (request.output !== undefined && request.output !== '-') checkWriting(request.output);
  const { output, newFindings, failure } = await runCommand(JSON.stringify(request), progress);
  if (failure) {
    const error = withCode(new Error(failure.message), failure.code);
    if (failure.offset !== undefined) error.offset = failure.offset;
    throw error;
  }
  return { output, newFindings };
}

module.exports = { ask, CommandProgress };
