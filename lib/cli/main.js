'use strict';
// Runs one command: those about files by the binary, those about programs here. Arguments in, text or JSON out, an exit
// status. Computes nothing.

const { seeHelp } = require('../errors.js');
const { printable, printableLines } = require('../printable.js');
const { runBinary } = require('./binary.js');
const { FAILED, PROGRAMS } = require('./declared.js');
const { runProgramCommand } = require('./program-commands.js');

/**
 * @param {string[]} words  what follows `memwatch`
 * @returns {Promise<number>} the exit status
 */
async function main(words) {
  const [name, ...rest] = words;
  try {
    // Loaded here, so that other commands need no more than their own.
    if (name === 'analyze') return await runBinary([name, ...(await require('./analyze-process.js').withFile(rest))]);
    if (name === undefined || !Object.hasOwn(PROGRAMS, name)) return await runBinary(words);
    const status = await runProgramCommand(name, rest);
    // Its help: the binary prints that of every command.
    return status ?? (await runBinary(['help', name]));
  } catch (error) {
    const code = error.code ? ` [${error.code}]` : '';
    const text = error.code ? printable(error.message) : printableLines(String(error.stack ?? error));
    process.stderr.write(`memwatch: ${text}${printable(code)}\n`);
    // For a person; logs and programs have the code.
    const help = process.stderr.isTTY ? seeHelp(error.code) : undefined;
    if (help) process.stderr.write(`${help}\n`);
    return FAILED;
  }
}

module.exports = { main };
