'use strict';
// memwatch.metrics(): valid text, the same numbers that are counted elsewhere, all threads,
// and nothing that is lost, grows or goes back.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const memwatch = require('..');
const { ended, program, says } = require('./support/child.js');
const { parse, sampleOf } = require('./support/exposition.js');
const { thread } = require('./support/worker.js');

const KINDS = ['minor', 'major', 'incremental', 'weakcb'];

/** The most time series that one process may cost. */
const MOST_SERIES = 71;

// Of the last reading in the background, which may come at any time.
const NATIVE = 'memwatch_native_memory_bytes';
const HANDLES = 'memwatch_open_handles';
const series = ({ samples }) => samples.filter(({ name }) => name !== NATIVE && name !== HANDLES).length;

/** The next `stats`, of a collection from now on: those of earlier ones are delivered first. */
async function nextStats() {
  for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => setImmediate(resolve));
  const next = new Promise((resolve) => memwatch.once('stats', resolve));
  memwatch.gc();
  return { base: sampleOf(scrape(), 'memwatch_heap_live_bytes', { thread: 'main' }), stats: await next };
}

const scrape = (options) => parse(memwatch.metrics(options));
const collections = (scraped, role = 'main') =>
  KINDS.map((kind) => sampleOf(scraped, 'memwatch_gc_total', { kind, thread: role }));

test('the text is valid, and each family has help and a type', () => {
  memwatch.gc();
  const { families, samples } = scrape();
  assert.ok(samples.length > 0);
  for (const [name, { help, type }] of Object.entries(families)) {
    assert.match(name, /^memwatch_[a-z_]+$/);
    assert.match(help, /^[A-Z].*\.$/);
    assert.equal(type === 'counter', name.endsWith('_total'), name);
  }
});

test('a GC cycle is counted by its kind, and its pause is in the histogram', () => {
  const before = scrape();
  memwatch.gc();
  const after = scrape();
  const labels = { kind: 'major', thread: 'main' };
  const grown = (name, more) =>
    sampleOf(after, name, { ...labels, ...more }) - sampleOf(before, name, { ...labels, ...more });
  const rounds = grown('memwatch_gc_total');
  assert.ok(rounds > 0);
  assert.equal(grown('memwatch_gc_pause_seconds_count'), rounds);
  assert.equal(grown('memwatch_gc_pause_seconds_bucket', { le: '+Inf' }), rounds);
  assert.ok(grown('memwatch_gc_pause_seconds_sum') > 0);
});

test('the counters equal those of stats', async () => {
  const { stats } = await nextStats();
  const [, major] = collections(scrape());
  // A collection of V8's own may come between.
  assert.ok(major >= stats.gcMarkSweepCompactCount);
});

test('buckets are cumulative, ordered by their bounds, and end with the count', () => {
  const { samples } = scrape();
  for (const kind of ['minor', 'major']) {
    const ours = samples.filter(({ labels }) => labels.kind === kind);
    const buckets = ours.filter(({ name }) => name === 'memwatch_gc_pause_seconds_bucket');
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Infinity : Number(labels.le)));
    assert.deepEqual(bounds, [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, Infinity]);
    const counts = buckets.map(({ value }) => value);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
    );
    assert.equal(counts.at(-1), ours.find(({ name }) => name === 'memwatch_gc_pause_seconds_count').value);
  }
});

test('the base is the live heap after the last full GC', async () => {
  const { base, stats } = await nextStats();
  assert.equal(stats.current_base, base);
  assert.equal(sampleOf(scrape(), 'memwatch_heap_limit_bytes'), require('node:v8').getHeapStatistics().heap_size_limit);
});

test('labels are added to each series and escaped', () => {
  const labels = { version: '1.2.3', odd: 'a "quoted"\nback\\slash' };
  const { samples } = scrape({ labels });
  for (const sample of samples) assert.deepEqual({ ...sample.labels, ...labels }, sample.labels);
});

