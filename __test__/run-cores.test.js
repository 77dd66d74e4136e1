'use strict';
// `memwatch run --cores`: programs that crash, each in its own directory, and their cores. Where the kernel puts cores
// is a setting of the machine: if it pipes them to a program, the message about that is tested.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { receiverOf } = require('../lib/run/core-pattern.js');
const { MEMWATCH, cleanEnvironment, memwatch, refused, report, temporaryDirectory } = require('./support/cli-run.js');
const { linesOf, start } = require('./support/runner.js');

const setting = (name) => fs.readFileSync(`/proc/sys/kernel/${name}`, 'utf8').trim();
const pattern = setting('core_pattern');
const receiver = receiverOf(pattern, setting('core_uses_pid') !== '0');

const LEAK = `
class Ticket { constructor(n) { this.row = { n }; } }
globalThis.app = { sold: [] };
setInterval(() => { for (let n = 0; n < 20000; n++) globalThis.app.sold.push(new Ticket(n)); }, 1);
`;
// The child crashes, and the program ends well.
const FAMILY = `
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
if (process.argv[2] === 'child') process.abort();
fork(fileURLToPath(import.meta.url), ['child']).on('exit', (code, signal) => console.log('child ended by', signal));
`;

/** Runs a program with --cores in a directory of its own. */
async function run(name, text, options = [], args = []) {
  const directory = temporaryDirectory();
  fs.writeFileSync(path.join(directory, name), text);
  const words = ['--no-dashboard', '--cores', 'kept', ...options, name, ...args];
  const ended = await start(words, { cwd: directory }).ended;
  return { ...ended, kept: path.join(directory, 'kept'), directory, ...linesOf(ended.stderr) };
}

/** The one core that was kept; undefined if the kernel pipes cores to another program, which was reported. */
function keptOf({ kept, directory, stderr }, name) {
  const files = fs.readdirSync(kept);
  if (receiver.kind !== 'file') {
    assert.deepEqual(files, []);
    assert.match(stderr, /^memwatch: --cores: the kernel hands cores to .*none comes to /m);
    return undefined;
  }
  assert.equal(files.length, 1, stderr);
  const [file] = files;
  assert.match(file, /^core-\d{8}-\d{6}-\d+$/);
  assert.equal(fs.statSync(path.join(kept, file)).mode & 0o777, 0o600);
  assert.ok(!fs.readdirSync(directory).some((entry) => entry.startsWith('core')), 'moved, not copied');
  const said = new RegExp(
    `memwatch: kept a core of ${name} \\(pid \\d+, SIG[A-Z]+, [\\d.]+ MiB\\): npx memwatch core (\\S+), npx memwatch analyze \\1 `,
    'm',
  );
  assert.equal(said.exec(stderr)?.[1], path.join(kept, file), stderr);
  return path.join(kept, file);
}

test('a core of a program that ran out of heap is kept, and analyze names the leak', async () => {
  const ended = await run('leak.js', LEAK, ['--max-old-space-size=64']);
  assert.equal(ended.status, 134, ended.stderr);
  assert.match(ended.last, /^exit status 134: the program was terminated by SIGABRT/);
  const core = keptOf(ended, 'leak\\.js');
  if (core === undefined) return assert.match(ended.stderr, /^memwatch: the core of leak\.js \(pid \d+\) went to /m);
  const [first] = report(['analyze', core]).findings;
  assert.equal(first.class, 'Ticket');
  assert.match(memwatch(['paths', core, 'Ticket']).stdout, /globalThis\.app\.sold/);
  const { crash } = report(['core', core]);
  assert.notEqual(crash.outOfMemory, null);
});

test('an ES module that aborts at an uncaught exception leaves a core, with the error in it', async () => {
  const text = "const fail = () => { throw new Error('card declined'); };\nsetImmediate(fail);\nexport {};\n";
  const ended = await run('app.mjs', text, ['--abort-on-uncaught-exception']);
  assert.ok(ended.status > 128, ended.stderr);
  const core = keptOf(ended, 'app\\.mjs');
  if (core === undefined) return assert.match(ended.stderr, /memwatch: the core of app\.mjs \(pid \d+\) went to /m);
  const { crash } = report(['core', core]);
  assert.ok(
    crash.errors.some(({ message }) => message === 'card declined'),
    JSON.stringify(crash),
  );
});

