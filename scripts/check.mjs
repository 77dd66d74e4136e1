// The quick checks before a commit: format, lints, types, and the tests that need neither the addon
// nor another process. It builds no addon; `npm test` and `.ci/run` try everything else.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Test files whose modules run without the addon, by a part of their names. */
const WITHOUT_ADDON = [
  ...['detection', 'pacing', 'stats'].map((name) => path.join('bench', name)),
  'dashboard-record',
  'dashboard-series',
  'documents',
  'examples-report',
  'format.test',
  'links',
  'page-words',
  'parts.test',
  'rate.test',
  'run-summary',
  'secrets',
  'suspect-source',
  'threads-judge',
];

/** The program of an npm package, run by this Node: no shell, and no `npx` that might download it. */
const local = (...place) => [process.execPath, path.join(root, 'node_modules', ...place)];
const PURE = ['--locked', '--workspace', '--exclude', 'memwatch'];
const WARNINGS_FAIL = ['--', '-D', 'warnings'];

/** @type {[name: string, command: string[]][]} The fast ones first. */
const STEPS = [
  ['format of the Rust code', ['cargo', 'fmt', '--all', '--check']],
  ['format and lints of the JavaScript', [...local('@biomejs', 'biome', 'bin', 'biome'), 'ci', '--error-on-warnings']],
  ['types of the JavaScript', [...local('typescript', 'bin', 'tsc'), '--project', '.']],
  ['modules that are typed throughout', [...local('typescript', 'bin', 'tsc'), '--project', 'tsconfig.strict.json']],
  ['types of the tests and benches', [...local('typescript', 'bin', 'tsc'), '--project', 'tsconfig.tests.json']],
  ['tests without the addon', [process.execPath, 'scripts/test.mjs', ...WITHOUT_ADDON]],
  ['lints of the pure crates', ['cargo', 'clippy', ...PURE, '--all-targets', ...WARNINGS_FAIL]],
  ['lints of the addon', ['cargo', 'clippy', '--locked', '--package', 'memwatch', ...WARNINGS_FAIL]],
  ['unit tests of the pure crates', ['cargo', 'test', ...PURE, '--lib', '--test', 'layers', '--quiet']],
];

const seconds = (/** @type {number} */ since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const begin = performance.now();
/** @type {string[]} */
const done = [];
for (const [name, [command, ...words]] of STEPS) {
  console.log(`\n== ${name}`);
  const since = performance.now();
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: 'inherit' });
  done.push(`${status === 0 ? 'ok    ' : 'FAILED'} ${seconds(since).padStart(8)}  ${name}`);
  if (error) console.error(`${command} cannot be started: ${error.message}`);
  if (status !== 0) break;
}

const isFailed = done.some((line) => line.startsWith('FAILED'));
const left = STEPS.slice(done.length).map(([name]) => name);
console.log(`\n${done.join('\n')}`);
if (left.length > 0) console.log(`not run: ${left.join(', ')}`);
console.log(`${isFailed ? 'FAILED' : 'ok    '} ${seconds(begin).padStart(8)}  in all`);
process.exitCode = isFailed ? 1 : 0;
