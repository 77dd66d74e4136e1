// Runs the test suites of the older packages, as they were published, against this package,
// and what leakage promises on top of it. Needs npm's registry the first time. Copies nothing
// of theirs into this repository and changes no assertion.
//
//   node scripts/upstream.mjs [--node <path>]... [--against <directory>] [--only <package>]
//
//   --node     the Node to run the suites on; may be given more than once (default: this one)
//   --against  another memwatch to put in the place of the native modules, to see that
//              the suites can fail (default: this package)
//   --only     one suite

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, identity, install, layOut } from './upstream/prepare.mjs';
import { run } from './upstream/run.mjs';
import { SUITES } from './upstream/suites.mjs';

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [process.execPath] },
    against: { type: 'string', default: ROOT },
    only: { type: 'string' },
  },
});
const suites = SUITES.filter((suite) => [undefined, suite.package].includes(options.only));
if (suites.length === 0) {
  console.error(`no such suite: ${options.only}; there are ${SUITES.map((suite) => suite.package).join(', ')}`);
  process.exit(2);
}

install();
let bad = 0;
for (const node of options.node) {
  console.log(`Node ${versionOf(node)}`);
  for (const suite of suites) {
    const dir = layOut(suite, path.resolve(options.against));
    const result = run(suite, dir, node);
    print(suite, result);
    if (result.broken !== undefined || result.failed.length > 0) bad += 1;
  }
}
console.log(bad === 0 ? 'all suites passed' : `${bad} suites failed`);
process.exitCode = bad === 0 ? 0 : 1;

/** @param {Record<string, any>} suite @param {{ passed: string[], failed: { title: string, message: string }[], broken?: string }} result */
function print(suite, { passed, failed, broken }) {
  const tools = ['mocha', 'should'].flatMap((tool) => (suite[tool] ? [identity(suite[tool])] : []));
  if (suite.runner === 'vitest') tools.push(identity('vitest'));
  console.log(`  ${identity(suite.package)}: ${passed.length} passed, ${failed.length} failed (${tools.join(', ')})`);
  if (suite.note !== undefined) console.log(`    note: ${suite.note}`);
  for (const { title, message } of failed) console.log(indented(`failed: ${title}\n${message}`.trimEnd()));
  if (broken !== undefined) console.log(indented(`broken: ${broken}`));
}

function indented(text) {
  return text.replace(/^/gm, '    ');
}

function versionOf(node) {
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (error) throw error;
  return stdout.trim().replace(/^v/, '');
}
