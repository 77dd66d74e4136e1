// What expectNoLeak says of HTTP handlers of express, fastify and NestJS that keep 1 KiB a request or nothing, and how
// long it takes. What is run is in children/http-app.js. A leak is to be found within 20 s in nine runs of ten.
//
//   node bench/expect-no-leak-http.mjs [--rounds=10] [--bytes=1024] [--tolerance=256] [--only=leak|none]
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave, runChild } from './lib/rounds.mjs';
import { median } from './lib/stats.mjs';
import { seconds, table } from './lib/table.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CHILD = path.join(HERE, 'children/http-app.js');
const PACKAGES = path.join(HERE, 'http-apps');
const FRAMEWORKS = ['express', 'fastify', 'nest'];

const rounds = numberOption('rounds', 10);
const bytes = numberOption('bytes', 1024);
const tolerance = numberOption('tolerance', 256);

if (!fs.existsSync(path.join(PACKAGES, 'node_modules'))) {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: PACKAGES, stdio: 'inherit' });
}

// Where nothing leaks, also with the bytes that are tolerated by default: V8 compiles for some thousand requests.
const CASES = [
  { kind: 'leak', tolerance: 0 },
  { kind: 'none', tolerance: 0 },
  { kind: 'none', tolerance },
];
const only = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length);
const variants = CASES.filter(({ kind }) => only === undefined || only === kind).flatMap((one) =>
  FRAMEWORKS.map((framework) => ({ ...one, framework })),
);
const before = load();
const { results } = await interleave(
  variants,
  rounds,
  (one) => runChild(CHILD, [one.framework, one.kind, bytes, one.tolerance, PACKAGES]),
  showProgress,
  { firstCounts: true },
);

const rows = variants.map((variant) => {
  const runs = results.get(variant);
  const told = (verdict) => runs.filter((run) => run.verdict === verdict).length;
  const times = runs.map((run) => run.wallMs);
  return [
    variant.framework,
    variant.kind === 'leak' ? `${bytes} bytes` : 'nothing',
    variant.tolerance > 0 ? `${variant.tolerance} bytes` : 'default',
    told('LeakError'),
    told('clear'),
    told('unclear'),
    seconds(median(times)),
    seconds(Math.max(...times)),
  ];
});
console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; ${rounds} runs of each, each in a process of its own\n`);
console.log(
  table(['framework', 'a request keeps', 'tolerance', 'leak', 'clear', 'unclear', 'median', 'longest'], rows),
);
