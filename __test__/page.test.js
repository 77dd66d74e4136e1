'use strict';
// The page in a real browser, with programs that are made up: what it says, every control,
// hostile names, a broken connection, small screens, keyboards.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { Hub } = require('../lib/dashboard/hub.js');
const { liveReport } = require('../lib/dashboard/live-report.js');
const { PageServer } = require('../lib/dashboard/server.js');
const { withoutBrowser, openPage, pageOf, told, assertAccessible, closeBrowser } = require('./support/browser.js');
const { temporaryDirectory } = require('./support/cli-run.js');
const { leaking, healthy } = require('./support/made-up.js');
const { META, serve } = require('./support/page.js');

const skip = withoutBrowser();
const PICTURE = '<img src=x onerror=alert(1)>';

after(closeBrowser);

test('for a leak the state comes first, with its evidence and the first site', { skip }, async (t) => {
  const { page } = await pageOf(t, leaking());
  await told(page, '#status-title', /^This program leaks$/);
  // It comes with the history, a moment later, as the charts do.
  await told(page, '#status-evidence', /./);
  for (const name of ['base', 'memory', 'pauses', 'collections']) await page.locator(`#chart-${name} canvas`).waitFor();
  const evidence = await page.textContent('#status-evidence');
  assert.match(evidence, /grew from 22 MiB to 80 MiB in 2 min, over 24 full collections: \+1\.76 GiB an hour/);
  assert.match(evidence, /the heap’s limit of 2 GiB is reached in \d+ min/);
  assert.match(evidence, /Top allocation site: refreshSubscription\(\) at app\/subscription\.js:37 \(86\s% of it\)/);
  assert.equal(await page.title(), 'This program leaks · app.js');
  assert.match(
    await page.textContent('#suspects tbody tr:first-child'),
    /refreshSubscription.*40 MiB.*\+36 MiB.*86\s%/,
  );
  assert.match(
    await page.textContent('#events'),
    /Leak.*leaks: \+30 MiB.*\+1\.76 GiB an hour.*Suspected.*grows like a leak/,
  );
  for (const name of ['base', 'memory', 'pauses', 'collections']) {
    assert.equal(await page.locator(`#chart-${name} canvas`).count(), 1, name);
    assert.match(await page.getAttribute(`#chart-${name} [role=img]`, 'aria-label'), /chart\. /, name);
  }
});

test('for a healthy program it says so, and shows the trend of the live heap', { skip }, async (t) => {
  const { page } = await pageOf(t, healthy());
  await told(page, '#status-title', /^No leak seen$/);
  await told(page, '#status-evidence', /./);
  assert.match(
    await page.textContent('#status-evidence'),
    /stayed at 20 MiB over the last 12 of 24 full collections seen here/,
  );
  assert.match(await page.textContent('#suspects'), /sampled once a leak is suspected/);
});

test('new data is drawn as it arrives', { skip }, async (t) => {
  const { page, place } = await pageOf(t, []);
  await told(page, '#status-title', /^Not enough data yet$/);
  await told(page, '#status-evidence', /no full collection yet/);
  leaking().forEach(place.tell);
  await told(page, '#status-title', /^This program leaks$/);
  place.tell({ type: 'detectorState', value: { state: 'cleared' } });
  place.tell({
    type: 'leak',
    value: { event: 'leak-cleared', time: Date.now(), reason: 'heap grows by 9.0 MiB an hour', why: 'stopped-growing' },
  });
  await told(page, '#status-title', /^No leak: the growth has ended$/);
  await told(page, '#events', /Cleared.*stopped growing; until then: heap grows by 9\.0 MiB an hour/);
  // Nothing is judged any more, so there is no line.
  await page.locator('#chart-base .legend li', { hasText: 'Trend' }).waitFor({ state: 'hidden' });
});

