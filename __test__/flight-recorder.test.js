'use strict';
// The data that survives a program: written beforehand, complete at any moment, and read with `memwatch report`.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { Series } = require('../lib/flight-recorder/series.js');
const { clean } = require('../lib/flight-recorder/format.js');
const { render } = require('../lib/cli/flight-recorder-text.js');
const { refused, report, told } = require('./support/cli-run.js');
const { program, says } = require('./support/child.js');
const { assertSchema } = require('./support/schema.js');

function boxFor(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-box-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return path.join(directory, 'box.json');
}

/** Leaks until the event, and continues until it is ended. */
async function leakUntilKilled({ file, by }) {
  const memwatch = require(ROOT);
  memwatch.configure({ flightRecorder: file });
  class Hoarded {
    constructor() {
      this.kept = [{}, {}];
    }
  }
  globalThis.hoard = [];
  let isLeak = false;
  memwatch.on('leak', () => (isLeak = true));
  while (!isLeak || by === 'memory') {
    for (let n = 0; n < 10_000; n++) globalThis.hoard.push(new Hoarded());
    if (by !== 'memory') memwatch.gc();
    await turns(1);
  }
  // Here, and not in the listener: it is written before the event is emitted.
  process.kill(process.pid, by);
  setInterval(() => {}, 1000);
}

test('the last state, the series and the leak are readable after a kill', async (t) => {
  const file = boxFor(t);
  const { signal } = await program(leakUntilKilled, { input: { file, by: 'SIGKILL' } });
  assert.equal(signal, 'SIGKILL');
  const box = report(['report', file]);
  assert.equal(box.ending, 'died');
  assert.ok(box.events.some(({ name, reason }) => name === 'leak' && reason.includes('heap growth')));
  assert.ok(box.series.points.length >= 5);
  assert.ok(box.series.points.at(-1)[1] > box.series.points[0][1]);
  assert.equal(typeof box.detectorState.reason, 'string');
  assert.match(told(['report', file]), /did not exit: it was killed, or it crashed/);
  if (process.platform !== 'win32') assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['box.json'], 'nothing half-written is left');
});

test('the file matches its schema when the program leaks, runs, has exited and was killed', async (t) => {
  const leaking = boxFor(t);
  await program(leakUntilKilled, { input: { file: leaking, by: 'SIGKILL' } });
  const ending = boxFor(t);
  const [running] = await says(
    async (input) => {
      const fs = require('node:fs');
      const memwatch = require(ROOT);
      memwatch.configure({ flightRecorder: input, sampling: { when: 'always' } });
      memwatch.gc();
      await turns();
      say(JSON.parse(fs.readFileSync(input, 'utf8')));
      process.exit(0);
    },
    { input: ending },
  );
  const written = [leaking, ending].map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
  for (const box of [running, ...written]) assertSchema('flight-recorder', box);
  assert.ok(written[0].events.length > 0);
  assert.deepEqual([running.ended, written[1].ended.status], [null, 0]);
});

test('the last sample of native memory and of open handles is in the file', async (t) => {
  const file = boxFor(t);
  const [read] = await says(
    async (input) => {
      const memwatch = require(ROOT);
      const { nativeWatch } = require(`${ROOT}/lib/own.js`);
      memwatch.configure({ flightRecorder: input });
      nativeWatch.soon();
      while (process.platform === 'linux' && nativeWatch.last === null) await turns(1);
      say(nativeWatch.last);
      process.exit(0);
    },
    { input: file },
  );
  assertSchema('flight-recorder', JSON.parse(fs.readFileSync(file, 'utf8')));
  const { nativeMemory } = report(['report', file]);
  assert.deepEqual(nativeMemory, read);
  if (process.platform !== 'linux') return assert.equal(nativeMemory, null);
  assert.match(
    told(['report', file]),
    /\nResident memory, [\d.]+ MiB, 20.* UTC:\n +V8 heaps +[\d.]+ MiB[\s\S]*\nopen: \d+ descriptors/,
  );
});

test('damaged fields are reported as unknown', () => {
  const box = { version: 1, writtenAt: 1, series: { fields: [], points: [] } };
  const of = (nativeMemory) => clean({ ...box, nativeMemory });
  for (const none of [undefined, null, 7, [], {}, { rows: 'x' }]) assert.equal(of(none).nativeMemory, null);
  const damaged = of({
    at: {},
    residentBytes: 'much',
    rows: { v8Heap: { residentBytes: [], isolateBytes: 'x' }, other: 5 },
  });
  assert.deepEqual(
    [...new Set(Object.values(damaged.nativeMemory.rows).map(({ residentBytes }) => residentBytes))],
    [null],
  );
  const shown = render({ ...damaged, ending: 'died' });
  assert.match(shown, /Resident memory:\n +V8 heaps +unknown/);
});

