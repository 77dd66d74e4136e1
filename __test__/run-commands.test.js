'use strict';
// `memwatch run` with what people type: package managers, commands of the project, scripts of a shell. The program
// below them is watched, the package manager is not; what is misspelt is refused before anything starts.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { MEMWATCH, cleanEnvironment, temporaryDirectory } = require('./support/cli-run.js');
const { fixture, linesOf, start } = require('./support/runner.js');

const LEAKS = JSON.stringify(fixture('confirmed.js'));
const WAITS = JSON.stringify(fixture('said.js'));

/** A package as people have it: scripts, a dependency with a command, a script of a shell. */
function makePackage() {
  const directory = temporaryDirectory();
  const write = (name, text, mode = 0o644) => {
    fs.mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    fs.writeFileSync(path.join(directory, name), text, { mode });
  };
  write(
    'package.json',
    JSON.stringify({
      main: 'main.js',
      scripts: { start: 'node server.js', dev: 'serve', wait: `node ${WAITS} wait SIGTERM; true` },
    }),
  );
  for (const name of ['server.js', 'main.js']) write(name, `require(${LEAKS});\n`);
  // As package managers link what a dependency has in `bin`.
  write('node_modules/serve/cli.js', `#!/usr/bin/env node\nrequire(${LEAKS});\n`, 0o755);
  fs.mkdirSync(path.join(directory, 'node_modules', '.bin'));
  fs.symlinkSync('../serve/cli.js', path.join(directory, 'node_modules', '.bin', 'serve'));
  write('start.sh', '#!/bin/sh -e\nnode server.js "$@"\n', 0o644);
  write('plain.sh', 'node server.js\nexit $?\n');
  // Where pnpm's and Yarn's files are, and how they start a script; npm is there as it is.
  write('pnpm/node_modules/pnpm/bin/pnpm.cjs', manager('dev'), 0o755);
  write('corepack/v1/yarn/4.1.0/yarn.js', manager('dev'), 0o755);
  fs.mkdirSync(path.join(directory, 'bin'));
  fs.symlinkSync('../pnpm/node_modules/pnpm/bin/pnpm.cjs', path.join(directory, 'bin', 'pnpm'));
  fs.symlinkSync('../corepack/v1/yarn/4.1.0/yarn.js', path.join(directory, 'bin', 'yarn'));
  return directory;
}

const manager = (script) => `#!/usr/bin/env node
const { scripts } = JSON.parse(require('node:fs').readFileSync('package.json', 'utf8'));
const env = { ...process.env, PATH: 'node_modules/.bin:' + process.env.PATH };
const { status } = require('node:child_process').spawnSync(scripts[${JSON.stringify(script)}], { shell: true, stdio: 'inherit', env });
process.exit(status);
`;

// Where processes are looked up in /proc.
const LINUX = process.platform === 'linux';

const PACKAGE = makePackage();
const PATH = `${path.join(PACKAGE, 'bin')}${path.delimiter}${process.env.PATH}`;

/** Runs words in the package until they end. @returns {Promise<{ status: number, stderr: string }>} */
const run = (...words) => start(['--no-dashboard', '--fail-on-leak', ...words], { cwd: PACKAGE, env: { PATH } }).ended;

