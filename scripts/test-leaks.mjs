// Runs the tests that stand on packages which leak, and on programs of npm which do (__test__/leaks), through node:test.
// Installs them first, which needs npm's registry the first time; the tests of the package itself (scripts/test.mjs)
// need none. Builds nothing.
//
//   node scripts/test-leaks.mjs [--node <path>]...   the Node to run them on (default: this one)
//                              [NAME]...            only the test files with NAME in their names
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installLocked } from './locked-packages.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tests = path.join(root, '__test__', 'leaks');
const fixtures = path.join(root, '__test__', 'fixtures');
const listed = path.join(fixtures, 'leaks');
// Not beside the fixtures: the packages bring tests of their own, which would be taken for ours. The programs are
// copied there, so that they find these packages and not others of the same name which our own tools depend on.
const installed = path.join(root, '.cache', 'leaks');
// Whole programs, apart from those packages: each finds the versions that it was made with.
const programs = path.join(root, '.cache', 'programs');
const pools = path.join(root, '.cache', 'pools');

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'string', multiple: true, default: [process.execPath] } },
});

installLocked(listed, installed);
installLocked(path.join(fixtures, 'programs'), programs);
installLocked(path.join(fixtures, 'pools'), pools);
for (const name of ['pool.mjs', 'job.mjs']) fs.copyFileSync(path.join(fixtures, 'pools', name), path.join(pools, name));
for (const folder of ['leaks', 'snapshots']) {
  fs.cpSync(path.join(fixtures, folder), path.join(installed, folder), { recursive: true });
}
const files = fs
  .readdirSync(tests)
  .filter(
    (name) => name.endsWith('.leaktest.js') && (wanted.length === 0 || wanted.some((part) => name.includes(part))),
  )
  .map((name) => path.join(tests, name));
if (files.length === 0) {
  console.error(`no test file has ${wanted.join(' or ')} in its name`);
  process.exit(2);
}
let bad = 0;
for (const node of options.node) {
  const { status, error } = spawnSync(node, ['--test', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      MEMWATCH_LEAK_PROGRAMS: installed,
      MEMWATCH_REAL_PROGRAMS: programs,
      MEMWATCH_POOLS: pools,
    },
  });
  if (error) throw error;
  if (status !== 0) bad += 1;
}
process.exitCode = bad === 0 ? 0 : 1;
