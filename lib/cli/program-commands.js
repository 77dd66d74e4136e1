'use strict';
// Runs the commands about programs: words in, an exit status out.

const fs = require('node:fs');
const { withCode } = require('../errors.js');
const { printable } = require('../printable.js');
const { drawProgress } = require('./progress-bar.js');
const { reportRequest, runRequest, topRequest } = require('./programs.js');
const { ofProgram } = require('./usage.js');

const say = (line) => process.stderr.write(`memwatch: ${printable(line)}\n`);

/** Who read the messages has gone: the program that is run goes on, and its status counts. */
const goOnUnheard = () => process.stderr.on('error', () => {});

function write(out, html) {
  try {
    fs.writeFileSync(out, html);
  } catch (error) {
    throw withCode(new Error(`the report cannot be written: ${error.message}`), 'ERR_MEMWATCH_USAGE');
  }
}

const COMMANDS = {
  async run(words) {
    const asked = runRequest(words);
    if (asked.help) return null;
    goOnUnheard();
    // Loaded here, so that --help works where the addon does not.
    return require('../run/runner.js').run({ ...asked.request, say });
  },
  async report(words) {
    const { help, file, out } = reportRequest(words);
    if (help) return null;
    const { CommandProgress } = require('../snapshot-command.js');
    const { snapshotReport } = require('../dashboard/snapshot-report.js');
    const progress = new CommandProgress();
    const stop = drawProgress(progress, process.stderr);
    try {
      const html = await snapshotReport(file, progress);
      stop();
      write(out, html);
    } finally {
      stop();
    }
    return 0;
  },
  async top(words) {
    const asked = topRequest(words);
    return asked.help ? null : require('../top/top.js').top(asked.target, process.stdout);
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
