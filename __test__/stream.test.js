'use strict';
// The one stream: each consumer gets each fact once and in order, whatever others do, and nothing is
// made that nobody wants. What the facts mean is in the tests of the detector.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ended, program, says } = require('./support/child.js');

/** What consumers and a listener of a program get while it collects a growing heap six times. */
const seen = () =>
  says(async () => {
    const memwatch = require(ROOT);
    const { LEAK_EVENTS } = require(`${ROOT}/lib/stream.js`);
    const { subscribe } = require(`${ROOT}/lib/own.js`).stream;
    const names = ['gc', 'full-gc', 'stats', ...LEAK_EVENTS];
    const seen = { first: [], second: [], listener: [] };
    const number = ({ num_full_gc: full, growth, endedAt }) => full ?? growth ?? endedAt;
    const noteIn = (list) => (name, payload) => list.push(payload ? `${name} ${number(payload)}` : name);
    subscribe(names, noteIn(seen.first));
    subscribe(names, noteIn(seen.second));
    for (const name of ['stats', 'leak']) memwatch.on(name, (payload) => noteIn(seen.listener)(name, payload));
    const kept = [];
    const last = new Promise((resolve) => memwatch.on('stats', ({ num_full_gc: full }) => full === 6 && resolve()));
    for (let i = 0; i < 6; i++) {
      kept.push(new Array(100_000).fill(i));
      memwatch.gc();
    }
    await last;
    await new Promise((resolve) => setTimeout(resolve, 50));
    say(seen);
  });

test('each consumer gets each fact once and in order', async () => {
  const [{ first, second, listener }] = await seen();
  assert.deepEqual(first, second);
  const events = first.filter((fact) => /^(stats|leak) /.test(fact));
  assert.deepEqual(events, listener);
  assert.deepEqual(
    events.filter((fact) => fact.startsWith('stats')),
    [1, 2, 3, 4, 5, 6].map((full) => `stats ${full}`),
  );
  assert.equal(events.filter((fact) => fact.startsWith('leak ')).length, 1);
  const ends = first.filter((fact) => fact.startsWith('gc ')).map((fact) => Number(fact.slice('gc '.length)));
  assert.ok(ends.length >= 6, `${ends.length} collections`);
  assert.deepEqual(
    ends,
    [...ends].sort((a, b) => a - b),
  );
  // What a consumer asks of the heap is asked before the event that the collection led to.
  assert.ok(first.indexOf('full-gc') < first.indexOf('stats 1'));
});