test('the file is readable after V8 ran out of memory', async (t) => {
  const file = boxFor(t);
  const { stderr } = await program(leakUntilKilled, {
    input: { file, by: 'memory' },
    flags: ['--max-old-space-size=64'],
  });
  assert.match(stderr, /heap out of memory/);
  const box = report(['report', file]);
  assert.deepEqual([box.ending, box.ended], ['died', null]);
  // Most of the way is there: what it had in its last two seconds may not be.
  assert.ok(box.series.points.at(-1)[1] > box.series.points[0][1]);
});

test('a normal exit is recorded, and the recorder keeps no program running', async (t) => {
  const file = boxFor(t);
  const { status } = await program(
    (input) => {
      require(ROOT).configure({ flightRecorder: input });
      process.exitCode = 3;
    },
    { input: file },
  );
  assert.equal(status, 3);
  assert.equal(report(['report', file]).ending, 'exited');
  assert.match(told(['report', file]), /exited, with status 3\./);
});

test('the file of the previous run is kept once', async (t) => {
  const file = boxFor(t);
  const run = (word) =>
    says(
      (input) => {
        require(ROOT).configure({ flightRecorder: input.file });
        process.exitCode = 0;
        say(input.word);
      },
      { input: { file, word } },
    );
  for (const word of ['one', 'two', 'three']) await run(word);
  const pids = [file, `${file}.previous`].map((name) => JSON.parse(fs.readFileSync(name, 'utf8')).pid);
  assert.notEqual(pids[0], pids[1]);
  assert.deepEqual(fs.readdirSync(path.dirname(file)).sort(), ['box.json', 'box.json.previous']);
});

test('two threads do not share a file, and {pid} and {thread} give them two', async (t) => {
  const file = boxFor(t);
  const said = await says(
    async (input) => {
      const { Worker } = require('node:worker_threads');
      const memwatch = require(ROOT);
      const inWorker = (name) => {
        const source = `const memwatch = require(${JSON.stringify(ROOT)});
          const { parentPort } = require('node:worker_threads');
          try { memwatch.configure({ flightRecorder: ${JSON.stringify(name)} }); parentPort.postMessage('ok'); }
          catch ({ code }) { parentPort.postMessage(code); }`;
        return new Promise((resolve) => new Worker(source, { eval: true }).once('message', resolve));
      };
      memwatch.configure({ flightRecorder: input });
      if (process.platform === 'linux') say(await inWorker(input));
      else say('ERR_MEMWATCH_FLIGHT_RECORDER');
      say(await inWorker(`${input}.{pid}.{thread}`));
      memwatch.configure({ flightRecorder: false });
      say(memwatch.configure({}).flightRecorder);
      say(process.pid);
    },
    { input: file },
  );
  const pid = said.pop();
  assert.deepEqual(said, ['ERR_MEMWATCH_FLIGHT_RECORDER', 'ok', false]);
  const names = fs.readdirSync(path.dirname(file));
  assert.ok(
    names.some((name) => new RegExp(`^box\\.json\\.${pid}\\.[1-9]$`).test(name)),
    names.join(),
  );
});

test('a symbolic link in place of the file is replaced, not followed', async (t) => {
  const file = boxFor(t);
  const victim = `${file}.victim`;
  fs.writeFileSync(victim, 'theirs');
  fs.symlinkSync(victim, file);
  await says((input) => void require(ROOT).configure({ flightRecorder: input }), { input: file });
  assert.equal(fs.readFileSync(victim, 'utf8'), 'theirs');
  assert.ok(fs.lstatSync(file).isFile());
});

/** What configure() says of each of these names, in a process of its own. */
const configured = (names) =>
  says(
    (input) => {
      const memwatch = require(ROOT);
      for (const name of input) {
        try {
          memwatch.configure({ flightRecorder: name });
          say('ok');
        } catch ({ code, message }) {
          say([code, message]);
        }
      }
    },
    { input: names },
  );