test('every button performs its action and reports the result', { skip }, async (t) => {
  const done = {
    'start-diff': { pauseMs: 3 },
    snapshot: { file: '/srv/app.heapsnapshot', bytes: 12 << 20, pauseMs: 9 },
    profile: '{"head":{}}',
  };
  const { page, place, asked } = await pageOf(t, leaking(), { act: async (action) => done[action] });
  await told(page, '#status-title', /leaks/);
  await page.click('#do-collect');
  await told(page, '#outcome', /^Collected\.$/);
  await page.click('#do-diff');
  await told(page, '#outcome', /^The first snapshot is taken; the program was stopped for 3 ms\.$/);
  place.tell({ type: 'diff', value: { state: 'open', start: Date.now() } });
  await told(page, '#do-diff', /^End heap diff$/);
  await told(page, '#diff', /open since/);
  await page.click('#do-diff');
  await told(page, '#outcome', /^The two snapshots are compared/);
  const rows = [
    { what: 'EmailTemplate', bytes: 9 << 20, came: 190, went: 2 },
    { what: 'Array', bytes: -5, came: 1, went: 2 },
  ];
  const keepers = [{ what: 'EmailTemplate', path: 'globalThis.cache → Map', bytes: 9 << 20, came: 188 }];
  place.tell({
    type: 'diff',
    value: {
      state: 'done',
      start: Date.now() - 5000,
      end: Date.now(),
      before: 1 << 20,
      after: 10 << 20,
      rows,
      keepers,
    },
  });
  await told(page, '#diff', /EmailTemplate.*\+9 MiB.*190.*2/);
  assert.equal(await page.locator('#diff tbody tr').count(), 1);
  await told(page, '#diff li', /188 × EmailTemplate, \+9 MiB: globalThis\.cache → Map/);
  await told(page, '#diff-hint', /In 5 s, .*: 1 MiB before, 10 MiB after/);
  await page.click('#do-snapshot');
  await told(page, '#outcome', /^The snapshot is written; the program was stopped for 9 ms\.$/);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#do-profile')]);
  assert.equal(download.suggestedFilename(), 'memwatch.heapprofile');
  assert.equal(fs.readFileSync(await download.path(), 'utf8'), done.profile);
  assert.deepEqual(asked, ['collect', 'start-diff', 'end-diff', 'snapshot', 'profile']);
});

test('a disabled button gives its reason and does nothing', { skip }, async (t) => {
  const meta = {
    actions: { collect: null, diff: null, snapshot: 'No snapshots here.', profile: 'Nothing is sampled.' },
  };
  const { page, asked } = await pageOf(t, healthy(), { meta });
  await told(page, '#about-snapshot', /^No snapshots here\.$/);
  assert.equal(await page.getAttribute('#do-profile', 'aria-disabled'), 'true');
  // Forced: the driver itself would wait until they are enabled.
  await page.click('#do-snapshot', { force: true });
  await page.click('#do-profile', { force: true });
  await page.click('#do-collect');
  await told(page, '#outcome', /Collected/);
  assert.deepEqual(asked, ['collect']);
});

test('if nothing is sampled, the button starts sampling', { skip }, async (t) => {
  const meta = { actions: { ...META.actions, profile: 'Nothing is sampled.', sample: null } };
  const { page, asked } = await pageOf(t, healthy(), { meta });
  await told(page, '#do-profile', /^Sample allocations$/);
  await page.click('#do-profile');
  await told(page, '#outcome', /being sampled/);
  assert.deepEqual(asked, ['sample']);
});

test('a failed action is reported with its error message', { skip }, async (t) => {
  const act = async () => {
    throw new Error(`too little memory ${PICTURE}`);
  };
  const { page } = await pageOf(t, healthy(), { act });
  await told(page, '#status-title', /No leak/);
  // The response is a failure, which the browser logs in its console as one.
  page.removeAllListeners('console');
  await page.click('#do-collect');
  await told(page, '#outcome', /^too little memory <img/);
});

test('names that contain markup are shown as text', { skip }, async (t) => {
  const { page, place } = await pageOf(t, leaking(), { meta: { name: PICTURE, node: PICTURE } });
  const site = { function: PICTURE, file: PICTURE, line: 1, package: PICTURE, bytes: 5e6, share: 1 };
  place.tell({
    type: 'sites',
    value: {
      sampling: 'own',
      suspects: [site],
      flame: { name: 'all', bytes: 2, children: [{ name: PICTURE, at: PICTURE, bytes: 2 }] },
    },
  });
  place.tell({
    type: 'detectorState',
    value: { state: 'confirmed', kind: PICTURE, base: 1, current: 2, start: 1, end: 2, suspects: [site] },
  });
  place.tell({ type: 'diff', value: { state: 'done', start: 1, end: 2, rows: [{ what: PICTURE, bytes: 1 }] } });
  place.tell({ type: 'leak', value: { event: PICTURE, time: Date.now(), reason: PICTURE } });
  for (const selector of ['#program', '#status-evidence', '#suspects', '#flame', '#diff', '#events'])
    await told(page, selector, PICTURE);
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.title(), `This program leaks · ${PICTURE}`);
});

