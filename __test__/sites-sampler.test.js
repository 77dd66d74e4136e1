'use strict';
// The sampler and the profile of calls: when each runs, how finely, whose it is, and the options. What they find is in
// sites.test.js. Programs of their own, for there is one sampler in an isolate.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');

test('the sampler runs while a leak is suspected, always, or never, as configured', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const running = () => memwatch.sites().sampling;
    say([memwatch.configure().sampling.when, running()]);
    say([sites.start(), running()]);
    sites.stop();
    say(running());
    memwatch.configure({ sampling: { when: 'always' } });
    say([running(), sites.start(), running()]);
    sites.stop();
    say(running());
    memwatch.configure({ sampling: { when: false } });
    say([running(), sites.start(), running()]);
    memwatch.configure({ sampling: { when: 'suspected' } });
    say(running());
  });
  assert.deepEqual(said, [
    ['suspected', false],
    ['own', 'own'],
    false,
    ['own', 'own', 'own'],
    'own',
    [false, false, false],
    'own',
  ]);
});

/** The inspector calls of a program whose small heap grows fast, and its events meanwhile. */
async function growingFast(input) {
  const [said] = await says(
    async ({ options, hasDiff }) => {
      const { Session } = require('node:inspector');
      const asked = [];
      const post = Session.prototype.post;
      Session.prototype.post = function (method, ...rest) {
        asked.push(method);
        return post.call(this, method, ...rest);
      };
      const memwatch = require(ROOT);
      memwatch.configure(options);
      const told = [];
      for (const name of ['leak', 'leak-suspected', 'leak-cleared']) memwatch.on(name, () => told.push(name));
      const diff = hasDiff ? new memwatch.HeapDiff() : null;
      const kept = [];
      // The first collection takes what loading has left.
      for (const numbers of [0, 8, 16].map((megabytes) => megabytes * 2 ** 17)) {
        for (let i = 0; i < numbers; i += 1024) kept.push(new Array(1024).fill(i));
        // Collections that are closer than a tenth of a second are one.
        await new Promise((resolve) => setTimeout(resolve, 150));
        memwatch.gc();
        await turns();
      }
      const { sampling } = memwatch.sites();
      say({ asked: asked.includes('Profiler.start'), told, sampling, hasDiff: diff !== null });
      process.exit();
    },
    // On a busy machine V8 would begin a collection of its own between the two.
    { input, flags: ['--initial-old-space-size=256'] },
  );
  return said;
}

test('fast growth of a small heap starts a CPU profile, which reports nothing and starts no sampler', async () => {
  const said = await growingFast({ options: {} });
  assert.deepEqual(said, { asked: true, told: [], sampling: false, hasDiff: false });
});

test('no CPU profile starts if disabled or while a heap diff is open', async () => {
  for (const options of [
    { sampling: { callProfile: false } },
    { sampling: { when: false } },
    { detector: 'consecutive' },
  ]) {
    assert.equal((await growingFast({ options })).asked, false, JSON.stringify(options));
  }
  assert.equal((await growingFast({ options: {}, hasDiff: true })).asked, false);
});

test('invalid options are refused by name', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    const wrong = [
      { when: 'sometimes' },
      { when: true },
      { when: 'off' },
      { intervalBytes: 1023 },
      { intervalBytes: 64.5 },
      { intervalBytes: '64' },
      { stackDepth: 0 },
      { stackDepth: 257 },
      { stackDepth: NaN },
      { callProfile: 1 },
    ];
    const before = memwatch.configure();
    for (const options of wrong) {
      try {
        memwatch.configure({ sampling: options });
      } catch (error) {
        const [name] = Object.keys(options);
        say([error.code, error.message.startsWith(`The option sampling.${name} of memwatch.configure() must be `)]);
      }
    }
    say(JSON.stringify(memwatch.configure({ sampling: { intervalBytes: 'auto' } })) === JSON.stringify(before));
  });
  assert.deepEqual(said, [...Array(10).fill(['ERR_MEMWATCH_USAGE', true]), true]);
});

test('a large heap is sampled half as often unless the interval is set', async () => {
  /** How many samples 64 MiB give, if this many MiB existed before. */
  const samples = async (options, before) => {
    const [number] = await says(
      ({ options, before }) => {
        const memwatch = require(ROOT);
        // An array of 2048 numbers is 16 KiB.
        const keep = (mebibytes) => Array.from({ length: mebibytes * 64 }, (_, i) => new Array(2048).fill(i));
        const kept = [keep(before)];
        memwatch.configure({ sampling: { when: 'always', ...options } });
        kept.push(keep(64));
        say(JSON.parse(memwatch.heapProfile()).samples.length);
        return kept;
      },
      { input: { options, before } },
    );
    return number;
  };
  const [small, large, chosen] = await Promise.all([
    samples({}, 0),
    samples({}, 200),
    samples({ intervalBytes: 64 * 1024 }, 200),
  ]);
  // 1024, 512 and 1024 on the whole, less what was just collected.
  assert.ok(small > 768 && chosen > 768, `${small}, ${chosen}`);
  assert.ok(large > 384 && large < 640, `${large}`);
});

