'use strict';
// memwatch/heapdump is the heapdump package to those who load that: its call, its signal, its environment variable.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { program, says } = require('./support/child.js');

const unlessWindows = { skip: process.platform === 'win32' && 'there is no such signal' };

function directoryFor(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-heapdump-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('writeSnapshot finishes before it returns, and calls back before that', async (t) => {
  const directory = directoryFor(t);
  const said = await says(
    (input) => {
      process.chdir(input);
      const heapdump = require('memwatch/heapdump');
      say(Object.keys(heapdump));
      const calls = [];
      const callback = (error, name) => calls.push([error?.code ?? null, name]);
      say(heapdump.writeSnapshot('a.heapsnapshot', callback));
      say(heapdump.writeSnapshot('a.heapsnapshot', callback));
      say(heapdump.writeSnapshot('none/a.heapsnapshot', callback));
      say(heapdump.writeSnapshot('none/a.heapsnapshot'));
      say(heapdump.writeSnapshot(callback));
      say(heapdump.writeSnapshot(/** @type {any} */ (42)));
      say(calls);
    },
    { input: directory },
  );
  const calls = said.pop();
  assert.deepEqual(said, [['writeSnapshot'], true, false, false, false, true, true]);
  const [generated] = calls.pop().slice(1);
  assert.deepEqual(calls, [
    [null, 'a.heapsnapshot'],
    ['ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS', null],
    ['ERR_MEMWATCH_SNAPSHOT_DIRECTORY', null],
  ]);
  assert.match(path.basename(generated), /^heapdump-\d+\.\d+\.heapsnapshot$/);
  const names = fs.readdirSync(directory);
  assert.equal(names.filter((name) => /^heapdump-\d+\.\d+\.heapsnapshot$/.test(name)).length, 2);
  for (const name of names) JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8'));
});

test('explicit snapshots are not refused, however many there are', async (t) => {
  const directory = directoryFor(t);
  for (let n = 10; n < 35; n++) fs.writeFileSync(path.join(directory, `heapdump-100.0000${n}.heapsnapshot`), '');
  const said = await says(
    async (input) => {
      process.chdir(input);
      const heapdump = require('memwatch/heapdump');
      let told;
      say(heapdump.writeSnapshot((/** @type {NodeJS.ErrnoException} */ error, name) => (told = error?.code ?? name)));
      say(told);
      say((await require('memwatch').writeSnapshot()).path);
    },
    { input: directory },
  );
  assert.equal(said[0], true, said[1]);
  for (const file of said.slice(1)) assert.ok(fs.statSync(path.resolve(directory, file)).size > 0);
  assert.equal(fs.readdirSync(directory).length, 27);
});

test('loading the module makes SIGUSR2 write a snapshot under a generated name', unlessWindows, async (t) => {
  const directory = directoryFor(t);
  await says(
    async (input) => {
      process.chdir(input);
      require('memwatch/heapdump');
      say(process.listenerCount('SIGUSR2'));
      process.kill(process.pid, 'SIGUSR2');
      const isThere = () =>
        require('node:fs')
          .readdirSync('.')
          .some((name) => /^heapdump-[\d.]+heapsnapshot$/.test(name));
      while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    { input: directory },
  );
  assert.match(fs.readdirSync(directory)[0], /^heapdump-\d+\.\d+\.heapsnapshot$/);
});

test(
  'NODE_HEAPDUMP_OPTIONS=nosignal leaves the signal alone, and unknown words give a warning',
  unlessWindows,
  async () => {
    const outcome = await program(
      () => {
        require('memwatch/heapdump');
        setInterval(() => {}, 1000);
        setImmediate(() => process.kill(process.pid, 'SIGUSR2'));
      },
      { env: { NODE_HEAPDUMP_OPTIONS: 'signal,nosignal,often' } },
    );
    assert.equal(outcome.signal, 'SIGUSR2');
    assert.match(outcome.stderr, /^node-heapdump: unrecognized option: often\n/);
  },
);
