'use strict';
// Worker threads as the thread that starts them sees them: their names, the line of `new Worker`, and since when they have
// been idle. Which numbers of them are a leak is in threads-judge.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { says } = require('./support/child.js');
const { ROOT, cleanEnvironment, temporaryDirectory } = require('./support/cli-run.js');
const { fixture, start } = require('./support/runner.js');

/** What the observer of a program sees, that `steps` have started workers in. */
const sees = (steps) =>
  says(`async () => {
    const threads = require('node:worker_threads');
    const before = threads.Worker;
    const memwatch = require(ROOT);
    const own = require(ROOT + '/lib/own.js');
    const { observer } = require(ROOT + '/lib/threads/observer.js');
    const path = require('node:path');
    const WAITS = 'setInterval(() => {}, 1000)';
    const until = async (holds) => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const alive = () => observer(own.addon).alive().map(({ name, place }) => [name, place && path.basename(place.file), place?.function]);
    const { Worker } = threads;
    ${steps}
    process.exit();
  }`);

test('a worker is listed with its name and the function that started it, until it ends', async () => {
  const [early, late] = await sees(`
    function renderReport(name) {
      return new Worker(WAITS, { eval: true, name });
    }
    const workers = ['first', 'second', undefined].map(renderReport);
    say(alive().map(([name, , of]) => [name === 'WorkerThread' ? '' : name, of]));
    await Promise.all(workers.slice(1).map((worker) => worker.terminate()));
    say(alive().map(([name]) => name));
  `);
  assert.deepEqual(early, [
    ['first', 'renderReport'],
    ['second', 'renderReport'],
    ['', 'renderReport'],
  ]);
  assert.deepEqual(late, ['first']);
});

test('an anonymous callback is reported by the enclosing function', async () => {
  const [found] = await sees(`
    const renderReport = () => new Promise((done) => {
      new Worker(WAITS, { eval: true }).once('online', done);
    });
    await renderReport();
    say(alive());
  `);
  assert.equal(found[0][2], 'renderReport');
});

test('the Worker class works as before, and is unchanged for its users', async () => {
  const [found] = await sees(`
    class Own extends Worker {
      constructor() {
        super(WAITS, { eval: true, name: 'own' });
      }
    }
    const worker = new Own();
    const names = alive().map(([name]) => name);
    let thrown;
    try {
      new Worker({});
    } catch (error) {
      thrown = error.code;
    }
    say([worker instanceof Worker, worker instanceof before, worker instanceof Own, names, thrown, worker.listenerCount('exit'), alive().length]);
  `);
  assert.deepEqual(found, [true, true, true, ['own'], 'ERR_INVALID_ARG_TYPE', 0, 1]);
});

test('a thread is idle once its event loop has nothing to do, and not while it works', async () => {
  const [[waits, works]] = await sees(`
    new Worker(WAITS, { eval: true });
    new Worker('setInterval(() => { const end = Date.now() + 90; while (Date.now() < end); }, 100)', { eval: true });
    let since = [];
    const look = () => {
      since = observer().alive().map(({ idleSince }) => Number.isFinite(idleSince));
      return since[0];
    };
    // A poll covers the time since the last one.
    for (let i = 0; i < 40 && !look(); i++) await new Promise((resolve) => setTimeout(resolve, 250));
    say(since);
  `);
  assert.deepEqual([waits, works], [true, false]);
});

test('a program may freeze Error, or use its own stack traces', async () => {
  const [own, frozen] = await sees(`
    Error.prepareStackTrace = () => 'mine';
    Error.stackTraceLimit = 0;
    function starts() {
      return new Worker(WAITS, { eval: true });
    }
    starts();
    say([alive()[0][2], new Error('x').stack, Error.stackTraceLimit]);
    delete Error.prepareStackTrace;
    Error.stackTraceLimit = 10;
    Object.freeze(Error);
    starts();
    say(alive().length);
  `);
  assert.deepEqual(own, ['starts', 'mine', 0]);
  assert.equal(frozen, 2);
});

