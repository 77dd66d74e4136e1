'use strict';
// The GitHub Action: its step's script as a job runs it, on a program that goes through made-up states of a leak; and
// that action.yml hands it each of its inputs. GitHub's own runner is not to be had here.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { MEMWATCH, ROOT, cleanEnvironment, temporaryDirectory } = require('./support/cli-run.js');
const { fixture } = require('./support/runner.js');

const WINDOWS = process.platform === 'win32';
const skip = WINDOWS && 'the script is for bash';
const yaml = fs.readFileSync(path.join(ROOT, 'action.yml'), 'utf8');
const script = fs.readFileSync(path.join(ROOT, 'action', 'run.sh'), 'utf8');

const LEAKS = `${JSON.stringify(fixture('stages.js'))} 0 here confirmed paused`;
const ENDS_WELL = `${JSON.stringify(fixture('stages.js'))} 0 here confirmed given-back`;

/** The step with these inputs, the others by default. */
async function step(directory, inputs, env = {}) {
  const files = {
    GITHUB_STEP_SUMMARY: path.join(directory, 'summary.md'),
    GITHUB_OUTPUT: path.join(directory, 'output'),
  };
  const child = spawn('bash', [path.join(ROOT, 'action', 'run.sh')], {
    cwd: directory,
    env: cleanEnvironment({
      GITHUB_ACTIONS: 'true',
      GITHUB_BASE_REF: '',
      GITHUB_REF_NAME: 'main',
      MEMWATCH_ACTION_LOAD: '',
      MEMWATCH_ACTION_DURATION: '3m',
      MEMWATCH_ACTION_FAIL: 'true',
      MEMWATCH_ACTION_BASELINES: '',
      MEMWATCH_ACTION_UPDATE: 'false',
      MEMWATCH_ACTION_REPORT: '',
      MEMWATCH_ACTION_COMMAND: `${process.execPath} ${MEMWATCH}`,
      ...files,
      ...inputs,
      ...env,
    }),
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const status = await new Promise((resolve) => child.once('close', resolve));
  const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  return { status, printed, summary: read(files.GITHUB_STEP_SUMMARY), output: read(files.GITHUB_OUTPUT) };
}

test('a leak fails the job and appears in the job summary and as an annotation at its line', { skip }, async () => {
  const directory = temporaryDirectory();
  const { status, printed, summary, output } = await step(directory, { MEMWATCH_ACTION_RUN: LEAKS });
  assert.equal(status, 1, printed);
  assert.match(
    printed,
    /^::error file=\/app\/server\.js,line=6,title=Memory leak::The heap grew by 170 MiB in 11 min and was not reclaimed, allocated by track\(\) server\.js:6$/m,
  );
  assert.match(summary, /^## memwatch: a leak was confirmed in stages\.js\n/);
  assert.match(summary, /^1\. track\(\) \/app\/server\.js:6 \(90 %\)$/m);
  assert.equal(output, 'baseline=\n');
});

test('a program that frees its memory passes, and with fail-on-leak off a leak is a warning', { skip }, async () => {
  const [well, allowed] = await Promise.all([
    step(temporaryDirectory(), { MEMWATCH_ACTION_RUN: ENDS_WELL }),
    step(temporaryDirectory(), { MEMWATCH_ACTION_RUN: LEAKS, MEMWATCH_ACTION_FAIL: 'false' }),
  ]);
  assert.equal(well.status, 0, well.printed);
  assert.doesNotMatch(well.printed, /^::/m);
  assert.match(well.summary, /^## memwatch: (no confirmed leak|nothing was measured) in stages\.js\n/);
  assert.equal(allowed.status, 0, allowed.printed);
  assert.match(allowed.printed, /^::warning file=\/app\/server\.js,line=6,/m);
});

test('each branch has its own baseline, and a pull request is compared with that of its base branch', {
  skip,
}, async () => {
  const directory = temporaryDirectory();
  const inputs = { MEMWATCH_ACTION_RUN: LEAKS, MEMWATCH_ACTION_BASELINES: 'known' };
  const branch = { GITHUB_REF_NAME: 'release/2' };
  const first = await step(directory, { ...inputs, MEMWATCH_ACTION_UPDATE: 'true' }, branch);
  assert.equal(first.status, 1, first.printed);
  assert.equal(first.output, 'baseline=known/release-2.txt\n');
  const lines = fs.readFileSync(path.join(directory, 'known', 'release-2.txt'), 'utf8').split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[1], /^[\da-f]{16} heap track\(\) \/app\/server\.js$/);

  const [pull, other] = await Promise.all([
    step(directory, inputs, { GITHUB_BASE_REF: 'release/2', GITHUB_REF_NAME: '7/merge' }),
    step(directory, inputs),
  ]);
  assert.equal(pull.status, 0, pull.printed);
  assert.match(pull.summary, /^## memwatch: known leaks only in stages\.js$/m);
  assert.match(pull.printed, /exit status 0: a leak in .* and its memory was not reclaimed; it is in the baseline$/m);
  assert.doesNotMatch(pull.printed, /^::/m);
  assert.equal(other.status, 1, 'main has no baseline');
});

/** A program that waits until a shell, which writes its number into `load`, is there, or is gone. */
function waitsFor(directory, what) {
  const file = path.join(directory, 'waits.js');
  fs.writeFileSync(
    file,
    `const fs = require('node:fs');
const isGone = (pid) => { try { process.kill(pid, 0); return false; } catch { return true; } };
const timer = setInterval(() => {
  const pid = fs.existsSync('load') ? Number(fs.readFileSync('load', 'utf8')) : 0;
  if (pid > 0 && isGone(pid) === ${what === 'gone'}) clearInterval(timer);
}, 20);`,
  );
  return 'waits.js';
}

test('the load runs concurrently with the program and is stopped with it', { skip }, async () => {
  const directory = temporaryDirectory();
  const { status, printed } = await step(directory, {
    MEMWATCH_ACTION_RUN: waitsFor(directory, 'there'),
    MEMWATCH_ACTION_LOAD: 'echo $$ > load; sleep 600 | cat',
  });
  assert.equal(status, 0, printed);
  assert.doesNotMatch(printed, /^::/m);
  const pid = Number(fs.readFileSync(path.join(directory, 'load'), 'utf8'));
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('a load that fails is a warning', { skip }, async () => {
  const directory = temporaryDirectory();
  const { status, printed } = await step(directory, {
    MEMWATCH_ACTION_RUN: waitsFor(directory, 'gone'),
    MEMWATCH_ACTION_LOAD: 'echo $$ > load; exit 3',
  });
  assert.equal(status, 0, printed);
  assert.match(printed, /^::warning::the load command ended with status 3 before the program did$/m);
});

test('action.yml hands each input to the script, which uses no other', () => {
  const inputs = [...yaml.split('outputs:')[0].matchAll(/^ {2}([\w-]+):$/gm)].map(([, name]) => name);
  assert.ok(inputs.length > 6);
  const handed = [...yaml.matchAll(/^ {8}(MEMWATCH_ACTION_\w+): \$\{\{ inputs\.([\w-]+) \}\}$/gm)];
  const names = handed.map(([, , input]) => input);
  assert.deepEqual([...names, 'working-directory'].sort(), inputs.sort());
  const used = new Set(script.match(/MEMWATCH_ACTION_\w+/g));
  assert.deepEqual([...used].sort(), handed.map(([, name]) => name).sort());
  assert.match(yaml, /^ {6}run: bash "\$GITHUB_ACTION_PATH\/action\/run\.sh"$/m);
});
