'use strict';
// Node's permission model, from Node 22 on: what it forbids to JavaScript the addon does not do
// either, and the error says so before anything is touched.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');

const MEMWATCH = path.join(__dirname, '..');
const hasModel = process.allowedNodeEnvironmentFlags.has('--permission');
const underModel = hasModel ? {} : { skip: 'this Node.js has no --permission' };

function temporary(t) {
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-permission-')));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The JSON output of a program that may read everything but write only where permitted. */
function said(body, { directory, grants = ['--allow-fs-read=*'] }) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--permission',
      '--allow-addons',
      ...grants,
      '-e',
      `(${body})(require(${JSON.stringify(MEMWATCH)}), ${JSON.stringify(directory)})`,
    ],
    { encoding: 'utf8', cwd: directory },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

test('a snapshot is refused without write permission', underModel, (t) => {
  const directory = temporary(t);
  const stale = path.join(directory, '.1-0-1-1.memwatch-partial');
  fs.writeFileSync(stale, '');
  fs.utimesSync(stale, 1, 1);
  const codes = said(
    `async (memwatch, directory) => {
      const codes = [];
      const refused = async (act) => {
        try { await act(); codes.push('done'); } catch (error) { codes.push(error.code + ' ' + error.permission); }
      };
      const file = directory + '/own.heapsnapshot';
      for (const mode of ['auto', 'inline']) await refused(() => memwatch.writeSnapshot(file, { mode }));
      await refused(() => memwatch.writeSnapshot());
      await refused(() => memwatch.writeSnapshot('nested/../own.heapsnapshot'));
      await refused(() => memwatch.configure({ snapshots: { nearHeapLimit: true, directory } }));
      codes.push(memwatch.configure().snapshots.nearHeapLimit);
      console.log(JSON.stringify(codes));
    }`,
    { directory },
  );
  const refused = 'ERR_MEMWATCH_PERMISSION FileSystemWrite';
  assert.deepEqual(codes, [...Array(5).fill(refused), false]);
  assert.deepEqual(fs.readdirSync(directory), [path.basename(stale)]);
});

test('flight recorder, bundle and open heap diff write nothing without permission either', underModel, (t) => {
  const directory = temporary(t);
  const codes = said(
    `async (memwatch, directory) => {
      const codes = [];
      for (const act of [
        () => memwatch.configure({ flightRecorder: directory + '/box' }),
        () => memwatch.bundle(directory + '/bundle'),
        () => memwatch.beginHeapDiff(),
      ]) {
        try { await act(); codes.push('done'); } catch (error) { codes.push(typeof error.code); }
      }
      console.log(JSON.stringify(codes));
    }`,
    { directory },
  );
  assert.deepEqual(codes, ['string', 'string', 'string']);
  assert.deepEqual(fs.readdirSync(directory), []);
});

test('a snapshot is written to a permitted directory, and nowhere else', underModel, (t) => {
  const [directory, other] = [temporary(t), temporary(t)];
  const codes = said(
    `async (memwatch, [directory, other]) => {
      const codes = [];
      for (const place of [directory, other]) {
        try { await memwatch.writeSnapshot(place + '/own.heapsnapshot'); codes.push('done'); } catch (error) { codes.push(error.code); }
      }
      console.log(JSON.stringify(codes));
    }`.replace('[directory, other])', `_, __, [directory, other] = ${JSON.stringify([directory, other])})`),
    { directory, grants: ['--allow-fs-read=*', `--allow-fs-write=${directory}/*`] },
  );
  assert.deepEqual(codes, ['done', 'ERR_MEMWATCH_PERMISSION']);
  assert.deepEqual([fs.readdirSync(directory), fs.readdirSync(other)], [['own.heapsnapshot'], []]);
});

test('a file without read permission is not analyzed', underModel, (t) => {
  const directory = temporary(t);
  const codes = said(
    `async (memwatch, directory) => {
      const codes = [];
      const file = directory + '/secret.heapsnapshot';
      for (const act of [() => memwatch.analyze(file), () => memwatch.diffSnapshots(file, file)]) {
        try { await act(); codes.push('done'); } catch (error) { codes.push(error.code + ' ' + error.permission); }
      }
      console.log(JSON.stringify(codes));
    }`,
    { directory, grants: [`--allow-fs-read=${path.join(MEMWATCH, '*')}`] },
  );
  assert.deepEqual(codes, Array(2).fill('ERR_MEMWATCH_PERMISSION FileSystemRead'));
});

test('without --allow-addons one sentence names the option', underModel, (t) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--permission',
      '--allow-fs-read=*',
      '-e',
      `try { require(${JSON.stringify(MEMWATCH)}) } catch (e) { console.error(e.message + '|' + e.code) }`,
    ],
    { encoding: 'utf8', cwd: temporary(t) },
  );
  assert.equal(status, 0, stderr);
  assert.match(
    stderr,
    /^Node's permission model forbids native addons, .*--allow-addons\.\|ERR_MEMWATCH_ADDON_UNUSABLE$/m,
  );
});

const run = (t, nodeWords, env = {}) => {
  const program = path.join(temporary(t), 'program.js');
  fs.writeFileSync(program, 'console.log("started")');
  return spawnSync(
    process.execPath,
    [path.join(MEMWATCH, 'bin/memwatch.js'), 'run', '--no-dashboard', ...nodeWords, program],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
};

test('without permission memwatch run ends with status 2 before the program starts', underModel, (t) => {
  const { status, stdout, stderr } = run(t, ['--permission', '--allow-fs-read=*']);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^memwatch: .*--allow-addons\. \[ERR_MEMWATCH_ADDON_UNUSABLE\]\n$/);
});

test('--no-addons is reported in one sentence as well', (t) => {
  const { status, stdout, stderr } = run(t, ['--no-addons']);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^memwatch: .*--no-addons .*\[ERR_MEMWATCH_ADDON_UNUSABLE\]\n$/);
});