test('a file that memwatch did not write stays', async (t) => {
  const file = boxFor(t);
  const among = (name) => path.join(path.dirname(file), name);
  const kept = {
    'config.json': '{"pid":1,"version":1}',
    'config.json.previous': '{}',
    'half.json': '{"version":1,"pid":',
  };
  for (const [name, text] of Object.entries(kept)) fs.writeFileSync(among(name), text);
  fs.mkdirSync(among('crash'));
  /** @type {[name: string, sentence: RegExp][]} */
  const cases = [
    ['config.json', /was not written by memwatch/],
    ['half.json', /was not written by memwatch/],
    ['crash', /is a directory/],
  ];
  if (process.platform !== 'win32') {
    fs.symlinkSync('crash', among('link'));
    cases.push(['link', /is a directory/]);
  }
  // A pipe is never read to its end.
  if (spawnSync('mkfifo', [among('pipe')]).status === 0) cases.push(['pipe', /is not a regular file/]);
  const before = fs.readdirSync(path.dirname(file));
  const said = await configured(cases.map(([name]) => among(name)));
  for (const [n, [name, sentence]] of cases.entries()) {
    assert.equal(said[n][0], 'ERR_MEMWATCH_FLIGHT_RECORDER', name);
    assert.match(said[n][1], sentence);
  }
  assert.deepEqual(fs.readdirSync(path.dirname(file)), before);
  for (const [name, text] of Object.entries(kept)) assert.equal(fs.readFileSync(among(name), 'utf8'), text);
});

test('a .previous file that memwatch did not write is not overwritten', async (t) => {
  const file = boxFor(t);
  assert.deepEqual(await configured([file]), ['ok']);
  const left = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(`${file}.previous`, 'theirs');
  const [[code, message]] = await configured([file]);
  assert.equal(code, 'ERR_MEMWATCH_FLIGHT_RECORDER');
  assert.match(message, /box\.json\.previous was not written by memwatch/);
  assert.deepEqual(
    [file, `${file}.previous`].map((name) => fs.readFileSync(name, 'utf8')),
    [left, 'theirs'],
  );
});

test('an empty file is replaced', async (t) => {
  const file = boxFor(t);
  fs.writeFileSync(file, '');
  assert.deepEqual(await configured([file]), ['ok']);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['box.json']);
});

test('a file of a process with the same pid in another container is left alone until that process ends', async (t) => {
  const file = boxFor(t);
  const said = await says(
    async (input) => {
      const fs = require('node:fs');
      const memwatch = require(ROOT);
      const read = (name) => JSON.parse(fs.readFileSync(name, 'utf8'));
      const put = (box) => {
        fs.writeFileSync(`${input}.new`, JSON.stringify(box));
        fs.renameSync(`${input}.new`, input);
      };
      memwatch.configure({ flightRecorder: input });
      const theirs = { ...read(input), locked: false, pidNamespace: 'pid:[1]', writtenAt: Date.now() };
      const warnings = [];
      process.once('warning', (warning) => warnings.push(warning));
      const until = async (isSo) => {
        for (; !isSo(); memwatch.gc()) await new Promise((resolve) => setTimeout(resolve, 100));
      };
      const isTakenBack = () => read(input).pidNamespace !== theirs.pidNamespace;
      put(theirs);
      await until(() => warnings.length > 0 || isTakenBack());
      say([warnings[0]?.code, warnings[0]?.message, read(input).pidNamespace]);
      put({ ...theirs, ended: { status: 0, at: Date.now() } });
      await until(isTakenBack);
      say(read(`${input}.previous`).pidNamespace);
    },
    { input: file },
  );
  const [[code, message, whose], previous] = said;
  assert.equal(code, 'ERR_MEMWATCH_FLIGHT_RECORDER');
  assert.match(message, /a process in another container writes it/);
  assert.deepEqual([whose, previous], ['pid:[1]', 'pid:[1]']);
});

test('a file that cannot be written is an error of configure(), and later a warning', async (t) => {
  const file = boxFor(t);
  const said = await says(
    async (input) => {
      const fs = require('node:fs');
      const path = require('node:path');
      const memwatch = require(ROOT);
      try {
        memwatch.configure({ flightRecorder: path.join(input, 'none', 'box') });
      } catch ({ code }) {
        say(code);
      }
      const warned = new Promise((resolve) =>
        process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code }) => resolve(code)),
      );
      memwatch.configure({ flightRecorder: input });
      fs.rmSync(path.dirname(input), { recursive: true });
      const timer = setInterval(() => memwatch.gc(), 100);
      say(await warned);
      clearInterval(timer);
    },
    { input: file },
  );
  assert.deepEqual(said, ['ERR_MEMWATCH_FLIGHT_RECORDER', 'ERR_MEMWATCH_FLIGHT_RECORDER']);
});

test('a file that no flight recorder wrote is refused with a sentence', (t) => {
  const file = boxFor(t);
  const code = 'ERR_MEMWATCH_FLIGHT_RECORDER_UNREADABLE';
  refused(['report', file], code, /is not a flight recorder file/);
  for (const text of ['', '{}', 'null', '[]', '{"version":2}', '{"version":1,"writtenAt":1,"series":{}}']) {
    fs.writeFileSync(file, text);
    refused(['report', file], code, /is not a flight recorder file/);
  }
  refused(['report', path.dirname(file)], code, /is not a flight recorder file/);
});

