'use strict';
// The end of `memwatch run`: which status a leak gives, and what the last lines say of each process and
// thread. The leaks are made up, for the way they take, but for those of the last tests.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Ledger } = require('../lib/run/ledger.js');
const { summaryOf } = require('../lib/run/summary.js');
const { Record } = require('../lib/dashboard/record.js');
const { temporaryDirectory } = require('./support/cli-run.js');
const { fixture, linesOf, start } = require('./support/runner.js');

const WINDOWS = process.platform === 'win32';
const STAGES = fixture('stages.js');

/** What a program that goes through these states of a leak gives. */
async function through(states, { status = '0', where = 'here', words = ['--fail-on-leak'] } = {}) {
  const { status: found, stderr } = await start(['--no-dashboard', ...words, STAGES, status, where, ...states]).ended;
  return { status: found, stderr, ...linesOf(stderr) };
}

test('a confirmed leak fails the run until its memory is freed, whatever the later growth', async () => {
  const runs = [
    [['confirmed'], 1],
    [['confirmed', 'paused'], 1],
    [['confirmed', 'stopped'], 1],
    [['confirmed', 'paused', 'given-back'], 0],
    [['confirmed', 'given-back'], 0],
    [['confirmed', 'given-back', 'confirmed', 'paused'], 1],
    [['paused'], 0],
  ];
  const found = await Promise.all(runs.map(([states]) => through(states)));
  runs.forEach(([states, status], at) => assert.equal(found[at].status, status, `${states}: ${found[at].stderr}`));
});

test('the last line gives the reason of the status', async () => {
  /** @type {[run: ReturnType<typeof through>, line: RegExp][]} */
  const cases = [
    [
      through(['confirmed', 'paused']),
      /^exit status 1: a leak in stages\.js \(pid \d+\) was confirmed, and its memory was not reclaimed$/,
    ],
    [
      through(['confirmed'], { words: [] }),
      /^exit status 0: a leak in .* was confirmed, .*; with --fail-on-leak the status would be 1$/,
    ],
    [
      through(['confirmed', 'given-back']),
      /^exit status 0: the program ended with status 0, and no confirmed leak remained$/,
    ],
    [
      through(['confirmed'], { status: '7' }),
      /^exit status 7: the program ended with status 7; a leak in .* was confirmed, and its memory was not reclaimed$/,
    ],
    [through(['confirmed', 'throw']), /^exit status 1: the program ended with status 1; a leak in /],
  ];
  for (const [run, line] of cases) {
    const { status, last } = await run;
    assert.match(last, line);
    assert.equal(Number(/\d+/.exec(last)[0]), status);
  }
});

test('the summary has the state, growth, peak and sites of each process, the guilty first, and next commands', async () => {
  const { summary } = await through(['confirmed', 'paused'], { where: 'worker' });
  const [head, heap, suspect] = summary;
  assert.match(
    head,
    /\(pid \d+, thread 1\): LEAK: the heap grew by 170 MiB in 11 min, and the memory was not reclaimed$/,
  );
  assert.match(heap, /resident peak [\d.]+ MiB/);
  assert.equal(suspect, '  top allocation site: track() server.js:6 (90 %)');
  const main = summary.findIndex((line) => /^stages\.js \(pid \d+\): /.test(line));
  assert.ok(main > 0, summary.join('\n'));
  assert.match(summary[main], /not enough data yet: .* Send it traffic; detection takes about a minute$/);
  assert.ok(
    summary.some((line) =>
      line.startsWith(`next: npx memwatch run --report leak.html ${STAGES} 0 worker confirmed paused`),
    ),
  );
});

