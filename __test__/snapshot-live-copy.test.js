'use strict';
// What the copy of the process that takes a snapshot has of the program, and what it cannot
// do to it.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { forkOnly, temporaryDirectory, liveSays } = require('./support/live.js');

test(
  'the forked child has no descriptor of the program, low priority, and is the first to be OOM-killed',
  forkOnly,
  async (t) => {
    const [{ links, nice, oom, name }] = await liveSays(
      async (directory) => {
        grow(100_000);
        const net = require('node:net');
        const server = net.createServer().listen(0);
        await new Promise((resolve) => server.once('listening', resolve));
        const take = () => memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' });
        const oomOf = (pid) => fs.readFileSync('/proc/' + pid + '/oom_score_adj', 'utf8').trim();
        // The last of what it does before it begins to work.
        const { pid, outcome } = await held(take, { isReady: (pid) => oomOf(pid) === '1000' });
        const links = fs.readdirSync('/proc/' + pid + '/fd').map((fd) => fs.readlinkSync('/proc/' + pid + '/fd/' + fd));
        const stat = fs
          .readFileSync('/proc/' + pid + '/stat', 'utf8')
          .split(') ')[1]
          .split(' ');
        say({ links, nice: Number(stat[16]), oom: oomOf(pid), name: children()[0][1] });
        resume(pid);
        await outcome;
        server.close();
      },
      { input: temporaryDirectory(t) },
    );
    const others = links.filter((link) => link !== '/dev/null' && !/^anon_inode:\[?landlock/.test(link));
    assert.equal(others.filter((link) => link.startsWith('pipe:')).length, 1, others.join());
    for (const link of others) assert.match(link, /^pipe:|memwatch-live-|^\/proc\/|^\/sys\//, others.join());
    assert.ok(nice >= 10, `${nice}`);
    assert.equal(oom, '1000');
    assert.equal(name, 'memwatch-fork');
  },
);

test('signals to the process group of the program do not end the forked child', forkOnly, async (t) => {
  const [mode, heard] = await liveSays(
    async (directory) => {
      grow(50_000);
      const heard = [];
      for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => heard.push(signal));
      const { pid, outcome } = await held(() => memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' }));
      for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR2']) process.kill(pid, signal);
      resume(pid);
      say((await outcome).value?.mode);
      say(heard);
    },
    { input: temporaryDirectory(t) },
  );
  assert.equal(mode, 'fork');
  // Nor do they reach the program, whose handlers the copy has laid off.
  assert.deepEqual(heard, []);
});

test('a finalizer that runs in the forked child has no effect on the program', forkOnly, async (t) => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 5)) return t.skip('this Node has no database of its own');
  const directory = temporaryDirectory(t);
  // While the program waits, V8 would use the time and collect in it, too.
  const flags = ['--experimental-sqlite', '--no-warnings', '--no-memory-reducer', '--min-semi-space-size=16'];
  const [mode, files, isSame] = await liveSays(
    async (directory) => {
      const { DatabaseSync } = require('node:sqlite');
      const file = path.join(directory, 'a.db');
      // Garbage, which the copy collects and the program has not yet: with it the last connection is closed.
      (() => {
        const database = new DatabaseSync(file);
        database.exec('PRAGMA journal_mode = WAL; CREATE TABLE kept (x); INSERT INTO kept VALUES (77)');
      })();
      // What all connections share, mapped into memory.
      const before = fs.readFileSync(`${file}-shm`);
      say((await memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork' })).mode);
      say(fs.readdirSync(directory));
      say(before.equals(fs.readFileSync(`${file}-shm`)));
    },
    { input: directory, flags },
  );
  assert.equal(mode, 'fork');
  assert.deepEqual(files.sort(), ['a.db', 'a.db-shm', 'a.db-wal', 'a.heapsnapshot']);
  assert.ok(isSame);
});