test('a series of any length is bounded, keeps its beginning, and has its exact end', () => {
  /** @type {Series<number>} */
  const series = new Series();
  for (let n = 0; n < 100_000; n++) series.add(n);
  const { points } = series;
  assert.ok(points.length <= 240);
  assert.equal(points[0], 0);
  assert.deepEqual(
    points.slice(-80),
    Array.from({ length: 80 }, (_, n) => 99_920 + n),
  );
  assert.deepEqual(
    points,
    [...points].sort((a, b) => a - b),
  );
});

test('the text report is readable', () => {
  const mib = 2 ** 20;
  const at = Date.UTC(2026, 10, 20, 10, 0, 0);
  const site = { function: 'remember', file: '/srv/app\u202e.js', line: 12, bytes: 600 * mib, count: 1200 };
  const box = {
    pid: 4711,
    thread: 0,
    program: '/srv/app.js',
    node: 'v20.20.2',
    startedAt: at,
    writtenAt: at + 3 * 3600_000,
    ending: 'died',
    ended: null,
    heapLimitBytes: 2048 * mib,
    detectorState: { state: 'confirmed', confidence: 0.973, reason: 'heap grows by 600.0 MiB an hour' },
    series: {
      fields: ['at', 'heap', 'external', 'rss'],
      points: [0, 1, 2, 3].map((n) => [at + n * 3600_000, (200 + n * 600) * mib, mib, (300 + n * 600) * mib]),
    },
    events: [{ at: at + 3600_000, name: 'leak', reason: 'heap\u001b[2J grows', suspects: [site] }],
    sites: { sites: [site] },
    snapshots: [{ at: at + 7200_000, trigger: 'leak', path: '/srv/a.heapsnapshot', bytes: 90 * mib }],
  };
  assert.equal(
    render(box),
    `Process 4711 (/srv/app.js), Node.js v20.20.2, did not exit: it was killed, or it crashed.
Started 2026-11-20 10:00:00 UTC; last written 2026-11-20 13:00:00 UTC, 3 h 0 min later.

Memory after collections, over 3 h 0 min:
heap      ▁▄▆█  200.0 MiB → 2,000.0 MiB of 2,048.0 MiB
external  ████  1.0 MiB → 1.0 MiB
rss       ▂▄▆█  300.0 MiB → 2,100.0 MiB

State: confirmed, confidence 0.97
  heap grows by 600.0 MiB an hour

Events:
  2026-11-20 11:00:00 UTC  leak: heap\\u{1b}[2J grows; top allocation site: remember() app\\u{202e}.js:12

Suspected, at the last event:
     600.0 MiB       1200 objects  remember  /srv/app\\u{202e}.js:12

Allocated and alive, by function:
     600.0 MiB       1200 objects  remember  /srv/app\\u{202e}.js:12

Heap snapshots:
  2026-11-20 12:00:00 UTC  leak  /srv/a.heapsnapshot  90.0 MiB

npx memwatch analyze /srv/a.heapsnapshot
`,
  );
});

test('evidence of an ended suspicion has its time, and a pause is not reported as the end', () => {
  const at = Date.UTC(2026, 10, 20, 10, 0, 0);
  const site = { function: 'track', file: '/srv/server.js', line: 6, bytes: 160 * 2 ** 20, count: 7 };
  const reason =
    'growth of the heap has paused: 170 MiB added in 11m are still in use, allocated by track() server.js:6';
  const box = {
    ...{
      pid: 1,
      thread: 0,
      program: null,
      node: 'v20.20.2',
      startedAt: at,
      writtenAt: at,
      ending: 'exited',
      ended: { status: 0 },
    },
    ...{ heapLimitBytes: 1, series: { fields: [], points: [] }, snapshots: [] },
    detectorState: { state: 'paused', confidence: 0, reason },
    events: [{ at, name: 'leak-paused', reason, suspects: [site], suspectsAt: at - 60_000 }],
    sites: { at: at - 60_000, isLive: false, sites: [site] },
  };
  const text = render(box);
  assert.ok(text.includes(`State: ${reason}\n`), text);
  assert.match(
    text,
    /^Suspected, at the last event, 2026-11-20 09:59:00 UTC:\n +160\.0 MiB .* track {2}\/srv\/server\.js:6$/m,
  );
  assert.match(text, /^Allocated and alive at the last suspicion, 2026-11-20 09:59:00 UTC, by function:$/m);
  // Of a damaged file.
  assert.match(render({ ...box, sites: { ...box.sites, at: 1e300 } }), /at the last suspicion, by function:$/m);
});
