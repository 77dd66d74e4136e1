'use strict';
// `memwatch run` is not noticed by the program that it runs: words, streams, signals and the
// exit status go through. Errors are reported in one sentence.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');
const { pathToFileURL } = require('node:url');
const { PROGRAMS } = require('../lib/cli/declared.js');
const { spawnSync } = require('node:child_process');
const { MEMWATCH, ROOT, cleanEnvironment, refused, told, temporaryDirectory } = require('./support/cli-run.js');
const { ask, press, stream } = require('./support/page.js');
const { before, fixture, start } = require('./support/runner.js');
const { hasTerminals, inTerminal } = require('./support/terminal.js');

const SAID = fixture('said.js');
const MAJOR = Number(process.versions.node.split('.')[0]);
const WINDOWS = process.platform === 'win32';

test('arguments before the program belong to memwatch and Node, those after it to the program', async () => {
  const { status, stdout } = await start([
    '--no-dashboard',
    '--stack-size=900',
    '-r',
    'path',
    SAID,
    'a',
    '--port',
    '1',
    '-h',
    '--',
    'b',
  ]).ended;
  assert.equal(status, 0);
  const said = JSON.parse(stdout);
  assert.deepEqual(said.argv, ['a', '--port', '1', '-h', '--', 'b']);
  assert.deepEqual(said.exec.slice(0, 2), ['--stack-size=900', '-r']);
  assert.equal(said.main, true);
});

test('the exit status is that of the program', async () => {
  for (const status of [0, 1, 7, 255]) {
    assert.equal((await start(['--no-dashboard', SAID, 'exit', `${status}`]).ended).status, status);
  }
  const { status, stderr } = await start(['--no-dashboard', SAID, 'throw', 'as it is']).ended;
  assert.equal(status, 1);
  assert.match(stderr, /Error: as it is/);
});

test('death by a signal is reported as a shell does', { skip: WINDOWS }, async () => {
  for (const [signal, status] of /** @type {[string, number][]} */ ([
    ['SIGKILL', 137],
    ['SIGTERM', 143],
    ['SIGABRT', 134],
  ])) {
    assert.equal((await start(['--no-dashboard', SAID, 'kill', signal]).ended).status, status, signal);
  }
});

test('signals reach the program, and it handles them itself', { skip: WINDOWS }, async () => {
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'])) {
    const program = start(['--no-dashboard', SAID, 'wait', signal]);
    await program.says('stdout', /ready/);
    program.child.kill(signal);
    const { status, stdout } = await program.ended;
    assert.deepEqual([status, /got/.test(stdout)], [5, true], signal);
  }
});

test('Ctrl-C in a terminal arrives once, whatever standard input is', { skip: !hasTerminals }, async () => {
  for (const redirected of ['', '< /dev/null']) {
    const command = [process.execPath, MEMWATCH, 'run', '--no-dashboard', fixture('interrupted.js')];
    const terminal = inTerminal(command, redirected);
    await terminal.shows(/ready/);
    terminal.types('\x03');
    const { status, shown } = await terminal.ended;
    assert.match(shown, /interrupted 1\b/, redirected);
    assert.equal(status, 0);
  }
});

test('a program without a free descriptor continues', { skip: WINDOWS }, () => {
  const words = [MEMWATCH, 'run', '--no-dashboard', fixture('descriptors.js')];
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -n 200; exec "$0" "$@"', process.execPath, ...words],
    { encoding: 'utf8', env: cleanEnvironment({}) },
  );
  assert.deepEqual([status, stdout, before(stderr)], [0, 'told true\n', '']);
});

test('the reader of the messages may end: the program continues, and its status counts', {
  skip: WINDOWS,
}, async () => {
  const program = start(['--fail-on-leak', fixture('confirmed.js')]);
  await program.url();
  program.child.stderr.destroy();
  assert.equal((await program.ended).status, 1);
});

