'use strict';
// `memwatch top`: what the table says, where it finds a program, and what its keys do.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { keysOf } = require('../lib/top/keys.js');
const { Screen } = require('../lib/top/screen.js');
const { notes, table, sparkline } = require('../lib/top/table.js');
const http = require('node:http');
const { MEMWATCH, refused, temporaryDirectory, told } = require('./support/cli-run.js');
const { serve, stream } = require('./support/page.js');
const { start, fixture } = require('./support/runner.js');
const { hasTerminals, inTerminal } = require('./support/terminal.js');

const MIB = 1 << 20;
const NOW = 1_700_000_000_000;

const program = (changes) => ({
  meta: { name: 'app.js', pid: 42 },
  isLive: true,
  detectorState: { state: 'ok', bytesPerHour: null, limitEta: null },
  spark: [],
  ...changes,
});

test('the table is printed as expected', () => {
  const programs = [
    program({
      detectorState: { state: 'confirmed', bytesPerHour: 1800 * MIB, limitEta: NOW + 66 * 60_000 },
      ...{ spark: [10, 20, 30, 40, 50].map((size) => size * MIB), rss: 120 * MIB, full: 24, pause: 5.25 },
    }),
    program({
      meta: { name: 'a program with a name that has no end.js', pid: 7 },
      isLive: false,
      spark: [5, 5, 5].map((size) => size * MIB),
    }),
    program({
      meta: { name: 'young\u001b[31m.js', pid: null },
      detectorState: { state: 'ok', bytesPerHour: 900 * MIB, limitEta: NOW + 90 * 60_000 },
    }),
  ];
  assert.equal(
    table(programs, { width: 120, now: NOW }).join('\n'),
    [
      'PROGRAM                       PID  STATE      HEAP    AN HOUR  LIMIT IN      RSS  FULL GC  PAUSE  HEAP OVER TIME',
      'app.js                         42  LEAKS    50 MiB  +1.76 GiB       66m  120 MiB       24  5.3ms  ▁▃▅▇█',
      'a program with a name that …    7  ended     5 MiB          -         -        -        -      -  ▁▁▁',
      'young\\u{1b}[31m.js              -  no leak       -          -         -        -        -      -',
    ].join('\n'),
  );
});

test('the retained memory and its holder are below the table, and before anything is known the next step', () => {
  const track = { function: 'track', file: '/app/server.js', line: 6 };
  const detectorState = { keptBytes: 170 * MIB, start: NOW - 11 * 60_000, end: NOW, suspects: [track] };
  const programs = [
    program({ detectorState: { ...detectorState, state: 'paused' }, full: 20 }),
    program({ detectorState: { ...detectorState, state: 'confirmed' }, isLive: false, full: 20 }),
    program({ full: 20 }),
  ];
  assert.deepEqual(notes(programs, 120), [
    '',
    'app.js (pid 42): growth has paused: 170 MiB added in 11 min are still in use, allocated by track() server.js:6',
    'app.js (pid 42): top allocation site: track() server.js:6',
  ]);
  const states = table(programs, { width: 120, now: NOW }).map((line) => /42 {2}(.*?) {2}/.exec(line)?.[1]);
  assert.deepEqual(states.slice(1), ['PAUSED', 'LEAKS, ended', 'no leak']);
  assert.match(
    notes([program({ full: 1 })], 120)[1],
    /^not enough data yet: send the program traffic; detection takes about a minute$/,
  );
  assert.deepEqual(notes([program({ full: 20 })], 120), []);
  assert.deepEqual(notes([], 120), []);
});

test('threads of one process are distinguished by their numbers', () => {
  const threads = [0, 3].map((thread) => program({ meta: { name: 'app.js', pid: 42, thread } }));
  const [, main, worker] = table(threads, { width: 120, now: NOW });
  assert.match(main, /^app\.js +42 /);
  assert.match(worker, /^app\.js +42\/3 /);
});

test('no line is longer than the width of the terminal', () => {
  const spark = Array.from({ length: 60 }, (_, i) => i * MIB);
  for (const width of [20, 80, 100, 113, 200]) {
    for (const line of table([program({ spark })], { width, now: NOW }))
      assert.ok([...line].length <= width, `${width}: ${line}`);
  }
});

test('a sparkline ends at the newest value, and shows noise as a flat line', () => {
  assert.equal(sparkline([9, 9, 0, 5, 10], 3), '▁▅█');
  assert.equal(sparkline([1000 * MIB, 1001 * MIB, 1002 * MIB], 9), '▁▁▁');
  assert.equal(sparkline([], 9), '');
});