test('a Node.js child process leaves a core too, and the status is that of the program', async () => {
  const ended = await run('family.mjs', FAMILY);
  assert.deepEqual([ended.status, ended.stdout], [0, 'child ended by SIGABRT\n']);
  // Where it crashed before it could say its name, it has that of its parent.
  keptOf(ended, '(?:a child of )?family\\.mjs');
});

test('for a killed program the absence of a core is stated, and for a normal exit nothing', async () => {
  const killed = await run('killed.js', "process.kill(process.pid, 'SIGKILL');\n");
  assert.equal(killed.status, 137);
  assert.match(killed.stderr, /^memwatch: no core of killed\.js \(pid \d+\): SIGKILL leaves none/m);
  const well = await run('well.js', '');
  assert.equal(well.status, 0);
  assert.doesNotMatch(well.stderr.replace(/^.*hands cores to.*$/m, ''), /\bcore/);
});

test('a program in a read-only directory leaves no core, and that is stated', {
  skip: receiver.kind !== 'file',
}, async () => {
  // Its working directory is gone when it crashes, so that a relative name is of no file.
  const text =
    "const fs = require('node:fs');\nfs.mkdirSync('x');\nprocess.chdir('x');\nfs.rmdirSync('../x');\nprocess.abort();\n";
  const ended = await run('gone.js', text);
  assert.equal(ended.status, 134);
  const files = fs.readdirSync(ended.kept);
  if (pattern.startsWith('/')) return assert.equal(files.length, 1, ended.stderr);
  assert.deepEqual(files, []);
  assert.match(
    ended.stderr,
    /^memwatch: no core of gone\.js \(pid \d+\) was found in .*the program may not write there/m,
  );
});

/** Runs memwatch below a shell that sets a limit. */
function limited(limit, words, env = {}) {
  return spawnSync('/bin/sh', ['-c', `ulimit ${limit}; exec "$0" "$@"`, process.execPath, MEMWATCH, ...words], {
    encoding: 'utf8',
    env: cleanEnvironment(env),
  });
}

test('an unusable setup is refused in one sentence before the program starts', () => {
  const directory = temporaryDirectory();
  const [program, file] = ['app.js', 'file'].map((name) => path.join(directory, name));
  const started = path.join(directory, 'started');
  fs.writeFileSync(program, `require('node:fs').writeFileSync(${JSON.stringify(started)}, '');`);
  fs.writeFileSync(file, '');
  const words = (kept) => ['run', '--no-dashboard', '--cores', kept, program];
  const unwritable = 'ERR_MEMWATCH_CORES_UNWRITABLE';
  refused(words(file), unwritable, /no file can be written in .*file: EEXIST/);
  refused(words('/proc/self'), unwritable, /no file can be written in \/proc\/self: /);
  refused(['run', '--cores'], 'ERR_MEMWATCH_USAGE', /--cores takes a value: --cores DIR/);

  const kept = path.join(directory, 'kept');
  const noHard = limited('-Hc 0', words(kept));
  const noTool = limited('-Sc 0', words(kept), { PATH: directory });
  /** @type {[ended: typeof noHard, sentence: RegExp][]} */
  const cases = [
    [noHard, /the hard limit on core files is 0/],
    [noTool, /prlimit \(util-linux\) cannot be started.*run "ulimit -c unlimited" before memwatch/],
  ];
  for (const [{ status, stdout, stderr }, sentence] of cases) {
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, /^memwatch: [^\n]* \[ERR_MEMWATCH_CORES_UNAVAILABLE\]\n$/);
    assert.match(stderr, sentence);
  }
  assert.ok(!fs.existsSync(started) && !fs.existsSync(kept));
});