test('standard input and output pass through unchanged', async () => {
  const input = 'a line\nand \u{1f642} without an end';
  const { stdout, stderr } = await start(['--no-dashboard', SAID, 'echo'], { input }).ended;
  assert.equal(stdout.slice(stdout.indexOf('\n') + 1), input);
  assert.equal(before(stderr), '');
});

test('an ES module runs as well', async () => {
  const { status, stdout } = await start(['--no-dashboard', fixture('module.mjs')]).ended;
  assert.deepEqual([status, stdout], [0, 'module true\n']);
});

test('modules preloaded by options of Node, such as TypeScript loaders, are imported first', {
  skip: MAJOR < 20,
}, async () => {
  const words = ['--no-dashboard', '--import', pathToFileURL(fixture('register.mjs')).href, fixture('registered.mjs')];
  const { status, stdout } = await start(words).ended;
  assert.deepEqual([status, stdout], [0, 'registered true\n']);
});

test('workers that are terminated while they work end cleanly', async () => {
  const { status, stdout, stderr } = await start(['--no-dashboard', fixture('workers.js')]).ended;
  assert.deepEqual([status, stdout, before(stderr)], [0, 'done\n', '']);
});

test('a program restarted by node --watch is followed', { skip: MAJOR < 20 }, async () => {
  const file = path.join(temporaryDirectory(), 'changing.js');
  const write = (text) => fs.writeFileSync(file, `console.log('${text}'); setInterval(() => {}, 1000);`);
  write('first');
  const program = start(['--watch', file]);
  const viewer = stream(await program.url());
  const pids = new Set();
  await program.says('stdout', /first/);
  await viewer.until(({ type, value }) => type === 'joined' || (type === 'all' && value.length > 0));
  write('second');
  await program.says('stdout', /second/);
  await viewer.until(({ type, value }) => {
    for (const { meta } of type === 'all' ? value : type === 'joined' ? [value] : []) pids.add(meta.pid);
    return pids.size >= 2;
  });
  await viewer.until(({ type }) => type === 'ended');
  viewer.leave();
  program.child.kill('SIGTERM');
  await program.ended;
});

test('NODE_OPTIONS from the environment are kept', async () => {
  const { stdout } = await start(['--no-dashboard', SAID], {
    env: { NODE_OPTIONS: '--stack-trace-limit=3 --no-warnings' },
  }).ended;
  assert.equal(JSON.parse(stdout).main, true);
});

test('a package path with a space and quotes works', async () => {
  const directory = path.join(temporaryDirectory(), 'a "quoted\' name');
  fs.mkdirSync(directory);
  fs.writeFileSync(path.join(directory, 'package.json'), '{"main": "start.js"}');
  fs.writeFileSync(path.join(directory, 'start.js'), 'console.log("started")');
  assert.equal((await start(['--no-dashboard', directory]).ended).stdout, 'started\n');
});

test('processes, workers and cluster workers are listed side by side, and removed at their end', {
  skip: WINDOWS,
}, async () => {
  const program = start([fixture('family.js')]);
  const url = await program.url();
  const viewer = stream(url);
  const names = new Set();
  await viewer.until(({ type, value }) => {
    for (const { meta } of type === 'all' ? value : type === 'joined' ? [value] : [])
      names.add(`${meta.name} ${meta.pid} ${meta.thread}`);
    return names.size === 4;
  });
  assert.deepEqual([...names].map((name) => name.replace(/ \d+ \d+$/, '')).sort(), [
    'cluster worker 1',
    'cluster worker 2',
    'family.js',
    'worker 1',
  ]);
  program.child.kill('SIGTERM');
  await viewer.until(({ type }) => type === 'ended');
  assert.equal((await program.ended).status, 0);
});