test('a program is found by its pid, and printed once without a terminal', async () => {
  const running = start([fixture('said.js'), 'wait', 'SIGTERM']);
  await running.says('stdout', /ready/);
  const viewer = stream(await running.url());
  const { value } = await viewer.until(
    ({ type, value: all }) => type === 'joined' || (type === 'all' && all.length > 0),
  );
  const { pid } = [value].flat()[0].meta;
  viewer.leave();
  assert.match(
    told(['top', `${pid}`]),
    new RegExp(
      `^PROGRAM .*\\nsaid\\.js +${pid}  no leak .*\\n\\nnot enough data yet: send the program traffic; .*\\n$`,
    ),
  );
  running.child.kill('SIGTERM');
  await running.ended;
  refused(
    ['top', `${pid}`],
    'ERR_MEMWATCH_NO_DASHBOARD',
    /has no dashboard that this user can read: start it with `memwatch run`/,
  );
});

test('in a terminal, an invalid address is reported, and one without its end is found', {
  skip: !hasTerminals,
}, async (t) => {
  const other = http.createServer((request, response) => response.end('<html>another server'));
  await new Promise((resolve) => other.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => other.close());
  const { url } = await serve(t);
  const top = (address) => inTerminal([process.execPath, MEMWATCH, 'top', address]);
  for (const [address, sentence] of /** @type {[string, RegExp][]} */ ([
    ['http://127.0.0.1:1/x/', /no dashboard at http:\/\/127\.0\.0\.1:1: .*\[ERR_MEMWATCH_NO_DASHBOARD\]/],
    [`${url.origin}/0123456789abcdef/`, /The address lacks its token.*\[ERR_MEMWATCH_NO_DASHBOARD\]/],
    [
      `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (other.address()).port}/`,
      /no memwatch dashboard at that address \(status 200\)/,
    ],
  ])) {
    const { status, shown } = await top(address).ended;
    assert.match(shown, sentence);
    assert.equal(status, 2, shown);
  }
  const terminal = top(url.href.slice(0, -1));
  await terminal.shows(/app\.js +4242/);
  terminal.types('\x03');
  assert.equal((await terminal.ended).status, 0);
});

const LABELS = [{ name: 'POST /users', kind: 'route', share: 0.918 }];

/**
 * A screen of three programs, and what it asks of them.
 * @param {(id: number, action: string) => Promise<object>} [answer]
 */
