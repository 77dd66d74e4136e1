'use strict';
// Analyses of snapshots from the dashboard: each in a process of its own, so that it costs the program
// neither memory nor time, one at a time. Serves nothing; reads only files that a program has reported
// as its snapshots.

const { execFile } = require('node:child_process');
const path = require('node:path');
const { withCode } = require('../errors.js');

const CHILD = path.join(__dirname, 'analysis-child.js');

// A report is some hundred kilobytes; the last ones are kept to be read.
const MOST_REPORTS = 3;
const MOST_REPORT_BYTES = 64 << 20;

// A snapshot of 4 GiB takes a minute on a busy machine.
const TIMEOUT_MS = 30 * 60_000;

// The fields of a leak candidate that the dashboard shows; the rest is in the report.
const MOST_SENTENCES = 3;

/** Why there is no analysis, as a sentence. */
function reasonOf(error, said) {
  const line = said.trim().split('\n').at(-1);
  if (error.killed) return `the analysis took longer than ${TIMEOUT_MS / 60_000} min and was stopped`;
  return line || `the process that analyses it ended with ${error.signal ?? `status ${error.code}`}`;
}

/** @returns {Promise<{html: string, sentences: string[], findingCount: number}>} */
function analyse(file) {
  // Options of the program are not inherited: they may load memwatch.
  const { NODE_OPTIONS: _, MEMWATCH_RUN_FEED: __, ...env } = process.env;
  const options = { env, timeout: TIMEOUT_MS, maxBuffer: MOST_REPORT_BYTES, windowsHide: true };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [CHILD, file], options, (error, output, said) => {
      if (error) reject(withCode(new Error(reasonOf(error, said)), 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE'));
      else resolve(JSON.parse(output));
    });
    // The program ends when it wants to.
    child.unref();
    // Pipes, which are sockets; none where the program could not be started.
    const pipes = /** @type {(import('node:net').Socket | null)[]} */ ([child.stdout, child.stderr]);
    for (const pipe of pipes) pipe?.unref();
  });
}

class Analyses {
  #hub;
  #isBusy = false;
  #reports = new Map();

  /** @param {import('./hub.js').Hub} hub */
  constructor(hub) {
    this.#hub = hub;
  }

  /**
   * Analyses a snapshot of a program.
   * @param {number} id  of the program
   * @param {number} number  of the snapshot
   * @returns {Promise<{sentences: string[], findingCount: number}>}
   */
  async make(id, number) {
    const taken = this.#hub.record(id)?.snapshots.find((snapshot) => snapshot.number === number);
    if (!taken?.file) throw withCode(new Error('Unknown snapshot.'), 'ERR_MEMWATCH_USAGE');
    if (this.#isBusy) throw withCode(new Error('Another snapshot is being analysed.'), 'ERR_MEMWATCH_USAGE');
    this.#isBusy = true;
    this.#hub.noteAnalysis(id, number, { state: 'running' });
    try {
      const { html, findingCount, sentences } = await analyse(taken.file);
      this.#reports.set(`${id}.${number}`, html);
      for (const key of [...this.#reports.keys()].slice(0, -MOST_REPORTS)) {
        this.#reports.delete(key);
        const [oldId, oldNumber] = key.split('.').map(Number);
        this.#hub.noteAnalysis(oldId, oldNumber, null);
      }
      const told = { findingCount, sentences: sentences.slice(0, MOST_SENTENCES) };
      this.#hub.noteAnalysis(id, number, { state: 'done', ...told });
      return told;
    } catch (error) {
      this.#hub.noteAnalysis(id, number, { state: 'failed', error: error.message });
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  /** The report on a snapshot as an HTML page. @param {string} key  `id.number` */
  report(key) {
    return this.#reports.get(key);
  }
}

module.exports = { Analyses };
