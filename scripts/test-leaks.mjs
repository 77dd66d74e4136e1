// Runs the tests that stand on packages which leak (__test__/leaks), through node:test. Installs the packages first,
// which needs npm's registry the first time; the tests of the package itself (scripts/test.mjs) need none. Builds
// nothing.
//
//   node scripts/test-leaks.mjs [--node <path>]...   the Node to run them on (default: this one)
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tests = path.join(root, '__test__', 'leaks');
const fixtures = path.join(root, '__test__', 'fixtures');
const listed = path.join(fixtures, 'leaks');
// Not beside the fixtures: the packages bring tests of their own, which would be taken for ours. The programs are
// copied there, so that they find these packages and not others of the same name which our own tools depend on.
const installed = path.join(root, '.cache', 'leaks');

const { values: options } = parseArgs({
  options: { node: { type: 'string', multiple: true, default: [process.execPath] } },
});

install();
for (const folder of ['leaks', 'snapshots']) {
  fs.cpSync(path.join(fixtures, folder), path.join(installed, folder), { recursive: true });
}
const files = fs
  .readdirSync(tests)
  .filter((name) => name.endsWith('.leaktest.js'))
  .map((name) => path.join(tests, name));
let bad = 0;
for (const node of options.node) {
  const { status, error } = spawnSync(node, ['--test', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, MEMWATCH_LEAK_PROGRAMS: installed },
  });
  if (error) throw error;
  if (status !== 0) bad += 1;
}
process.exitCode = bad === 0 ? 0 : 1;

// What is locked, once: npm leaves its own copy of the lock where it has finished.
function install() {
  const names = ['package.json', 'package-lock.json'];
  const read = (directory, name) => fs.readFileSync(path.join(directory, name), 'utf8');
  const isDone = fs.existsSync(path.join(installed, 'node_modules', '.package-lock.json'));
  if (isDone && names.every((name) => read(installed, name) === read(listed, name))) return;
  fs.rmSync(installed, { recursive: true, force: true });
  fs.mkdirSync(installed, { recursive: true });
  for (const name of names) fs.copyFileSync(path.join(listed, name), path.join(installed, name));
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, error } = spawnSync('npm', args, { cwd: installed, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci ended with ${status}`);
}
