'use strict';
// The commands about files as their help declares them: the binary is asked, for its declarations are its own
// (crates/cli). Judges nothing.

const { told } = require('./cli-run.js');

/** @typedef {{choices?: string[], byDefault?: string, value?: string}} Option */

/** @returns {{usage: string, answers: string, options: Record<string, Option>}} */
function declared(name) {
  const help = told(['help', name]);
  const [, usage] = new RegExp(`^Usage: memwatch ${name} (.*?)(?: \\[options\\])?\\n`).exec(help);
  const [, first, rest] = /\n\n(.)(.*)\.\n\nOptions:\n/.exec(help);
  /** @type {Record<string, Option>} */
  const options = {};
  for (const [, option, value, text] of help.matchAll(/^ +(?:-\w, )?--([\w-]+)(?: <(.+?)>)? +(.*)$/gm)) {
    const [, choices] = /\[possible values: (.*?)\]/.exec(text) ?? [];
    const [, byDefault] = /\[default: (.*?)\]/.exec(text) ?? [];
    options[option] = { value, choices: choices?.split(', '), byDefault };
  }
  return { usage, answers: first.toLowerCase() + rest, options };
}

/** The commands about files by their names, in the order of use. */
function fileCommands() {
  const [, list] = /\nFiles, without Node\.js:\n([\s\S]*?)\n\n/.exec(told(['--help']));
  const names = [...list.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
  return Object.fromEntries(names.map((name) => [name, declared(name)]));
}

module.exports = { declared, fileCommands };
