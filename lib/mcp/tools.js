'use strict';
// The tools of `memwatch mcp`: one a question, with what it takes and what it calls. What is answered is the binary's and
// the programs' business, and how it is shortened answers.js's.

const { withCode } = require('../errors.js');
const { answerOf } = require('./answers.js');
const { liveSites, liveState, takeSnapshot } = require('./live.js');

// Where nobody said how many rows: what a model reads at a time.
const TOP = 5;
const MOST_TOP = 20;

const FILE = { type: 'string', description: 'A heap snapshot or core file, as list_snapshots names it.' };
const AN_ID = {
  type: 'string',
  pattern: '^(@[0-9]+|0x[0-9a-fA-F]+)$',
  description: 'An object: @123, as answers have it.',
};
const A_CLASS = { type: 'string', description: 'A class as answers have it; a function is written name().' };
const A_TARGET = { type: 'string', description: 'An object (@123) or a class.' };
const ROWS = { type: 'integer', minimum: 1, maximum: MOST_TOP, description: `Rows at most (default ${TOP}).` };
const A_PID = { type: 'integer', minimum: 1, description: 'Of a program under memwatch run or with a dashboard.' };

/** @typedef {{ showStrings: boolean, folders: import('./folders.js').Folders, session: import('./session.js').Session }} Context */
/** @typedef {{ name: string, title: string, description: string, properties: Record<string, any>, required: string[], isReadOnly?: boolean, call: (args: any, context: Context) => Promise<object> }} Tool */

/**
 * A question to one file, whose command has the tool's name; `options` are words behind it, by the folder of the file.
 * @param {string} name
 * @param {string} title
 * @param {string} description
 * @param {Record<string, any>} [more]
 * @param {{ optional?: Record<string, any>, options?: (folder: string) => string[] }} [behind]
 */
function ofFile(name, title, description, more = {}, { optional = {}, options = () => [] } = {}) {
  const required = Object.keys(more);
  const operands = [...required, ...Object.keys(optional)];
  return {
    ...{ name, title, description },
    properties: { file: FILE, ...more, ...optional, top: ROWS },
    required: ['file', ...required],
    call: async (args, { session, folders, showStrings }) => {
      const file = folders.check(args.file);
      const given = operands.filter((operand) => args[operand] !== undefined).map((operand) => args[operand]);
      const words = [name, file, ...given, ...options(folders.around(file)), '--json', '--top', `${args.top ?? TOP}`];
      return answerOf(JSON.parse(await session.ask(words)), { file, showStrings });
    },
  };
}

