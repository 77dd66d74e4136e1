'use strict';
// `memwatch run` in a process of its own, to be talked to while it runs. Asserts nothing.

const { spawn } = require('node:child_process');
const path = require('node:path');
const { MEMWATCH, cleanEnvironment } = require('./cli-run.js');

const FIXTURES = path.join(__dirname, '..', 'fixtures', 'run');
const fixture = (name) => path.join(FIXTURES, name);

/** @param {string[]} words  what follows `memwatch run` */
function start(words, { input, env = {}, flags = [] } = {}) {
  const child = spawn(process.execPath, [...flags, MEMWATCH, 'run', ...words], { env: cleanEnvironment(env) });
  const printed = { stdout: '', stderr: '' };
  const waiting = [];
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text) => {
      printed[name] += text;
      waiting.splice(0).forEach((look) => look());
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise((resolve) => {
    child.once('close', (status, signal) => {
      waiting.splice(0).forEach((look) => look());
      resolve({ status, signal, ...printed });
    });
  });
  /** What a stream has said that a pattern matches, once it has. */
  const says = async (name, pattern) => {
    for (;;) {
      const found = pattern.exec(printed[name]);
      if (found) return found;
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended: ${printed.stderr}`);
      await new Promise((resolve) => waiting.push(resolve));
    }
  };
  const url = async () => new URL((await says('stderr', /on (http:\S+)/))[1]);
  return { child, ended, says, url };
}

module.exports = { start, fixture };
