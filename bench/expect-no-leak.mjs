// How often expectNoLeak and leakage are right about small functions of which it is known whether they leak, and how
// long they take. What is run is in children/expect-no-leak.js; leakage is laid out as for test:upstream, and stands on
// this memwatch.
//
//   node bench/expect-no-leak.mjs [--rounds=5]
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, identity, install, layOut } from '../scripts/upstream/prepare.mjs';
import { SUITES } from '../scripts/upstream/suites.mjs';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave, runChild } from './lib/rounds.mjs';
import { median } from './lib/stats.mjs';
import { seconds, table } from './lib/table.mjs';

const { CASES } = createRequire(import.meta.url)('./children/leak-cases.js');
const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'children/expect-no-leak.js');
const TOOLS = ['memwatch', 'leakage'];

const rounds = numberOption('rounds', 5);
install();
const leakage = layOut(
  SUITES.find((suite) => suite.package === 'leakage'),
  ROOT,
);

const variants = Object.keys(CASES).flatMap((name) => TOOLS.map((tool) => ({ tool, name })));
const before = load();
const { results } = await interleave(
  variants,
  rounds,
  ({ tool, name }) => runChild(CHILD, [tool, name, leakage]),
  showProgress,
  { firstCounts: true },
);

/** The runs of a tool on cases: how many were right, and how long they took. */
function cells(tool, names) {
  const runs = variants
    .filter((variant) => variant.tool === tool && names.includes(variant.name))
    .flatMap((variant) =>
      results.get(variant).map((run) => ({ ...run, isRight: run.leaks === CASES[variant.name].leaks })),
    );
  const right = runs.filter((run) => run.isRight).length;
  return [`${right} of ${runs.length}`, seconds(median(runs.map((run) => run.wallMs)))];
}

const names = Object.keys(CASES);
const row = (title, told, which) => [title, told, ...TOOLS.flatMap((tool) => cells(tool, which))];
const rows = [
  ...names.map((name) => row(name, CASES[name].leaks ? 'leak' : 'none', [name])),
  row(
    'all that leak',
    'leak',
    names.filter((name) => CASES[name].leaks),
  ),
  row(
    'all that do not',
    'none',
    names.filter((name) => !CASES[name].leaks),
  ),
];
console.log(describeMachine());
console.log(
  `load ${before} before, ${load()} after; ${identity('leakage')}; ${rounds} runs of each, each in a process of its own\n`,
);
console.log(table(['each call leaves', 'truth', 'expectNoLeak right', 'median', 'leakage right', 'median'], rows));