/** @type {Tool[]} */
const READING = [
  {
    name: 'list_snapshots',
    title: 'List snapshots',
    description: 'The heap snapshots and core files that may be asked, the newest first. Begin here without a file.',
    properties: {},
    required: [],
    call: async (_, { folders }) => folders.list(),
  },
  ofFile(
    'analyze',
    'Find leak candidates',
    'What leaks in a heap snapshot, what keeps it, and which tool to call next. Begin here with one file. Sizes are in bytes.',
  ),
  {
    name: 'diff',
    title: 'Compare snapshots',
    description:
      'What grew from one snapshot to the next of the same program: who holds more, and of which classes there is more.',
    properties: { before: FILE, after: FILE, top: ROWS },
    required: ['before', 'after'],
    call: async ({ before, after, top }, { session, folders, showStrings }) => {
      const [old, file] = [before, after].map((one) => folders.check(one));
      const output = await session.ask(['diff', old, file, '--json', '--top', `${top ?? TOP}`]);
      return answerOf(JSON.parse(output), { file, showStrings });
    },
  },
  ofFile(
    'summary',
    'Kinds of memory',
    'What the memory of a snapshot consists of: kinds, native memory, detached objects.',
  ),
  ofFile('classes', 'Count by class', 'How many objects of each class there are, and how much they keep.'),
  ofFile('instances', 'Objects of a class', 'The objects of a class, those that keep most first.', { class: A_CLASS }),
  ofFile(
    'inspect',
    'Inspect an object',
    'One object: its class, sizes, properties, elements, and where its function is in the code.',
    { id: AN_ID },
  ),
  ofFile('refs', 'References to an object', 'Which objects refer to an object.', { id: AN_ID }),
  ofFile(
    'paths',
    'What keeps it',
    'The paths from a root that keep an object, or the objects of a class: the reference to cut is on them.',
    { target: A_TARGET },
  ),
  ofFile(
    'strings',
    'Needless strings',
    'Strings that are there several times, the largest, and small ones that keep a large one.',
  ),
  ofFile(
    'functions',
    'Closures by function',
    'How many closures of each function there are, where it is in the code, and what their contexts keep.',
  ),
  ofFile(
    'closures',
    'Variables that nobody reads',
    'Variables that closures keep and that no living closure reads: the cause of leaks through shared contexts. Scripts are read in the folders alone; of others it is not known.',
    {},
    { options: (folder) => ['--unread', '--sources', folder] },
  ),
  ofFile(
    'containment',
    'References of an object',
    'What an object refers to, and what each of these keeps; without an id, the roots.',
    {},
    { optional: { id: AN_ID } },
  ),
  ofFile('scopes', 'Closure scopes', 'The contexts of closures with their variables and what each keeps, most first.'),
  ofFile('realms', 'Global objects', 'The native contexts of a heap with their global objects, and what each keeps.'),
  ofFile(
    'timeline',
    'Read an allocation timeline',
    'Of a .heaptimeline file, what of each moment and of each allocating function is still alive.',
  ),
  {
    name: 'live_state',
    title: 'State of a running program',
    description:
      'Whether a running program leaks, by the detector in it: state of each thread, growth, when the limit is reached.',
    properties: { pid: A_PID },
    required: ['pid'],
    call: async ({ pid }, { showStrings }) => answerOf(await liveState(pid), { showStrings }),
  },
  {
    name: 'sites',
    title: 'Allocation sites of a running program',
    description: 'Which functions of a running program allocated what stays, with file and line.',
    properties: { pid: A_PID },
    required: ['pid'],
    call: async ({ pid }, { showStrings }) => answerOf(await liveSites(pid), { showStrings }),
  },
];

/** @type {Tool} */
const TAKING = {
  name: 'take_snapshot',
  title: 'Take a snapshot',
  description: 'Has a running program write a heap snapshot; it goes on meanwhile. Then call analyze with the file.',
  properties: { pid: A_PID, thread: { type: 'string', description: 'A worker, by its number or name.' } },
  required: ['pid'],
  isReadOnly: false,
  call: async ({ pid, thread }, { folders }) => {
    const file = await takeSnapshot(pid, thread);
    folders.give(file);
    return { file, next: [{ tool: 'analyze', arguments: { file }, shows: 'what leaks, and what keeps it' }] };
  },
};

const TYPES = {
  string: (/** @type {unknown} */ value) =>
    typeof value === 'string' && value.length > 0 && value.length <= 4096 && !value.includes('\0'),
  integer: (/** @type {unknown} */ value) => Number.isSafeInteger(value),
};

/** Throws where arguments are not what the tool declares. @param {Tool} tool @param {Record<string, any>} args */
function checkArguments({ name, properties, required }, args) {
  const refuse = (/** @type {string} */ why) => {
    throw withCode(new TypeError(`${name}: ${why}`), 'ERR_MEMWATCH_USAGE');
  };
  for (const missing of required.filter((one) => args[one] === undefined)) refuse(`'${missing}' is missing`);
  for (const [key, value] of Object.entries(args)) {
    const declared = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (declared === undefined)
      refuse(`'${key.slice(0, 50)}' is not one of its arguments (${Object.keys(properties).join(', ')})`);
    const { type, pattern, minimum = -Infinity, maximum = Infinity, description } = declared;
    const fits = TYPES[type](value) && (type !== 'integer' || (value >= minimum && value <= maximum));
    // A word that begins with a dash would be an option.
    const isWord =
      type !== 'string' || (!value.startsWith('-') && (pattern === undefined || new RegExp(pattern).test(value)));
    if (!fits || !isWord) refuse(`'${key}' is not valid. ${description}`);
  }
}

/** @param {{ allowSnapshots: boolean }} how @returns {Tool[]} */
const toolsOf = ({ allowSnapshots }) => (allowSnapshots ? [...READING, TAKING] : READING);

module.exports = { checkArguments, toolsOf };
