'use strict';
// Runs programs in processes of their own, under the Node that runs the tests. It asserts
// only that they ended as they should; what they say is the test's business.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const FIXTURES = path.join(__dirname, '..', 'fixtures');

// A program that hangs is ended after this time, in milliseconds: many times what the
// slowest takes on the slowest Node, so it only ever ends what would never end.
const HANGS_AFTER_MS = 900_000;

/**
 * What became of a program.
 * @typedef {object} Outcome
 * @property {number | null} status exit status
 * @property {string | null} signal what killed it
 * @property {string} stdout all it printed
 * @property {string} stderr likewise
 * @property {any[]} said the values of its `say()` calls, one for each
 */

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @returns {Promise<Outcome>}
 */
function run(command, args, { env = {}, cwd = ROOT } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // The runner's own variable would make a child report to the runner.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text) => {
        printed[name] += text;
      });
    }
    const guard = setTimeout(() => child.kill('SIGKILL'), HANGS_AFTER_MS);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(guard);
      const said = printed.stdout.split('\n').filter((line) => line.startsWith(SAID));
      resolve({ status, signal, ...printed, said: said.map((line) => JSON.parse(line.slice(SAID.length))) });
    });
  });
}

// Marks the lines of a program that are for the test.
const SAID = 'said: ';

// What programs and worker threads can use.
const COMMON = `'use strict';
const ROOT = ${JSON.stringify(ROOT)};
// Turns of the event loop: what waits to be delivered is delivered in as many.
const turns = async (count = 30) => {
  while (count-- > 0) await new Promise((resolve) => setImmediate(resolve));
};
`;

const PRELUDE = `${COMMON}
const say = (value) => require('node:fs').writeSync(1, ${JSON.stringify(SAID)} + JSON.stringify(value) + '\\n');
`;

/**
 * Runs a function as a program of its own; it can use `require`, `say`, `turns` and
 * `ROOT`, the directory of the package, and nothing around it.
 * @param {Function | string} main  a function, or its text
 * @param {{ input?: unknown, flags?: string[], through?: string[], env?: NodeJS.ProcessEnv }} [options]
 * `input` is handed to it, `flags` are Node's, `through` is a command that runs the one behind it.
 */
function program(main, { input, flags = [], through = [], env } = {}) {
  const [command, ...args] = [...through, process.execPath, ...flags];
  return run(command, [...args, '-e', `${PRELUDE}(${main})(${JSON.stringify(input)});`], { env });
}

/**
 * Runs a file of `fixtures`.
 * @param {string} name
 * @param {{ args?: string[], flags?: string[], env?: NodeJS.ProcessEnv }} [options]
 */
function fixture(name, { args = [], flags = [], env } = {}) {
  return run(process.execPath, [...flags, path.join(FIXTURES, name), ...args], { env });
}

/**
 * The same, for a program that must end well: its values.
 * @param {Parameters<typeof program>[0]} main
 * @param {Parameters<typeof program>[1]} [options]
 */
async function says(main, options) {
  return ended(await program(main, options)).said;
}

/** Asserts that a program exited normally. */
function ended(outcome) {
  assert.deepEqual(
    { status: outcome.status, signal: outcome.signal },
    { status: 0, signal: null },
    `the program ended badly:\n${outcome.stderr}\n${outcome.stdout}`,
  );
  return outcome;
}

module.exports = { ROOT, COMMON, run, program, fixture, says, ended };
