'use strict';
// Runs the commands about programs: words in, an exit status out.

const { runRequest, topRequest } = require('./programs.js');
const { ofProgram } = require('./usage.js');

const say = (line) => process.stderr.write(`memwatch: ${line}\n`);

const COMMANDS = {
  async run(words) {
    const { help, request } = runRequest(words);
    // Loaded here, so that --help works where the addon does not.
    return help ? null : require('../run/runner.js').run({ ...request, say });
  },
  async top(words) {
    const { help, target } = topRequest(words);
    return help ? null : require('../top/top.js').top(target, process.stdout);
  },
};

/**
 * @param {string} name
 * @param {string[]} words
 * @param {(text: string) => Promise<void>} print
 * @returns {Promise<number>} the exit status
 */
async function runProgramCommand(name, words, print) {
  const status = await COMMANDS[name](words);
  if (status !== null) return status;
  await print(ofProgram(name));
  return 0;
}

module.exports = { runProgramCommand };
