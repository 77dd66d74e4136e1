'use strict';
// The commands about programs as data, with the exit statuses of all commands: declared.json, which the binary
// (crates/cli) reads too, for its help, completions and manual pages. Runs nothing.

/** @type {{ statuses: {name: string, status: number}[], programs: Program[] }} */
const declared = require('./declared.json');

/** @typedef {{name: string, value?: string, short?: string, number?: boolean, help: string}} Option */
/** @typedef {{name: string, usage: string, answers: string, options: Option[]}} Program */

/** By their names. @type {Record<string, Program>} */
const PROGRAMS = Object.fromEntries(declared.programs.map((program) => [program.name, program]));

/** Of every option the declaration, by its name. @param {string} name  of a command */
const optionsOf = (name) => Object.fromEntries(PROGRAMS[name].options.map((option) => [option.name, option]));

const [DONE, FOUND, FAILED] = ['done', 'found', 'failed'].map(
  (name) => /** @type {{status: number}} */ (declared.statuses.find((one) => one.name === name)).status,
);

module.exports = { DONE, FAILED, FOUND, PROGRAMS, optionsOf };
