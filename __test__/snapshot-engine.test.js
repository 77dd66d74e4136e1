'use strict';
// Who takes the snapshot of analyzeNow() and writeSnapshot(): V8's generator, or memwatch's reader in the forked child. Both name
// the same leaks; where memory is short the reader alone can.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { controlGroup } = require('./support/control-group.js');
const path = require('node:path');
const { report } = require('./support/cli-run.js');
const { forkOnly, liveSays, temporaryDirectory } = require('./support/live.js');

test('memwatch and V8 find the same leaks, with the same counts and paths', forkOnly, async () => {
  const [v8, reader] = await liveSays(async () => {
    const { EventEmitter } = require('node:events');
    class Session {
      constructor(id) {
        this.id = id;
        this.data = new Array(20).fill(id);
      }
    }
    class Ticket extends Session {}
    globalThis.app = { sold: [], byName: new Map(), emitter: new EventEmitter().setMaxListeners(0), table: {} };
    for (let id = 0; id < 5000; id++) {
      globalThis.app.sold.push(new Session(id));
      globalThis.app.byName.set(`name ${id}`, new Ticket(id));
      const item = { id, text: `listener ${id}` };
      globalThis.app.emitter.on('change', () => item.id);
      globalThis.app.table[`key ${id}`] = Buffer.alloc(100);
    }
    const found = async (engine) => {
      const report = await memwatch.analyzeNow({ engine, mode: 'fork', top: 10 });
      const findings = report.findings.map(({ kind, class: name, count, path }) => [kind, name, count, path.text]);
      return { engine: report.engine, findings };
    };
    say(await found('v8'));
    say(await found('reader'));
  });
  assert.deepEqual([v8.engine, reader.engine], ['v8', 'reader']);
  assert.equal(v8.findings.length, 4, JSON.stringify(v8.findings));
  const sorted = ({ findings }) => findings.map((finding) => finding.join(' ')).sort();
  assert.deepEqual(sorted(reader), sorted(v8));
});

test('a snapshot of the reader has the same classes as one of V8', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const said = await liveSays(
    async (directory) => {
      grow(20_000);
      globalThis.map = new Map(kept.slice(0, 5000).map((leaf) => [leaf.name, () => leaf]));
      for (const engine of /** @type {const} */ (['v8', 'reader'])) {
        const file = path.join(directory, `${engine}.heapsnapshot.gz`);
        const written = await memwatch.writeSnapshot(file, { engine, mode: 'fork', redact: true });
        say([written.engine, written.path === fs.realpathSync(file), written.bytes === fs.statSync(file).size]);
      }
    },
    { input: directory },
  );
  assert.deepEqual(said, [
    ['v8', true, true],
    ['reader', true, true],
  ]);
  const [v8, reader] = ['v8', 'reader'].map((engine) => {
    const { classes } = report(['classes', path.join(directory, `${engine}.heapsnapshot.gz`), '--top', '100000']);
    return new Map(classes.map((row) => [row.name, row]));
  });
  assert.equal(reader.get('Leaf').instances, 20_000);
  assert.equal(v8.get('Leaf').instances, 20_000);
  assert.equal(reader.get('Leaf').shallowSize, v8.get('Leaf').shallowSize);
});

test('in a worker the reader finds the heap of that worker', forkOnly, async () => {
  const [finding] = await liveSays(async () => {
    const { Worker } = require('node:worker_threads');
    globalThis.mine = Array.from({ length: 9000 }, (_, id) => ({ ofMain: id }));
    const source = `
      const memwatch = require(${JSON.stringify(require.resolve('memwatch', { paths: [process.cwd()] }))});
      globalThis.theirs = Array.from({ length: 9000 }, (_, id) => ({ ofWorker: id, data: new Array(9).fill(id) }));
      memwatch.analyzeNow({ engine: 'reader', mode: 'fork' }).then(({ findings: [{ count, path }] }) =>
        require('node:worker_threads').parentPort.postMessage([count, path.text]));`;
    const worker = new Worker(source, { eval: true });
    say(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)));
    await worker.terminate();
  });
  assert.deepEqual(finding, [9000, 'globalThis.theirs[x]']);
});

test('the reader is refused where it would have to stop the program', async () => {
  const [error] = await liveSays(async () => {
    say(await caught(memwatch.analyzeNow({ engine: 'reader', mode: 'inline' })));
  });
  assert.equal(error.code, 'ERR_MEMWATCH_SNAPSHOT_READER');
  assert.match(error.message, /^[^.]+$/);
});

test('an unknown engine is refused', async () => {
  const [error] = await liveSays(async () => {
    say(await caught(memwatch.analyzeNow(/** @type {any} */ ({ engine: 'jvm' }))));
  });
  assert.equal(error.code, 'ERR_MEMWATCH_USAGE');
  assert.match(error.message, /'auto', 'reader' or 'v8'/);
});

test('without room for V8 in the cgroup the reader takes the snapshot', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const main = async (group) => {
    const fs = require('node:fs');
    fs.writeFileSync(group.procs, String(process.pid));
    globalThis.kept = Array.from({ length: 100_000 }, (_, id) => ({ id, text: `text ${id}`.repeat(20).slice(1) }));
    const used = Number(fs.readFileSync(group.used, 'utf8'));
    fs.writeFileSync(group.limit, String(used + (180 << 20)));
    const refused = await caught(memwatch.analyzeNow({ engine: 'v8', mode: 'fork' }));
    const { engine, findings } = await memwatch.analyzeNow({ mode: 'fork' });
    say({ refused, engine, finding: findings[0].path.text });
  };
  const [{ refused, engine, finding }] = await liveSays(main, { input: group });
  assert.equal(refused.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY');
  assert.equal(engine, 'reader');
  assert.match(finding, /^globalThis\.kept\[x\]/);
});
