'use strict';
// Each error leads to its documentation: by `help` where it is thrown, by the line below a warning, and in a
// terminal below the sentence of the command line. That each code has its anchor there is tested in documents.test.js.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const util = require('node:util');
const memwatch = require('..');
const { MEMWATCH, ROOT } = require('./support/cli-run.js');
const { says } = require('./support/child.js');
const { hasTerminals, inTerminal } = require('./support/terminal.js');

const { repository } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const PAGE = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/docs/errors.md`;

const helpOf = (code) => `${PAGE}#${code.toLowerCase()}`;

/** What a call throws or rejects with. */
async function failure(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

test('an error has the URL of its documentation, and its message stays one sentence', async () => {
  const { end } = memwatch.HeapDiff.prototype;
  for (const [call, code] of [
    [() => memwatch.configure(/** @type {any} */ ({ detector: 3 })), 'ERR_MEMWATCH_USAGE'],
    [() => memwatch.analyze(path.join(ROOT, 'no-such.heapsnapshot')), 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE'],
    [() => memwatch.analyze(__filename), 'ERR_MEMWATCH_SNAPSHOT_SYNTAX'],
    [() => memwatch.writeSnapshot(path.join(ROOT, 'none', 'a')), 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY'],
    [() => /** @type {any} */ (memwatch.HeapDiff)(), 'ERR_MEMWATCH_NEW_REQUIRED'],
    [() => end.call({}), 'ERR_MEMWATCH_WRONG_THIS'],
  ]) {
    const error = await failure(call);
    assert.deepEqual([error.code, error.help], [code, helpOf(code)]);
    assert.ok(!error.message.includes('http'), error.message);
    // As it stands in a log, or above the end of a program.
    assert.ok(util.inspect(error).includes(error.help));
  }
});

test('a warning has the URL on its own line', async () => {
  const [[code, message, detail]] = await says(async () => {
    process.env.MEMWATCH_SNAPSHOT_SIGNAL = 'SIGKILL';
    const { once } = require('node:events');
    const warned = once(process, 'warning');
    require(ROOT);
    const [warning] = await warned;
    say([warning.code, warning.message, warning.detail]);
  });
  assert.deepEqual([code, detail], ['ERR_MEMWATCH_USAGE', `See ${helpOf(code)}`]);
  assert.ok(!message.includes('http'), message);
});

test('in a terminal the command line prints the URL below the sentence', {
  skip: !hasTerminals && 'there is no `script`',
}, async () => {
  for (const [words, code] of [
    [['no-such-command'], 'ERR_MEMWATCH_USAGE'],
    [['analyze', 'no-such.heapsnapshot'], 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE'],
    [['run', 'no-such.js'], 'ERR_MEMWATCH_USAGE'],
  ]) {
    const { status, shown } = await inTerminal([process.execPath, MEMWATCH, ...words]).ended;
    assert.equal(status, 2);
    const lines = shown.trimEnd().split('\r\n');
    assert.ok(lines.at(-2).endsWith(`[${code}]`), shown);
    assert.equal(lines.at(-1), `See ${helpOf(code)}`);
  }
});