test('invalid labels are refused in one sentence', () => {
  for (const labels of [null, [], 'version', { 'a-b': 'x' }, { __name__: 'x' }, { thread: 'x' }, { a: 1 }]) {
    assert.throws(() => memwatch.metrics({ labels: /** @type {any} */ (labels) }), {
      name: 'TypeError',
      code: 'ERR_MEMWATCH_USAGE',
      message: /^[^\n]+\.$/,
    });
  }
});

test('each metric counts workers as one more thread, however many there are', async () => {
  const churn = () => {
    const inWorker = require(ROOT);
    inWorker.gc();
    say(inWorker.metrics());
  };
  const alone = series(scrape());
  const workers = [1, 2, 3].map(() => thread(churn));
  await Promise.all(workers.map(({ exit }) => exit));
  for (const { errors, said } of workers) {
    assert.deepEqual(errors, []);
    // From inside a worker, the same: all threads of the process.
    assert.ok(collections(parse(said[0]))[1] > 0);
  }
  const scraped = scrape();
  assert.ok(collections(scraped, 'worker')[1] >= 3);
  assert.ok(series(scraped) > alone);
  assert.ok(series(scraped) <= MOST_SERIES, `${series(scraped)} series`);
  const again = thread(churn);
  await again.exit;
  // Ended workers have no live heap.
  assert.equal(series(scrape()), series(scraped));
});

