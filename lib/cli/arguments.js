'use strict';
// From the arguments of a command about a program or a file of one (snapshot, core, report, bundle) to a request. Says
// in one sentence what is invalid about them; opens no file.

const { parseArgs } = require('node:util');
const { withCode } = require('../errors.js');
const { PROGRAMS, optionsOf } = require('./declared.js');
const { didYouMean } = require('../suggestion.js');

/** A usage error. @param {string} message */
function mistake(message) {
  return withCode(new TypeError(message), 'ERR_MEMWATCH_USAGE');
}

/** @param {string} name @param {string[]} words */
function parse(name, words) {
  /** @type {Record<string, { type: 'string' | 'boolean', short?: string }>} */
  const options = { help: { type: 'boolean', short: 'h' } };
  for (const { name: option, value, short } of PROGRAMS[name].options) {
    options[option] = { type: value === undefined ? 'boolean' : 'string', ...(short && { short }) };
  }
  try {
    return parseArgs({ args: words, options, allowPositionals: true });
  } catch (error) {
    const [, unknown] = /^Unknown option '(--?[\w-]+)'/.exec(error.message) ?? [];
    const meant =
      unknown === undefined
        ? ''
        : didYouMean(
            unknown,
            Object.keys(options).map((one) => `--${one}`),
          );
    // Node's own sentence, without its hint about `--`.
    throw mistake(error.message.split('. ')[0] + meant);
  }
}

/** @param {string} option @param {any} value @param {import('./declared.js').Option} declared */
function checkedValue(option, value, { number }) {
  if (!number) return value;
  if (!/^[1-9]\d{0,8}$/.test(value)) throw mistake(`--${option} takes a whole number of at least 1, not '${value}'`);
  return Number(value);
}

/** What a command is asked. @typedef {{ json: boolean, request: { files: string[] } & Record<string, any> }} Asked */

/**
 * @param {string} name  a command
 * @param {string[]} words  what follows it
 * @returns {{ help: true } | ({ help: false } & Asked)}
 */
function request(name, words) {
  const { values, positionals } = parse(name, words);
  if (values.help) return { help: true };
  const { json = false, ...rest } = values;
  if (positionals.length !== 1) {
    const got = `${positionals.length || 'no'} ${positionals.length === 1 ? 'operand' : 'operands'}`;
    throw mistake(`${name} takes ${PROGRAMS[name].usage}, but got ${got}`);
  }
  const declared = optionsOf(name);
  const options = Object.entries(rest).map(([option, value]) => [
    option,
    checkedValue(option, value, declared[option]),
  ]);
  return { help: false, json: json === true, request: { files: positionals, ...Object.fromEntries(options) } };
}

module.exports = { mistake, parse, request };
