'use strict';
// The examples, each run as it is in a process of its own, by what they print and how they
// end. No durations are checked here: the timeouts only end what hangs.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const test = require('node:test');
const { unlessMusl } = require('./support/not-here.js');

const EXAMPLES = path.join(__dirname, '..', 'examples');

// Above the demo's own limit of three minutes, so that its own sentence is shown.
const LIMIT = { timeout: 240_000 };

/** A running example: its output so far, and ways to wait for more. */
class Example {
  stdout = '';
  stderr = '';
  #child;
  #ended;

  constructor(t, file, { args = [], env = {} } = {}) {
    this.#child = spawn(process.execPath, [path.join(EXAMPLES, file), ...args], {
      env: { ...process.env, FIXED: '', NODE_DEBUG: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.#ended = once(this.#child, 'close');
    t.after(() => this.#child.kill('SIGKILL'));
  }

  /** Waits until the output matches, and returns the match. */
  async printed(pattern) {
    const ended = this.#ended.then(() => 'ended');
    for (;;) {
      const match = pattern.exec(this.stdout);
      if (match !== null) return match;
      const what = await Promise.race([once(this.#child.stdout, 'data'), ended]);
      if (what === 'ended' && !pattern.test(this.stdout)) {
        assert.fail(`ended without printing ${pattern}:\n${this.stdout}${this.stderr}`);
      }
    }
  }

  interrupt() {
    this.#child.kill('SIGINT');
  }

  /** Waits for the end, and asserts that nothing but the given status and silence on stderr came of it. */
  async endedWith(status) {
    const [code, signal] = await this.#ended;
    assert.deepEqual({ code, signal, stderr: this.stderr }, { code: status, signal: null, stderr: '' }, this.stdout);
  }
}

/** The table's row of a class: whether it is marked, what was allocated and freed; null without one. */
function rowOf(output, what) {
  const row = output.split('\n').find((line) => line.slice(2).startsWith(`${what}  `));
  if (row === undefined) return null;
  const [, mark, allocated, freed] = /^(.) .*?(\d+) +-?(\d+)$/.exec(row);
  return { marked: mark === '>', allocated: Number(allocated), freed: Number(freed) };
}

test('the basic heap diff shows every leaked instance', LIMIT, async (t) => {
  const example = new Example(t, 'basic-heap-diff.js');
  await example.endedWith(0);
  const { change } = JSON.parse(example.stdout);
  const row = change.details.find(({ what }) => what === 'LeakingClass');
  assert.deepEqual([row['+'], row['-']], [10_000, 0]);
  assert.ok(row.size_bytes > 0);
});

test('which-line names the function that allocates what stays, and its line', LIMIT, async (t) => {
  const example = new Example(t, 'which-line.js');
  await example.endedWith(0);
  assert.match(example.stdout, /^\d+\.\d MB {2}makeReport {2}line 11\n {8}makeReport < closeDay < /);
});

test('memory freed in fragments stays with the process, and is returned on request', {
  ...LIMIT,
  skip: process.platform === 'linux' ? unlessMusl('numbers of malloc').skip : 'the example reads malloc of glibc',
}, async (t) => {
  const example = new Example(t, 'native-fragmentation.js');
  await example.endedWith(0);
  const frees = [...example.stdout.matchAll(/, free (\d+) MiB$/gm)].map(([, size]) => Number(size));
  const [, returned, most] = /gave back (\d+) MiB of (\d+) MiB/.exec(example.stdout);
  assert.equal(frees.length, 3);
  assert.ok(frees[1] > 60 && frees[2] < frees[1] / 2, example.stdout);
  assert.ok(Number(returned) > 30 && Number(returned) <= Number(most), example.stdout);
});

test('memwatch reports the leak of the slightly leaky server, and Ctrl-C ends it', {
  ...LIMIT,
  // There a signal ends a process immediately, whatever its handlers.
  skip: process.platform === 'win32',
}, async (t) => {
  const example = new Example(t, 'slightly-leaky-server.js', { env: { PORT: '0' } });
  const [, json] = await example.printed(/LEAK (\{.*\})\n/);
  const leak = JSON.parse(json);
  assert.ok(leak.growth > 0);
  assert.match(leak.reason, /^heap growth over 5 consecutive GCs /);
  assert.match(example.stdout, /post-GC base +\d+\.\d\d mb +naive heapUsed +\d+\.\d\d mb\n/);
  example.interrupt();
  await example.endedWith(0);
});

test('the slightly leaky server exits after the given seconds', LIMIT, async (t) => {
  const example = new Example(t, 'slightly-leaky-server.js', { args: ['--seconds', '0.5'], env: { PORT: '0' } });
  await example.endedWith(0);
  assert.match(example.stdout, /^listening on http:\/\/127\.0\.0\.1:\d+\//);
});

test('the slightly leaky server refuses invalid seconds and ports in one sentence', LIMIT, async (t) => {
  for (const [options, sentence] of /** @type {[{ args?: string[], env?: NodeJS.ProcessEnv }, string][]} */ ([
    [{ args: ['--seconds', 'soon'] }, 'slightly-leaky-server: --seconds takes a number above 0, not "soon".\n'],
    [{ env: { PORT: '70000' } }, 'slightly-leaky-server: PORT is a number from 0 to 65535, not "70000".\n'],
  ])) {
    const example = new Example(t, 'slightly-leaky-server.js', options);
    // Waited for by its status; what it says there is the point here.
    await assert.rejects(example.endedWith(1), ({ actual }) => actual.code === 1);
    assert.equal(example.stderr, sentence);
  }
});

test('the subscription app runs standalone, and subscribes only known users', LIMIT, async (t) => {
  const example = new Example(t, 'subscription-app/app.js', { env: { PORT: '0' } });
  const [, url] = await example.printed(/(http:\/\/[\d.:]+\/)\n/);
  const post = async (route, form) => {
    const response = await fetch(url + route, { method: 'POST', body: new URLSearchParams(form) });
    return [response.status, await response.json()];
  };
  assert.deepEqual(await post('users/new', { name: 'foo' }), [201, { name: 'foo', subscriptions: 0 }]);
  assert.deepEqual(await post('users/subscribe', { name: 'foo' }), [200, { name: 'foo', subscriptions: 1 }]);
  assert.deepEqual(await post('users/subscribe', { name: 'bar' }), [404, { error: 'There is no such user.' }]);
  assert.deepEqual(await post('users/new', {}), [400, { error: 'A user needs a name.' }]);
  assert.deepEqual(await (await fetch(`${url}users/foo`)).json(), { name: 'foo', subscriptions: 1 });
});

test('the demo prints the stats, the leak and the guilty classes, and exits with status 0', LIMIT, async (t) => {
  const example = new Example(t, 'subscription-app/demo.js');
  await example.endedWith(0);
  const { stdout } = example;
  assert.ok(stdout.match(/^ +\d+ +\d+\.\d\d mb +[+-]?\d+\.\d % +\d+\.\d\d mb +\d+\.\d ms$/gm).length >= 20, stdout);
  assert.match(stdout, /^ {2}LEAK {2}heap growth over 5 consecutive GCs \(\d+s\) - [\d.]+ mb\/hr$/m);
  assert.match(stdout, /^ {8}refreshSubscription\(\) at subscription\.js:37$/m);
  for (const what of ['EmailTemplate', 'EmailTemplateNode', 'Closure', 'system / Context', 'String']) {
    const row = rowOf(stdout, what);
    assert.ok(row?.marked && row.allocated > row.freed, `${what} in\n${stdout}`);
  }
  assert.match(stdout, /^Found: \d+ more EmailTemplates than before, /m);
});

test('without the closure that retains the previous subscription no e-mails accumulate', LIMIT, async (t) => {
  const example = new Example(t, 'subscription-app/demo.js', { env: { FIXED: '1' } });
  await example.endedWith(1);
  const { allocated, freed, marked } = rowOf(example.stdout, 'EmailTemplate');
  // Each of the ten subscribers holds one, made after the first snapshot.
  assert.ok(allocated > 0 && allocated - freed <= 10, example.stdout);
  assert.equal(marked, false);
  assert.match(example.stdout, /^No leak shown: .*no growth as of a leak in EmailTemplate, /m);
});
