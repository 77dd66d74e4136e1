'use strict';
// Runs the commands about programs: arguments in, an exit status out; null for a request for help.

const fs = require('node:fs');
const { withCode } = require('../errors.js');
const { printable, printableJson, printableLines } = require('../printable.js');
const { mistake, request } = require('./arguments.js');
const { DONE } = require('./declared.js');
const { mcpRequest, runRequest, topRequest } = require('./programs.js');
const { drawProgress } = require('./progress-bar.js');

const say = (line) => process.stderr.write(`memwatch: ${printable(line)}\n`);

/** The reader of the messages has ended: the program continues, and its status counts. */
const goOnUnheard = () => process.stderr.on('error', () => {});

/**
 * Writes to standard output, to its end. A reader that wants no more of it, as `head`, has what it wanted.
 * @param {string} text
 */
function print(text) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const ended = (error) => (error && error.code !== 'EPIPE' ? reject(error) : resolve());
      // The stream also emits it as an event, which without a listener would end the process.
      process.stdout.once('error', ended);
      process.stdout.write(text, ended);
    })
  );
}

/** Prints what a module answers, as a terminal may show it. @param {string} module @param {any} asked */
async function answer(module, asked) {
  // Loaded here, so that a command needs no more than its own.
  const answered = await require(module).run(asked);
  // The binary has answered.
  if (answered.status !== undefined) return answered.status;
  const text = answered.text ?? answered;
  await print(asked.json ? printableJson(text) : printableLines(text));
  // An answer may have a part that could not be given.
  if (answered.error) throw answered.error;
  return DONE;
}

/** @param {string} name @param {string} module  that answers */
function asking(name, module) {
  return async (words) => {
    const asked = request(name, words);
    return asked.help ? null : answer(module, asked);
  };
}

function write(out, html) {
  try {
    fs.writeFileSync(out, html);
  } catch (error) {
    throw withCode(new Error(`the report cannot be written: ${error.message}`), 'ERR_MEMWATCH_REPORT_UNWRITABLE');
  }
}

async function writePage(file, out) {
  const { CommandProgress } = require('../own.js').commands;
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
  return DONE;
}

const COMMANDS = {
  async run(words) {
    const asked = runRequest(words);
    if (asked.help) return null;
    goOnUnheard();
    return require('../run/runner.js').run({ ...asked.request, say });
  },
  async top(words) {
    const asked = topRequest(words);
    return asked.help ? null : require('../top/top.js').top(asked.target, process.stdout, process.stdin);
  },
  async mcp(words) {
    const asked = mcpRequest(words);
    if (asked.help) return null;
    return require('../mcp/server.js').serve(asked.request, { input: process.stdin, output: process.stdout });
  },
  async report(words) {
    const asked = request('report', words);
    if (asked.help) return null;
    const { files, out } = asked.request;
    if (out === undefined) return answer('./flight-recorder-report.js', asked);
    if (out === '') throw mistake('report takes a file and where to write: memwatch report FILE -o OUT.html');
    if (asked.json) throw mistake('--json and --out contradict each other');
    return writePage(files[0], out);
  },
  snapshot: asking('snapshot', './snapshot-process.js'),
  core: asking('core', './core-report.js'),
  bundle: asking('bundle', './bundle-process.js'),
  native: asking('native', './native-process.js'),
};

/**
 * @param {string} name
 * @param {string[]} words
 * @returns {Promise<number | null>} the exit status
 */
async function runProgramCommand(name, words) {
  return COMMANDS[name](words);
}

module.exports = { runProgramCommand };
