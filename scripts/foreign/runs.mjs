// What was run where: docs/platform-runs.json, which the runs themselves write with `--record`. scripts/platform-table.mjs
// makes the tables of it. Judges nothing.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { readJson, root } from '../platforms.mjs';

const FILE = path.join(root, 'docs', 'platform-runs.json');

/**
 * @typedef {object} Run
 * @property {string} platform  of scripts/platforms.mjs
 * @property {string} node      its version
 * @property {'tests' | 'smoke' | 'symbols'} kind
 * @property {string} how       on what it was run
 * @property {string} date      the last of them
 * @property {string} memwatch  its version
 * @property {boolean} whole    whether all files or items there are were run
 * @property {Record<string, Result>} results  by test file or item
 */

/**
 * @typedef {object} Result
 * @property {[passed: number, failed: number, skipped: number]} counts
 * @property {Record<string, string>} [skips]  why, by the name of the test
 */

/** @returns {Run[]} */
export const readRuns = () => (fs.existsSync(FILE) ? JSON.parse(fs.readFileSync(FILE, 'utf8')) : []);

/** One line for a file or item, so that a change shows what has changed. @param {Run[]} runs */
function written(runs) {
  const inOrder = runs.slice().sort((a, b) => keyOf(a).localeCompare(keyOf(b), 'en', { numeric: true }));
  const texts = inOrder.map(({ results, ...head }) => {
    const lines = Object.entries(results).map(
      ([name, result]) => `    ${JSON.stringify(name)}: ${JSON.stringify(result)}`,
    );
    return `${JSON.stringify(head).slice(0, -1)},"results":{\n${lines.join(',\n')}\n  }}`;
  });
  return `[\n  ${texts.join(',\n  ')}\n]\n`;
}

const keyOf = (/** @type {Run} */ { platform, node, kind }) => `${platform} ${node} ${kind}`;

/**
 * Keeps what a run gave; results of other files on the same Node stay, for tests are run in parts, too.
 * @param {Omit<Run, 'date' | 'memwatch' | 'whole'>} run
 * @param {string[]} all  the files or items that make it whole
 */
export function record(run, all) {
  const { version: memwatch } = readJson('package.json');
  const runs = readRuns();
  const before = runs.find((other) => keyOf(other) === keyOf(/** @type {Run} */ (run)));
  const isSame = before !== undefined && before.memwatch === memwatch && before.how === run.how;
  const kept = isSame ? before.results : {};
  const there = Object.entries({ ...kept, ...run.results }).filter(([name]) => all.includes(name));
  const results = Object.fromEntries(there.sort(([a], [b]) => (a < b ? -1 : 1)));
  const whole = all.every((name) => Object.hasOwn(results, name));
  const date = new Date().toISOString().slice(0, 10);
  const others = runs.filter((other) => other !== before);
  fs.writeFileSync(FILE, written([...others, { ...run, date, memwatch, whole, results }]));
}

/** All results of a run together. @param {Pick<Run, 'results'>} run */
export function sumOf({ results }) {
  const [passed, failed, skipped] = [0, 1, 2].map((place) =>
    Object.values(results).reduce((sum, { counts }) => sum + counts[place], 0),
  );
  return { passed, failed, skipped };
}

/** The line that a run ends with. @param {string} name @param {Pick<Run, 'results'>} run */
export function closingLine(name, run) {
  const { passed, failed, skipped } = sumOf(run);
  return `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A test file as the tables name it. @param {string} file */
export const nameOf = (file) => path.basename(file, '.test.js');

// A test that was left out, as the two reporters write it: its name, and why.
const SKIP = /^\s*(?:ok \d+ - (.*) # SKIP|\ufe63 (.*) \([\d.]+ms\) #) ?(.*)$/gm;

/**
 * What one Node gave in a run of test files.
 * @param {import('../suite.mjs').Ran[]} rans
 * @param {{ platform: string, node: string, how: string }} where
 */
export function resultsOf(rans, { platform, node, how }) {
  const entries = rans
    .filter((ran) => ran.node.name === node)
    .map(({ file, passed, counts, output }) => {
      const { pass = 0, fail = 0, cancelled = 0, skipped = 0 } = counts;
      // A file that ended before its first test has failed, too.
      const failed = passed ? 0 : Math.max(1, fail + cancelled);
      const skips = [...output.matchAll(SKIP)].map(([, tap, spec, why]) => [tap ?? spec, why]);
      const result = { counts: [pass, failed, skipped], ...(skips.length > 0 && { skips: Object.fromEntries(skips) }) };
      return [nameOf(file), result];
    });
  return { platform, node, kind: /** @type {const} */ ('tests'), how, results: Object.fromEntries(entries) };
}

/** What this machine's runs are on. */
export function system() {
  const { header } = /** @type {any} */ (process.report.getReport());
  const { glibcVersionRuntime: glibc } = header;
  return glibc === undefined ? `${os.type()} ${os.release()}` : `glibc ${glibc}`;
}
