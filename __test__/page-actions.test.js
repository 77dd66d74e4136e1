'use strict';
// The page in a browser: what stops the program is asked first, snapshots are followed to their
// analysis, what has paused keeps its evidence, and the guilty thread stands first.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { liveReport } = require('../lib/dashboard/live-report.js');
const { withoutBrowser, openPage, pageOf, told, assertAccessible, closeBrowser } = require('./support/browser.js');
const { healthy, leaking, SUSPECTS } = require('./support/made-up.js');
const { META } = require('./support/page.js');

const skip = withoutBrowser();
const MIB = 1 << 20;

after(closeBrowser);

const COST = {
  heapBytes: 210 * MIB,
  leastMs: 5000,
  mostMs: 19_000,
  memoryBytes: 2100 * MIB,
  rss: 320 * MIB,
  why: 'no fork here',
};

test('an action that stops the program is confirmed first, with its cost stated', {
  skip,
}, async (t) => {
  const act = async (action) => (action === 'start-diff' ? { mustStop: COST } : {});
  const { page, asked } = await pageOf(t, healthy(), { act, bypassCSP: true });
  await told(page, '#status-title', /No leak/);
  await page.click('#do-diff');
  await told(
    page,
    '#ask-words',
    /^To begin the heap diff, app\.js has to be stopped\. A forked child cannot do it: no fork here\. Its heap is 210 MiB, so it does not respond for between 5 s and 19 s, and needs about 2\.05 GiB more than its present 320 MiB/,
  );
  await assertAccessible(page);
  // Who presses Enter leaves the program alone.
  await page.keyboard.press('Enter');
  await told(page, '#outcome', /^Nothing was done\.$/);
  assert.equal(await page.locator('#ask').isVisible(), false);
  await page.click('#do-diff');
  await page.click('text=Stop app.js and begin the heap diff');
  await told(page, '#outcome', /^The first snapshot is taken\.$/);
  assert.deepEqual(asked, ['start-diff', 'start-diff', 'start-diff-stopped']);
});

test('a snapshot shows its progress and its file, also after the dashboard is reloaded', {
  skip,
}, async (t) => {
  const { page, place } = await pageOf(t, healthy());
  const taken = { number: 1, trigger: 'dashboard', began: Date.now() };
  place.tell({ type: 'snapshot', value: { ...taken, state: 'running', stage: 'writing', bytes: 120 * MIB } });
  await told(page, '#snapshots', /writing, 120 MiB so far/);
  await page.reload();
  await told(page, '#snapshots', /writing, 120 MiB so far/);
  const file = '/srv/heap-1.heapsnapshot';
  place.tell({
    type: 'snapshot',
    value: { ...taken, state: 'done', ended: taken.began + 9000, file, bytes: 426 * MIB, pauseMs: 12 },
  });
  await told(
    page,
    '#snapshots',
    /\/srv\/heap-1\.heapsnapshot, 426 MiB; the program was stopped for 12 ms; it took 9 s/,
  );
  await told(page, '#events', /Snapshot.*heap-1\.heapsnapshot, 426 MiB/);
  await told(page, '#snapshots h3', /, requested here or by memwatch snapshot$/);
  await page.reload();
  await told(page, '#snapshots button', /^Analyse$/);
  place.tell({
    type: 'snapshot',
    value: { ...taken, number: 2, trigger: 'near-heap-limit', state: 'failed', error: '-' },
  });
  await told(page, '#snapshots article:first-child h3', /, near the limit of the heap$/);
});

test('a snapshot is analysed from the dashboard, and its report opens there', { skip }, async (t) => {
  const { page, place, url } = await pageOf(t, healthy());
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-page-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'after.heapsnapshot.br');
  fs.writeFileSync(
    file.replace('.br', ''),
    require('node:zlib').brotliDecompressSync(
      fs.readFileSync(path.join(__dirname, 'fixtures', 'shop', 'after.heapsnapshot.br')),
    ),
  );
  const value = {
    number: 4,
    trigger: 'dashboard',
    state: 'done',
    began: Date.now(),
    file: file.replace('.br', ''),
    bytes: 1,
  };
  place.tell({ type: 'snapshot', value });
  await page.click('#snapshots button');
  await told(page, '#snapshots', /leak candidates?\. Open the report/);
  assert.ok((await page.locator('#snapshots .findings li').count()) > 0);
  const report = await openPage(t, new URL('report?1.4', url));
  await told(report, '#status-title', /leak candidate/);
  // A missing file is reported in a sentence.
  place.tell({ type: 'snapshot', value: { ...value, number: 5, file: path.join(directory, 'gone') } });
  page.removeAllListeners('console');
  await page.click('#snapshots article:first-child button');
  await told(page, '#snapshots article:first-child', /Not analysed: .*gone cannot be read/);
});