test('a button on the dashboard reaches the program', async () => {
  const program = start([SAID, 'wait', 'SIGTERM']);
  const url = await program.url();
  const viewer = stream(url);
  await viewer.until(({ type, value }) => type === 'joined' || (type === 'all' && value.length > 0));
  const { status } = await press(url, 'collect');
  assert.equal(status, 200);
  await viewer.until(({ type }) => type === 'gc');
  const history = JSON.parse((await ask(url, 'history?1')).text);
  assert.ok(history.gc.columns[1][0] > 1e6);
  for (const action of ['start-diff', 'end-diff']) assert.equal((await press(url, action)).status, 200, action);
  const { value } = await viewer.until(({ type, value: { state } }) => type === 'diff' && state === 'done');
  assert.ok(value.before > 1e6 && value.after > 1e6);
  assert.equal((await press(url, 'end-diff')).status, 409);
  program.child.kill('SIGTERM');
  assert.equal((await program.ended).status, 5);
});

test('a missing or very long temporary directory does no harm', { skip: WINDOWS }, async () => {
  const far = path.join(temporaryDirectory(), 'x'.repeat(100));
  fs.mkdirSync(far);
  for (const TMPDIR of [far, path.join(far, 'none')]) {
    const file = path.join(temporaryDirectory(), 'report.html');
    const words = ['--no-dashboard', '--duration', '1500ms', '--report', file, SAID, 'wait', 'SIGHUP'];
    const { status, stderr } = await start(words, { env: { TMPDIR } }).ended;
    assert.deepEqual([status, before(stderr)], [0, `memwatch: wrote ${file}\n`]);
    assert.match(fs.readFileSync(file, 'utf8'), /"name":"said\.js"/);
  }
  assert.deepEqual(fs.readdirSync(path.dirname(far)), [path.basename(far)]);
  assert.deepEqual(fs.readdirSync(far), []);
});

test('after --duration the program is ended without a failure', async () => {
  const { status, stderr } = await start(['--no-dashboard', '--duration', '1500ms', SAID, 'wait', 'SIGHUP']).ended;
  assert.deepEqual([status, before(stderr)], [0, '']);
});

test('the report is one file that makes no requests', async () => {
  const file = path.join(temporaryDirectory(), 'out.html');
  const program = start(['--report', file, SAID, 'wait', 'SIGTERM']);
  const viewer = stream(await program.url());
  await viewer.until(() => viewer.messages.filter(({ type }) => type === 'raw').length >= 2);
  viewer.leave();
  program.child.kill('SIGTERM');
  const { status, stderr } = await program.ended;
  assert.equal(status, 5);
  assert.ok(before(stderr).endsWith(`memwatch: wrote ${file}\n`), stderr);
  const html = fs.readFileSync(file, 'utf8');
  assert.doesNotMatch(html, /<(script|link|img)[^>]+(src|href)=/);
  assert.match(html, /default-src 'none'; script-src 'sha256-/);
  const data = JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)[1]);
  assert.equal(data.records[0].summary.meta.name, 'said.js');
  assert.equal(data.records[0].summary.isLive, false);
  assert.ok(data.records[0].history.raw.columns[0].length >= 2);
});

test('a confirmed leak is reported, and fails the run with --fail-on-leak', async () => {
  const words = ['--no-dashboard', fixture('confirmed.js')];
  const line = /^memwatch: a leak is confirmed in confirmed\.js \(pid \d+\): grows without end\n$/;
  const [plain, failing, failed] = await Promise.all([
    start(words).ended,
    start(['--fail-on-leak', ...words]).ended,
    start(['--fail-on-leak', ...words, '7']).ended,
  ]);
  assert.deepEqual([plain.status, failing.status, failed.status], [0, 1, 7]);
  for (const { stderr } of [plain, failing, failed]) assert.match(before(stderr), line);
});

test('a cleared leak is reported with its reason, and fails nothing', async () => {
  const { status, stderr } = await start(['--no-dashboard', '--fail-on-leak', fixture('confirmed.js'), '0', 'cleared'])
    .ended;
  const lines = before(stderr).split('\n');
  assert.equal(lines.length, 3, stderr);
  assert.match(lines[0], /^memwatch: a leak is confirmed in /);
  assert.match(lines[1], /^memwatch: the growth has ended in confirmed\.js \(pid \d+\): memory reclaimed$/);
  assert.equal(status, 0);
});

