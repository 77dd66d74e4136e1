'use strict';
// A real browser for the page: Chromium as the system has it, driven by playwright-core. Asserts
// only what holds for every page: no script failed, nothing was blocked, nothing was asked of others.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { META, serve } = require('./page.js');

const PLACES = [
  process.env.MEMWATCH_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const executablePath = PLACES.find((place) => place && fs.existsSync(place));

/** Why there is no browser, or false if there is one. */
function withoutBrowser() {
  // playwright-core is made for Node 20 and newer.
  if (Number(process.versions.node.split('.')[0]) < 20) return 'playwright-core needs Node.js 20';
  return executablePath === undefined && 'there is no Chromium; MEMWATCH_CHROMIUM says where one is';
}

let browser;

/**
 * A page with nothing remembered.
 * @param {import('node:test').TestContext} t
 * @param {string | URL} url
 * @param {import('playwright-core').BrowserContextOptions & { width?: number, height?: number }} [options]
 * @returns {Promise<import('playwright-core').Page>}
 */
async function openPage(t, url, { width = 1280, height = 900, colorScheme = 'light', ...options } = {}) {
  browser ??= require('playwright-core').chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const context = await (await browser).newContext({ viewport: { width, height }, colorScheme, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(error.stack));
  page.on('console', (message) => {
    // A broken stream is logged by the browser as an error; the page reopens it.
    if (message.type() === 'error' && !/ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(message.text()))
      wrong.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(url).host) wrong.push(`asked ${request.url()}`);
  });
  page.on('dialog', (dialog) => wrong.push(`dialog: ${dialog.message()}`));
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  });
  await page.goto(`${url}`);
  return page;
}

/**
 * The page of a program that is made up.
 * @param {import('node:test').TestContext} t
 * @param {object[]} messages  what its agent says
 * @param {Parameters<typeof openPage>[2] & { meta?: object, act?: (action: any) => Promise<any> }} [options]
 */
async function pageOf(t, messages, { meta, act, ...options } = {}) {
  const served = await serve(t, { meta: { ...META, ...meta }, act });
  messages.forEach(served.place.tell);
  return { ...served, page: await openPage(t, served.url, options) };
}

/** Waits until the page says something somewhere. */
const told = (page, selector, pattern) => page.locator(selector).filter({ hasText: pattern }).first().waitFor();

/**
 * Asserts that axe, which knows the rules of accessibility (WCAG 2) that a program can check,
 * finds nothing; contrast is one of them.
 * @param {import('playwright-core').Page} page  opened with `bypassCSP`, as axe is a foreign script
 */
async function assertAccessible(page) {
  await page.evaluate(require('axe-core').source);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target, failureSummary]),
  );
  assert.deepEqual(told, []);
  assert.ok(passes.length > 20);
}

async function closeBrowser() {
  await (await browser)?.close();
}

module.exports = { withoutBrowser, openPage, pageOf, told, assertAccessible, closeBrowser };