/** Growth that paused, with what the suspicion had found. */
function pausedLeak() {
  const now = Date.now();
  const time = now - 60_000;
  return [
    ...leaking(now).filter(({ type }) => type !== 'detectorState' && type !== 'sites'),
    {
      type: 'leak',
      value: {
        event: 'leak-paused',
        time,
        keptBytes: 170 * MIB,
        lastedMs: 11 * 60_000,
        growth: 170 * MIB,
        detector: 'trend',
        kind: 'heap',
        state: 'paused',
        suspect: SUSPECTS[0],
      },
    },
    {
      type: 'sites',
      value: {
        sampling: false,
        isLive: false,
        time,
        suspects: SUSPECTS,
        flame: {
          name: 'all',
          at: '',
          bytes: 9,
          children: [{ name: 'refreshSubscription', at: '/srv/app/subscription.js:37', bytes: 9, children: [] }],
        },
      },
    },
    {
      type: 'detectorState',
      value: {
        state: 'paused',
        kind: 'heap',
        keptBytes: 170 * MIB,
        start: time - 11 * 60_000,
        end: time,
        base: 6 * MIB,
        current: 176 * MIB,
        suspects: SUSPECTS,
      },
    },
  ];
}

test('paused growth is amber, shows the retained size and its holder, and keeps its sites and flame graph', {
  skip,
}, async (t) => {
  const { page, hub } = await pageOf(t, pausedLeak());
  await told(page, '#status-title', /^Growth has paused, and its memory is still in use$/);
  assert.equal(await page.getAttribute('#status', 'data-state'), 'paused');
  await told(
    page,
    '#status-evidence',
    /170 MiB added in 11 min are still in use.*Top allocation site: refreshSubscription\(\) at app\/subscription\.js:37/,
  );
  const [warn, title] = await page.evaluate(() => {
    const probe = document.createElement('span');
    probe.style.color = 'var(--warn)';
    document.body.append(probe);
    return [getComputedStyle(probe).color, getComputedStyle(document.getElementById('status-title')).color];
  });
  assert.equal(title, warn);
  await told(page, '#suspects', /refreshSubscription/);
  await told(page, '#suspects-hint', /^Found by sampling allocations at the last suspicion\. As of /);
  await page.locator('.frame', { hasText: 'refreshSubscription app/subscription.js:37' }).waitFor();
  await told(page, '#events', /Paused.*170 MiB are still in use; top allocation site: refreshSubscription\(\)/);
  // The report says the same, and invites to nothing that it has not.
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-page-')), 'report.html');
  t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
  fs.writeFileSync(file, liveReport(hub));
  const report = await openPage(t, pathToFileURL(file), { offline: true });
  await told(report, '#status-title', /^Growth has paused/);
  await told(report, '#suspects', /refreshSubscription/);
  assert.match(await report.textContent('#diff'), /^No heap diff was made\.$/);
});

test('the guilty worker is shown first, with its name and number and a link to it', { skip }, async (t) => {
  const { page, hub, url } = await pageOf(t, healthy());
  const worker = (name, thread) =>
    hub.join({ act: async () => null, watch() {} }, { type: 'meta', value: { ...META, name, thread } });
  healthy().forEach(worker('resize.js', 2).tell);
  leaking().forEach(worker('mail.js', 3).tell);
  worker('young.js', 4).tell({ type: 'raw', value: [Date.now(), 5 * MIB, 8 * MIB, 0, 0, 90 * MIB, 0, 0, 2] });
  await told(page, '#status-title', /^This program leaks$/);
  await told(page, '#program', /^mail\.js · pid\s4242 · thread\s3/);
  const cards = await page.$$eval('.process', (all) =>
    all.map((card) => /** @type {HTMLElement} */ (card).innerText.replace(/\s+/g, ' ')),
  );
  assert.match(cards[0], /^mail\.js thread 3 .*leaks/);
  assert.match(cards[1], /^app\.js pid 4242/);
  assert.match(cards[3], /^young\.js thread 4 .*5 MiB in use$/);
  const other = await openPage(t, `${url}#worker-2`);
  await told(other, '#program', /^resize\.js/);
  await other.click('.process >> text=mail.js');
  assert.equal(new URL(other.url()).hash, '#worker-3');
});

test('no table column is cut off on a phone', { skip }, async (t) => {
  for (const width of [390, 360]) {
    const { page, place } = await pageOf(t, leaking(), { width, height: 844 });
    const rows = [{ what: 'system / JSArrayBufferData and more', bytes: 9 << 20, came: 190_000, went: 2 }];
    place.tell({ type: 'diff', value: { state: 'done', start: 1, end: 2, rows } });
    await told(page, '#diff', /JSArrayBufferData/);
    const cut = await page.$$eval('main .scroll', (all) =>
      all.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map((each) => each.textContent),
    );
    assert.deepEqual(cut, []);
    await told(page, '#suspects thead', /Share/);
    assert.ok(await page.locator('#suspects td:nth-child(4)').first().isVisible());
  }
});
