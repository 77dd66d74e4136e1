'use strict';
// memwatch/playwright in a real Chromium: three small applications, each with a leak and without, and pages that are lost.

const { after, test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { expectNoLeak, PageLeakError } = require('../playwright.js');
const { closeBrowser, openPage, withoutBrowser } = require('./support/browser.js');

const skip = withoutBrowser();
after(closeBrowser);

const PAGES = path.join(__dirname, 'fixtures', 'pages');
const FRAMEWORKS = {
  'react.production.min.js': 'react/umd',
  'react-dom.production.min.js': 'react-dom/umd',
  'vue.runtime.global.prod.js': 'vue/dist',
};

/** Fewer than usual: a test of each application takes two snapshots less than half of its time. */
const FEW = { actions: 5, warmUpActions: 2 };

async function serve(t) {
  const server = http.createServer((request, response) => {
    const name = path.basename(new URL(request.url, 'http://page').pathname);
    const folder = Object.hasOwn(FRAMEWORKS, name)
      ? path.join(__dirname, '..', 'node_modules', FRAMEWORKS[name])
      : PAGES;
    response.setHeader('content-type', name.endsWith('.html') ? 'text/html' : 'text/javascript');
    response.end(fs.readFileSync(path.join(folder, name)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => server.close());
  return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
}

/** Real clicks, which the browser's performance timeline notes, or quick ones. */
const CLICKS = {
  real: (page, selector) => page.click(selector),
  quick: (page, selector) => page.evaluate((wanted) => document.querySelector(wanted).click(), selector),
};

/** A page of an application, and its action. */
async function application(t, address, click = CLICKS.quick) {
  const page = await openPage(t, `${await serve(t)}/${address}`);
  return {
    page,
    async openAndClose() {
      await click(page, '#open');
      await click(page, '.close');
    },
  };
}

async function leakOf({ page, openAndClose }) {
  const error = await expectNoLeak(page, openAndClose, FEW).then(
    (report) => assert.fail(`no leak was seen: ${JSON.stringify(report)}`),
    (reason) => reason,
  );
  assert.ok(error instanceof PageLeakError, error.stack);
  assert.equal(error.code, 'ERR_MEMWATCH_LEAK');
  assert.equal(error.actions, 10);
  return error;
}

/** @type {[name: string, leaked: string, file: RegExp, cut: string | RegExp][]} */
const LEAKS = [
  ['react', 'PriceView', /react\.js$/, 'context.prices.subscribers → Set → PriceView'],
  ['vue', 'Layout', /vue\.js$/, / → measure\(\), an event listener$/],
];

for (const [name, leaked, file, cut] of LEAKS) {
  test(`a leaking dialog in ${name} is named, with the reference to cut`, { skip }, async (t) => {
    const error = await leakOf(await application(t, `${name}.html?leak`));
    const found = error.classes.find((entry) => entry.class === leaked);
    assert.ok(found, error.message);
    assert.equal(found.count, error.actions, error.message);
    assert.match(found.file, file);
    const [, section] = error.message.split('Cut here:\n  ');
    if (typeof cut === 'string') assert.equal(section, cut);
    else assert.match(section, cut);
    assert.match(error.message, /^openAndClose leaves 1 \w+ behind with each action, seen in 10 actions\./);
  });
}

for (const name of ['plain', 'react', 'vue']) {
  test(`a dialog in ${name} without a leak passes`, { skip }, async (t) => {
    const { page, openAndClose } = await application(t, `${name}.html`, CLICKS.real);
    const report = await expectNoLeak(page, openAndClose, FEW);
    assert.equal(report.result, 'clear');
    assert.equal(report.actions, 10);
  });
}

/** The page as Puppeteer has it. */
const asPuppeteer = (page) => ({
  createCDPSession: () => page.context().newCDPSession(page),
  on: (...listener) => page.on(...listener),
  off: (...listener) => page.off(...listener),
});

test('detached elements are named by their former position in the document', { skip }, async (t) => {
  const { page, openAndClose } = await application(t, 'plain.html?leak');
  const error = await leakOf({ page: asPuppeteer(page), openAndClose });
  const names = error.classes.map((entry) => entry.class);
  assert.ok(names.includes('Detached <div class="dialog">'), error.message);
  assert.ok(names.includes('Detached <button class="close">'), error.message);
  assert.equal(error.classes[0].class, 'Dialog');
  assert.equal(error.message.split('Cut here:\n  ')[1], 'context.opened[x]');
});

const filesLeft = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`memwatch-diff-${process.pid}-`));

async function lossOf(t, action, sentence) {
  const { page } = await application(t, 'plain.html');
  await assert.rejects(
    expectNoLeak(page, () => action(page), { ...FEW, name: 'leaving' }),
    ({ code, message, stack }) => {
      assert.equal(code, 'ERR_MEMWATCH_PAGE', stack);
      assert.match(message, sentence);
      return true;
    },
  );
  assert.deepEqual(filesLeft(), []);
}

test('a page that crashes during an action is reported in one sentence', { skip }, (t) =>
  lossOf(t, (page) => page.goto('chrome://crash'), /^the page crashed while expectNoLeak\(\) repeated its action$/),
);

test('a lost page is noticed even if the action never ends', { skip }, (t) =>
  lossOf(
    t,
    (page) => {
      page.close();
      return new Promise(() => {});
    },
    /^the page was closed while expectNoLeak\(\) repeated its action$/,
  ),
);

test('an exception of an action is passed on', { skip }, async (t) => {
  const { page } = await application(t, 'plain.html');
  const failure = new Error('no such button');
  const action = () => Promise.reject(failure);
  await assert.rejects(expectNoLeak(page, action, FEW), (error) => error === failure);
  assert.deepEqual(filesLeft(), []);
});

test('a browser without the protocol is reported in one sentence', async () => {
  const page = {
    context: () => ({
      newCDPSession: () => Promise.reject(new Error('CDP session is only available in Chromium')),
    }),
  };
  await assert.rejects(
    expectNoLeak(page, () => {}),
    {
      code: 'ERR_MEMWATCH_PAGE',
      message: /which Chromium alone has: CDP session is only available in Chromium$/,
    },
  );
});

test('invalid arguments are usage errors', async () => {
  const usage = (message) => ({ name: 'TypeError', code: 'ERR_MEMWATCH_USAGE', message });
  const page = /** @type {any} */ ({ context() {} });
  await assert.rejects(
    expectNoLeak(/** @type {any} */ ({}), () => {}),
    usage(/^The page of expectNoLeak\(\) must be a page of Playwright or Puppeteer/),
  );
  await assert.rejects(
    expectNoLeak(page, /** @type {any} */ (1)),
    usage(/^The action of expectNoLeak\(\) must be a function/),
  );
  await assert.rejects(
    expectNoLeak(page, () => {}, { actions: 1 }),
    usage(/must be a whole number of actions of at least 2/),
  );
  await assert.rejects(
    expectNoLeak(page, () => {}, /** @type {any} */ ({ action: 3 })),
    usage(/has no option "action"; it has actions, name, warmUpActions/),
  );
});
