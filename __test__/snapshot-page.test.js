'use strict';
// `memwatch report`: one file that has everything in it, and says the same as the commands do.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { withoutBrowser, openPage, assertAccessible, closeBrowser } = require('./support/browser.js');
const { cleanEnvironment, refused, report, temporaryDirectory, told } = require('./support/cli-run.js');

const skip = withoutBrowser();
const PICTURE = '<img src=x onerror=alert(1)>';
const directory = temporaryDirectory();
const snapshot = path.join(directory, 'shop.heapsnapshot');
const out = path.join(directory, 'out.html');

/** A program with a leak of objects whose property, and so what they are called, is markup. */
function shop(file, name) {
  const orders = new Map();
  globalThis.shop = { orders };
  for (let number = 0; number < 20_000; number++) orders.set(`order ${number}`, { [name]: new Array(50).fill(number) });
  require('node:v8').writeHeapSnapshot(file);
}

before(() => {
  const code = `(${shop})(${JSON.stringify(snapshot)}, ${JSON.stringify(PICTURE)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', env: cleanEnvironment({}) });
  assert.equal(status, 0, stderr);
  assert.equal(
    spawnSync(process.execPath, [path.join(__dirname, '..', 'bin', 'memwatch.js'), 'report', snapshot, '-o', out], {
      env: cleanEnvironment({}),
    }).status,
    0,
  );
});

after(closeBrowser);

const dataOf = (html) => JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)[1]);

test('the report has the content of analyze and classes, and makes no request', () => {
  const html = fs.readFileSync(out, 'utf8');
  assert.doesNotMatch(html, /<(script|link|img)[^>]+(src|href)=/);
  assert.match(html, /content="default-src 'none'; script-src 'sha256-/);
  const { page } = dataOf(html);
  assert.deepEqual(page.analysis, report(['analyze', snapshot]));
  assert.deepEqual(page.classes.classes.slice(0, 20), report(['classes', snapshot]).classes);
  assert.equal(page.words.sentences.length, page.analysis.findings.length);
  assert.match(
    told(['analyze', snapshot]).replaceAll(/\s+/g, ' '),
    new RegExp(page.words.sentences[0].replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')),
  );
});

test('the tree has a bounded number of entries, and counts each byte once', () => {
  const { tree } = dataOf(fs.readFileSync(out, 'utf8')).page;
  let entries = 0;
  const queue = [tree.root];
  for (const entry of queue) {
    entries += 1;
    const below = entry.children.reduce((sum, child) => sum + child.retainedBytes, 0);
    if (entry.children.length > 0) assert.equal(entry.shallowBytes + below, entry.retainedBytes);
    queue.push(...entry.children);
  }
  assert.equal(entries, tree.entryCount);
  assert.ok(entries <= 3000);
  assert.equal(tree.root.retainedBytes, tree.totalBytes);
});

test('in a browser: the candidate, the treemap by pointer and keys, the classes', { skip }, async (t) => {
  const page = await openPage(t, pathToFileURL(out), { offline: true });
  assert.match(await page.textContent('#status-title'), /leak candidate/);
  assert.match(await page.textContent('#suspects h3'), /20,000 × \{<img src=x onerror=alert\(1\)>\} keep/);
  assert.match(await page.textContent('#suspects .path'), /globalThis\.shop\.orders → Map/);
  assert.equal(await page.locator('img').count(), 0);
  const said = () => page.textContent('#tree .flame-words');
  assert.match(await said(), /^The whole heap: keeps .*, 100\s% of the heap/);
  await page
    .locator('#tree button.box')
    .first()
    .click({ position: { x: 8, y: 8 } });
  assert.equal(await page.locator('.crumbs li').count(), 2);
  assert.match(await said(), /keeps .* of the heap; itself .*; @\d+$/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.crumbs li').count(), 1);
  await page.focus('#tree button.box[tabindex="0"]');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.crumbs li').count(), 2);
  await page.click('.crumbs li:first-child button');
  assert.equal(await page.locator('.crumbs li').count(), 1);
  const rows = await page.locator('#classes tbody tr').count();
  await page.fill('#filter', 'ONERROR');
  assert.equal(await page.locator('#classes tbody tr').count(), 1);
  await page.fill('#filter', 'no such class');
  assert.match(await page.textContent('#classes'), /No class name contains that/);
  await page.fill('#filter', '');
  assert.equal(await page.locator('#classes tbody tr').count(), rows);
});

test('in a browser: the trace with the reference to cut, and the candidate as Markdown', { skip }, async (t) => {
  const page = await openPage(t, pathToFileURL(out), { offline: true });
  const { findings } = dataOf(fs.readFileSync(out, 'utf8')).page.analysis;
  assert.equal(await page.locator('.trace tbody tr').count(), findings[0].trace.steps.length);
  assert.match(await page.textContent('.trace tr:has(.cut)'), /^cut here\(entry\)\{<img src=x onerror=alert\(1\)>\}/);
  // A clipboard that takes it, and one that does not.
  const replaceClipboard = (writeText) =>
    page.evaluate(
      `Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: ${writeText} } })`,
    );
  await replaceClipboard('async (text) => { globalThis.copied = text; }');
  await page.click('.suspect > button');
  await page.waitForFunction(() => document.querySelector('.copy').textContent === 'Copied.');
  const copied = await page.evaluate(() => globalThis.copied);
  assert.match(copied, /^20,000 × `\{<img` src=x `onerror=alert\(1\)>\}` keep/);
  await replaceClipboard("async () => { throw new Error('not allowed'); }");
  await page.click('.suspect > button');
  await page.waitForSelector('.copy textarea');
  assert.equal(await page.inputValue('.copy textarea'), copied);
});

test('the report fits a phone, and the accessibility rules pass', { skip }, async (t) => {
  const options = { width: 320, height: 640, colorScheme: /** @type {const} */ ('dark'), bypassCSP: true };
  const page = await openPage(t, pathToFileURL(out), options);
  const [content, view] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(content <= view, `${content} in ${view}`);
  await assertAccessible(page);
});

test('a snapshot that cannot be reported on is one error sentence', () => {
  const wrong = path.join(directory, 'wrong.txt');
  fs.writeFileSync(wrong, 'no snapshot');
  refused(
    ['report', snapshot],
    'ERR_MEMWATCH_FLIGHT_RECORDER_UNREADABLE',
    /for a heap snapshot, -o OUT\.html writes an HTML report/,
  );
  refused(['report', '-o', out], 'ERR_MEMWATCH_USAGE', /report takes FILE \[-o OUT\.html\], but got no operands/);
  refused(['report', snapshot, '--top', '3', '-o', out], 'ERR_MEMWATCH_USAGE', /Unknown option '--top'/);
  refused(['report', path.join(directory, 'none'), '-o', out], 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE', /none/);
  refused(['report', wrong, '-o', out], 'ERR_MEMWATCH_SNAPSHOT_SYNTAX', /wrong\.txt/);
  refused(
    ['report', snapshot, '-o', path.join(directory, 'no', 'such.html')],
    'ERR_MEMWATCH_REPORT_UNWRITABLE',
    /the report cannot be written: /,
  );
  assert.ok(told(['report', '--help']).includes('FILE [-o OUT.html]'));
});