test('a leak in a worker or child process that has ended is still reported', async () => {
  for (const where of ['worker', ...(WINDOWS ? [] : ['cluster'])]) {
    const { status, last } = await through(['confirmed'], { where });
    assert.equal(status, 1, where);
    assert.match(last, /a leak in [^(]+ \(pid \d+(, thread 1)?\) was confirmed/);
  }
});

test('a pause is reported with the retained size and its holder', async () => {
  const { news } = await through(['confirmed', 'paused']);
  assert.match(
    news.at(-1),
    /^stages\.js \(pid \d+\): growth has paused: 170 MiB added in 11 min are still in use, allocated by track\(\) server\.js:6$/,
  );
});

test('a program ended by --duration or by a signal gets its summary', { skip: WINDOWS }, async () => {
  const long = [...Array(200).fill('paused')];
  const ended = through(['confirmed', ...long], { words: ['--fail-on-leak', '--duration', '8s'] });
  const program = start(['--no-dashboard', '--fail-on-leak', STAGES, '0', 'here', 'confirmed', ...long]);
  await program.says('stderr', /has paused/);
  program.child.kill('SIGTERM');
  const { status, stderr } = await program.ended;
  assert.equal(status, 143);
  assert.match(
    linesOf(stderr).last,
    /^exit status 143: the program was terminated by SIGTERM; a leak in .* was confirmed/,
  );
  const { status: overStatus, last } = await ended;
  assert.equal(overStatus, 1);
  assert.match(last, /^exit status 1: a leak in /);
});

test('a program continues when memwatch is killed', { skip: WINDOWS }, async (t) => {
  const file = path.join(temporaryDirectory(), 'lives');
  const script = path.join(path.dirname(file), 'lives.js');
  fs.writeFileSync(
    script,
    `setInterval(() => require('fs').appendFileSync(${JSON.stringify(file)}, process.pid + ' '), 50);`,
  );
  const program = start(['--no-dashboard', script]);
  const size = () => (fs.existsSync(file) ? fs.statSync(file).size : 0);
  const grown = async (from) => {
    while (size() <= from) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await grown(0);
  t.after(() => process.kill(Number(fs.readFileSync(file, 'utf8').split(' ')[0])));
  program.child.kill('SIGKILL');
  await new Promise((resolve) => program.child.once('exit', resolve));
  await grown(size() + 50);
});

test('leaking ones of thousands of processes are remembered', () => {
  const ledger = new Ledger();
  for (let id = 1; id <= 2000; id++) {
    const record = new Record(id);
    const tell = (message) => {
      record.apply(message);
      ledger.note(record, message);
    };
    tell({ type: 'meta', value: { name: `worker ${id}`, pid: id } });
    if (id === 3) tell({ type: 'detectorState', value: { state: 'confirmed', kind: 'heap', base: 0, current: 1e6 } });
  }
  assert.deepEqual(
    ledger.guilty().map(({ meta }) => meta.pid),
    [3],
  );
  assert.equal(ledger.entries().length + ledger.dropped, 2000);
  assert.ok(ledger.entries().length <= 64);
});

test('memory that is free at the last GC counts as freed, even if the detector has not seen it', () => {
  const MIB = 2 ** 20;
  const record = new Record(1);
  const ledger = new Ledger();
  const tell = (type, value) => {
    record.apply({ type, value });
    ledger.note(record, { type, value });
  };
  let time = 0;
  const collect = (mib) => tell('gc', [++time, mib * MIB, 1, time, 0, 0]);
  const judge = (state, current) =>
    tell('detectorState', { state, kind: 'heap', base: 10 * MIB, current: current * MIB });
  tell('meta', { name: 'app.js', pid: 1 });
  collect(60);
  judge('confirmed', 60);
  assert.equal(ledger.guilty().length, 1);
  collect(40);
  assert.equal(ledger.guilty().length, 1, 'a part of it');
  collect(12);
  assert.equal(ledger.guilty().length, 0);
  collect(90);
  assert.equal(ledger.guilty().length, 1, 'it came again');
});

test('a leak of Buffers whose owners hold more native memory is reported as native memory', () => {
  const MIB = 2 ** 20;
  const said = (nativeBytes) => {
    const record = new Record(1);
    const ledger = new Ledger();
    const tell = (type, value) => {
      record.apply({ type, value });
      ledger.note(record, { type, value });
    };
    tell('meta', { name: 'app.js', pid: 1 });
    const grown = { kind: 'external', base: MIB, current: 52 * MIB, start: 1000, end: 36_000 };
    tell('detectorState', { state: 'confirmed', ...grown, nativeBytes });
    // While it pauses the rows are not read.
    tell('detectorState', { state: 'paused', wasConfirmed: true, ...grown, nativeBytes: 0 });
    return summaryOf(ledger, { command: 'npx memwatch run app.js' }).join('\n');
  };
  assert.match(
    said(560 * MIB),
    /LEAK: native memory grew by 560 MiB, and memory outside of the heap \(Buffers\) by 51 MiB in 35 s/,
  );
  for (const smaller of [0, 40 * MIB, undefined]) {
    assert.match(said(smaller), /LEAK: memory outside of the heap \(Buffers\) grew by 51 MiB in 35 s/);
  }
});

test('a real leak that pauses before the end fails the run and is named; a freed one does not', async () => {
  const flags = ['--no-dashboard', '--fail-on-leak', '--max-old-space-size=256'];
  const [common, module, freed] = await Promise.all([
    start([...flags, fixture('leak-then-idle.js')]).ended,
    start([...flags, fixture('leak-then-idle.mjs')]).ended,
    start([...flags, fixture('leak-then-idle.js'), 'free']).ended,
  ]);
  for (const { status, stderr } of [common, module]) {
    assert.equal(status, 1, stderr);
    const { summary } = linesOf(stderr);
    assert.match(summary[0], /^leak-then-idle\.m?js \(pid \d+\): LEAK: the heap grew by [\d.]+ MiB in /);
    // V8 may have inlined it in its caller, which comes first then, or alone.
    assert.ok(
      summary.some((line) => /(top allocation site|then): keepReports?\(\) leak-then-idle\.js:\d+/.test(line)),
      stderr,
    );
  }
  assert.equal(freed.status, 0, freed.stderr);
  assert.match(linesOf(freed.stderr).last, /no confirmed leak remained$/);
});
