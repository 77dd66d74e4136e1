'use strict';
// Parts of memwatch with a fake addon: how each handles its facts, also those that a real addon reports
// rarely. That real addons say it is tested elsewhere.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { askedProfiles } = require('../lib/asked-profile.js');
const { pageThreads } = require('../lib/dashboard/threads.js');
const { withCode } = require('../lib/errors.js');
const { createMemwatch } = require('../lib/memwatch.js');
const { Parts } = require('../lib/parts.js');
const { SITE, WRITTEN, fakeAddon } = require('./support/fake-addon.js');

/** The modules that may use the loaded addon: the one that builds the parts, and those that only check it. */
const LOADERS = ['lib/own.js', 'lib/run/runner.js'];

/** Where a program, a thread or a command begins: who has the parts without being given them. */
const ENTRIES = [
  'heapdump.js',
  'index.js',
  'test.js',
  'lib/run/preload.js',
  'lib/run/runner.js',
  'lib/dashboard/snapshot-report.js',
];

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A leak, as an addon reports it. */
const leak = (more = {}) => ({
  kind: 'heap',
  state: 'confirmed',
  detector: 'trend',
  start: new Date(1000),
  reason: 'the heap grows',
  ...more,
});

test('the loaded addon is passed to every module that calls it', () => {
  const root = path.join(__dirname, '..');
  const inside = (/** @type {string} */ folder) =>
    fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      return entry.isDirectory() ? inside(name) : [name];
    });
  const files = [...inside('lib'), ...fs.readdirSync(root)].filter((name) => name.endsWith('.js'));
  assert.ok(files.length > 100);
  const requiring = (/** @type {RegExp} */ what) =>
    files.filter((name) => what.test(fs.readFileSync(path.join(root, name), 'utf8')));
  assert.deepEqual(requiring(/require\('[./]+(?:lib\/)?addon\.js'\)/), LOADERS);
  const entries = requiring(/require\('[./]+(?:lib\/)?own\.js'\)/).filter((name) => !name.startsWith('lib/cli/'));
  assert.deepEqual(entries.sort(), ENTRIES.sort());
});

test('createMemwatch works with any addon: its reports are emitted, with the allocating function', async () => {
  const { addon, happen } = fakeAddon();
  const parts = new Parts(addon);
  const memwatch = createMemwatch(parts);
  // It would profile this process.
  parts.configuration.configure({ sampling: { callProfile: false } });
  const emitted = [];
  for (const name of ['leak-suspected', 'leak']) memwatch.on(name, (payload) => emitted.push([name, payload]));
  happen(['leak-suspected', leak({ state: 'suspected' })], ['leak', leak()]);
  // One event a turn.
  assert.deepEqual(
    emitted.map(([name]) => name),
    ['leak-suspected'],
  );
  await turn();
  const [, [name, { suspects, suspectsAt, whyNoSuspects }]] = emitted;
  assert.deepEqual([name, suspects, suspectsAt, whyNoSuspects], ['leak', [SITE], new Date(5000), null]);
});

test('a throwing listener does not stop later facts, and consumers get each once', async () => {
  const { addon, happen } = fakeAddon();
  const { stream } = new Parts(addon);
  const got = [];
  stream.subscribe(['leak'], (_, { reason }) => {
    got.push(['first', reason]);
    if (reason === 'one') throw new Error('a listener failed');
  });
  stream.subscribe(['leak'], (_, { reason }) => got.push(['second', reason]));
  const news = ['one', 'two'].map((reason) => /** @type {[string, object]} */ (['leak', leak({ reason })]));
  assert.throws(() => happen(...news), /a listener failed/);
  await turn();
  assert.deepEqual(got, [
    ['first', 'one'],
    ['second', 'one'],
    ['first', 'two'],
    ['second', 'two'],
  ]);
});

test('two memwatch objects share neither options nor facts', () => {
  const [one, other] = [fakeAddon(), fakeAddon()].map(({ addon, happen }) => {
    const parts = new Parts(addon);
    return { memwatch: createMemwatch(parts), happen, ...parts.configuration };
  });
  one.configure({ detector: 'trend', sampling: { stackDepth: 3 } });
  assert.deepEqual([other.configure().detector, one.configure().detector], ['both', 'trend']);
  const emitted = [];
  one.memwatch.on('leak', () => emitted.push('one'));
  other.memwatch.on('leak', () => emitted.push('other'));
  other.happen(['leak', leak()]);
  assert.deepEqual(emitted, ['other']);
});

/** The trigger at the heap's limit, switched on, with the snapshots that it announces. */
function nearLimit(how) {
  const fake = fakeAddon(how);
  const parts = new Parts(fake.addon);
  const announced = [];
  parts.stream.subscribe(['snapshot'], (_, snapshot) => announced.push(snapshot));
  const { configure } = parts.configuration;
  const isOn = () => /** @type {any} */ (configure()).snapshots.nearHeapLimit;
  return { ...fake, announced, configure, isOn };
}

const ON = { snapshots: { nearHeapLimit: true } };

