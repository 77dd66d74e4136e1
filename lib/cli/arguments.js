'use strict';
// From words to a request. Says in one sentence what is wrong with them; opens no file
// but the baseline.

const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { withCode } = require('../errors.js');
const { COMMANDS, COMMON } = require('./commands.js');

/** A mistake in the words of a command. */
function mistake(message) {
  return withCode(new TypeError(message), 'ERR_MEMWATCH_USAGE');
}

function parse(name, words) {
  /** @type {Record<string, { type: 'string' | 'boolean', short?: string }>} */
  const options = Object.fromEntries(
    Object.entries({ ...COMMANDS[name].options, ...COMMON }).map(([option, { type, short }]) => [
      option,
      short === undefined ? { type } : { type, short },
    ]),
  );
  try {
    return parseArgs({ args: words, options, allowPositionals: true });
  } catch (error) {
    // Node's own sentence, without its hint about `--`.
    throw mistake(error.message.split('. ')[0]);
  }
}

/** @param {string} option @param {any} value @param {import('./commands.js').Option} declared */
function checkedValue(option, value, declared) {
  const { number, choices } = declared;
  if (number) {
    if (!/^[1-9]\d{0,8}$/.test(value)) throw mistake(`--${option} takes a whole number of at least 1, not '${value}'`);
    return Number(value);
  }
  if (choices && !choices.includes(value)) {
    throw mistake(`--${option} takes one of ${choices.join(', ')}, not '${value}'`);
  }
  return value;
}

/** Signatures, one a line; what follows white space is for people. */
function readBaseline(file) {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw withCode(new Error(`the baseline cannot be read: ${error.message}`), 'ERR_MEMWATCH_BASELINE_UNREADABLE');
  }
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0])
    .filter((signature) => signature !== '' && !signature.startsWith('#'));
}

/**
 * @param {string} name  a command
 * @param {string[]} words  what follows it
 * @returns {{help: true} | {help: false, json: boolean, failOnGrowth: boolean, request: { command: string, files: string[] }}}
 */
function request(name, words) {
  const command = COMMANDS[name];
  const { values, positionals } = parse(name, words);
  if (values.help) return { help: true };
  const { json = false, 'fail-on-growth': failOnGrowth = false, baseline, ...rest } = values;
  const files = positionals.slice(0, positionals.length - command.operands.length);
  const [least, most] = command.files;
  if (positionals.length < command.operands.length || files.length < least || files.length > most) {
    const got = `${positionals.length || 'no'} ${positionals.length === 1 ? 'operand' : 'operands'}`;
    throw mistake(`${name} takes ${command.usage}, but got ${got}`);
  }
  if (files.filter((file) => file === '-').length > 1) throw mistake('standard input can be read only once');
  if (files.length > 2 && rest.sort) throw mistake('--sort takes two files; with more, rows are ordered by growth');
  // What holds more is known from references only: without them, nothing would ever be found.
  if (failOnGrowth && rest.fast) throw mistake('--fail-on-growth cannot be combined with --fast');
  const operands = command.operands.map((operand, index) => [operand, positionals[files.length + index]]);
  const options = Object.entries(rest).map(([option, value]) => [
    option,
    checkedValue(option, value, command.options[option]),
  ]);
  return {
    help: false,
    json: json === true,
    failOnGrowth: failOnGrowth === true,
    request: {
      command: name,
      files,
      ...Object.fromEntries(operands),
      ...Object.fromEntries(options),
      ...(baseline === undefined ? {} : { baseline: readBaseline(baseline) }),
    },
  };
}

module.exports = { request, mistake };