/** The processes and threads that were watched. */
const watched = (stderr) => linesOf(stderr).summary.flatMap((line) => /^(\S.*) \(pid \d+/.exec(line)?.[1] ?? []);

for (const [words, name] of /** @type {[words: string[], program: string][]} */ ([
  [['npm', 'start'], 'server.js'],
  [['npm', 'run', 'dev'], 'serve'],
  [['npx', 'serve'], 'serve'],
  [['pnpm', 'dev'], 'serve'],
  [['yarn', 'dev'], 'serve'],
  [['serve', 'start'], 'serve'],
  [['node', 'server.js'], 'server.js'],
  [['--', 'node', '--stack-size=900', 'server.js'], 'server.js'],
  [['.'], 'main.js'],
  [['./start.sh'], 'server.js'],
  [['plain.sh'], 'server.js'],
  [['sh', '-c', 'node server.js && true'], 'server.js'],
])) {
  test(`memwatch run ${words.join(' ')}: only the program is watched`, async () => {
    const { status, stderr } = await run(...words);
    assert.equal(status, 1, stderr);
    assert.deepEqual(watched(stderr), [name], stderr);
    assert.match(stderr, new RegExp(`a leak is confirmed in ${name} `));
  });
}

test('a signal and --duration also end processes started by npm and by a shell', { skip: !LINUX }, async () => {
  const program = start(['--no-dashboard', 'npm', 'run', 'wait'], { cwd: PACKAGE, env: { PATH } });
  const [, pid] = await watchedPid(program);
  program.child.kill('SIGTERM');
  const { stdout } = await program.ended;
  assert.match(stdout, /got SIGTERM/);
  assert.equal(isAlive(pid), false);
  // The shell stays until its command has ended, and ends by the signal before that.
  const timed = start(['--no-dashboard', '--duration', '3s', 'sh', '-c', `node ${WAITS} wait SIGTERM; true`], {
    env: { PATH },
  });
  const [, other] = await watchedPid(timed);
  const ended = await timed.ended;
  assert.equal(ended.status, 0, ended.stderr);
  assert.equal(isAlive(other), false);
});

/** Whether a process runs; one that has ended, and that its parent has not asked after, does not. */
function isAlive(pid) {
  try {
    return !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** The number of the process that waits, once it says so. */
async function watchedPid({ child, says }) {
  await says('stdout', /ready/);
  const below = (pid) =>
    fs
      .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .flatMap((one) => [Number(one), ...below(one)]);
  const all = below(child.pid);
  return ['', all.find((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('said.js\0wait'))];
}

test('a process that outlives the command that started it is named', { skip: !LINUX }, async (t) => {
  const file = path.join(temporaryDirectory(), 'said');
  // It ends when the program says that it runs, which is after it was connected.
  const script = `node ${WAITS} wait SIGTERM > ${file} & while ! grep -q ready ${file}; do sleep 0.1; done; echo pid $!`;
  const { status, stderr, stdout } = await start(
    ['--no-dashboard', 'sh', '-c', script.replace('&', '2> /dev/null &')],
    {
      env: { PATH },
    },
  ).ended;
  const [, pid] = /pid (\d+)/.exec(stdout);
  t.after(() => process.kill(Number(pid), 'SIGKILL'));
  assert.equal(status, 0);
  assert.match(stderr, new RegExp(`^memwatch: still running, and no longer watched: pid ${pid}$`, 'm'));
});

test('top finds a program started by a package manager by its own pid', { skip: !LINUX }, async () => {
  const program = start(['npm', 'run', 'wait'], { cwd: PACKAGE, env: { PATH } });
  const url = await program.url();
  const [, pid] = await watchedPid(program);
  const { stdout } = spawnSync(process.execPath, [MEMWATCH, 'top', `${pid}`], {
    encoding: 'utf8',
    env: cleanEnvironment({}),
  });
  assert.match(stdout, new RegExp(`^said\\.js +${pid} `, 'm'), `${url}`);
  program.child.kill('SIGTERM');
  await program.ended;
});

/** Asserts one sentence with the code of a usage error, and that nothing was started. */
function refused(words, sentence, cwd = PACKAGE) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MEMWATCH, 'run', '--no-dashboard', ...words], {
    ...{ cwd, encoding: 'utf8', env: cleanEnvironment({ PATH }) },
  });
  assert.deepEqual([status, stdout], [2, ''], stderr);
  assert.match(stderr, /^memwatch: [^\n]* \[ERR_MEMWATCH_USAGE\]\n$/);
  assert.match(stderr, sentence);
}

test('an unknown option before the program is refused with a suggestion', () => {
  refused(['--reprot', 'o.html', 'server.js'], /unknown option --reprot before the program; did you mean '--report'\?/);
  refused(['--fail-on-laek', 'server.js'], /did you mean '--fail-on-leak'\?/);
  refused(['--requier=x', 'server.js'], /unknown option --requier before the program; did you mean '--require'\?/);
  refused(['--nothing-like-it', 'server.js'], /unknown option --nothing-like-it before the program \[/);
});

test('--no-page is --no-dashboard', () => {
  refused(['--no-page', '--port', '1', 'server.js'], /--no-dashboard and --port contradict each other/);
});

test('an unknown package.json script is refused with the existing ones', () => {
  refused(
    ['npm', 'run', 'strat'],
    /package\.json has no script 'strat' \(its scripts: start, dev, wait\); did you mean 'start'\?/,
  );
  const empty = temporaryDirectory();
  fs.writeFileSync(path.join(empty, 'package.json'), '{}');
  refused(['npm', 'start'], /package\.json has no script 'start' \(it has no scripts\)/, empty);
  refused(['dev'], /program dev not found; package\.json has a script of that name: npm run dev/);
});

test('a Node.js option before a command that is not Node.js is refused with the place to put it', () => {
  refused(
    ['--max-old-space-size=512', 'npm', 'start'],
    /--max-old-space-size is an option of Node\.js.*set it in NODE_OPTIONS/,
  );
});
