'use strict';
// The options of this Node.js, and which of them take the next word as their value. Node itself is queried, so that
// each version has its own. Runs no program.

const { spawnSync } = require('node:child_process');

/** `--max_old_space_size=512` as `--max-old-space-size`: Node takes either. @param {string} word */
const nameOf = (word) => word.replace(/=.*$/s, '').replace(/(?<=.)_/g, '-');

/** What Node prints of its options. @param {string} option */
function ask(option) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawnSync(process.execPath, [option], { encoding: 'utf8', env }).stdout ?? '';
}

/** `  -r, --require=...   CommonJS module to preload`: names, and whether a value follows. */
const LINE = /^ {2}(?:(-\w), )?(--[\w-]+|-\w)(=\S*)?/gm;

/** @type {{ names: Set<string>, valued: Set<string> } | undefined} */
let listed;

function list() {
  if (listed !== undefined) return listed;
  const names = new Set();
  const valued = new Set();
  for (const [, short, name, value] of ask('--help').matchAll(LINE)) {
    for (const one of short ? [short, name] : [name]) {
      names.add(one);
      // In brackets it may be left out, and then only `=` gives one.
      if (value === '=...') valued.add(one);
    }
  }
  return (listed = { names, valued });
}

/** @type {Set<string> | undefined} */
let ofV8;

/** V8's own are hundreds, and asked for only where no other is meant. @param {string} name */
function isOfV8(name) {
  ofV8 ??= new Set([...ask('--v8-options').matchAll(/^ {2}(--[\w-]+)/gm)].map(([, option]) => nameOf(option)));
  return ofV8.has(name) || ofV8.has(name.replace(/^--no-?/, '--'));
}

/** Whether a word is an option of this Node.js. @param {string} word */
function isNodeOption(word) {
  const name = nameOf(word);
  const { names } = list();
  const isListed = names.has(name) || names.has(name.replace(/^--no-/, '--'));
  return isListed || process.allowedNodeEnvironmentFlags.has(name) || isOfV8(name);
}

/** Whether the next word is its value. @param {string} word */
const takesNext = (word) => !word.includes('=') && list().valued.has(nameOf(word));

/** All that Node lists in its help. */
const nodeOptions = () => list().names;

module.exports = { isNodeOption, nodeOptions, takesNext };
