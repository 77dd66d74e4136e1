// Pictures of the dashboard for docs/watching.md and the README: runs the three programs of examples/page for a while,
// each under `memwatch run`, and takes the dashboard of each, light and dark, wide and narrow; and of
// the one that leaks its suspects.
//   node scripts/screenshots.mjs [SECONDS] [PART OF A NAME]    needs Chromium; MEMWATCH_CHROMIUM says where
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const images = path.join(root, 'docs', 'images');

// Long enough for a confirmed leak, and for the cache of the second to be full for a while.
const [seconds = '100', part = ''] = process.argv.slice(2);

const PROGRAMS = ['1-well-behaved', '2-filling-cache', '3-leaky'].filter((name) => name.includes(part));

/** How large a screen is, and what a picture ends with: a card that is cut looks broken. */
const SIZES = {
  wide: { viewport: { width: 1280, height: 1000 }, last: '.columns' },
  narrow: { viewport: { width: 390, height: 844 }, last: 'section:has(#chart-base)' },
};
const BELOW_PX = 14;

const browser = await chromium.launch({
  executablePath: process.env.MEMWATCH_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
fs.mkdirSync(images, { recursive: true });

/** One program after another, so that none slows the others down. */
for (const name of PROGRAMS) {
  const words = ['bin/memwatch.js', 'run', `examples/page/${name}.js`];
  const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'inherit', 'pipe'] });
  child.stderr.setEncoding('utf8');
  const url = await new Promise((resolve) => {
    child.stderr.on('data', (text) => {
      process.stderr.write(text);
      const [, found] = /watching .* on (http:\S+)/.exec(text) ?? [];
      if (found) resolve(found);
    });
  });
  await pause(Number(seconds) * 1000);
  for (const [size, { viewport, last }] of Object.entries(SIZES)) {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      const page = await browser.newPage({ viewport, colorScheme });
      await page.goto(url);
      await page.locator('#chart-collections canvas').waitFor();
      await pause(1500);
      const box = await page.locator(last).boundingBox();
      if (box === null) throw new Error(`${last} is not shown`);
      const clip = { x: 0, y: 0, width: viewport.width, height: Math.ceil(box.y + box.height + BELOW_PX) };
      await page.screenshot({ path: path.join(images, `${name}-${size}-${colorScheme}.png`), fullPage: true, clip });
      if (size === 'wide' && name.endsWith('leaky')) {
        const suspects = page.locator('section[aria-labelledby="suspects-title"]');
        await suspects.screenshot({ path: path.join(images, `${name}-suspects-${colorScheme}.png`) });
      }
      await page.close();
    }
  }
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
await browser.close();
