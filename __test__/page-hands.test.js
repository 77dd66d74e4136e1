'use strict';
// The dashboard in a real browser, as people use it: redraws keep focus and position, a phone
// shows every number, the pointer shows the value under it.

const assert = require('node:assert/strict');
const { after, test } = require('node:test');
const { withoutBrowser, openPage, pageOf, told, assertAccessible, closeBrowser } = require('./support/browser.js');
const { leaking, healthy } = require('./support/made-up.js');
const { freePort } = require('./support/loads.js');
const { META } = require('./support/page.js');
const { fixture, start } = require('./support/runner.js');

const skip = withoutBrowser();
const MIB = 1 << 20;
const AGENT = { act: async () => null, watch() {} };

after(closeBrowser);

/** Updated sites of a leaking program. */
const sitesOf = (messages) => messages.find(({ type }) => type === 'sites');

/** Redraws, and waits until that is visible. */
async function again(page, place, bytes) {
  const { type, value } = sitesOf(leaking());
  const flame = { ...value.flame, bytes };
  place.tell({ type, value: { ...value, flame } });
  await told(page, '.frame-all', /^all$/);
  await page.locator(`.frame-all[aria-label^="all: ${bytes / MIB} MiB"]`).waitFor();
}

test('the focus in the flame graph survives a redraw', { skip }, async (t) => {
  const { page, place } = await pageOf(t, leaking());
  await page.locator('.frame', { hasText: 'refreshSubscription' }).waitFor();
  await page.focus('.flame [tabindex="0"]');
  for (const key of ['ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
  const focused = () => page.evaluate(() => document.activeElement.firstChild.textContent);
  assert.equal(await focused(), 'refreshSubscription');
  await again(page, place, 60 * MIB);
  assert.equal(await focused(), 'refreshSubscription');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'EmailTemplate');
});

test('the keyboard focus in a table survives a redraw', { skip }, async (t) => {
  const { page, place } = await pageOf(t, leaking());
  await told(page, '#status-title', /leaks/);
  await page.focus('#suspects .scroll');
  await page.$eval('#suspects table', (table) => (table.dataset.old = 'true'));
  await again(page, place, 70 * MIB);
  await page.locator('#suspects table:not([data-old])').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.parentElement.id), 'suspects');
});

test('a card clicked during an update is selected, and is the same one', { skip }, async (t) => {
  const { page, hub } = await pageOf(t, healthy());
  const second = hub.join(AGENT, { type: 'meta', value: { ...META, name: 'worker thread 1', thread: 1 } });
  healthy().forEach(second.tell);
  const card = page.locator('.process[data-id="2"]');
  await card.focus();
  await page.evaluate(() => (globalThis.focused = document.activeElement));
  const box = await card.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  second.tell({ type: 'gc', value: [Date.now(), 77 * MIB, 5, 30, 400, 0] });
  await told(page, '.process[data-id="2"] .process-base', /^77 MiB$/);
  await page.mouse.up();
  await page.locator('.process[data-id="2"][aria-pressed=true]').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement === globalThis.focused), true);
  // One that goes takes its card along; the others stay as they are.
  second.end();
  for (let i = 0; i < 12; i++) hub.join(AGENT, { type: 'meta', value: META }).end();
  await page.locator('.process[data-id="2"]').waitFor({ state: 'detached' });
  assert.deepEqual(
    await page.$$eval('.process', (all) => all.map(({ dataset }) => Number(dataset.id))),
    hub.records().map(({ id }) => id),
  );
});

test('a frame clicked during a redraw is zoomed into', { skip }, async (t) => {
  const { page, place } = await pageOf(t, leaking());
  await page.locator('#chart-collections canvas').waitFor();
  const frame = page.locator('.frame', { hasText: 'EmailTemplate' });
  await frame.scrollIntoViewIfNeeded();
  const box = await frame.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await again(page, place, 60 * MIB);
  await page.mouse.up();
  await page.locator('.frame', { hasText: 'handle' }).waitFor({ state: 'detached' });
  assert.equal(await page.locator('.frame', { hasText: 'EmailTemplate' }).count(), 1);
});