test('workers of an ES module, of eval code and of a package are reported with the line that started them', async () => {
  const directory = temporaryDirectory();
  const library = path.join(directory, 'node_modules', 'pool');
  fs.mkdirSync(library, { recursive: true });
  fs.writeFileSync(path.join(library, 'package.json'), '{ "name": "pool", "main": "pool.js" }');
  fs.writeFileSync(
    path.join(library, 'pool.js'),
    "const { Worker } = require('node:worker_threads');\n\nexports.run = function run(code) {\n  return new Worker(code, { eval: true });\n};\n",
  );
  const main = path.join(directory, 'main.mjs');
  fs.writeFileSync(
    main,
    `import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { run } from 'pool';
const require = createRequire(import.meta.url);
const { observer } = require(${JSON.stringify(path.join(ROOT, 'lib', 'threads', 'observer.js'))});
const WAITS = 'setInterval(() => {}, 1000)';
function inModule() {
  return new Worker(WAITS, { eval: true });
}
function ofPackage() {
  return run(WAITS);
}
inModule();
ofPackage();
new Function('Worker', 'code', 'return function evaluated() { return new Worker(code, { eval: true }); }')(Worker, WAITS)();
const own = ({ file, line, function: name, package: of }) => [file && file.slice(file.lastIndexOf('/') + 1), line, name, of];
console.log(JSON.stringify(observer().alive().map(({ place }) => [own(place), place.stack.map(own).find(([, , , of]) => of === null)])));
process.exit();
`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, ['--require', ROOT, main], {
    encoding: 'utf8',
    env: cleanEnvironment({}),
  });
  const found = JSON.parse(stdout || JSON.stringify(stderr));
  assert.equal(found.length, 3, stderr);
  assert.deepEqual(found[0][0], ['main.mjs', 8, 'inModule', null]);
  assert.deepEqual(found[1][0], ['pool.js', 4, 'run', 'pool']);
  assert.deepEqual(found[1][1], ['main.mjs', 11, 'ofPackage', null]);
  assert.equal(found[2][0][2], 'evaluated');
});

test('a worker knows its name on every version of Node', async () => {
  const [names] = await sees(`
    const addon = require(ROOT + '/lib/addon.js');
    const code = 'const { threadName, threadId, parentPort } = require("node:worker_threads");' +
      'const addon = require(' + JSON.stringify(ROOT + '/lib/addon.js') + ');' +
      'parentPort.postMessage(threadName ?? addon.threadName(threadId))';
    const worker = new Worker(code, { eval: true, name: 'render-7' });
    say(await new Promise((resolve) => worker.once('message', resolve)));
  `);
  assert.equal(names, 'render-7');
});

test('workers are listed once, however often memwatch is loaded', async () => {
  const [count] = await sees(`
    for (let i = 0; i < 5; i++) {
      for (const file of Object.keys(require.cache)) if (file.startsWith(ROOT + '/lib') || file === ROOT + '/index.js') delete require.cache[file];
      require(ROOT);
    }
    new threads.Worker(WAITS, { eval: true });
    say(observer().started);
  `);
  assert.equal(count, 1);
});

test('heaps of workers do not count as memory of the main thread, whether they load memwatch or not', {
  skip: process.platform !== 'linux',
}, async () => {
  const [[withIt, without]] = await sees(`
    const addon = require(ROOT + '/lib/addon.js');
    const FILLS = 'const kept = []; for (let i = 0; i < 400; i++) kept.push(new Array(20_000).fill(i));';
    const fill = (load) => new Promise((resolve) => {
      const code = (load ? 'require(' + JSON.stringify(ROOT) + ');' : '') + FILLS + WAITS + ';require("node:worker_threads").parentPort.postMessage(0)';
      new Worker(code, { eval: true }).once('message', resolve);
    });
    const MB = 2 ** 20;
    await fill(true);
    await until(() => addon.workersMemory().bytes > 60 * MB);
    const { bytes, loaded } = addon.workersMemory();
    await fill(false);
    await until(() => addon.workersMemory().others > 60 * MB);
    say([[bytes < 120 * MB, loaded], addon.workersMemory().others < 120 * MB]);
  `);
  assert.deepEqual(withIt, [true, 1]);
  assert.equal(without, true);
});

test('memwatch run reports threads that never end as a leak, with the line that starts them', async () => {
  const program = start(['--no-dashboard', '--duration', '150s', '--fail-on-leak', fixture('workers-kept.js')]);
  const [line] = await program.says('stderr', /a leak is confirmed in .*/);
  program.child.kill('SIGTERM');
  await program.ended;
  // On a machine that is busy threads that wait seem to work.
  assert.match(
    line,
    /(worker threads are started and not stopped|the number of worker threads keeps growing): \d+ more in .*; top allocation site: renderReport\(\) .*workers-kept\.js:1[45]\b/,
  );
});
