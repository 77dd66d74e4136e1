'use strict';
// docs/command-line.md against the declarations of the commands: the two must match. The outputs shown are not
// checked here.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { PROGRAMS } = require('../lib/cli/declared.js');
const { declared, fileCommands } = require('./support/cli-declared.js');
const { ROOT, cleanEnvironment, report, temporaryDirectory } = require('./support/cli-run.js');

/** Options of all commands about files. */
const COMMON = ['json', 'help'];

// `run` and `top` are in docs/watching.md.
const COMMANDS = {
  ...fileCommands(),
  ...Object.fromEntries(
    Object.keys(PROGRAMS)
      .filter((name) => name !== 'run' && name !== 'top')
      .map((name) => [name, declared(name)]),
  ),
};

const text = fs.readFileSync(path.join(ROOT, 'docs', 'command-line.md'), 'utf8');

/** Sections of the commands by what stands in their titles. */
const sections = new Map(
  text
    .split(/^(?=##+ )/m)
    .filter((section) => section.startsWith('### memwatch '))
    .map((section) => [section.slice('### '.length, section.indexOf('\n')), section]),
);

test('every command has a section with a description and an output', () => {
  const titles = Object.entries(COMMANDS).map(([name, { usage }]) => `memwatch ${name} ${usage}`);
  assert.deepEqual([...sections.keys()].sort(), titles.sort());
  for (const [name, { usage, answers }] of Object.entries(COMMANDS)) {
    const section = sections.get(`memwatch ${name} ${usage}`);
    const flat = section.replaceAll(/\s+/g, ' ');
    assert.ok(flat.includes(`Answers: ${answers}.`), name);
    assert.match(section, new RegExp(`^\`\`\`\\n\\$ npx memwatch ${name} .*\\n(?!\`\`\`)`, 'm'), name);
  }
});

test('every option and every sort order is documented', () => {
  const shared = text.slice(text.indexOf('## What all commands share'), text.indexOf('## The commands'));
  for (const option of COMMON) assert.ok(shared.includes(`\`--${option}`), option);
  for (const [name, { usage, options }] of Object.entries(COMMANDS)) {
    const section = sections.get(`memwatch ${name} ${usage}`);
    for (const [option, { choices }] of Object.entries(options)) {
      assert.ok(shared.includes(`\`--${option}`) || section.includes(`\`--${option}`), `${name} --${option}`);
      if (choices) assert.ok(section.includes(choices.join('|')), `${name} --${option}`);
    }
  }
});

test('no command is documented with an option that it does not have', () => {
  for (const [, name, words] of text.matchAll(/^\$ npx memwatch (\w+)(.*)$/gm)) {
    const known = Object.keys(COMMANDS[name].options);
    for (const [, option] of words.matchAll(/ --([a-z-]+)/g)) assert.ok(known.includes(option), `${name} --${option}`);
  }
});

test('the snapshots of the subscription app can be taken, and each has more e-mails', () => {
  const directory = temporaryDirectory();
  const program = path.join(ROOT, 'examples', 'subscription-app', 'snapshots.js');
  // Two megabytes between two snapshots: a few e-mails, in a moment.
  const words = ['--expose-gc', program, directory, '2'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    env: cleanEnvironment({ PORT: '', FIXED: '', NODE_DEBUG: '' }),
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  const files = stdout.trim().split('\n');
  assert.deepEqual(
    files.map((file) => path.basename(file)),
    [1, 2, 3].map((number) => `${number}.heapsnapshot`),
  );
  const emails = files.map((file) => report(['instances', file, 'EmailTemplate']).instanceCount);
  assert.ok(emails[0] < emails[1] && emails[1] < emails[2], `${emails}`);
});

test('without a directory the program prints its usage', () => {
  const program = path.join(ROOT, 'examples', 'subscription-app', 'snapshots.js');
  for (const words of [[], ['directory', 'few']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program, ...words], {
      encoding: 'utf8',
      env: cleanEnvironment({}),
    });
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^usage: /);
  }
});
