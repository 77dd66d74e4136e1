'use strict';
// V8 renumbers the heap's objects when an inspector session leaves. A HeapDiff over such a moment says so, and two
// files of such moments are compared by class; never is a number given that is not so.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { says } = require('./support/child.js');
const { memwatch, report, temporaryDirectory } = require('./support/snapshot-programs.js');

const PROGRAM = path.join(__dirname, 'fixtures', 'snapshots', 'numbered-anew.js');

test('inspector activity between the snapshots of a HeapDiff leads to the right number or to an error', async () => {
  const [seen] = await says(() => {
    const memwatch = require(ROOT);
    const inspector = require('node:inspector');
    const v8 = require('node:v8');
    class Leaky {
      constructor(number) {
        this.number = number;
      }
    }
    const kept = Array.from({ length: 1000 }, (_, number) => new Leaky(number));
    const grow = (between) => {
      const diff = new memwatch.HeapDiff();
      between();
      for (let i = 0; i < 10; i++) kept.push(new Leaky(i));
      try {
        return diff.end().change.details.find(({ what }) => what === 'Leaky')?.['+'] ?? 0;
      } catch (error) {
        try {
          diff.end();
        } catch ({ code }) {
          return [error.code, code];
        }
      }
    };
    const open = () => {
      const session = new inspector.Session();
      session.connect();
      session.post('HeapProfiler.enable');
      return session;
    };
    const seen = { nothing: grow(() => {}) };
    for (const method of ['startSampling', 'stopSampling']) {
      const session = open();
      seen[method] = grow(() => session.post('HeapProfiler.' + method));
    }
    let session = open();
    seen.collectGarbage = grow(() => session.post('HeapProfiler.collectGarbage'));
    seen.stopCoverage = grow(() => v8.stopCoverage());
    session.disconnect();
    // Without tracking of allocations, which makes a loaded machine slow.
    session = open();
    session.post('HeapProfiler.startTrackingHeapObjects');
    seen.stopTracking = grow(() => session.post('HeapProfiler.stopTrackingHeapObjects'));
    seen.afterTracking = grow(() => session.disconnect());
    session = open();
    session.post('HeapProfiler.startSampling');
    seen.samplingLeaves = grow(() => session.disconnect());
    session = open();
    session.post('Profiler.enable');
    session.post('Profiler.start');
    seen.stopProfile = grow(() => session.post('Profiler.stop'));
    seen.disableProfiler = grow(() => session.post('Profiler.disable'));
    session.disconnect();
    inspector.open(0);
    seen.close = grow(() => inspector.close());
    session = open();
    seen.disable = grow(() => session.post('HeapProfiler.disable'));
    session = open();
    seen.disconnect = grow(() => session.disconnect());
    session = open();
    seen.twice = grow(() => {
      session.post('HeapProfiler.disable');
      new memwatch.HeapDiff().end();
    });
    seen.after = grow(() => {});
    const diff = new memwatch.HeapDiff();
    open().disconnect();
    diff.update();
    for (let i = 0; i < 10; i++) kept.push(new Leaky(i));
    seen.update = diff.end().change.details.find(({ what }) => what === 'Leaky')['+'];
    say(seen);
  });
  const over = ['ERR_MEMWATCH_DIFF_IDS', 'ERR_MEMWATCH_DIFF_ENDED'];
  for (const name of ['disable', 'disconnect', 'twice', 'samplingLeaves']) assert.deepEqual(seen[name], over, name);
  for (const name of ['nothing', 'stopCoverage', 'stopProfile', 'after', 'update']) assert.equal(seen[name], 10, name);
  for (const [name, value] of Object.entries(seen)) {
    assert.ok(value === 10 || value[0] === over[0], `${name}: ${value}`);
  }
});

test('two files between which V8 renumbered the heap are compared by class, and the output says so', (t) => {
  const directory = temporaryDirectory(t);
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, directory], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const files = ['a', 'b', 'c', 'd'].map((name) => path.join(directory, `${name}.heapsnapshot`));
  const leaky = ({ classes }) => classes.classes.find(({ name }) => name === 'Leaky');
  // Before and after the first new numbering; after the first and the second.
  for (const pair of [
    [files[0], files[1]],
    [files[1], files[2]],
    [files[0], files[2]],
  ]) {
    for (const fast of [[], ['--fast']]) {
      const diff = report('diff', ...pair, ...fast, '--top', '1000');
      assert.equal(diff.classes.seemsUnrelated, true, `${pair}`);
      if (diff.places) assert.equal(diff.places.isSameProcess, false, `${pair}`);
      const { net, allocated, freed, allocatedBytes, freedBytes } = leaky(diff);
      assert.equal(net, pair[0] === files[0] && pair[1] === files[2] ? 20 : 10);
      assert.deepEqual([allocated, freed, allocatedBytes, freedBytes], [null, null, null, null]);
    }
  }
  assert.match(memwatch('diff', files[0], files[1]).stdout, /Compared by class only/);
  // One numbering.
  const same = report('diff', files[2], files[3], '--top', '1000');
  assert.equal(same.classes.seemsUnrelated, false);
  assert.equal(same.places.isSameProcess, true);
  assert.deepEqual([leaky(same).allocated, leaky(same).freed], [10, 0]);
});