test('counters never decrease while workers start and end, and those of ended workers are kept', async () => {
  const busy = () => {
    const memwatch = require(ROOT);
    const timer = setInterval(() => memwatch.gc(), 1);
    setTimeout(() => clearInterval(timer), 60);
  };
  const workers = Array.from({ length: 6 }, () => thread(busy));
  let last = 0;
  let open = workers.length;
  workers.forEach(({ worker, exit }, index) => {
    // Half of them are ended from outside, some before they have loaded anything.
    if (index % 2 === 0) setTimeout(() => worker.terminate(), index * 40);
    exit.then(() => {
      open -= 1;
    });
  });
  while (open > 0) {
    const { samples } = scrape();
    const now = samples
      .filter(({ name, labels }) => name === 'memwatch_gc_total' && labels.thread === 'worker')
      .reduce((sum, { value }) => sum + value, 0);
    assert.ok(now >= last, `${now} after ${last}`);
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(last > 0);
});

test('a leak of the original rule is counted, and suspected if the trend detector is off', async () => {
  for (const detector of ['both', 'consecutive']) {
    const [[text, bytesPerHour]] = await says(
      async (detector) => {
        const memwatch = require(ROOT);
        memwatch.configure({ detector });
        const kept = [];
        const heard = new Promise((resolve) => memwatch.once('leak', resolve));
        for (let i = 0; i < 6; i++) {
          kept.push(new Array(100_000).fill(i));
          memwatch.gc();
        }
        await heard;
        // Where the trend is followed its rate counts: none in a moment, some where the machine is slow.
        say([memwatch.metrics(), memwatch.detectorState()?.kinds.heap.bytesPerHour ?? null]);
      },
      { input: detector },
    );
    const scraped = parse(text);
    const alone = detector === 'consecutive';
    assert.equal(sampleOf(scraped, 'memwatch_leaks_total', { kind: 'heap' }), 1);
    assert.equal(sampleOf(scraped, 'memwatch_leaks_total', { kind: 'native' }), 0);
    assert.equal(sampleOf(scraped, 'memwatch_leak_suspected', { kind: 'heap' }), alone ? 1 : 0);
    const growth = sampleOf(scraped, 'memwatch_heap_growth_bytes_per_second', { thread: 'main' });
    if (alone) assert.ok(growth > 0);
    else assert.equal(growth, bytesPerHour / 3600);
  }
});

for (const kind of ['threads', 'handles']) {
  test(`${kind} are their own kind: suspected, confirmed, paused and cleared`, () => isOfItsOwn(kind));
}

async function isOfItsOwn(kind) {
  const said = await says(
    (kind) => {
      const memwatch = require(ROOT);
      const { environment } = require(`${ROOT}/lib/own.js`).stream;
      for (const [state, isLeak] of [
        ['suspected', false],
        ['confirmed', true],
        ['paused', false],
        ['ok', false],
      ]) {
        environment.setJudged(kind, state, isLeak);
        say(memwatch.metrics());
      }
    },
    { input: kind },
  );
  const seen = said.map((text) => {
    const scraped = parse(text);
    const of = (name) => sampleOf(scraped, name, { kind });
    return [of('memwatch_leak_suspected'), of('memwatch_leaks_total'), text.includes('memwatch_leak_paused{')];
  });
  assert.deepEqual(seen, [
    [1, 0, true],
    [1, 1, true],
    [1, 1, true],
    [0, 1, false],
  ]);
  const of = new RegExp(`^memwatch_leak_paused\\{kind="${kind}"\\} (.*)$`, 'm');
  assert.deepEqual(
    said.map((text) => of.exec(text)?.[1]),
    ['0', '0', '1', undefined],
  );
}

test('a suspicion is dropped when the trend detector is switched off', async () => {
  const [before, after] = await says(() => {
    const memwatch = require(ROOT);
    const { environment } = require(`${ROOT}/lib/own.js`).stream;
    environment.setJudged('threads', 'suspected', false);
    say(memwatch.metrics());
    memwatch.configure({ detector: 'consecutive' });
    say(memwatch.metrics());
  });
  const [was, is] = [before, after].map((text) =>
    sampleOf(parse(text), 'memwatch_leak_suspected', { kind: 'threads' }),
  );
  assert.deepEqual([was, is], [1, 0]);
});

test('native memory and open handles have the values of the last sample, and are absent before it', async () => {
  const [before, after, last] = await says(async () => {
    const memwatch = require(ROOT);
    const { nativeWatch } = require(`${ROOT}/lib/own.js`);
    say(memwatch.metrics());
    nativeWatch.soon();
    while (process.platform === 'linux' && nativeWatch.last === null) await turns(1);
    say(memwatch.metrics());
    say(nativeWatch.last);
    process.exit(0);
  });
  const of = (text) => parse(text).samples.filter(({ name }) => /native_memory|open_handles/.test(name));
  assert.deepEqual(of(before), []);
  if (process.platform !== 'linux') return;
  const found = of(after);
  const sample = (labels) => sampleOf(parse(after), Object.keys(labels)[0] === 'row' ? NATIVE : HANDLES, labels);
  assert.equal(sample({ row: 'v8_heap' }), last.rows.v8Heap.residentBytes);
  assert.equal(sample({ row: 'mapped_files' }), last.rows.mappedFiles.residentBytes);
  assert.equal(sample({ handle: 'files' }), last.handles.files);
  assert.equal(sample({ handle: 'threads' }), last.handles.threads);
  // An unknown value gives no sample, and never 0.
  const known = Object.values(last.rows).filter(({ residentBytes }) => residentBytes !== null);
  assert.equal(found.filter(({ name }) => name === NATIVE).length, known.length);
  assert.ok(found.length <= 13);
});

test('ten thousand scrapes leak no memory', async () => {
  const [grown] = await says(async () => {
    const memwatch = require(ROOT);
    const scrapes = (count) => {
      while (count-- > 0) memwatch.metrics();
    };
    const base = () => {
      memwatch.gc();
      return process.memoryUsage().heapUsed;
    };
    scrapes(1000);
    await turns();
    const before = base();
    scrapes(10_000);
    await turns();
    say(base() - before);
  });
  // One byte a scrape would be 10 kB; what V8 learns meanwhile of the code it runs is more.
  assert.ok(grown < 200_000, `${grown} bytes`);
});

test('a scrape works while the process exits', async () => {
  const main = () => {
    const memwatch = require(ROOT);
    memwatch.gc();
    process.on('exit', () => say(memwatch.metrics()));
    process.exit(0);
  };
  const { said } = ended(await program(main));
  assert.ok(collections(parse(said[0]))[1] > 0);
});

test('a scrape in a terminating worker does no harm', async () => {
  const { worker, exit } = thread(() => {
    const memwatch = require(ROOT);
    say('on');
    for (;;) memwatch.metrics();
  });
  await new Promise((resolve) => worker.once('message', resolve));
  await worker.terminate();
  await exit;
  assert.ok(scrape().samples.length > 0);
});
