'use strict';
// What `memwatch run` says of programs that take minutes to be judged, in real time: all side by side, as each waits
// most of the time. `npm run test:long` runs this; `npm test` does not. What is judged how in made-up time is tested
// in the crate.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { controlGroup } = require('../support/control-group.js');
const { SAMPLES_NATIVE } = require('../support/not-here.js');
const { linesOf, start } = require('../support/runner.js');
const programs = require('./programs.js');

const MIB = 2 ** 20;

// The longest runs for seven minutes.
const HANGS_AFTER_MS = 900_000;

/** Where a line of a program's own source stands, as suspects name it. */
function lineOf(program, text) {
  const lines = `\n${program}`.split('\n');
  return lines.findIndex((line) => line.includes(text)) + 1;
}

/** The first suspect is between these lines of a program: V8 may have inlined it in its caller, which is first then. */
function suspectsFirst(said, program, [from, until]) {
  const [, file, line] = /top allocation site: \S+ (\S+):(\d+)/.exec(said) ?? [];
  assert.equal(file, `${program.name}.js`, said);
  assert.ok(Number(line) >= lineOf(program, from) && Number(line) <= lineOf(program, until), said);
}

/** Runs a program for so long, and says what was printed. */
async function watched(program, duration) {
  const { status, stderr } = await start([
    '--no-dashboard',
    '--fail-on-leak',
    '--duration',
    duration,
    programs.written(program),
  ]).ended;
  const lines = linesOf(stderr);
  return {
    status,
    stderr,
    ...lines,
    confirmed: lines.news.filter((line) => line.startsWith('a leak is confirmed in ')),
  };
}

const TESTS = {
  async 'a cache that fills ever more slowly is suspected at most'() {
    const { status, stderr, confirmed } = await watched(programs.boundedCache, '420s');
    assert.deepEqual(confirmed, [], stderr);
    assert.equal(status, 0, stderr);
  },

  async 'native memory with a little of another beside it is confirmed, and never cleared'() {
    const { status, stderr, confirmed, news, summary } = await watched(programs.compressionContexts, '150s');
    assert.equal(confirmed.length, 1, stderr);
    assert.match(confirmed[0], /native memory grows by /);
    // It is confirmed a few seconds after sampling began, when what is thrown away soon may have been sampled as often.
    const [site] = summary.filter((line) => line.includes('top allocation site: '));
    suspectsFirst(site, programs.compressionContexts, ['function compressorFor', "compressorFor('user-"]);
    assert.ok(!news.some((line) => /cleared|is over|no leak/.test(line)), stderr);
    assert.equal(status, 1, stderr);
  },

  async 'with --native a leak of native memory names who allocates it, and what it calls'() {
    if (!SAMPLES_NATIVE) return;
    const example = path.join(__dirname, '..', '..', 'examples', 'native-leak.js');
    const words = ['--no-dashboard', '--fail-on-leak', '--native', '--duration', '120s', example];
    const { status, stderr } = await start(words).ended;
    const { summary } = linesOf(stderr);
    assert.match(summary[0], /^native-leak\.js \(pid \d+\): LEAK: native memory grew by /, stderr);
    // V8 may have inlined keepKey() in tick().
    const [first] = summary.filter((line) => line.includes('top allocation site: '));
    assert.match(first, /: (keepKey|tick)\(\) native-leak\.js:\d+, by node::crypto::KeyObject/, stderr);
    assert.equal(status, 1, stderr);
  },

  async 'workers that are never ended are confirmed, with the line that starts them'() {
    const { status, stderr, confirmed, summary } = await watched(programs.workersKept, '100s');
    assert.equal(confirmed.length, 1, stderr);
    // What comes first depends on how much of a thread is native memory.
    assert.match(confirmed[0], /worker threads|native memory grows/);
    suspectsFirst(confirmed[0], programs.workersKept, ['function renderReport', 'new Worker']);
    assert.match(summary[0], /^workersKept\.js \(pid \d+\): LEAK: (memory of worker threads|native memory) grew by /);
    assert.equal(status, 1, stderr);
  },

  async "in a container the limit that comes first is the container's"(t) {
    const group = controlGroup(t);
    if (group === undefined) return;
    fs.writeFileSync(group.limit, String(130 * MIB));
    const file = programs.written(programs.inContainer);
    const program = start(['--no-dashboard', '--fail-on-leak', '--max-old-space-size=2048', file, group.procs]);
    const [said] = await program.says('stderr', /a leak is confirmed in inContainer\.js.*\n/);
    program.child.kill('SIGTERM');
    const { status, stderr } = await program.ended;
    assert.match(said, /container limit in (\d+m )?\d+s; top allocation site: remember\(\)/);
    assert.equal(status, 143, stderr);
    assert.match(linesOf(stderr).last, /a leak in .* was confirmed/);
  },

  async 'of several workers the one that leaks is named, and the main thread is not suspected'() {
    const { status, stderr, confirmed, news, summary } = await watched(programs.leakyWorker, '110s');
    assert.equal(confirmed.length, 1, stderr);
    assert.match(confirmed[0], /in sessions \(pid \d+, thread \d+\): heap grows by /);
    suspectsFirst(confirmed[0], programs.leakyWorker, ['function rememberSession', 'rememberSession(i);']);
    for (const told of news.filter((said) => said.startsWith('a leak is')))
      assert.match(told, / in sessions \(pid \d+, thread \d+\)/);
    assert.match(summary[0], /^sessions \(pid \d+, thread \d+\): LEAK: /);
    assert.equal(summary.filter((line) => /: (LEAK|suspected)/.test(line)).length, 1, stderr);
    assert.equal(status, 1, stderr);
  },

  async 'of a worker with limits of its own the limit of its heap is the one that comes first'() {
    const file = programs.written(programs.limitedWorker);
    const program = start(['--no-dashboard', '--fail-on-leak', file, path.join(__dirname, '..', '..')]);
    const [, said] = await program.says('stdout', /^limit (.*)$/m);
    const [confirmed] = await program.says('stderr', /a leak is confirmed in importer.*\n/);
    program.child.kill('SIGTERM');
    await program.ended;
    const [kind, bytes, left] = JSON.parse(said);
    // V8 adds the young generation to it.
    assert.equal(kind, 'v8-heap');
    assert.ok(bytes >= 96 * MIB && bytes < 256 * MIB, `${bytes}`);
    assert.ok(left > 0 && left < 600, `${left} s`);
    assert.match(confirmed, /heap limit in (\d+m )?\d+s/);
  },
};

test('memwatch run, for minutes', { concurrency: true }, async (t) => {
  await Promise.all(Object.entries(TESTS).map(([name, run]) => t.test(name, { timeout: HANGS_AFTER_MS }, run)));
});