test('at the heap limit the addon has a complete request, with the options of the same call', () => {
  const { armed, configure, isOn } = nearLimit();
  configure({ snapshots: { ...ON.snapshots, directory: '/var/crash', compression: 'gzip', redact: true } });
  const [{ product, outlivesParent, timeoutMs }] = /** @type {any[]} */ (armed);
  const { directory, compression, redaction, reason } = product.file;
  assert.deepEqual([directory, compression, redaction], ['/var/crash', 'gzip', 'strings']);
  assert.deepEqual([reason, outlivesParent, isOn()], ['near-heap-limit', true, true]);
  assert.ok(timeoutMs > 600_000);
  configure({ snapshots: { nearHeapLimit: false } });
  assert.deepEqual([armed, isOn()], [[], false]);
});

test('a snapshot written at the heap limit is announced once, and the option is then off', () => {
  const { announced, asked, atLimit, configure, isOn } = nearLimit();
  configure(ON);
  atLimit(WRITTEN);
  assert.deepEqual(announced, [{ trigger: 'near-heap-limit', ...WRITTEN, mode: 'fork' }]);
  assert.deepEqual([asked, isOn()], [[], false]);
});

test('if the child at the heap limit could not continue, a snapshot is taken the ordinary way', async () => {
  const { announced, asked, atLimit, configure } = nearLimit();
  configure(ON);
  atLimit({ failure: { code: 'ERR_MEMWATCH_SNAPSHOT_CHILD', message: 'it was stuck', isTransient: true } });
  await turn();
  const [{ product }] = /** @type {any[]} */ (asked);
  assert.deepEqual([product.file.reason, announced.length], ['near-heap-limit', 1]);
  assert.deepEqual([announced[0].trigger, announced[0].path], ['near-heap-limit', WRITTEN.path]);
});

test('a failure at the heap limit is a warning with its code, and no snapshot', async () => {
  const { announced, asked, atLimit, configure } = nearLimit();
  configure(ON);
  const warned = once(process, 'warning');
  atLimit({ failure: { code: 'ERR_MEMWATCH_SNAPSHOT_QUOTA', message: 'the directory is full', isTransient: false } });
  const [{ code, message }] = await warned;
  assert.deepEqual(
    [code, message],
    ['ERR_MEMWATCH_SNAPSHOT_QUOTA', 'No heap snapshot was taken: the directory is full'],
  );
  assert.deepEqual([announced, asked], [[], []]);
});

test('a trigger that cannot be armed throws and is switched off; triggers armed before stay', () => {
  let code = 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY';
  let fails = true;
  const arm = () => {
    if (fails) throw withCode(new Error('it cannot be opened'), code);
  };
  const { armed, configure, isOn } = nearLimit({ arm });
  assert.throws(() => configure(ON), { code });
  assert.equal(isOn(), false);
  fails = false;
  configure(ON);
  assert.deepEqual([armed.length > 0, isOn()], [true, true]);
  fails = true;
  // The directory that the program was in is gone: the place of before does not need it.
  code = 'ERR_MEMWATCH_WORKING_DIRECTORY';
  configure({});
  assert.deepEqual([armed.length > 0, isOn()], [true, true]);
});

test('a thread joins each dashboard once, never its own, and a reopened one again', () => {
  let open = ['/run/a'];
  const joined = [];
  const addon = {
    pageFeeds: () => open,
    openPageFeed: (address) => open.push(address),
    closePageFeed: (address) => void (open = open.filter((one) => one !== address)),
  };
  const { callThreads, joinPages } = pageThreads({ addon, reportTo: (address) => joined.push(address) });
  const takeBack = callThreads('/run/own');
  joinPages({});
  joinPages({});
  assert.deepEqual([joined, open], [['/run/a'], ['/run/a', '/run/own']]);
  takeBack();
  open = [];
  joinPages({});
  open = ['/run/a'];
  joinPages({});
  assert.deepEqual(joined, ['/run/a', '/run/a']);
});

test('a dashboard that a thread cannot join is one warning, and is not tried again', async () => {
  let tried = 0;
  const addon = { pageFeeds: () => ['/run/a'], openPageFeed() {}, closePageFeed() {} };
  const reportTo = () => {
    tried += 1;
    throw new Error('reporter.js is gone');
  };
  const { joinPages } = pageThreads({ addon, reportTo });
  const warned = once(process, 'warning');
  joinPages({});
  joinPages({});
  const [{ code, message }] = await warned;
  assert.deepEqual([code, tried], ['ERR_MEMWATCH_INTERNAL', 1]);
  assert.match(message, /^The dashboard at \/run\/a cannot follow this thread: reporter\.js is gone$/);
});

test('a profile is refused without a sampler, with sampling off, and during another profile', async () => {
  let isOff = false;
  let lent = 0;
  const sites = {
    isOff: () => isOff,
    lend() {
      lent += 1;
      return () => void (lent -= 1);
    },
    timesEnded: () => 0,
  };
  const { takePprof } = askedProfiles({ addon: fakeAddon().addon, sites });
  const refusal = (message) => ({ code: 'ERR_MEMWATCH_NO_SAMPLER', message });
  const now = { seconds: 0, collects: false };
  await assert.rejects(takePprof(now), refusal(/With \?seconds=30/));
  const leaves = new AbortController();
  const during = takePprof({ seconds: 60, collects: false, signal: leaves.signal });
  await assert.rejects(takePprof(now), { code: 'ERR_MEMWATCH_PROFILE_BUSY' });
  assert.equal(lent, 1);
  leaves.abort();
  await assert.rejects(during, refusal(/Ask again/));
  assert.equal(lent, 0);
  isOff = true;
  await assert.rejects(takePprof(now), refusal(/Sampling is switched off/));
});
