'use strict';
// What `memwatch run` starts, from the arguments: a file that Node.js runs, a shell script, a command of the project
// or of the system. Finds it, and starts nothing.

const fs = require('node:fs');
const path = require('node:path');
const { didYouMean } = require('../suggestion.js');
const { withCode } = require('../errors.js');

/** Commands that are meant whatever file of that name there is. */
const COMMANDS = new Set(['node', 'npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'yarnpkg']);

/** Managers of packages that take the name of a script. */
const MANAGERS = new Set(['npm', 'pnpm', 'yarn']);

// Of a file that names its interpreter.
const MOST_FIRST_LINE = 256;

const ELF = '\x7fELF';

/**
 * @typedef {object} Command
 * @property {string} file  the file to start
 * @property {string[]} args
 * @property {string} name  for people
 */

/** @param {string} message */
const usage = (message) => withCode(new Error(message), 'ERR_MEMWATCH_USAGE');

const isFile = (/** @type {string} */ file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;

/** The file of a script as `node` would find it. @param {string} script @returns {string | undefined} */
function findFile(script) {
  const file = path.resolve(script);
  try {
    return require.resolve(file);
  } catch {
    return isFile(file) ? file : undefined;
  }
}

/** @param {string} file */
function firstLine(file) {
  const start = Buffer.alloc(MOST_FIRST_LINE);
  const descriptor = fs.openSync(file, 'r');
  try {
    const count = fs.readSync(descriptor, start, 0, start.length, 0);
    return start.toString('latin1', 0, count).split('\n', 1)[0].trimEnd();
  } finally {
    fs.closeSync(descriptor);
  }
}

/** What runs a file that is not for Node.js; undefined where it is. @param {string} file @returns {string[] | undefined} */
function interpreterOf(file) {
  const line = firstLine(file);
  if (line.startsWith(ELF)) return [];
  const [, words] = /^#!\s*(.+)$/.exec(line) ?? [];
  if (words === undefined) return path.extname(file) === '.sh' ? ['/bin/sh'] : undefined;
  if (/(?:^|[\s/])(?:node|nodejs)(?:$|\s)/.test(words)) return undefined;
  // As the system does it: the interpreter, and the rest as one argument.
  const [, program, rest] = /^(\S+)\s*(.*)$/.exec(words) ?? [];
  return rest ? [program, rest] : [program];
}

/** This directory and those above it. @param {string} directory @returns {string[]} */
function upwards(directory) {
  const parent = path.dirname(directory);
  return parent === directory ? [directory] : [directory, ...upwards(parent)];
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return isFile(file);
  } catch {
    return false;
  }
}

/** A command as npx finds it: of the project, then of the system. @param {string} name */
function findCommand(name) {
  const ofProject = upwards(process.cwd()).map((directory) => path.join(directory, 'node_modules', '.bin'));
  const ofSystem = (process.env.PATH ?? '').split(path.delimiter).filter((directory) => directory !== '');
  const directories = COMMANDS.has(name) ? ofSystem : [...ofProject, ...ofSystem];
  return directories.map((directory) => path.join(directory, name)).find(isExecutable);
}

/** The scripts of the package that this directory is in; undefined where there is none that can be read. */
function scriptsHere() {
  const file = upwards(process.cwd())
    .map((directory) => path.join(directory, 'package.json'))
    .find(isFile);
  try {
    return file === undefined
      ? undefined
      : { file, scripts: Object.keys(JSON.parse(fs.readFileSync(file, 'utf8')).scripts ?? {}) };
  } catch {
    return undefined;
  }
}

/** Which script a package manager is asked for, where that is plain. @param {string} manager @param {string[]} args */
function scriptAsked(manager, [first, second]) {
  if (!MANAGERS.has(manager)) return undefined;
  if (first === 'run' || first === 'run-script') return second?.startsWith('-') ? undefined : second;
  return first === 'start' ? first : undefined;
}

/** Refuses what the package manager would fail on, in more words. @param {string} manager @param {string[]} args */
function checkScript(manager, args) {
  const asked = scriptAsked(manager, args);
  const here = asked === undefined ? undefined : scriptsHere();
  if (asked === undefined || here === undefined || here.scripts.includes(asked)) return;
  // As npm has it: without the script, it starts this file.
  if (asked === 'start' && isFile(path.join(path.dirname(here.file), 'server.js'))) return;
  const known = here.scripts.length > 0 ? `its scripts: ${here.scripts.join(', ')}` : 'it has no scripts';
  throw usage(`${here.file} has no script '${asked}' (${known})${didYouMean(asked, here.scripts)}`);
}

/** Why there is no such program, with a suggestion. @param {string} word */
function notFound(word) {
  const isScript = scriptsHere()?.scripts.includes(word) === true;
  return usage(
    `program ${word} not found${isScript ? `; package.json has a script of that name: npm run ${word}` : ''}`,
  );
}

/**
 * @param {object} asked
 * @param {string[]} asked.nodeWords  options of Node.js before the program
 * @param {string} asked.script  the program
 * @param {string[]} asked.args  what follows it
 * @returns {Command}
 */
function commandOf({ nodeWords, script, args }) {
  const isBare = !/[\\/]/.test(script) && script !== '.' && script !== '..';
  const file = isBare && COMMANDS.has(script) ? undefined : findFile(script);
  const interpreter = file === undefined ? undefined : interpreterOf(file);
  if (file !== undefined && interpreter === undefined)
    return { file: process.execPath, args: [...nodeWords, file, ...args], name: path.basename(file) };

  const command = file === undefined && isBare ? findCommand(script) : file;
  if (command === undefined) throw notFound(script);
  if (nodeWords.length > 0) {
    throw usage(
      `${nodeWords[0].replace(/=.*$/s, '')} is an option of Node.js, and ${script} is no file that Node.js runs: set it in NODE_OPTIONS`,
    );
  }
  if (interpreter !== undefined) {
    const [program = command, ...options] = interpreter;
    const own = program === command ? args : [...options, command, ...args];
    return { file: program, args: own, name: path.basename(command) };
  }
  checkScript(script, args);
  return { file: command, args, name: [script, ...args.slice(0, 2)].join(' ') };
}

module.exports = { commandOf };
