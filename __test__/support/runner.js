'use strict';
// `memwatch run` in a process of its own, to be talked to while it runs. Asserts nothing.

const { spawn } = require('node:child_process');
const path = require('node:path');
const { MEMWATCH, cleanEnvironment } = require('./cli-run.js');

const FIXTURES = path.join(__dirname, '..', 'fixtures', 'run');
const fixture = (name) => path.join(FIXTURES, name);

/**
 * @param {string[]} words  what follows `memwatch run`
 * @param {{ input?: string | Buffer, env?: NodeJS.ProcessEnv, flags?: string[], cwd?: string }} [options]
 */
function start(words, { input, env = {}, flags = [], cwd } = {}) {
  const child = spawn(process.execPath, [...flags, MEMWATCH, 'run', ...words], { cwd, env: cleanEnvironment(env) });
  const printed = { stdout: '', stderr: '' };
  /** @type {((value?: unknown) => void)[]} */
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
  /** The output of a stream that matches a pattern, once it has arrived. */
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

const SAYS = /^memwatch: /;
const isSummary = (line) => line === 'memwatch: summary' || line.startsWith('memwatch: exit status ');

/**
 * What memwatch printed, by what it is: while the program ran, the summary after it, and why the status is what it is.
 * @param {string} stderr
 * @returns {{ news: string[], summary: string[], last: string }}
 */
function linesOf(stderr) {
  const lines = stderr.split('\n').filter((line) => SAYS.test(line));
  const from = lines.findIndex(isSummary);
  const texts = lines.map((line) => line.replace(SAYS, ''));
  return { news: texts.slice(0, from), summary: texts.slice(from + 1, -1), last: texts.at(-1) };
}

/** What was printed until the program had ended. */
const before = (stderr) => stderr.replace(/^memwatch: (summary$|exit status )[\s\S]*/m, '');

module.exports = { before, linesOf, start, fixture };
