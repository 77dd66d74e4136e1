// What the page costs: processor time of a program that is looked at, memory of a day's
// history, time of a frame with a day on the screen. Prints a table; asserts nothing.
//   node bench/page.mjs [SECONDS]      needs Chromium; MEMWATCH_CHROMIUM says where one is
import { createRequire } from 'node:module';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const { Hub } = require('../lib/dashboard/hub.js');
const { PageServer } = require('../lib/dashboard/server.js');

const seconds = Number(process.argv[2] ?? 30);
const DAY_SECONDS = 24 * 3600;
const FRAMES = 40;

/** In a process of its own: a program that does nothing but collect, with a page or without. */
async function watched(mode) {
  const memwatch = require('../index.js');
  memwatch.configure({ sampling: 'always' });
  if (mode !== 'no page') {
    const { url } = await memwatch.dashboard();
    if (mode === 'a viewer') http.get(`${url}events`, { agent: new http.Agent() }, (response) => response.resume());
  }
  const collecting = setInterval(() => memwatch.gc(), 1000);
  await pause(3000);
  const before = process.cpuUsage();
  await pause(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  clearInterval(collecting);
  process.send((user + system) / 1000 / seconds);
  process.disconnect();
  process.exit();
}

async function cost(mode) {
  const child = fork(fileURLToPath(import.meta.url), [`${seconds}`, mode]);
  return new Promise((resolve) => child.once('message', resolve));
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
    place.tell({ type: 'raw', value: [time, base + (second % 60) * 1e6, 3e8, 1e7, 1e6, 4e8, 1e6] });
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
            requestAnimationFrame(() => (window.began = performance.now()));
            document.querySelector('#range [data-range="All"]').click();
            requestAnimationFrame(() => resolve(performance.now() - window.began));
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

const mode = process.argv[3];
if (mode) {
  await watched(mode);
} else {
  const costs = [];
  for (const each of ['no page', 'nobody looks', 'a viewer']) costs.push([each, await cost(each)]);
  for (const [name, ms] of costs) console.log(`${name.padEnd(40)} ${ms.toFixed(2)} ms of processor time a second`);
  const { bytes, json, rows, times, scroll } = await day();
  const middle = (all) => all[all.length >> 1];
  console.log(
    `${'a day at one collection a second'.padEnd(40)} ${(bytes / 1e6).toFixed(2)} MB in the program, ${rows} rows a series, ${(json / 1e6).toFixed(2)} MB to send`,
  );
  console.log(
    `${'a frame that draws that day anew'.padEnd(40)} ${middle(times).toFixed(1)} ms median, ${times.at(-1).toFixed(1)} ms longest of ${times.length}`,
  );
  console.log(
    `${'a frame while the page is scrolled'.padEnd(40)} ${middle(scroll).toFixed(1)} ms median, ${scroll[Math.floor(scroll.length * 0.95)].toFixed(1)} ms at the 95th percentile`,
  );
}
