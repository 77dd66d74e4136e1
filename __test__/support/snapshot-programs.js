'use strict';
// Runs the fixture programs that write heap snapshots, with the Node that runs the test, and asks bin/memwatch.js about
// what they wrote. Knows no program and expects nothing: that is the tests' part.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.dirname(path.dirname(__dirname));
const FIXTURES = path.join(ROOT, '__test__', 'fixtures');
const COMMAND = path.join(ROOT, 'bin', 'memwatch.js');

// A program takes a second or two, on a busy machine many times that; one that hangs is to end the test.
const TIMEOUT_MS = 300_000;
// A report with all of its rows is below 100 KB.
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

function run(args) {
  const { status, signal, error, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error) throw error;
  return { status, signal, stdout, stderr };
}

/** A directory for snapshots that is removed when the test ends. */
function temporaryDirectory(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * The snapshots that a program writes, by its place under __test__/fixtures or its whole path: one after each of `rounds` rounds of `operations`.
 * `args` come after these.
 * @returns {string[]} their files, in order
 */
function snapshotsOf(t, program, { operations, rounds = 1, args: more = [] }) {
  const out = path.join(temporaryDirectory(t), 'heap.heapsnapshot');
  const args = ['--expose-gc', path.resolve(FIXTURES, program), out, String(operations), String(rounds), ...more];
  const { status, signal, stderr } = run(args);
  if (status !== 0) throw new Error(`${program} ended with ${signal ?? status}:\n${stderr}`);
  return rounds === 1 ? [out] : Array.from({ length: rounds }, (_, index) => `${out}.${index + 1}`);
}

/**
 * A CommonJS program as an ES module of the same source: what it has at its top level are the variables of a module.
 * @returns {string} the file of the module
 */
function asModule(t, program) {
  const file = path.resolve(FIXTURES, program);
  const module = path.join(temporaryDirectory(t), `${path.basename(file, '.js')}.mjs`);
  const source = fs.readFileSync(file, 'utf8').replace("'use strict';", '');
  const head = `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(file)});`;
  fs.writeFileSync(module, head + source);
  return module;
}

/** What the command line says: `{ status, stdout, stderr }`. */
function memwatch(...args) {
  return run([COMMAND, ...args]);
}

/** The report of a command that ends well, as `--json` has it. */
function report(...args) {
  const { status, stdout, stderr } = memwatch(...args, '--json');
  if (status !== 0) throw new Error(`memwatch ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout);
}

/** Text for people is broken into lines where the terminal ends: here it is one line. */
function unfolded(text) {
  return text.replace(/\s+/g, ' ');
}

/** The reference to cut in one line: `KIND: HOLDER[reference] OBJECT`. */
function cutOf({ trace: { kind, steps, cut } }) {
  const { reference, class: name } = steps[cut];
  const holder = steps[cut - 1]?.class ?? '';
  return `${kind}: ${holder}${/^[.[]/.test(reference) ? '' : ' '}${reference} ${name}`;
}

module.exports = { asModule, cutOf, memwatch, report, snapshotsOf, temporaryDirectory, unfolded };
