'use strict';
// What tests of snapshots of the running program share: a directory, and what a program can
// use to look after itself. Expects nothing: that is the tests' part.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { program, ended } = require('./child.js');

/** For tests that need a copy of the process. */
const forkOnly = { skip: process.platform !== 'linux' && 'snapshots in a forked child need Linux' };

/** A directory that is gone when the test ends. */
function temporaryDirectory(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-live-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

// In a program: `memwatch`, a heap of some size, the running forked children, and leftovers.
const TOOLS = `
const fs = require('node:fs');
const path = require('node:path');
const memwatch = require(ROOT);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
class Leaf { constructor(i) { this.i = i; this.name = 'leaf ' + i; } }
const grow = (count) => { globalThis.kept = Array.from({ length: count }, (_, i) => new Leaf(i)); };
/** All processes whose parent this one is, as [pid, name, state]. */
const children = () => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).flatMap((pid) => {
  try {
    const [, name, state, parent] = fs.readFileSync('/proc/' + pid + '/stat', 'utf8').match(/\\((.*)\\) (\\S) (\\d+)/);
    return Number(parent) === process.pid ? [[Number(pid), name, state]] : [];
  } catch { return []; }
});
const holds = (check) => { try { return check(); } catch { return false; } };
/**
 * The forked child of a snapshot, as soon as it is there and ready: another one than \`before\`; undefined where the
 * snapshot was done before one was seen.
 */
const forkedChild = async (outcome, { before, isReady = () => true } = {}) => {
  let isOver = false;
  outcome.then(() => { isOver = true; });
  const isIt = ([pid, name, state]) =>
    name === 'memwatch-fork' && state !== 'Z' && pid !== before && holds(() => isReady(pid));
  while (!isOver) {
    const found = children().find(isIt);
    if (found !== undefined) return found[0];
    await sleep(1);
  }
};
/** Pauses a process; false where it ended first. */
const paused = async (pid) => {
  if (!holds(() => process.kill(pid, 'SIGSTOP'))) return false;
  for (;;) {
    const found = children().find(([child]) => child === pid);
    if (found === undefined || found[2] === 'Z') return false;
    if (found[2] === 'T') return true;
    await sleep(1);
  }
};
const resume = (pid) => holds(() => process.kill(pid, 'SIGCONT'));
/**
 * A snapshot whose forked child is paused, and so is there when the test needs it; memwatch kills it after ten seconds.
 * One that was done before it was seen is taken again.
 */
const held = async (take, options) => {
  for (;;) {
    const outcome = caught(take());
    const pid = await forkedChild(outcome, options);
    if (pid !== undefined && await paused(pid)) return { pid, outcome };
    const { value, message } = await outcome;
    if (value === undefined) throw new Error(message);
    fs.rmSync(value.path, { force: true });
  }
};
/**
 * Replaces a file by a pipe that nothing is written to: a forked child that reads it waits until it is killed. Returns
 * what puts the file back.
 */
const withheld = (file) => {
  fs.renameSync(file, file + '.withheld');
  require('node:child_process').execFileSync('mkfifo', [file]);
  // The only writer: without one, opening the pipe would wait, which the program itself does to see that it can be read.
  const pipe = fs.openSync(file, 'r+');
  return () => {
    fs.renameSync(file + '.withheld', file);
    fs.closeSync(pipe);
  };
};
const descriptors = () => fs.readdirSync('/proc/self/fd').length;
const caught = (promise) => promise.then((value) => ({ value }), ({ code, signal, message, name }) => ({ code, signal, message, name }));
`;

/**
 * Runs a function as a program that has the tools above.
 * @param {Function} main
 * @param {Parameters<typeof program>[1]} [options]
 */
function liveProgram(main, options) {
  const wrapped = Object.assign(() => {}, {
    toString: () => `async (input) => { ${TOOLS}\nreturn (${main})(input); }`,
  });
  return program(wrapped, options);
}

/**
 * The same for one that must end well: its values.
 * @param {Function} main
 * @param {Parameters<typeof program>[1]} [options]
 */
async function liveSays(main, options) {
  return ended(await liveProgram(main, options)).said;
}

module.exports = { forkOnly, temporaryDirectory, liveProgram, liveSays, TOOLS };
