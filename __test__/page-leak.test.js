'use strict';
// The whole way, as a person goes it: `memwatch run` on the subscription app, which knows nothing
// of memwatch, with users and visitors; the page is read in a browser until it names the leak.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { after, test } = require('node:test');
const path = require('node:path');
const { Visitors } = require('../examples/subscription-app/visitors.js');
const { withoutBrowser, openPage, closeBrowser } = require('./support/browser.js');
const { ROOT } = require('./support/cli-run.js');
const { start } = require('./support/runner.js');

// Many times what it takes on a quiet machine: a minute.
const WAIT_MS = 600_000;

after(closeBrowser);

test('the leak of the subscription app is suspected, confirmed and named', { skip: withoutBrowser() }, async (t) => {
  const env = { PORT: '0', REFRESH_MS: '125', NODE_ENV: 'production' };
  const program = start(['--fail-on-leak', path.join(ROOT, 'examples', 'subscription-app')], { env });
  t.after(async () => {
    // Not killed outright: it hands the signal on, and the program would live on without it.
    program.child.kill('SIGTERM');
    await once(program.child, 'close');
  });
  const url = await program.url();
  const [, port] = await program.says('stdout', /subscription app on http:\/\/127\.0\.0\.1:(\d+)/);
  const visitors = new Visitors(Number(port));
  t.after(() => visitors.close());
  for (let user = 0; user < 4; user++) {
    await visitors.post('/users/new', { name: `user${user}` });
    await visitors.post('/users/subscribe', { name: `user${user}` });
  }
  visitors.browse(['/', '/users/user0', '/users/user1']).catch(() => {});

  const page = await openPage(t, url);
  const title = page.locator('#status-title');
  await title.filter({ hasText: 'A leak is suspected' }).waitFor({ timeout: WAIT_MS });
  await title.filter({ hasText: 'This program leaks' }).waitFor({ timeout: WAIT_MS });
  const top = page.locator('#suspects tbody tr').first();
  await top.filter({ hasText: 'refreshSubscription' }).waitFor({ timeout: WAIT_MS });
  assert.match(await top.textContent(), /subscription-app\/subscription\.js:\d+/);
  await page.locator('.frame', { hasText: 'refreshSubscription' }).first().waitFor({ timeout: WAIT_MS });
  assert.match(
    await page.textContent('#status-evidence'),
    /grew from .* to .*limit of .* is reached in .*Top allocation site: refreshSubscription\(\)/,
  );
  await program.says('stderr', /a leak is suspected in (?:index|app)\.js \(pid \d+\): .*; see http/);
  await program.says(
    'stderr',
    /a leak is confirmed in (?:index|app)\.js .*top allocation site: refreshSubscription\(\) .*subscription\.js:\d+; see http/,
  );
});
