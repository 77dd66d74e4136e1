'use strict';
// Leaks of native memory and fragmentation, as a person meets them: `memwatch run` on the programs of examples/native, its
// last words, and its page in a browser. Some minutes, most of them waiting; `npm run test:long` runs this.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const { withoutBrowser, openPage, closeBrowser } = require('../support/browser.js');
const { ROOT } = require('../support/cli-run.js');
const { IF_SAMPLED } = require('../support/not-here.js');
const { linesOf, start } = require('../support/runner.js');

const EXAMPLES = path.join(ROOT, 'examples', 'native');

// Many times what it takes on a quiet machine: a minute.
const WAIT_MS = 600_000;

after(closeBrowser);

/** The addon of two of the examples, as its head says to make it. @param {import('node:test').TestContext} t */
function addon(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-images-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'images.node');
  const headers = path.resolve(fs.realpathSync(process.execPath), '../../include/node');
  const words = ['-shared', '-fPIC', '-I', headers, path.join(EXAMPLES, 'images.c'), '-o', file];
  execFileSync(process.env.CC ?? 'cc', words);
  return { IMAGES_ADDON: file };
}

/**
 * Runs an example until its page has this title, says this, and has this suspect first, and ends it. What of native memory
 * grows is read every ten seconds, so it may be known after the leak is.
 * @param {import('node:test').TestContext} t
 * @param {string} example
 * @param {{ title: string, says: RegExp[], top?: RegExp, flags?: string[], env?: NodeJS.ProcessEnv }} how
 */
async function watched(t, example, { title, says, top, flags = [], env }) {
  const program = start(['--fail-on-leak', ...flags, path.join(EXAMPLES, example)], { env });
  t.after(() => program.child.kill('SIGKILL'));
  const page = await openPage(t, await program.url());
  await page.locator('#status-title').filter({ hasText: title }).waitFor({ timeout: WAIT_MS });
  for (const hasText of says) await page.locator('#status-evidence').filter({ hasText }).waitFor({ timeout: WAIT_MS });
  if (top !== undefined) {
    const first = page.locator('#suspects tbody tr').first();
    await first.filter({ hasText: top }).waitFor({ timeout: WAIT_MS });
  }
  const evidence = await page.textContent('#status-evidence');
  program.child.kill('SIGTERM');
  const { stderr } = await program.ended;
  const { news, summary, last } = linesOf(stderr);
  return { evidence, news, summary, last, stderr };
}

/** The one line that says that a leak is confirmed. @param {{ news: string[], last: string, stderr: string }} said */
function confirmation({ news, last, stderr }) {
  const confirmed = news.filter((line) => line.startsWith('a leak is confirmed in '));
  assert.equal(confirmed.length, 1, stderr);
  assert.match(last, /a leak in .* was confirmed/);
  return confirmed[0];
}

const TESTS = {
  async 'streams of zlib that are never closed are named, and the line that opens them'(t) {
    const site = /top allocation site: .*Zlib.* \(a stream of node:zlib\)/i;
    const said = await watched(t, 'zlib-streams.js', {
      title: 'This program leaks',
      says: [/memory that is allocated with malloc and in use grew by .*: native code keeps it/i, site],
      flags: ['--native'],
    });
    const { summary, stderr } = said;
    assert.match(confirmation(said), site, stderr);
    assert.match(summary[0], /^zlib-streams\.js \(pid \d+\): LEAK: native memory grew by /);
    // V8 may have inlined openConnection() in tick().
    const sites = summary.filter((line) => /(?:top allocation site|then): /.test(line));
    assert.ok(
      sites.some((line) => /: (?:openConnection|tick)\(\) zlib-streams\.js:\d+/.test(line)),
      stderr,
    );
  },

  async 'an addon that does not free is named with its function, and the line that calls it'(t) {
    const called = /(?:serveImage|tick)\(\) (?:at \S*native\/)?addon-leak\.js:\d+, by decode/;
    const said = await watched(t, 'addon-leak.js', {
      title: 'This program leaks',
      says: [/memory that is allocated with malloc and in use grew by .*: native code keeps it/i, called],
      top: /(?:serveImage|tick)\(\).*by decode/,
      flags: ['--native'],
      env: addon(t),
    });
    const { summary, stderr } = said;
    for (const sentence of [confirmation(said), summary[2]]) assert.match(sentence, called, stderr);
    assert.match(summary[0], /^addon-leak\.js \(pid \d+\): LEAK: native memory grew by /);
  },

  async 'fragmentation is told as what it is, with what helps, and no function is blamed'(t) {
    const { evidence, summary, last, stderr } = await watched(t, 'fragmentation.js', {
      title: 'Fragmentation: memory that is freed stays with this program',
      says: [/fragmentation, not a leak of blocks/],
      env: addon(t),
    });
    for (const said of [evidence, summary[0]]) {
      assert.match(
        said,
        /free memory that the allocator keeps grew by .*: fragmentation, not a leak of blocks/i,
        stderr,
      );
      assert.match(said, /MALLOC_ARENA_MAX=2 in the environment/);
    }
    // It is a suspicion, and stays one: no block is lost.
    assert.match(summary[0], /^fragmentation\.js \(pid \d+\): suspected, not confirmed: native memory grows by /);
    assert.doesNotMatch(last, /leak/);
    assert.doesNotMatch(`${evidence}${stderr}`, /top allocation site/i);
  },
};

test('native memory, by memwatch run and its page', {
  skip: IF_SAMPLED.skip || withoutBrowser(),
  concurrency: true,
}, async (t) => {
  await Promise.all(Object.entries(TESTS).map(([name, run]) => t.test(name, { timeout: 2 * WAIT_MS }, run)));
});