function screenOf(answer = async () => ({ file: '/tmp/heap.heapsnapshot' })) {
  const suspects = [{ function: 'track', file: '/app/server.js', line: 6, share: 0.97, labels: LABELS }];
  const leaking = { state: 'confirmed', reason: 'heap grows by 5 GiB an hour', bytesPerHour: 5 << 30, suspects };
  const programs = [
    program({ id: 1, meta: { name: 'first.js', pid: 1 }, spark: [90 * MIB], full: 20, rss: 2 }),
    program({
      id: 2,
      meta: { name: 'leaks.js', pid: 2, thread: 3 },
      spark: [50 * MIB],
      detectorState: leaking,
      full: 20,
      rss: 1,
    }),
    program({ id: 3, meta: { name: 'last.js', pid: 3 }, spark: [9 * MIB], full: 20, rss: 3 }),
  ];
  const asked = [];
  const screen = new Screen({ list: () => programs }, (...words) => {
    asked.push(words);
    return answer(...words);
  });
  const shown = () => screen.lines({ width: 120, now: NOW }).join('\n');
  const names = () => [...shown().matchAll(/^(?:\x1b\[7m)?(\w+\.js) +\d/gm)].map(([, name]) => name);
  const selected = () => /\x1b\[7m(\w+\.js)/.exec(shown())?.[1];
  return { screen, programs, asked, shown, names, selected };
}

test('key sequences of terminals are mapped to names, whatever the terminal sends', () => {
  assert.deepEqual(keysOf('\x1b[A\x1bOBjk\r\x1b[1;5Cs\x1b\x03'), [
    ...['up', 'down', 'down', 'up', 'enter', '\x1b[1;5c', 's', 'back', 'quit'],
  ]);
});

test('the worst is listed first, o sorts by another column, arrows select', () => {
  const { screen, names, selected, shown } = screenOf();
  assert.deepEqual(names(), ['leaks.js', 'first.js', 'last.js']);
  assert.equal(selected(), 'leaks.js');
  for (const [order, expected] of [
    ['heap', ['first.js', 'leaks.js', 'last.js']],
    ['growth', ['leaks.js', 'first.js', 'last.js']],
    ['rss', ['last.js', 'first.js', 'leaks.js']],
  ]) {
    screen.press('o');
    assert.ok(shown().includes(`order: ${order}`));
    assert.deepEqual(names(), expected);
  }
  for (let i = 0; i < 5; i++) screen.press('down');
  assert.equal(selected(), 'leaks.js');
  screen.press('up');
  assert.equal(selected(), 'first.js');
});

test('Enter opens a process or thread with its reason and its allocation sites, Escape returns', () => {
  const { screen, shown, names } = screenOf();
  screen.press('enter');
  assert.match(shown(), /^leaks\.js \(pid 2, thread 3\)\nheap grows by 5 GiB an hour\n/);
  assert.match(shown(), /allocation sites\n {2}track\(\) server\.js:6 {2}97 %, 92 % while serving POST \/users\n/);
  screen.press('back');
  assert.equal(names().length, 3);
});

test('s takes a snapshot of the selected one, after a confirmation if it stops the program', async () => {
  const { screen, asked, shown } = screenOf();
  screen.press('down');
  screen.press('s');
  assert.match(shown(), /taking a snapshot of first\.js \(pid 1\)/);
  await turn();
  assert.match(shown(), /wrote \/tmp\/heap\.heapsnapshot/);
  assert.deepEqual(asked, [[1, 'snapshot']]);

  const mustStop = { why: 'no room', leastMs: 3000, mostMs: 5000, memoryBytes: 300 * MIB };
  for (const [key, expected] of /** @type {[key: string, asked: [id: number, action: string][]][]} */ ([
    [
      'y',
      [
        [2, 'snapshot'],
        [2, 'snapshot-stopped'],
      ],
    ],
    ['n', [[2, 'snapshot']]],
    ['enter', [[2, 'snapshot']]],
  ])) {
    const other = screenOf(async (_, action) => (action === 'snapshot' ? { mustStop } : { file: '/tmp/stopped' }));
    other.screen.press('s');
    await turn();
    assert.match(
      other.shown(),
      /cannot be forked \(no room\): stop it for 3 to 5 s, and take 300\.0 MiB more\? y \/ n/,
    );
    other.screen.press(key);
    await turn();
    assert.deepEqual(other.asked, expected, key);
  }
  const failing = screenOf(async () => {
    throw new Error('the disk\x1b[2J is full');
  });
  failing.screen.press('s');
  await turn();
  assert.match(failing.shown(), /no snapshot of leaks\.js \(pid 2, thread 3\): the disk\\u\{1b\}\[2J is full/);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('in a terminal, keys open a program, take its snapshot and quit', { skip: !hasTerminals }, async (t) => {
  const running = start([fixture('said.js'), 'wait', 'SIGTERM'], { cwd: temporaryDirectory() });
  t.after(() => running.child.kill('SIGKILL'));
  await running.says('stdout', /ready/);
  const url = await running.url();
  const terminal = inTerminal([process.execPath, MEMWATCH, 'top', url.href]);
  await terminal.shows(/said\.js +\d+ .*Enter open/s);
  terminal.types('\r');
  await terminal.shows(/heap after each full collection/);
  terminal.types('s');
  await terminal.shows(/wrote \S+\.heapsnapshot/);
  await running.says('stderr', /wrote a snapshot of said\.js/);
  terminal.types('q');
  const { status, shown } = await terminal.ended;
  assert.equal(status, 0);
  // The cursor and the screen are as they were.
  assert.ok(shown.endsWith('\x1b[?25h\x1b[?1049l'), JSON.stringify(shown.slice(-40)));
  running.child.kill('SIGTERM');
  await running.ended;
});

test('an address without a dashboard is reported in one sentence', () => {
  refused(['top'], 'ERR_MEMWATCH_USAGE', /top takes PID\|URL, but got no operands/);
  refused(['top', 'ftp://x/'], 'ERR_MEMWATCH_USAGE', /takes a process id or the address of a dashboard/);
  refused(['top', '999999999'], 'ERR_MEMWATCH_NO_DASHBOARD', /process 999999999 has no dashboard/);
  refused(['top', 'http://127.0.0.1:1/x/'], 'ERR_MEMWATCH_NO_DASHBOARD', /no dashboard at http:\/\/127\.0\.0\.1:1: /);
  assert.ok(told(['top', '--help']).includes('PID|URL'));
});