test('the time range can be chosen, and the choice is announced', { skip }, async (t) => {
  const { page } = await pageOf(t, leaking());
  await told(page, '#status-title', /leaks/);
  for (const name of ['5 min', '1 h', 'All', 'Forecast']) {
    await page.click(`#range button[data-range="${name}"]`);
    assert.equal(await page.getAttribute(`#range button[data-range="${name}"]`, 'aria-pressed'), 'true', name);
    assert.equal(await page.locator('#range [aria-pressed=true]').count(), 1);
  }
  await told(page, '#chart-base .legend', /Heap limit 2 GiB/);
  await page.click('#range button[data-range="All"]');
  await page.locator('#chart-base .legend li', { hasText: 'Heap limit' }).waitFor({ state: 'hidden' });
  const box = await page.locator('#chart-base .u-over').boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 4 });
  await page.mouse.up();
  await page.locator('#range:not(:has([aria-pressed=true]))').waitFor();
});

test('charts offer their last measurements as a table', { skip }, async (t) => {
  const { page } = await pageOf(t, leaking());
  await told(page, '#status-title', /leaks/);
  for (const name of ['base', 'memory', 'pauses', 'collections']) {
    await page.click(`#chart-${name} summary`);
    await page.locator(`#chart-${name} tbody tr`).first().waitFor();
    assert.equal(await page.locator(`#chart-${name} tbody tr`).count(), 12, name);
  }
});

