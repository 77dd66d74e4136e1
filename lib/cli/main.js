'use strict';
// Runs one command: words in, text or JSON out, an exit status. Computes nothing.

const { request, mistake } = require('./arguments.js');
const { COMMANDS } = require('./commands.js');
const { printable, printableJson, printableLines } = require('../printable.js');
const { drawProgress } = require('./progress-bar.js');
const { PROGRAMS } = require('./programs.js');
const { runProgramCommand } = require('./program-commands.js');
const { overview, ofCommand } = require('./usage.js');

const DONE = 0;
const GROWTH_FOUND = 1;
const BAD_INPUT = 2;

/**
 * Writes to standard output, to its end. A reader that wants no more of it, as `head`, has what it wanted.
 * @param {string} text
 */
function print(text) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const ended = (error) => (error && error.code !== 'EPIPE' ? reject(error) : resolve());
      // The stream also tells of it by an event, which would end the process where nobody listens.
      process.stdout.once('error', ended);
      process.stdout.write(text, ended);
    })
  );
}

/** An answer as a terminal may show it, whatever a file or another process has put into it. */
const shown = (text, { json }) => (json ? printableJson(text) : printableLines(text));

// Where the width of the terminal is not known: what fits a page of a report.
const DEFAULT_WIDTH = 100;

async function run(name, words) {
  const asked = request(name, words);
  if (asked.help) {
    await print(ofCommand(name));
    return DONE;
  }
  const { runs } = COMMANDS[name];
  if (runs !== undefined) {
    const answer = await require(runs).run(asked);
    await print(shown(answer.text ?? answer, asked));
    // An answer may have a part that could not be given.
    if (answer.error) throw answer.error;
    return DONE;
  }
  // Loaded here, so that --help works where the addon does not.
  const { ask, CommandProgress } = require('../snapshot-command.js');
  const progress = new CommandProgress();
  const stop = drawProgress(progress, process.stderr);
  try {
    const { output, newFindings } = await ask(
      {
        ...asked.request,
        format: asked.json ? 'json' : 'text',
        width: process.stdout.columns || DEFAULT_WIDTH,
        mayMap: true,
      },
      progress,
    );
    stop();
    if (output !== '') await print(shown(output.endsWith('\n') ? output : `${output}\n`, asked));
    return asked.failOnGrowth && newFindings > 0 ? GROWTH_FOUND : DONE;
  } finally {
    stop();
  }
}

/** Two reports have one name: a page is made of a snapshot where it is said where to, the other is of a black box. */
function isOfPrograms(name, words) {
  if (!Object.hasOwn(PROGRAMS, name)) return false;
  return name !== 'report' || words.some((word) => /^(-o|-h$|--out\b|--help$)/.test(word));
}

/**
 * @param {string[]} words  what follows `memwatch`
 * @returns {Promise<number>} the exit status
 */
async function main([name, ...words]) {
  try {
    if (name === undefined) {
      process.stderr.write(overview());
      return BAD_INPUT;
    }
    const isHelp = name === '--help' || name === '-h' || name === 'help';
    if (isHelp && words.length === 0) {
      await print(overview());
      return DONE;
    }
    if (isHelp) return await main([words[0], '--help']);
    if (name === '--version') {
      await print(`${require('../../package.json').version}\n`);
      return DONE;
    }
    if (isOfPrograms(name, words)) return await runProgramCommand(name, words, print);
    if (!Object.hasOwn(COMMANDS, name)) throw mistake(`unknown command '${name}'; memwatch --help lists all commands`);
    return await run(name, words);
  } catch (error) {
    const code = error.code ? ` [${error.code}]` : '';
    const text = error.code ? printable(error.message) : printableLines(String(error.stack ?? error));
    process.stderr.write(`memwatch: ${text}${printable(code)}\n`);
    return BAD_INPUT;
  }
}

module.exports = { main };
