'use strict';
// Names that cannot be files', and a working directory that is gone: a sentence with a code, and no file under
// another name.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT, run, says } = require('./support/child.js');
const { temporaryDirectory } = require('./support/snapshot-programs.js');

/** What each call comes to: its error's code and message, or null. */
function outcomes(main, input) {
  return says(
    `async (input) => {
    const memwatch = require(ROOT);
    const heapdump = (...args) => new Promise((done, failed) =>
      require(ROOT + '/heapdump.js').writeSnapshot(...args, (error) => (error ? failed(error) : done())));
    const calls = (${main})({ memwatch, heapdump, input });
    const seen = {};
    for (const [name, call] of Object.entries(calls)) {
      try {
        await call();
        seen[name] = null;
      } catch ({ code, message }) {
        seen[name] = [code, message];
      }
    }
    say(seen);
    process.exit();
  }`,
    { input },
  );
}

test('a name with an incomplete character is refused by every function that takes one', async (t) => {
  const directory = temporaryDirectory(t);
  const [seen] = await outcomes(({ memwatch, heapdump, input }) => {
    const name = input + '/a\ud800b';
    return {
      flightRecorder: () => memwatch.configure({ flightRecorder: name }),
      directory: () => memwatch.configure({ snapshots: { directory: name } }),
      name: () => memwatch.configure({ snapshots: { name: 'a\udc00.heapsnapshot' } }),
      onLeak: () => memwatch.configure({ onLeak: { bundle: name } }),
      bundle: () => memwatch.bundle(name),
      writeSnapshot: () => memwatch.writeSnapshot(name),
      heapdump: () => heapdump(name),
      analyze: () => memwatch.analyze(name),
      diffSnapshots: () => memwatch.diffSnapshots(name, name),
    };
  }, directory);
  for (const [call, outcome] of Object.entries(seen)) {
    assert.equal(outcome?.[0], 'ERR_MEMWATCH_USAGE', call);
    // The half is written out, so that one sees which.
    assert.match(outcome[1], /a\\ud[8c]00/, call);
    assert.doesNotMatch(outcome[1], /\n/);
  }
  assert.deepEqual(fs.readdirSync(directory), []);
});

test('a removed working directory is reported as missing, though Node caches its name', {
  skip: process.platform === 'win32',
}, async (t) => {
  const directory = temporaryDirectory(t);
  const gone = path.join(directory, 'gone');
  fs.mkdirSync(gone);
  const main = `
    const memwatch = require(${JSON.stringify(ROOT)});
    const fs = require('node:fs');
    process.cwd();
    fs.rmdirSync(process.cwd());
    memwatch.configure({ snapshots: { nearHeapLimit: false } });
    const codes = [];
    for (const options of [
      { snapshots: { directory: 'below' } },
      { detector: 'trend', flightRecorder: 'box' },
      {},
    ]) {
      try {
        memwatch.configure(options);
        codes.push(null);
      } catch ({ code }) {
        codes.push(code);
      }
    }
    console.log(JSON.stringify([...codes, memwatch.configure().detector]));
    process.exit();
  `;
  const { stdout, stderr } = await run(process.execPath, ['-e', main], { cwd: gone });
  const code = 'ERR_MEMWATCH_WORKING_DIRECTORY';
  // Nothing of a call is in force whose directory is gone.
  assert.deepEqual(JSON.parse(stdout), [code, code, null, 'both'], stderr);
  assert.equal(fs.existsSync(gone), false);
});

test('the near-heap-limit trigger stays armed when its directory is removed', {
  skip: process.platform === 'win32',
}, async (t) => {
  const directory = temporaryDirectory(t);
  const [on] = await says(
    (input) => {
      const fs = require('node:fs');
      const memwatch = require(ROOT);
      fs.mkdirSync(input + '/here');
      process.chdir(input + '/here');
      memwatch.configure({ snapshots: { nearHeapLimit: true } });
      fs.rmdirSync(input + '/here');
      say(memwatch.configure().snapshots.nearHeapLimit);
      process.exit();
    },
    { input: directory },
  );
  assert.equal(on, true);
});

test('without a working directory absolute paths work, and relative ones are refused in one sentence', {
  skip: process.platform === 'win32',
}, async (t) => {
  const directory = temporaryDirectory(t);
  const [seen] = await outcomes(({ memwatch, heapdump, input }) => {
    const fs = require('node:fs');
    fs.mkdirSync(input + '/gone');
    process.chdir(input + '/gone');
    fs.rmdirSync(input + '/gone');
    return {
      nothing: () => memwatch.configure(),
      wholeBox: () => memwatch.configure({ flightRecorder: input + '/box' }),
      noBox: () => memwatch.configure({ flightRecorder: false }),
      analyzeNow: () => memwatch.analyzeNow(),
      heapDiff: () => new memwatch.HeapDiff().end(),
      flightRecorder: () => memwatch.configure({ flightRecorder: 'box' }),
      directory: () => memwatch.configure({ snapshots: { directory: 'below' } }),
      writeSnapshot: () => memwatch.writeSnapshot(),
      heapdump: () => heapdump(),
      bundle: () => memwatch.bundle('below'),
      wholeDirectory: () => memwatch.configure({ snapshots: { directory: input } }),
      whole: () => memwatch.writeSnapshot(input + '/whole.heapsnapshot'),
      named: () => memwatch.writeSnapshot('here.heapsnapshot'),
    };
  }, directory);
  const fail = ['flightRecorder', 'directory', 'writeSnapshot', 'heapdump', 'bundle', 'named'];
  for (const [call, outcome] of Object.entries(seen)) {
    assert.equal(
      outcome?.[0],
      fail.includes(call) ? 'ERR_MEMWATCH_WORKING_DIRECTORY' : undefined,
      `${call}: ${outcome}`,
    );
    if (outcome) assert.match(outcome[1], /^.+ is relative to the working directory, which was removed: [^\n]+\.$/);
  }
});