test("the theme is light, dark, or the system's, and is remembered", { skip }, async (t) => {
  const { page } = await pageOf(t, healthy(), { colorScheme: 'dark' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.click('#theme');
  await told(page, '#theme', /^Theme: Light$/);
  const light = await background();
  assert.notEqual(light, dark);
  await page.reload();
  await told(page, '#theme', /^Theme: Light$/);
  assert.equal(await background(), light);
  await page.click('#theme');
  await told(page, '#theme', /^Theme: Dark$/);
  assert.equal(await background(), dark);
});

test('the flame graph can be navigated and zoomed by keyboard', { skip }, async (t) => {
  const { page } = await pageOf(t, leaking());
  await page.locator('.frame', { hasText: 'refreshSubscription' }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await page.focus('.flame [tabindex="0"]');
  for (const [key, name] of [
    ['ArrowDown', 'listOnTimeout'],
    ['ArrowRight', 'handle'],
    ['ArrowLeft', 'listOnTimeout'],
    ['ArrowDown', 'refreshSubscription'],
  ]) {
    await page.keyboard.press(key);
    assert.ok((await focused()).startsWith(`${name} `), key);
  }
  await told(
    page,
    '.flame-words',
    /^refreshSubscription at \/srv\/app\/subscription\.js:37: 45 MiB live, 90\s% of the sampled bytes$/,
  );
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.frame', { hasText: 'handle' }).count(), 0);
  await page.keyboard.press('Escape');
  assert.match(await focused(), /^listOnTimeout node:internal\/timers:581$/);
  await page.click('text=Show all');
  await page.locator('.frame', { hasText: 'handle' }).waitFor();
  await page.click('.frame:has-text("EmailTemplate")');
  assert.equal(await page.locator('.frame', { hasText: 'handle' }).count(), 0);
});

test('several processes are listed side by side, and each can be opened', { skip }, async (t) => {
  const { page, hub } = await pageOf(t, healthy());
  const agent = { act: async () => null, watch() {} };
  const second = hub.join(agent, { type: 'meta', value: { ...META, name: 'app.js, cluster worker 1', pid: 4300 } });
  leaking().forEach(second.tell);
  await page.click('.process:has-text("cluster worker 1")');
  await told(page, '#status-title', /^This program leaks$/);
  assert.match(await page.textContent('#program'), /pid\s4300/);
  assert.equal(await page.getAttribute('.process[data-id="2"]', 'aria-pressed'), 'true');
  await told(page, '.process[data-id="2"]', /leaks/);
  second.end();
  await told(page, '.process[data-id="2"]', /ended/);
  await told(page, '#about-collect', /^The program has ended\.$/);
  await page.click('.process[data-id="1"]');
  await told(page, '#status-title', /^No leak seen$/);
});

test('a restarted program is followed', { skip }, async (t) => {
  const { page, hub, place } = await pageOf(t, healthy());
  await told(page, '#status-title', /^No leak seen$/);
  place.end();
  await told(page, '#status-title', /^No leak seen before the program ended$/);
  const again = hub.join({ act: async () => null, watch() {} }, { type: 'meta', value: { ...META, pid: 9000 } });
  await told(page, '#program', /pid\s9000/);
  leaking().forEach(again.tell);
  await told(page, '#status-title', /^This program leaks$/);
});

test('a lost connection is restored, with the data missed meanwhile', { skip }, async (t) => {
  const { page, server, hub, url, place } = await pageOf(t, healthy());
  await told(page, '#connection', /^live$/);
  await server.close();
  await told(page, '#connection', /^waiting for the program$/);
  leaking().forEach(place.tell);
  const again = new PageServer({ hub, host: '127.0.0.1', token: url.pathname.slice(1, -1) });
  t.after(() => again.close());
  await again.listen(Number(url.port));
  await told(page, '#connection', /^live$/);
  await told(page, '#status-title', /^This program leaks$/);
});

test('the dashboard fits small and large screens without horizontal scrolling', { skip }, async (t) => {
  const { page } = await pageOf(t, leaking());
  await told(page, '#status-title', /leaks/);
  for (const width of [320, 390, 600, 901, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    await page.waitForFunction((wide) => innerWidth === wide, width);
    const [content, view] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    assert.ok(content <= view, `${content} in ${view}`);
  }
});

test('every control has a name and is reachable by keyboard', { skip }, async (t) => {
  const { page } = await pageOf(t, leaking());
  await told(page, '#status-title', /leaks/);
  const nameless = await page.$$eval(
    'button, summary, a',
    (all) => all.filter((each) => !each.textContent.trim()).length,
  );
  assert.equal(nameless, 0);
  const reached = new Set();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    reached.add(
      await page.evaluate(
        () =>
          document.activeElement.id ||
          document.activeElement.getAttribute('data-range') ||
          document.activeElement.className,
      ),
    );
  }
  for (const place of ['theme', 'All', 'Forecast', 'do-collect', 'do-diff', 'do-snapshot', 'do-profile', 'skip'])
    assert.ok(reached.has(place), `${place}: ${[...reached]}`);
});

test('the accessibility rules pass, in light and dark', { skip }, async (t) => {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const { page, hub, place } = await pageOf(t, leaking(), { colorScheme, bypassCSP: true });
    const second = hub.join(
      { act: async () => null, watch() {} },
      { type: 'meta', value: { ...META, name: 'worker', pid: 7 } },
    );
    healthy().forEach(second.tell);
    place.tell({ type: 'diff', value: { state: 'done', start: 1, end: 2, rows: [{ what: 'Entry', bytes: 9 }] } });
    await told(page, '#diff', /Entry/);
    for (const name of ['base', 'memory', 'pauses', 'collections']) await page.click(`#chart-${name} summary`);
    await assertAccessible(page);
  }
});

test('a report opens from disk, shows the same content, and makes no request', { skip }, async (t) => {
  const { hub, place } = await serve(t, { meta: { ...META, name: `</script>${PICTURE}` } });
  leaking().forEach(place.tell);
  place.end();
  const file = path.join(temporaryDirectory(), 'report.html');
  fs.writeFileSync(file, liveReport(hub));
  const page = await openPage(t, pathToFileURL(file), { offline: true });
  await told(page, '#status-title', /^This program leaks$/);
  await told(page, '#connection', /^report of /);
  assert.match(await page.textContent('#suspects'), /refreshSubscription/);
  assert.ok(await page.locator('#chart-base canvas').count());
  assert.equal(await page.locator('#actions').isVisible(), false);
  assert.equal(await page.locator('img').count(), 0);
});

test('the report of a program that died immediately says so', { skip }, async (t) => {
  const file = path.join(temporaryDirectory(), 'empty.html');
  fs.writeFileSync(file, liveReport(new Hub(), `${PICTURE} ended with exit status 7 after 0.1 s.`));
  const page = await openPage(t, pathToFileURL(file), { offline: true });
  await told(page, '#status-title', /^The program ended before anything was recorded$/);
  await told(page, '#status-evidence', `${PICTURE} ended with exit status 7 after 0.1 s.`);
  assert.equal(await page.locator('main > :visible').count(), 1);
});
