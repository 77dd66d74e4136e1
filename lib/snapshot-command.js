'use strict';
// One question to snapshot files, through the addon, on a thread of its own. Used by the functions
// of the module and by the commands about programs; arguments and printing are theirs.

const { withCode } = require('./errors.js');
const { checkReading, checkWriting } = require('./permission.js');

/** A question, with more keys: crates/commands has them. @typedef {{ files: string[], output?: string, [key: string]: unknown }} Request */

/** @param {Pick<import('./types.js').Addon, 'runCommand' | 'CommandProgress'>} addon */
function commandsBy({ runCommand, CommandProgress }) {
  /**
   * @param {Request} request
   * @param {import('./types.js').CommandProgress} [progress]
   * @returns {Promise<{output: string}>}
   */
  async function ask(request, progress = new CommandProgress()) {
    // A dash is the standard input.
    for (const file of request.files) if (file !== '-') checkReading(file);
    if (request.output !== undefined && request.output !== '-') checkWriting(request.output);
    const { output, failure } = await runCommand(JSON.stringify(request), progress);
    if (failure) {
      const { code, message, offset } = failure;
      throw Object.assign(withCode(new Error(message), code), offset !== undefined && { offset });
    }
    return { output };
  }

  return { ask, CommandProgress };
}

module.exports = { commandsBy };
