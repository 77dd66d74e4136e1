// Runs a test that leaks and one that does not through expectNoLeak, under each test runner that people have, and asks
// what the runner made of it: its exit status, and what it printed. Jest is also asked whether a file that loads memwatch
// can be forgotten (--detectLeaks). Installs the runners first, which needs npm's
// registry the first time. Builds nothing, and tests nothing of the result itself (__test__/expect-no-leak.test.js).
//
//   node scripts/test-runners.mjs [--node <path>]...   the Node to run them on (default: this one)
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installLocked } from './locked-packages.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const listed = path.join(root, '__test__', 'fixtures', 'runners');
// The tests are copied to the runners, so that they find these and no others. Only there they are called tests: our own
// runner (scripts/test.mjs) takes all that are.
const installed = path.join(root, '.cache', 'runners');

// Milliseconds a test may take: the runners' own limits are too little for a busy machine.
const TIMEOUT_MS = 120_000;

const bin = (...names) => path.join(installed, 'node_modules', ...names);
const jest = [bin('jest', 'bin', 'jest.js'), '--rootDir', '.', `--testTimeout=${TIMEOUT_MS}`, '--colors=false'];
const vitest = [bin('vitest', 'vitest.mjs'), 'run', `--testTimeout=${TIMEOUT_MS}`];

/** What each prints of the test that leaks: how much, of what, who keeps it, and who made it. */
const SAID = [
  /openSession leaves .+ behind with each call/,
  /Session: \+[\d,]+, /,
  /Session: .*Map → Session/,
  /openSession at .*[/\\]sessions\.js:13:\d+: /,
];

/** How each is told to run one file of a folder, and what it prints of one that leaks. */
const RUNNERS = [
  { name: 'node:test', folder: 'node-test', args: (file) => ['--test', file] },
  { name: 'mocha', folder: 'mocha', args: (file) => [bin('mocha', 'bin', 'mocha.js'), '--timeout', TIMEOUT_MS, file] },
  // Each file has a module registry and globals of its own there.
  { name: 'jest', folder: 'jest', args: (file) => [...jest, '--runInBand', file] },
  {
    name: 'jest --detectLeaks',
    folder: 'jest-detect-leaks',
    // It looks with the collector.
    args: (file) => ['--expose-gc', ...jest, '--runInBand', '--detectLeaks', file],
    said: [/Your test suite is leaking memory/],
  },
  { name: 'vitest, forks', folder: 'vitest', args: (file) => [...vitest, '--pool=forks', file] },
  { name: 'vitest, threads', folder: 'vitest', args: (file) => [...vitest, '--pool=threads', file] },
];

const { values: options } = parseArgs({
  options: { node: { type: 'string', multiple: true, default: [process.execPath] } },
});

installLocked(listed, installed);
layOut();
let bad = 0;
for (const node of options.node) {
  console.log(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim());
  for (const runner of RUNNERS) {
    const faults = [...faultsOf(node, runner, 'healthy'), ...faultsOf(node, runner, 'leaks')];
    console.log(`  ${runner.name}: ${faults.length === 0 ? 'as it should' : faults.join('\n')}`);
    bad += faults.length;
  }
}
process.exitCode = bad === 0 ? 0 : 1;

/** What is not as it should be. */
function faultsOf(node, { folder, args, said = SAID }, kind) {
  const cwd = path.join(installed, folder);
  const [file] = fs.readdirSync(cwd).filter((name) => name.startsWith(kind));
  // A runner that runs inside of another one would report to that.
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(node, args(file).map(String), {
    cwd,
    encoding: 'utf8',
    env: { ...env, NO_COLOR: '1' },
  });
  if (error) throw error;
  const output = `${stdout}${stderr}`;
  const faults = [];
  if ((status === 0) !== (kind === 'healthy')) faults.push(`${file} ended with ${status}`);
  // That a test was found and run at all; the failing one says so by its message.
  if (kind === 'healthy' && !/\b(pass 1|1 pass)/.test(output)) {
    faults.push(`${file} was not run`);
  }
  if (kind === 'leaks') faults.push(...said.filter((part) => !part.test(output)).map((part) => `${part} is not in it`));
  return faults.length === 0 ? [] : [...faults, output];
}

/** The tests beside the runners. */
function layOut() {
  for (const folder of new Set(RUNNERS.map((runner) => runner.folder))) {
    fs.mkdirSync(path.join(installed, folder), { recursive: true });
    for (const name of fs.readdirSync(path.join(listed, folder))) {
      fs.copyFileSync(
        path.join(listed, folder, name),
        path.join(installed, folder, name.replace('.runnertest.', '.test.')),
      );
    }
  }
  fs.copyFileSync(path.join(listed, 'sessions.js'), path.join(installed, 'sessions.js'));
  const link = path.join(installed, 'node_modules', 'memwatch');
  if (!fs.existsSync(link)) fs.symlinkSync(root, link, 'junction');
}
