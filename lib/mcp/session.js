'use strict';
// Questions to snapshot files, one after another: a process of the binary that keeps the file of the last one open
// (crates/cli/src/session.rs). It is started with the first question, and again after one that ended it.

const { spawn } = require('node:child_process');
const { createInterface } = require('node:readline');
const { binaryFile } = require('../cli/binary.js');
const { withCode } = require('../errors.js');

// What it wrote last says why it ended.
const MOST_SAID = 2000;

class Session {
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  /** Asked and not answered yet, in order. @type {{ resolve: (output: string) => void, reject: (error: Error) => void }[]} */
  #waiting = [];

  /**
   * @param {string[]} words  the arguments of a command about files
   * @returns {Promise<string>}  what it prints
   */
  ask(words) {
    return new Promise((resolve, reject) => {
      const child = (this.#child ??= this.#start());
      this.#waiting.push({ resolve, reject });
      child.stdin?.write(`${JSON.stringify(words)}\n`);
    });
  }

  #start() {
    const child = spawn(binaryFile(), ['session'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-MOST_SAID);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#answered(line));
    const ended = (/** @type {string} */ how) => {
      if (this.#child === child) this.#child = null;
      const why = said.trim().split('\n').at(-1);
      const sentence = `the process that reads the snapshot ended ${how}${why ? `: ${why}` : ''}; ask again`;
      for (const { reject } of this.#waiting.splice(0)) reject(withCode(new Error(sentence), 'ERR_MEMWATCH_INTERNAL'));
    };
    child.once('error', (error) => ended(`(${error.message})`));
    child.once('close', (status, signal) => ended(signal === null ? `with status ${status}` : `by ${signal}`));
    return child;
  }

  /** @param {string} line */
  #answered(line) {
    const { resolve, reject } = this.#waiting.shift() ?? {};
    const { output, code, message } = JSON.parse(line);
    if (output === undefined) reject?.(withCode(new Error(message), code));
    else resolve?.(output);
  }

  close() {
    this.#child?.kill();
  }
}

module.exports = { Session };
