'use strict';
// The output of a run for a build server: the job summary, annotations, the baseline. Checks before the program starts
// that its files can be read and written; markdown.js and baseline.js create the content.

const fs = require('node:fs');
const path = require('node:path');
const { withCode } = require('../errors.js');
const { baselineOf, readBaseline, signatureOf } = require('./baseline.js');
const { annotationsOf, markdownOf } = require('./markdown.js');

/** @param {string} what @param {string} why */
const unwritable = (what, why) =>
  withCode(new Error(`the ${what} cannot be written: ${why}`), 'ERR_MEMWATCH_REPORT_UNWRITABLE');

/**
 * Whether a file can be written, as far as can be known before. A pipe or a device will do.
 * @param {string} what
 * @param {string} file
 */
function checkWritable(what, file) {
  try {
    const isThere = fs.existsSync(file);
    if (isThere && fs.statSync(file).isDirectory()) throw new Error(`${file} is a directory`);
    fs.accessSync(isThere ? file : path.dirname(path.resolve(file)), fs.constants.W_OK);
  } catch (error) {
    throw unwritable(what, error.message);
  }
}

class Outcome {
  #summary;
  #writeBaseline;
  /** @type {Map<string, string>} */
  #known = new Map();
  #say;

  /**
   * @param {{ summary?: string, baseline?: string, writeBaseline?: string }} files
   * @param {(line: string) => void} say
   */
  constructor({ summary, baseline, writeBaseline }, say) {
    if (summary !== undefined) checkWritable('summary', summary);
    if (writeBaseline !== undefined) checkWritable('baseline', writeBaseline);
    if (baseline !== undefined) this.#known = readBaseline(baseline);
    this.#summary = summary;
    this.#writeBaseline = writeBaseline;
    this.#say = say;
  }

  /** @param {import('./ledger.js').Leak} leak */
  #isKnown(leak) {
    return this.#known.has(signatureOf(leak));
  }

  /** Leaks that no baseline names. @param {import('./ledger.js').Ledger} ledger */
  newLeaks(ledger) {
    return ledger.leaks().filter((leak) => !this.#isKnown(leak));
  }

  /** @param {{ ledger: import('./ledger.js').Ledger, name: string, why: string, failOnLeak: boolean }} of */
  write({ ledger, name, why, failOnLeak }) {
    const isKnown = (/** @type {import('./ledger.js').Leak} */ leak) => this.#isKnown(leak);
    if (this.#summary !== undefined) {
      this.#try('summary', this.#summary, (file) =>
        fs.appendFileSync(file, markdownOf({ name, ledger, isKnown, why })),
      );
      // A workflow command is a line of its own, on either stream.
      if (process.env.GITHUB_ACTIONS === 'true') {
        for (const line of annotationsOf(this.newLeaks(ledger), failOnLeak)) process.stderr.write(`${line}\n`);
      }
    }
    if (this.#writeBaseline !== undefined) {
      this.#try('baseline', this.#writeBaseline, (file) =>
        fs.writeFileSync(file, baselineOf(this.#known, ledger.leaks())),
      );
    }
  }

  /** @param {string} what @param {string} file @param {(file: string) => void} write */
  #try(what, file, write) {
    try {
      write(file);
    } catch (error) {
      throw unwritable(what, error.message);
    }
    this.#say(`wrote ${file}`);
  }
}

module.exports = { Outcome, checkWritable, unwritable };
