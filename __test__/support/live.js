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

// In a program: `memwatch`, a heap of some size, the copies at work, and what is left behind.
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
/** The copy, as soon as it is there: another one than \`before\`; undefined where none comes any more. */
const copy = async ({ before, isOver = () => false } = {}) => {
  while (!isOver()) {
    const found = children().find(([pid, name, state]) => name === 'memwatch-fork' && state !== 'Z' && pid !== before);
    if (found !== undefined) return found[0];
    await sleep(1);
  }
};
const descriptors = () => fs.readdirSync('/proc/self/fd').length;
const caught = (promise) => promise.then((value) => ({ value }), ({ code, signal, message, name }) => ({ code, signal, message, name }));
`;

/** Runs a function as a program that has the tools above. */
function liveProgram(main, options) {
  const wrapped = Object.assign(() => {}, {
    toString: () => `async (input) => { ${TOOLS}\nreturn (${main})(input); }`,
  });
  return program(wrapped, options);
}

/** The same for one that is to end well: what it said. */
async function liveSays(main, options) {
  return ended(await liveProgram(main, options)).said;
}

module.exports = { forkOnly, temporaryDirectory, liveProgram, liveSays, TOOLS };
