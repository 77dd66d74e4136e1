'use strict';
// Three programs of npm, as they are, that know nothing of memwatch and grow without end under
// load: `memwatch run` starts each by its own `bin`, and the page, read in a browser, suspects the
// leak, confirms it, and has the function that keeps what came at the top of the suspects.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const { after, test } = require('node:test');
const path = require('node:path');
const { withoutBrowser, openPage, closeBrowser } = require('../support/browser.js');
const { temporaryDirectory } = require('../support/cli-run.js');
const { PROGRAMS, freePort } = require('../support/loads.js');
const { start } = require('../support/runner.js');

const INSTALLED = process.env.MEMWATCH_REAL_PROGRAMS;
if (!INSTALLED) throw new Error('run this by `npm run test:leaks`, which installs the programs');

// Many times what it takes on a quiet machine: a minute.
const WAIT_MS = 600_000;

after(closeBrowser);

async function leaksOnThePage(t, { package: name, bin, keeps, words, load }) {
  const ports = [await freePort(), await freePort()];
  const directory = temporaryDirectory();
  const report = path.join(directory, 'report.html');
  const file = path.join(INSTALLED, 'node_modules', name, bin);
  const program = start(['--port', '0', '--fail-on-leak', '--report', report, file, ...words(directory, ports)]);
  const stop = new AbortController();
  t.after(async () => {
    stop.abort();
    program.child.kill('SIGTERM');
    if (program.child.exitCode === null) await once(program.child, 'close');
  });
  const url = await program.url();
  await load(ports, stop.signal);

  const page = await openPage(t, url);
  const title = page.locator('#status-title');
  await title.filter({ hasText: 'A leak is suspected' }).waitFor({ timeout: WAIT_MS });
  await title.filter({ hasText: 'This program leaks' }).waitFor({ timeout: WAIT_MS });
  const top = page.locator('#suspects tbody tr').first();
  await top.locator('.site-place', { hasText: `${name} · ` }).waitFor({ timeout: WAIT_MS });
  assert.match(await top.locator('.site-name').textContent(), keeps);
  assert.match(
    await page.textContent('#status-evidence'),
    /grew from .* to .*limit of .* is reached in .*Top allocation site: /,
  );
  await program.says('stderr', /a leak is confirmed in .*top allocation site: .*; see http/);

  stop.abort();
  program.child.kill('SIGTERM');
  const { status } = await program.ended;
  // The leak's, of a program that ends well when it is asked to; else its own: the signal's.
  assert.ok(status === 1 || status === 143, `${status}`);
  assert.match(fs.readFileSync(report, 'utf8'), /"state":"confirmed"/);
}

// Side by side: each waits most of the time.
test('memwatch run, and real programs', { skip: withoutBrowser(), concurrency: true }, async (t) => {
  await Promise.all(
    PROGRAMS.map((program) =>
      t.test(`the leak of ${program.package} is suspected, confirmed and named`, (each) =>
        leaksOnThePage(each, program),
      ),
    ),
  );
});
