// Makes the tables of what was run where (README.md, docs/platforms.md) from docs/platform-runs.json, which the runs
// write. Runs nothing.
//
//   node scripts/platform-table.mjs --write    writes them into the pages
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readRuns, sumOf } from './foreign/runs.mjs';
import { NODE_VERSIONS } from './node-versions.mjs';
import { PLATFORMS, root } from './platforms.mjs';

/** @typedef {import('./foreign/runs.mjs').Run} Run */

const majorOf = (/** @type {string} */ node) => node.split('.')[0];
const ofPlatform = (/** @type {Run[]} */ runs, /** @type {string} */ platform) =>
  runs.filter((run) => run.platform === platform);
const row = (/** @type {(string | number)[]} */ cells) => `| ${cells.join(' | ')} |`;
const table = (/** @type {string[]} */ head, /** @type {(string | number)[][]} */ rows) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

/** What a run shows of its Node, in a word. @param {Run} run */
function word({ kind, whole }) {
  if (kind === 'tests') return whole ? 'all tests' : 'tests';
  return kind;
}

/** From what shows the most to what shows the least. */
const WORDS = ['all tests', 'tests', 'smoke', 'symbols'];

/** @param {Run[]} runs of one platform and one major version */
function cell(runs) {
  const [best] = runs.slice().sort((a, b) => WORDS.indexOf(word(a)) - WORDS.indexOf(word(b)));
  if (best === undefined) return '–';
  const { failed } = sumOf(best);
  return failed === 0 ? word(best) : `${word(best)}, ${failed} failed`;
}

/** A row for each platform, a column for each version. @param {Run[]} runs */
export function shortTable(runs) {
  const majors = Object.keys(NODE_VERSIONS);
  const rows = Object.keys(PLATFORMS).map((platform) => {
    const own = ofPlatform(runs, platform);
    return [`\`${platform}\``, ...majors.map((major) => cell(own.filter(({ node }) => majorOf(node) === major)))];
  });
  return table(['platform', ...majors.map((major) => `Node.js ${major}`)], rows);
}

/** A row for each run. @param {Run[]} runs */
export function longTable(runs) {
  const rows = Object.keys(PLATFORMS).flatMap((platform) =>
    ofPlatform(runs, platform).map((run) => {
      const { passed, failed, skipped } = sumOf(run);
      const of = run.kind === 'tests' ? `${word(run)}, ${Object.keys(run.results).length} files` : word(run);
      return [`\`${platform}\``, run.node, of, run.how, passed, failed, skipped, run.date];
    }),
  );
  return table(['platform', 'Node.js', 'what', 'on', 'passed', 'failed', 'skipped', 'date'], rows);
}

/** Which tests were left out, and why: once, with the versions. @param {Run[]} runs */
export function skipTable(runs) {
  const rows = new Map();
  for (const { platform, node, results } of runs) {
    for (const [file, { skips = {} }] of Object.entries(results)) {
      for (const [name, why] of Object.entries(skips)) {
        const key = [`\`${platform}\``, file, name.replaceAll('|', '\\|'), why];
        const nodes = rows.get(key.join('\n')) ?? [];
        rows.set(key.join('\n'), [...nodes, majorOf(node)]);
      }
    }
  }
  const cells = [...rows].map(([key, nodes]) => [...key.split('\n'), nodes.join(', ')]);
  return table(['platform', 'file', 'test', 'why', 'Node.js'], cells);
}

/** The files that were run where not all were. @param {Run[]} runs */
export function partTable(runs) {
  const parts = runs.filter((run) => run.kind === 'tests' && !run.whole);
  const rows = parts.map(({ platform, node, results }) => [`\`${platform}\``, node, Object.keys(results).join(', ')]);
  return table(['platform', 'Node.js', 'files'], rows);
}

/** A page with what is between the marks of this name replaced. @param {string} page @param {string} name @param {string} text */
function withPart(page, name, text) {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`no ${begin.trim()} with its end`);
  return `${before}${begin}\n${text}\n\n${end}${after}`;
}

/** By page: its parts. @type {Record<string, Record<string, (runs: Run[]) => string>>} */
const PARTS = {
  'README.md': { platforms: shortTable },
  'docs/platforms.md': { runs: longTable, parts: partTable, skips: skipTable },
};

/** The pages as they should be, by name. @returns {Record<string, string>} */
export function pages() {
  const runs = readRuns();
  const entries = Object.entries(PARTS).map(([name, parts]) => {
    const page = fs.readFileSync(path.join(root, name), 'utf8');
    return [name, Object.entries(parts).reduce((text, [part, make]) => withPart(text, part, make(runs)), page)];
  });
  return Object.fromEntries(entries);
}

export function writePages() {
  for (const [name, text] of Object.entries(pages())) fs.writeFileSync(path.join(root, name), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === '--write') writePages();
