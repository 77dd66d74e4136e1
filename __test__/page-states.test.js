'use strict';
// The dashboard of real programs under `memwatch run`: a leak that pauses when its load stops,
// and a leaking worker next to a healthy one. With synthetic messages: page-actions.test.js.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const { withoutBrowser, openPage, closeBrowser } = require('./support/browser.js');
const { temporaryDirectory } = require('./support/cli-run.js');
const { start } = require('./support/runner.js');

const skip = withoutBrowser();

// V8 may make one function of the two, which then stands for both.
const SUSPECT = /keepAnswer|answerAll/;

// Many times what it takes on a quiet machine: a minute and a half.
const WAIT_MS = 600_000;

after(closeBrowser);

// A leak of 2 MB a second while it is asked, and a hundredth of the work when it is not.
const SERVICE = `
const kept = new Map();
function keepAnswer(number) {
  const rows = [];
  for (let at = 0; at < 300; at++) rows.push({ at, text: 'row ' + at + ' of ' + number });
  kept.set(number, rows.slice(0, 25));
}
let isAsked = true;
let asked = 0;
setInterval(function answerAll() {
  for (let i = 0; isAsked && i < 13; i++) keepAnswer(asked++);
}, 20);
process.once('SIGUSR2', () => { isAsked = false; });
`;

// Both workers work; one keeps what it made.
const WORKERS = `
const { Worker, isMainThread, workerData } = require('node:worker_threads');
if (isMainThread) {
  for (const name of ['thumbnails', 'mail']) new Worker(__filename, { name, workerData: name });
  setInterval(() => {}, 1000);
} else {
  const letters = new Map();
  let sent = 0;
  const make = (number) => Array.from({ length: 300 }, (_, at) => ({ at, text: 'row ' + at + ' of ' + number }));
  setInterval(function sendLetters() {
    for (let i = 0; i < 5; i++) {
      const rows = make(sent);
      if (workerData === 'mail') letters.set(sent, rows.slice(0, 25));
      sent++;
    }
  }, 20);
}
`;

/** A program in a file of its own, under `memwatch run`, and its page. */
async function show(t, name, source) {
  const file = path.join(temporaryDirectory(), name);
  fs.writeFileSync(file, source);
  const program = start([file]);
  t.after(async () => {
    program.child.kill('SIGTERM');
    await program.ended;
  });
  const page = await openPage(t, await program.url());
  const shows = (selector, text) =>
    page.locator(selector).filter({ hasText: text }).first().waitFor({ timeout: WAIT_MS });
  return { program, page, shows };
}

test('a leak whose load stopped is shown as paused, and keeps its evidence', { skip }, async (t) => {
  const { program, page, shows } = await show(t, 'service.js', SERVICE);
  await shows('#status-title', 'This program leaks');
  await shows('#suspects tbody tr', SUSPECT);
  // `memwatch run` hands the signal on.
  program.child.kill('SIGUSR2');
  await shows('#status-title', 'Growth has paused, and its memory is still in use');
  assert.equal(await page.getAttribute('#status', 'data-state'), 'paused');
  assert.match(
    await page.textContent('#status-evidence'),
    /\d+ MiB added in .* are still in use.*Top allocation site: (?:keepAnswer|answerAll)\(\) at .*service\.js:\d+/,
  );
  await shows('#suspects tbody tr', SUSPECT);
  assert.match(await page.textContent('#suspects-hint'), /^Found by sampling allocations .* As of /);
  await shows('.frame', SUSPECT);
});

test('the leaking one of two workers is listed first, by its name, with its line', { skip }, async (t) => {
  const { page, shows } = await show(t, 'workers.js', WORKERS);
  await shows('#status-title', 'This program leaks');
  await shows('#program', 'mail');
  await shows('.process', 'thumbnails');
  const cards = await page.$$eval('.process', (all) =>
    all.map((card) => /** @type {HTMLElement} */ (card).innerText.replace(/\s+/g, ' ')),
  );
  assert.match(cards[0], /mail.* thread \d+ .*leaks/);
  assert.deepEqual(
    cards.slice(1).filter((card) => /leaks|suspected/.test(card)),
    [],
  );
  await shows('#suspects tbody tr', /workers\.js:\d+/);
});