test('the sampler of another agent is used and never stopped, and its forced GCs are not counted', async () => {
  const [said] = await says(async () => {
    const { Session } = require('node:inspector');
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const session = new Session();
    session.connect();
    const post = (method, params) =>
      new Promise((resolve, reject) => {
        session.post(method, params, (error, result) => (error ? reject(error) : resolve(result)));
      });
    await post('HeapProfiler.enable');
    await post('HeapProfiler.startSampling', { samplingInterval: 32768 });
    const kept = [];
    function keepTexts() {
      for (let i = 0; i < 50; i++) kept.push(Buffer.alloc(200_000, 97).toString('latin1'));
    }
    const started = sites.start();
    keepTexts();
    sites.observe();
    const [{ function: suspect }] = sites.suspects();
    const whose = memwatch.sites().sampling;
    const counted = await new Promise((resolve) => {
      memwatch.once('stats', (stats) => resolve(stats.num_full_gc));
      memwatch.gc();
    });
    const ours = JSON.parse(memwatch.heapProfile());
    sites.stop();
    const stillRuns = memwatch.sites().sampling;
    const { profile: theirs } = await post('HeapProfiler.stopSampling');
    say({ started, suspect, whose, counted, stillRuns, ours, theirs, after: memwatch.sites().sampling });
    process.exit();
  });
  assert.deepEqual(
    [said.started, said.suspect, said.whose, said.counted, said.stillRuns, said.after],
    ['other', 'keepTexts', 'other', 1, 'other', false],
  );
  // The same profile, a moment later: the large part of it is the same to the byte.
  const found = [said.ours, said.theirs].map(({ head }) => callNamed(head, 'keepTexts'));
  assert.deepEqual(found[0], found[1]);
  assert.ok(found[0].selfSize + found[0].children.length > 0);
  assert.deepEqual(Object.keys(said.ours), Object.keys(said.theirs));
  const [first] = said.theirs.samples;
  assert.deepEqual(Object.keys(said.ours.samples[0]).sort(), Object.keys(first).sort());
  const ours = new Set(said.ours.samples.map((sample) => JSON.stringify(Object.entries(sample).sort())));
  const both = said.theirs.samples.filter((sample) => ours.has(JSON.stringify(Object.entries(sample).sort())));
  assert.ok(both.length > said.theirs.samples.length * 0.9, `${both.length} of ${said.theirs.samples.length}`);
});

/** The first call of a function in the tree of a profile. */
function callNamed(head, name) {
  const waiting = [head];
  for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
    if (call.callFrame.functionName === name) return call;
    waiting.push(...call.children);
  }
  throw new Error(`no call of ${name}`);
}

test('a sampler of another agent that replaced ours is not mistaken for ours, and not stopped', async () => {
  const said = await says(async () => {
    const { Session } = require('node:inspector');
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const session = new Session();
    session.connect();
    const post = (method) => new Promise((resolve) => session.post(method, (error) => resolve(error?.message ?? null)));
    await post('HeapProfiler.enable');
    for (const notice of [sites.tend, memwatch.sites]) {
      say(sites.start());
      await post('HeapProfiler.startSampling');
      await post('HeapProfiler.stopSampling');
      notice();
      await post('HeapProfiler.startSampling');
      sites.observe();
      say(memwatch.sites().sampling);
      sites.stop();
      say(memwatch.sites().sampling);
      say(await post('HeapProfiler.stopSampling'));
    }
    process.exit();
  });
  const once = ['own', 'other', 'other', null];
  assert.deepEqual(said, [...once, ...once]);
});

test("with 'always' our sampler restarts after another agent has stopped its sampler or ours", async () => {
  const said = await says(async () => {
    const { Session } = require('node:inspector');
    const memwatch = require(ROOT);
    const session = new Session();
    session.connect();
    const post = (method) => new Promise((resolve) => session.post(method, (error) => resolve(error?.message ?? null)));
    const running = () => memwatch.sites().sampling;
    /** Whose sampler runs as soon as one does. */
    const soon = async () => {
      while (running() === false) await new Promise((resolve) => setTimeout(resolve, 50));
      return running();
    };
    await post('HeapProfiler.enable');
    await post('HeapProfiler.startSampling');
    memwatch.configure({ sampling: { when: 'always' } });
    say(running());
    for (let times = 0; times < 2; times++) {
      await post('HeapProfiler.stopSampling');
      say([running(), await soon()]);
      await post('HeapProfiler.startSampling');
    }
    process.exit();
  });
  assert.deepEqual(said, ['other', [false, 'own'], [false, 'own']]);
});

test('our sampler, stopped by other code, is started again at the next observation', async () => {
  const said = await says(async () => {
    const { Session } = require('node:inspector');
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const session = new Session();
    session.connect();
    const post = (method) => new Promise((resolve) => session.post(method, (error) => resolve(error?.message ?? null)));
    say(sites.start());
    await post('HeapProfiler.enable');
    await post('HeapProfiler.startSampling');
    say(memwatch.sites().sampling);
    await post('HeapProfiler.stopSampling');
    say(memwatch.sites().sampling);
    sites.observe();
    say(memwatch.sites().sampling);
    process.exit();
  });
  assert.deepEqual(said, ['own', 'own', false, 'own']);
});
