// What the dashboard costs: processor time of a program that is viewed, memory of a day's
// history, time of a frame with a day on the screen. Prints a table; asserts nothing.
//   node bench/page.mjs [ROUNDS]      needs Chromium; MEMWATCH_CHROMIUM says where one is
import { createRequire } from 'node:module';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { median, summary } from './lib/stats.mjs';

const require = createRequire(import.meta.url);
const { Hub } = require('../lib/dashboard/hub.js');
const { PageServer } = require('../lib/dashboard/server.js');

const rounds = Number(process.argv[2] ?? 12);
/** What the cost is of: the first is what the others are compared with. */
const MODES = ['no page', 'nobody looks', 'a viewer'];
const WARM_MS = 5000;
/** After a page was opened or closed, before it counts. */
const SETTLE_MS = 1000;
/** Of each mode in each round: as many collections, at one a second, in each. */
const SLICE_MS = 5000;
const DAY_SECONDS = 24 * 3600;
const FRAMES = 40;

/**
 * In a process of its own: a program that does nothing but collect, without a page, with one,
 * and with one that somebody looks at, in turn: what differs between processes, or comes and
 * goes on the machine, is the same for the three.
 */
async function watched() {
  const memwatch = require('../index.js');
  memwatch.configure({ sampling: { when: 'always' } });
  const collecting = setInterval(() => memwatch.gc(), 1000);
  await pause(WARM_MS);
  for (let round = 0; round < rounds; round++) {
    const took = [];
    for (const mode of MODES) {
      const page = mode === MODES[0] ? undefined : await memwatch.dashboard();
      // The viewer is another process, as a browser is.
      if (mode === MODES[2]) process.send({ look: page.url });
      await pause(SETTLE_MS);
      const before = process.cpuUsage();
      await pause(SLICE_MS);
      const { user, system } = process.cpuUsage(before);
      took.push((user + system) / SLICE_MS);
      await page?.close();
    }
    process.send({ took });
  }
  clearInterval(collecting);
  process.disconnect();
  process.exit();
}

/** Milliseconds of processor time a second of each round, in the order of `MODES`. */
async function costs() {
  const child = fork(fileURLToPath(import.meta.url), [`${rounds}`, 'watched']);
  const all = [];
  child.on('message', (/** @type {any} */ { look, took }) => {
    // It is ended with the page.
    if (look) http.get(`${look}events`, (response) => response.on('error', () => {}).resume()).on('error', () => {});
    if (took) all.push(took);
  });
  const [status] = await once(child, 'exit');
  if (status !== 0 || all.length !== rounds) throw new Error(`the program that was looked at ended with ${status}`);
  return all;
}

/** A day of one collection a second, and how long the page takes to draw it. */
async function day() {
  const hub = new Hub();
  const server = new PageServer({ hub, host: '127.0.0.1' });
  const url = await server.listen(0);
  const meta = { name: 'a day', pid: 1, limit: 2 ** 32, actions: {} };
  const place = hub.join({ act: async () => null, watch() {} }, { type: 'meta', value: meta });
  const start = Date.now() - DAY_SECONDS * 1000;
  for (let second = 0; second < DAY_SECONDS; second++) {
    const time = start + second * 1000;
    const base = 1e8 + second * 1000;
    place.tell({ type: 'raw', value: [time, base + (second % 60) * 1e6, 3e8, 1e7, 1e6, 4e8, 1e6, second, second] });
    place.tell({ type: 'gc', value: [time + 500, base, 5 + (second % 7), second, second * 9, 0] });
  }
  const [record] = hub.records();
  const browser = await chromium.launch({
    executablePath: process.env.MEMWATCH_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.goto(url);
  await page.locator('#chart-collections canvas').waitFor();
  const times = [];
  for (let frame = 0; frame < FRAMES; frame++) {
    const time = Date.now();
    place.tell({ type: 'gc', value: [time, 2e8, 5, DAY_SECONDS + frame, 0, 0] });
    await pause(50);
    times.push(
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            // Called before and after the page draws: callbacks of one frame run in their order.
            requestAnimationFrame(() => (globalThis.began = performance.now()));
            /** @type {HTMLElement} */ (document.querySelector('#range [data-range="All"]')).click();
            requestAnimationFrame(() => resolve(performance.now() - globalThis.began));
          }),
      ),
    );
  }
  // Scrolling: the longest of the frames while the page is scrolled to its end and back.
  const scroll = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const frames = [];
        let last = performance.now();
        const step = (now) => {
          frames.push(now - last);
          last = now;
          scrollTo(0, Math.abs(((frames.length * 40) % 2400) - 1200));
          if (frames.length < 120) requestAnimationFrame(step);
          else resolve(frames.slice(1).sort((a, b) => a - b));
        };
        requestAnimationFrame(step);
      }),
  );
  await browser.close();
  await server.close();
  const history = record.history();
  return {
    bytes: record.raw.bytes + record.gc.bytes,
    json: JSON.stringify(history).length,
    rows: record.raw.length,
    times: times.sort((a, b) => a - b),
    scroll,
  };
}

/** A line of the table. */
const line = (name, text) => console.log(`${name.padEnd(40)} ${text}`);

if (process.argv[3] === 'watched') {
  await watched();
} else {
  const all = await costs();
  MODES.forEach((mode, index) => {
    const ms = median(all.map((took) => took[index]));
    const { median: more, interval } = summary(all.map((took) => took[index] - took[0]));
    const bounds = interval === null ? '' : `, ${interval.map((bound) => bound.toFixed(2)).join(' to ')} with 95 %`;
    const beside = index === 0 ? '' : `: ${more.toFixed(2)} more (median of ${all.length} rounds${bounds})`;
    line(mode, `${ms.toFixed(2)} ms of processor time a second${beside}`);
  });
  const { bytes, json, rows, times, scroll } = await day();
  line(
    'a day at one collection a second',
    `${(bytes / 1e6).toFixed(2)} MB in the program, ${rows} rows a series, ${(json / 1e6).toFixed(2)} MB to send`,
  );
  line(
    'a frame that draws that day anew',
    `${median(times).toFixed(1)} ms median, ${times.at(-1).toFixed(1)} ms longest of ${times.length}`,
  );
  line(
    'a frame while the page is scrolled',
    `${median(scroll).toFixed(1)} ms median, ${scroll[Math.floor(scroll.length * 0.95)].toFixed(1)} ms at the 95th percentile`,
  );
}
