// Runs one suite on one Node and reads the runner's JSON. Prints nothing.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { installed } from './prepare.mjs';

/** For one test, in milliseconds: the suites' own limit, 2 s, is too little for a busy machine. */
const TEST_TIMEOUT_MS = 60_000;

/**
 * A failure of mocha 1 has no message: its JSON has none.
 *
 * @returns {{passed: string[], failed: {title: string, message: string}[], broken?: string}}
 * `broken` says why there is no result.
 */
export function run(suite, dir, node) {
  const { args, read } = RUNNERS[suite.runner](suite);
  const child = spawnSync(node, args, { cwd: dir, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'test' } });
  if (child.error) throw child.error;
  let result;
  try {
    // A suite may print before the runner does.
    result = read(JSON.parse(child.stdout.slice(child.stdout.search(/^\{/m))));
  } catch {
    const output = `${child.stdout}${child.stderr}`.trim();
    return { passed: [], failed: [], broken: `no result (exit ${child.status ?? child.signal}):\n${output}` };
  }
  const count = result.passed.length + result.failed.length;
  const exitSaysPassed = child.status === 0;
  if (count !== suite.tests) result.broken = `${count} tests ran, the suite has ${suite.tests}`;
  else if (exitSaysPassed !== (result.failed.length === 0)) result.broken = `exit ${child.status ?? child.signal}`;
  return result;
}

const RUNNERS = {
  mocha: (suite) => ({
    args: [
      path.join(installed(suite.mocha), 'bin', '_mocha'),
      ...['--reporter', 'json', '--timeout', String(TEST_TIMEOUT_MS), suite.file],
    ],
    read: ({ passes, failures }) => ({
      passed: passes.map((test) => test.fullTitle),
      failed: failures.map((test) => ({ title: test.fullTitle, message: test.err?.stack ?? '' })),
    }),
  }),
  vitest: (suite) => ({
    args: [
      path.join(installed('vitest'), 'vitest.mjs'),
      ...['run', '--reporter=json', `--testTimeout=${TEST_TIMEOUT_MS}`, suite.file],
    ],
    read: ({ testResults }) => {
      const tests = testResults.flatMap((file) => file.assertionResults);
      return {
        passed: tests.filter((test) => test.status === 'passed').map((test) => test.fullName),
        failed: tests
          .filter((test) => test.status !== 'passed')
          .map((test) => ({ title: test.fullName, message: test.failureMessages.join('\n') })),
      };
    },
  }),
};