test('a throwing consumer hides no fact from the others, and its error is an uncaught exception', async () => {
  const said = await says(async () => {
    const memwatch = require(ROOT);
    const { subscribe } = require(`${ROOT}/lib/own.js`).stream;
    process.on('uncaughtException', ({ message }) => say(message));
    memwatch.on('stats', () => {
      throw new Error('a listener failed');
    });
    subscribe(['stats'], () => say('later'));
    memwatch.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  assert.deepEqual(said, ['later', 'a listener failed']);
});

test('a program that removes all listeners takes nothing from the other consumers', async () => {
  const said = await says(async () => {
    const memwatch = require(ROOT);
    const { subscribe } = require(`${ROOT}/lib/own.js`).stream;
    subscribe(['stats'], (_, { num_full_gc: full }) => say(full));
    memwatch.removeAllListeners();
    memwatch.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  assert.deepEqual(said, [1]);
});

test('stats are built only when a consumer listens', async () => {
  const said = await says(async () => {
    const memwatch = require(ROOT);
    const { environment, subscribe } = require(`${ROOT}/lib/own.js`).stream;
    const takes = [];
    const take = environment.take;
    environment.take = (wantsStats) => {
      const facts = take.call(environment, wantsStats);
      takes.push(facts.some(([name]) => name === 'stats'));
      return facts;
    };
    let isListening = false;
    subscribe(
      ['stats'],
      (_, { num_full_gc: full }) => say(full),
      () => isListening,
    );
    const collected = async () => {
      memwatch.gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return takes.splice(0);
    };
    say((await collected()).includes(true));
    isListening = true;
    say((await collected()).includes(true));
  });
  assert.deepEqual(said, [false, 2, true]);
});

test('single GC cycles are kept only while a consumer subscribes to them', async () => {
  const said = await says(async () => {
    const memwatch = require(ROOT);
    const { subscribe } = require(`${ROOT}/lib/own.js`).stream;
    const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
    let count = 0;
    memwatch.gc();
    await turn();
    const end = subscribe(['gc'], () => count++);
    await turn();
    say(count);
    memwatch.gc();
    await turn();
    say(count > 0);
    end();
    count = 0;
    memwatch.gc();
    await turn();
    say(count);
  });
  assert.deepEqual(said, [0, true, 0]);
});

test('an isolate that loads memwatch twice has one hook and one meter: no GC cycle is counted twice', async () => {
  const [once, twice, events] = await says(async () => {
    const majors = ({ metrics }) =>
      Number(/^memwatch_gc_total\{kind="major",thread="main"\} (.*)$/m.exec(metrics())[1]);
    const counted = (memwatch) => {
      const before = majors(memwatch);
      memwatch.gc();
      return majors(memwatch) - before;
    };
    const first = require(ROOT);
    say(counted(first));
    // There is no listener yet, so this event is dropped.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const key of Object.keys(require.cache)) if (key.startsWith(ROOT)) delete require.cache[key];
    const second = require(ROOT);
    const events = [];
    first.on('stats', () => events.push('first'));
    second.on('stats', () => events.push('second'));
    say(counted(second));
    await new Promise((resolve) => setTimeout(resolve, 50));
    say(events.sort());
  });
  assert.ok(once > 0);
  assert.equal(twice, once);
  assert.deepEqual(events, ['first', 'second']);
});

test('worker environments end safely at any time: subscribed, loaded twice, terminated, with pending events', async () => {
  const main = async () => {
    const { Worker } = require('node:worker_threads');
    const body = `
      const { parentPort } = require('node:worker_threads');
      const load = () => {
        for (const key of Object.keys(require.cache)) if (key.startsWith(${JSON.stringify(ROOT)})) delete require.cache[key];
        return require(${JSON.stringify(ROOT)});
      };
      const all = [load(), load()];
      const { subscribe } = require(${JSON.stringify(ROOT)} + '/lib/own.js').stream;
      subscribe(['gc', 'stats'], () => {});
      for (const one of all) one.on('stats', () => {});
      const kept = [];
      const churn = () => {
        for (let i = 0; i < 20_000; i++) kept[i % 1000] = { i };
        all[1].gc();
      };
      churn();
      parentPort.postMessage('watching');
      setInterval(churn, 1);
    `;
    for (const way of ['terminate', 'exit', 'terminate', 'exit']) {
      const text = way === 'exit' ? `${body}; setTimeout(() => process.exit(), 20);` : body;
      const workers = [1, 2].map(() => new Worker(text, { eval: true }));
      await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
      await Promise.all(
        workers.map((worker) =>
          way === 'terminate' ? worker.terminate() : new Promise((resolve) => worker.once('exit', resolve)),
        ),
      );
    }
  };
  ended(await program(main));
});

test('detector state is neither sent back nor copied to be read', () => {
  const root = path.join(__dirname, '..');
  const sources = (directory) =>
    fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const file = path.join(directory, entry.name);
      if (entry.isDirectory()) return sources(file);
      return entry.name.endsWith('.rs') ? [fs.readFileSync(file, 'utf8')] : [];
    });
  const rust = sources(path.join(root, 'src'));
  const count = (text) => rust.reduce((sum, source) => sum + source.split(text).length - 1, 0);
  assert.equal(count('GcHook::install('), 1, 'one hook');
  assert.equal(count('Wake::new('), 1, 'one wake');
  const { Environment } = require('../lib/addon.js');
  const methods = Object.getOwnPropertyNames(Environment.prototype).filter((name) => name.startsWith('set'));
  // Threads and handles are judged in JavaScript; of the rest only options are set.
  assert.deepEqual(methods.sort(), [
    'setAncientPeriod',
    'setConsecutiveGrowthLimit',
    'setDetectors',
    'setExtremesPeriod',
    'setForcedGc',
    'setJudged',
    'setRecentPeriod',
  ]);
});