test('an expired forecast is replaced by the full time range', { skip }, async (t) => {
  const { page, place } = await pageOf(t, leaking());
  await page.click('#range button[data-range="Forecast"]:enabled');
  await told(page, '#chart-base .legend', /Heap limit 2 GiB/);
  place.tell({ type: 'detectorState', value: { state: 'cleared', kind: 'heap', limitEta: Date.now() + 3_600_000 } });
  await page.locator('#range button[data-range="All"][aria-pressed=true]').waitFor();
  await page.locator('#range button[data-range="Forecast"]:disabled').waitFor();
  assert.equal(await page.locator('#range [aria-pressed=true]').count(), 1);
});

test('no table column is out of reach on a phone', { skip }, async (t) => {
  const { page, place } = await pageOf(t, leaking(), { width: 360, height: 740 });
  const rows = [
    { what: 'EmailTemplate', bytes: 9.53 * MIB, came: 19_000, went: 2 },
    { what: 'AbstractSingletonProxyFactoryBean', bytes: 99_999, came: 190, went: 2 },
  ];
  place.tell({ type: 'diff', value: { state: 'done', start: 1, end: 2, before: 1, after: 2, rows } });
  await told(page, '#diff', /AbstractSingleton/);
  for (const name of ['base', 'memory', 'pauses', 'collections']) await page.click(`#chart-${name} summary`);
  await page.locator('#chart-collections tbody tr').first().waitFor();
  const wide = await page.$$eval('.scroll', (all) =>
    all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.getAttribute('aria-label')),
  );
  // The table behind the chart of the memory has five columns of numbers, and is scrolled.
  assert.deepEqual(wide, ['The last measurements: memory']);
});

test('the trend is shown as a rate, and as a value under the pointer', { skip }, async (t) => {
  const { page } = await pageOf(t, leaking());
  await told(page, '#chart-base .legend', /Trend \+1\.76 GiB an hour/);
  const box = await page.locator('#chart-base .u-over').boundingBox();
  const sizes = [];
  for (const share of [0.3, 0.8]) {
    await page.mouse.move(box.x + box.width * share, box.y + 50);
    await told(page, '#chart-base .legend li', /^\s*Trend [\d.]+ MiB$/);
    const [, size] = /Trend ([\d.]+) MiB/.exec(await page.textContent('#chart-base .legend'));
    sizes.push(Number(size));
  }
  // The base rises from 20 to 80 MiB.
  assert.ok(sizes[0] > 30 && sizes[0] < 50 && sizes[1] > 60 && sizes[1] < 80, `${sizes}`);
});

test('an ended program remains readable, in light and dark', { skip }, async (t) => {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const { page, hub } = await pageOf(t, leaking(), { colorScheme, bypassCSP: true });
    const second = hub.join(AGENT, { type: 'meta', value: { ...META, name: 'worker thread 1', thread: 1 } });
    healthy().forEach(second.tell);
    second.end();
    await told(page, '.process', /ended/);
    await assertAccessible(page);
  }
});

test('an open dashboard reconnects to the program after a restart', { skip }, async (t) => {
  const env = { MEMWATCH_DASHBOARD_TOKEN: 'the-same-each-time' };
  const words = ['--port', `${await freePort()}`, fixture('said.js'), 'wait', 'SIGTERM'];
  const run = async () => {
    const program = start(words, { env });
    t.after(() => program.child.kill('SIGKILL'));
    return { program, url: await program.url() };
  };
  const first = await run();
  const page = await openPage(t, first.url);
  await told(page, '#program', /said\.js · pid\s\d+/);
  const before = await page.textContent('#program');
  await first.program.says('stdout', /ready/);
  first.program.child.kill('SIGTERM');
  await first.program.ended;
  await told(page, '#connection', /^waiting for the program$/);
  const second = await run();
  assert.equal(second.url.href, first.url.href);
  await told(page, '#connection', /^live$/);
  const [, pid] = /pid\s(\d+)/.exec(before);
  await page.locator('#program', { hasNotText: pid }).waitFor();
  await second.program.says('stdout', /ready/);
  second.program.child.kill('SIGTERM');
  await second.program.ended;
});
