'use strict';
// `memwatch snapshot PID` for what `memwatch run` started and for what has a page: over their local
// socket, without a signal, of the main thread and of workers. By a signal: triggers.test.js.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { MEMWATCH, ROOT, cleanEnvironment, temporaryDirectory } = require('./support/cli-run.js');

/** Runs a command, and resolves with its output and status; `said` resolves with a line as soon as it is printed. */
function begin(words, { cwd, env }) {
  const child = spawn(process.execPath, words, { cwd, env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  const waiting = [];
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      texts[name] += text;
      waiting.splice(0).forEach((look) => look());
    });
  }
  const ended = new Promise((resolve) =>
    child.once('close', (status, signal) => resolve({ status, signal, ...texts })),
  );
  const said = async (name, pattern) => {
    for (;;) {
      const found = pattern.exec(texts[name]);
      if (found) return found;
      await new Promise((resolve) => waiting.push(resolve));
    }
  };
  return { child, ended, said };
}

const WORKER = `
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
if (isMainThread) {
  globalThis.mainThing = class MainThing {};
  globalThis.kept = new mainThing();
  const worker = new Worker(__filename);
  worker.once('message', () => console.log('pid ' + process.pid));
} else {
  globalThis.workerThing = class WorkerThing {};
  globalThis.kept = new workerThing();
  parentPort.postMessage('there');
}
setInterval(() => {}, 1000);
`;

test('a program under memwatch run takes a snapshot without a signal, also of a worker, and leaves no files', async (t) => {
  const directory = temporaryDirectory();
  fs.writeFileSync(path.join(directory, 'app.js'), WORKER);
  const how = { cwd: directory, env: { TMPDIR: directory } };
  const running = begin([MEMWATCH, 'run', '--no-dashboard', 'app.js'], how);
  t.after(() => running.child.kill('SIGKILL'));
  const [, pid] = await running.said('stdout', /pid (\d+)/);
  // Where this fails, the program would go on without memwatch run, and hold what this file waits for.
  t.after(() => running.child.exitCode === null && process.kill(Number(pid), 'SIGKILL'));
  const snapshot = async (...words) => begin([MEMWATCH, 'snapshot', pid, ...words], how).ended;
  const main = await snapshot();
  assert.deepEqual([main.status, main.stderr], [0, '']);
  assert.match(fs.readFileSync(main.stdout.trim(), 'latin1'), /MainThing/);
  await running.said('stderr', /wrote a snapshot of app\.js \(pid \d+\): \/.*\.heapsnapshot/);
  // The worker is on the feed as soon as it has loaded memwatch; its number is 1.
  const worker = await snapshot('--thread', '1', '--json');
  assert.deepEqual([worker.status, worker.stderr], [0, '']);
  const text = fs.readFileSync(JSON.parse(worker.stdout).path, 'latin1');
  assert.match(text, /WorkerThing/);
  const none = await snapshot('--thread', 'no-such-worker');
  assert.equal(none.status, 2);
  // A worker learns its script when it starts to run, and reports it up to a second later.
  const both = /no watched thread no-such-worker; its watched threads: 0 \(app\.js\), 1 \((app\.js|worker 1)\)/;
  assert.match(none.stderr, both);
  process.kill(Number(pid), 'SIGTERM');
  await running.ended;
  assert.deepEqual(
    fs.readdirSync(directory).filter((name) => name.startsWith('memwatch-') && name.includes('diff')),
    [],
  );
  // The last note takes its directory with it.
  assert.ok(!fs.existsSync(path.join(directory, `memwatch-pages-${process.getuid?.() ?? 0}`)));
});

test('a program with its own dashboard takes a snapshot without a signal', async (t) => {
  const directory = temporaryDirectory();
  const program = `const memwatch = require(${JSON.stringify(ROOT)}); memwatch.dashboard().then(() => console.log('pid ' + process.pid)); setInterval(() => {}, 1000);`;
  const how = { cwd: directory, env: { TMPDIR: directory } };
  const running = begin(['-e', program], how);
  t.after(() => running.child.kill('SIGKILL'));
  const [, pid] = await running.said('stdout', /pid (\d+)/);
  const { status, stdout, stderr } = await begin([MEMWATCH, 'snapshot', pid], how).ended;
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(fs.statSync(stdout.trim()).size > 1e5);
});
