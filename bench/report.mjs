// How large the report of a heap snapshot is, how long it takes to make, and to open in a
// browser until its treemap stands. Prints a table; asserts nothing.
//   node bench/report.mjs [MB]      default 1000; needs Chromium, MEMWATCH_CHROMIUM says where one is
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { mixed, warm } from './snapshots/files.mjs';

const MEMWATCH = fileURLToPath(new URL('../bin/memwatch.js', import.meta.url));
const ROUNDS = 9;

const megabytes = Number(process.argv[2] ?? 1000);
const { file, bytes } = await mixed(megabytes);
warm(file);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-report-'));
const report = path.join(directory, 'report.html');
const began = performance.now();
const { status, stderr } = spawnSync(process.execPath, [MEMWATCH, 'report', file, '-o', report], { encoding: 'utf8' });
if (status !== 0) throw new Error(stderr);
const madeMs = performance.now() - began;
const size = fs.statSync(report).size;

const browser = await chromium.launch({
  executablePath: process.env.MEMWATCH_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const times = [];
for (let round = 0; round < ROUNDS; round++) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  const start = performance.now();
  await page.goto(`${pathToFileURL(report)}`);
  await page.locator('#tree .box').first().waitFor();
  times.push(performance.now() - start);
  await page.close();
}
await browser.close();
fs.rmSync(directory, { recursive: true });
times.sort((a, b) => a - b);
console.log(`${'the snapshot'.padEnd(40)} ${(bytes / 1e6).toFixed(0)} MB`);
console.log(`${'its report'.padEnd(40)} ${(size / 1e6).toFixed(2)} MB, made in ${(madeMs / 1000).toFixed(1)} s`);
console.log(
  `${'opened, until the treemap stands'.padEnd(40)} ${times[ROUNDS >> 1].toFixed(0)} ms median, ${times.at(-1).toFixed(0)} ms longest of ${ROUNDS}`,
);
