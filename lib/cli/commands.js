'use strict';
// The commands as data: what each takes, and the sentence that says what it answers. How
// they are computed is the addon's business; how they are run is main.js's.

/**
 * @typedef {object} Command
 * @property {string} usage        operands as a person reads them
 * @property {string} answers      the question it answers
 * @property {string[]} operands   names of the operands after the files
 * @property {[number, number]} files  least and most files
 * @property {Record<string, {type: 'string' | 'boolean', help: string, number?: true, choices?: string[]}>} options
 */

const TOP = { top: { type: 'string', number: true, help: 'rows at most (default 20)' } };

const FAST = {
  fast: { type: 'boolean', help: 'nodes only: raw sizes, no retained sizes; several times as fast' },
};

/** @type {Record<string, Command>} */
const COMMANDS = {
  analyze: {
    usage: 'FILE',
    answers: 'what leaks, who keeps it, and what to look at next',
    operands: [],
    files: [1, 1],
    options: { ...TOP },
  },
  diff: {
    usage: 'BEFORE AFTER [MORE…]',
    answers: 'what came, what went, what grew; with three or more files only what grows every time',
    operands: [],
    files: [2, Infinity],
    options: {
      ...TOP,
      ...FAST,
      sort: {
        type: 'string',
        choices: ['net', 'retained', 'instances', 'allocated'],
        help: 'order of the rows (two files)',
      },
      'fail-on-growth': { type: 'boolean', help: 'exit status 1 when something grows that the baseline does not name' },
      baseline: { type: 'string', help: 'file with signatures that are known, one a line' },
    },
  },
  summary: {
    usage: 'FILE',
    answers: 'what the memory consists of: kinds, native memory, detached objects',
    operands: [],
    files: [1, 1],
    options: { ...TOP, ...FAST },
  },
  classes: {
    usage: 'FILE',
    answers: 'how many of each class, and how large',
    operands: [],
    files: [1, 1],
    options: {
      ...TOP,
      ...FAST,
      sort: { type: 'string', choices: ['retained', 'shallow', 'instances'], help: 'order of the rows' },
    },
  },
  shapes: {
    usage: 'FILE',
    answers: 'objects by constructor and property names',
    operands: [],
    files: [1, 1],
    options: { ...TOP, sort: { type: 'string', choices: ['instances', 'properties', 'shallow'], help: 'order of the rows' } },
  },
  functions: {
    usage: 'FILE',
    answers: 'closures by function and source position, and what their contexts keep',
    operands: [],
    files: [1, 1],
    options: { ...TOP, sort: { type: 'string', choices: ['closures', 'contexts', 'retained'], help: 'order of the rows' } },
  },
  instances: {
    usage: 'FILE CLASS',
    answers: 'the objects of a class: ids, sizes, a preview of each',
    operands: ['class'],
    files: [1, 1],
    options: { ...TOP, sort: { type: 'string', choices: ['retained', 'shallow', 'id'], help: 'order of the rows' } },
  },
  inspect: {
    usage: 'FILE ID',
    answers: 'an object: properties, elements, sizes, class, dominator',
    operands: ['id'],
    files: [1, 1],
    options: { ...TOP },
  },
  refs: {
    usage: 'FILE ID',
    answers: 'who refers to an object',
    operands: ['id'],
    files: [1, 1],
    options: { ...TOP },
  },
  paths: {
    usage: 'FILE ID|CLASS',
    answers: 'shortest paths from a root, one for each shape, with the number of objects that share it',
    operands: ['target'],
    files: [1, 1],
    options: { ...TOP },
  },
  strings: {
    usage: 'FILE',
    answers: 'duplicated and largest strings, and small ones that keep a large parent',
    operands: [],
    files: [1, 1],
    options: { ...TOP },
  },
};

/** Options of every command. */
const COMMON = {
  json: { type: 'boolean', help: 'the report as JSON' },
  help: { type: 'boolean', help: 'this text' },
};

module.exports = { COMMANDS, COMMON };
