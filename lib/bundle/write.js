'use strict';
// Writes the files of a bundle into a directory of its own, which only its owner may read. What
// goes into them is collected elsewhere.

const fs = require('node:fs');
const path = require('node:path');
const { withCode } = require('../errors.js');
const { wholePath } = require('../file-names.js');
const { withoutSecrets, withoutSecretsIn } = require('../secrets/index.js');

/** What each file of a bundle is, in the order in which to read them. */
const CONTENTS = {
  'process.json': 'versions, arguments, environment, and the effect of its options on its memory',
  'system.json': 'memory, limits and open descriptors as the system has them',
  'maps.txt': 'its memory mappings',
  'native.json': 'the parts of its resident memory',
  'leak.json': 'the reported leak',
  'state.json': 'the state of the leak detector',
  'sites.json': 'the functions that allocated live memory',
  'sites.heapprofile': 'the same for Chrome DevTools and speedscope',
  'metrics.prom': "its metrics in Prometheus' text format",
  'report.json': 'leak candidates in the heap snapshot',
};

/** What was taken out, and what a reader may still find. */
const WARNINGS = {
  redacted: `Values of the environment and of arguments are left out unless they are known to be harmless.
Text that looks like a secret is removed from file names and other texts.`,
  redactedSnapshot: `In the snapshot, strings are replaced by their lengths. Names stay: of classes,
properties, functions and files, and any data that the program uses as names.`,
  mayBe: 'Review it before you share it.',
  kept: 'This bundle contains secrets: environment and arguments are unchanged.',
  keptSnapshot: 'The snapshot holds everything that the program had in memory.',
};

/** The width of the longest name. */
const COLUMN = Math.max(...Object.keys(CONTENTS).map((name) => name.length));

/**
 * The README of a bundle, for its reader.
 * @param {string[]} files  what is in it
 * @param {{ secrets?: boolean }} [options]  whether secrets were kept
 */
function about(files, { secrets = false } = {}) {
  const snapshot = files.find((name) => name.endsWith('.heapsnapshot'));
  const contents = { ...CONTENTS, ...(snapshot === undefined ? {} : { [snapshot]: 'the snapshot itself' }) };
  const lines = Object.entries(contents)
    .filter(([name]) => files.includes(name))
    .map(([name, what]) => `${name.padEnd(COLUMN)}  ${what}`);
  const { redacted, redactedSnapshot, mayBe, kept, keptSnapshot } = WARNINGS;
  const [first, ofSnapshot, ...last] = secrets ? [kept, keptSnapshot] : [redacted, redactedSnapshot, mayBe];
  const warning = [first, ...(snapshot === undefined ? [] : [ofSnapshot]), ...last];
  return ['Evidence on one Node.js process, collected by memwatch.', '', ...lines, '', ...warning, ''].join('\n');
}

/** A name that sorts by time, and that no other process uses. @param {number} pid @param {Date} now */
function nameOf(pid, now) {
  return `memwatch-${now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}-${pid}`;
}

/** @param {Error} cause */
function refusal(cause) {
  return withCode(new Error(`The bundle cannot be written: ${cause.message}`, { cause }), 'ERR_MEMWATCH_BUNDLE_FAILED');
}

/**
 * Makes the directory. @param {string} inside where to make it
 * @returns {string} its path
 * @param {number} pid
 */
function makeDirectory(inside, pid, now = new Date()) {
  const wanted = path.join(wholePath(inside), nameOf(pid, now));
  try {
    fs.mkdirSync(path.dirname(wanted), { recursive: true });
    for (let n = 1; ; n++) {
      const directory = n === 1 ? wanted : `${wanted}-${n}`;
      try {
        fs.mkdirSync(directory, { mode: 0o700 });
        return directory;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
    }
  } catch (cause) {
    throw refusal(cause);
  }
}

/** Files that are JSON which somebody else has made. */
const isJson = (/** @type {string} */ name) => name.endsWith('.heapprofile');

/**
 * The text of a file: of JSON each text in it by itself, so that it stays JSON.
 * @param {string} name
 * @param {any} content
 * @param {boolean} secrets
 */
function textOf(name, content, secrets) {
  if (typeof content !== 'string') return `${JSON.stringify(secrets ? content : withoutSecretsIn(content), null, 2)}\n`;
  if (secrets) return content;
  if (isJson(name)) return JSON.stringify(withoutSecretsIn(JSON.parse(content)));
  return content.split('\n').map(withoutSecrets).join('\n');
}

/**
 * Writes what there is. A value that is undefined or null makes no file. Nothing is written
 * that has not passed `withoutSecrets`, unless secrets are to be kept.
 * @param {string} directory
 * @param {Record<string, unknown>} contents  by file name: text as it is, all else as JSON
 * @param {{ secrets?: boolean }} [options]
 * @returns {string[]} the names of the files
 */
function writeFiles(directory, contents, { secrets = false } = {}) {
  const names = Object.keys(contents).filter((name) => contents[name] !== undefined && contents[name] !== null);
  try {
    for (const name of names) {
      fs.writeFileSync(path.join(directory, name), textOf(name, contents[name], secrets), { flag: 'wx', mode: 0o600 });
    }
  } catch (cause) {
    throw refusal(cause);
  }
  return names;
}

module.exports = { about, makeDirectory, writeFiles };
