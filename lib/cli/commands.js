'use strict';
// The commands as data: what each takes, and the sentence that says what it answers. How
// they are computed is the addon's business; how they are run is main.js's.

/** @typedef {{type: 'string' | 'boolean', help: string, short?: string, number?: boolean, choices?: string[]}} Option */

/**
 * @typedef {object} Command
 * @property {string} usage        operands as a person reads them
 * @property {string} answers      the question it answers
 * @property {string[]} operands   names of the operands after the files
 * @property {[number, number]} files  least and most files
 * @property {string} [runs]       the module that answers, where the addon does not
 * @property {Record<string, Option>} options
 */

/**
 * How many rows are told where it is not said; the addon has the same numbers.
 * @returns {{ top: Option }}
 */
const top = (rows) => ({ top: { type: 'string', number: true, help: `rows at most (default ${rows})` } });

/**
 * The words for the orders a table can have, the first of them where it is not said.
 * @returns {{ sort: Option }}
 */
const sort = (...choices) => ({ sort: { type: 'string', choices, help: `order of the rows (default ${choices[0]})` } });

/** @type {Record<string, Option>} */
const FAST = {
  fast: { type: 'boolean', help: 'nodes only: raw sizes, no retained sizes; several times faster' },
};

// A file can be the core of a process: which heap of it.
/** @type {Record<string, Option>} */
const CORE = {
  exe: {
    type: 'string',
    help: 'for a core file: the executable of the process (default: the one that the core names)',
  },
  isolate: { type: 'string', number: true, help: 'for a core file: which isolate, the largest first (default 1)' },
  all: { type: 'boolean', help: 'for a core file: include garbage, not only live objects' },
};

/** @type {Record<string, Command>} */
const COMMANDS = {
  analyze: {
    usage: 'FILE',
    answers: 'leak candidates, what keeps them, and what to inspect next',
    operands: [],
    files: [1, 1],
    options: { ...top(10), ...CORE },
  },
  diff: {
    usage: 'BEFORE AFTER [MORE…]',
    answers: 'what was allocated, what was freed, what grew; with three or more files only what grows every time',
    operands: [],
    files: [2, Infinity],
    options: {
      ...top(20),
      ...FAST,
      ...sort('net', 'retained', 'instances', 'allocated'),
      'fail-on-growth': { type: 'boolean', help: 'exit status 1 when something grows that the baseline does not name' },
      baseline: { type: 'string', help: 'file of known signatures, one per line' },
      ...CORE,
    },
  },
  summary: {
    usage: 'FILE',
    answers: 'what the memory consists of: kinds, native memory, detached objects',
    operands: [],
    files: [1, 1],
    options: { ...top(15), ...FAST, ...CORE },
  },
  classes: {
    usage: 'FILE',
    answers: 'number and size of objects of each class',
    operands: [],
    files: [1, 1],
    options: {
      ...top(20),
      ...FAST,
      ...sort('retained', 'shallow', 'instances'),
      ...CORE,
    },
  },
  shapes: {
    usage: 'FILE',
    answers: 'objects by constructor and property names',
    operands: [],
    files: [1, 1],
    options: { ...top(20), ...sort('instances', 'properties', 'shallow'), ...CORE },
  },
  functions: {
    usage: 'FILE',
    answers: 'closures by function and source position, and what their contexts keep',
    operands: [],
    files: [1, 1],
    options: { ...top(20), ...sort('closures', 'contexts', 'retained'), ...CORE },
  },
  instances: {
    usage: 'FILE CLASS',
    answers: 'the objects of a class: ids, sizes, a preview of each',
    operands: ['class'],
    files: [1, 1],
    options: { ...top(20), ...sort('retained', 'shallow', 'id'), ...CORE },
  },
  inspect: {
    usage: 'FILE ID',
    answers: 'an object: properties, elements, sizes, class, dominator',
    operands: ['id'],
    files: [1, 1],
    options: { ...top(30), ...CORE },
  },
  refs: {
    usage: 'FILE ID',
    answers: 'references to an object',
    operands: ['id'],
    files: [1, 1],
    options: { ...top(20), ...CORE },
  },
  paths: {
    usage: 'FILE ID|CLASS',
    answers: 'shortest paths from a root, one for each shape, with the number of objects that share it',
    operands: ['target'],
    files: [1, 1],
    options: { ...top(10), ...CORE },
  },
  strings: {
    usage: 'FILE',
    answers: 'duplicated and largest strings, and small ones that keep a large parent',
    operands: [],
    files: [1, 1],
    options: { ...top(15), ...CORE },
  },
  core: {
    usage: 'FILE',
    answers: 'of a core file: what stopped the process, its JavaScript stacks, its heaps, its arguments',
    operands: [],
    files: [1, 1],
    runs: './core-report.js',
    options: {
      exe: CORE.exe,
      isolate: { type: 'string', number: true, help: 'this isolate alone, and its threads (default: all)' },
      all: { type: 'boolean', help: 'with --out: include garbage, not only live objects' },
      out: { type: 'string', help: 'also write a heap snapshot of the isolate (default: the largest) here' },
    },
  },
  report: {
    usage: 'FILE',
    answers: 'what a flight recorder has written (the option flightRecorder), after its program has ended',
    operands: [],
    files: [1, 1],
    runs: './black-box-report.js',
    options: {},
  },
  snapshot: {
    usage: 'PID',
    answers: 'takes a snapshot of a program that memwatch run started or that has enabled this, and prints its path',
    operands: [],
    files: [1, 1],
    runs: './snapshot-process.js',
    options: {
      thread: { type: 'string', help: 'of this worker, by its number or name (default: the main thread)' },
      stop: { type: 'boolean', help: 'stop the program for it where a forked child cannot take it' },
      timeout: { type: 'string', number: true, help: 'seconds to wait for it (default 600)' },
    },
  },
  redact: {
    usage: 'FILE OUT',
    answers: 'the same snapshot without the contents of strings, for sharing',
    operands: ['output'],
    files: [1, 1],
    options: {
      strict: { type: 'boolean', help: 'also replace property names that do not look like identifiers' },
      pack: { type: 'string', choices: ['none', 'gzip', 'zstd'], help: 'default: by the extension of OUT' },
      ...CORE,
    },
  },
  bundle: {
    usage: 'PID',
    answers: 'collects the evidence on a running process in a directory: options, environment, descriptors, mappings',
    operands: [],
    files: [1, 1],
    runs: './bundle-process.js',
    options: { out: { type: 'string', help: 'where to make the directory (default: here)' } },
  },
};

/** Options of every command. @type {Record<string, Option>} */
const COMMON = {
  json: { type: 'boolean', help: 'the report as JSON' },
  help: { type: 'boolean', short: 'h', help: 'this text' },
};

module.exports = { COMMANDS, COMMON };