test('the address can be fixed', async () => {
  const env = { MEMWATCH_DASHBOARD_TOKEN: 'the-same-each-time' };
  const { stderr, stdout } = await start([SAID], { env }).ended;
  assert.match(before(stderr), /^memwatch: watching said\.js on http:\/\/127\.0\.0\.1:\d+\/the-same-each-time\/\n$/);
  assert.doesNotMatch(stdout, /the-same/);
  refused(['run', SAID], 'ERR_MEMWATCH_USAGE', /MEMWATCH_DASHBOARD_TOKEN takes 16 characters/, {
    env: { MEMWATCH_DASHBOARD_TOKEN: 'a/b' },
  });
});

test('the examples of the documentation run', async () => {
  for (const name of ['1-well-behaved', '2-filling-cache', '3-leaky']) {
    const file = path.join(ROOT, 'examples', 'page', `${name}.js`);
    const { status, stdout, stderr } = await start(['--no-dashboard', '--duration', '1500ms', file]).ended;
    assert.deepEqual([status, stdout, before(stderr)], [0, '', ''], name);
  }
});

test('every option is documented in docs/watching.md', () => {
  const text = fs.readFileSync(path.join(ROOT, 'docs', 'watching.md'), 'utf8');
  for (const { name } of PROGRAMS.run.options) assert.ok(text.includes(`| \`--${name}`), name);
  assert.ok(text.includes(`## memwatch top ${PROGRAMS.top.usage}\n`));
  // Its other form is in docs/command-line.md.
  assert.ok(text.includes('## memwatch report FILE -o OUT.html\n'));
});

test('a program that cannot run is reported in one sentence, with status 2', async () => {
  refused(['run'], 'ERR_MEMWATCH_USAGE', /run takes a program/);
  refused(['run', 'no-such.js'], 'ERR_MEMWATCH_USAGE', /program no-such\.js not found/);
  refused(['run', '--port', '70000', SAID], 'ERR_MEMWATCH_USAGE', /--port takes a whole number/);
  refused(['run', '--port'], 'ERR_MEMWATCH_USAGE', /--port takes a value/);
  refused(['run', '--duration', 'soon', SAID], 'ERR_MEMWATCH_USAGE', /--duration takes a time/);
  refused(['run', '--no-dashboard', '--port', '1', SAID], 'ERR_MEMWATCH_USAGE', /contradict/);
  refused(
    ['run', '--report', '/no/such/directory/r.html', SAID],
    'ERR_MEMWATCH_REPORT_UNWRITABLE',
    /the report cannot be written/,
  );
  refused(
    ['run', '--host', 'no.such.host.invalid', SAID],
    'ERR_MEMWATCH_DASHBOARD_PORT',
    /is not an address of this machine/,
  );
});

test('a port in use is reported before anything runs', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const { status, stdout, stderr } = await start(['--port', `${port}`, SAID]).ended;
  assert.deepEqual([status, stdout], [2, '']);
  assert.equal(
    stderr,
    `memwatch: Port ${port} of 127.0.0.1 is in use; port 0 selects a free one. [ERR_MEMWATCH_DASHBOARD_PORT]\n`,
  );
});

test('a Node that is too old is reported, with status 2', async () => {
  const directory = temporaryDirectory();
  const pretend = path.join(directory, 'pretend.cjs');
  fs.writeFileSync(pretend, "Object.defineProperty(process.versions, 'node', { value: '14.21.3' });");
  const { status, stdout, stderr } = await start([SAID], { flags: ['-r', pretend] }).ended;
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^memwatch: memwatch needs Node\.js 18 or newer, and this is 14\.21\.3\.\n$/);
});

test('run --help lists every option', () => {
  for (const option of ['--port <N>', '--report <FILE>', '--fail-on-leak', '--duration <TIME>', '--no-dashboard']) {
    assert.ok(told(['run', '--help']).includes(option), option);
  }
});
