'use strict';
// A flight recorder's file that is damaged, or no such file at all: one sentence with a code, or an answer,
// and never a stack, whatever is in the file and however large it is.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { run: reportBox } = require('../lib/cli/flight-recorder-report.js');
const { refused, told } = require('./support/cli-run.js');
const { says } = require('./support/child.js');

const CODE = 'ERR_MEMWATCH_FLIGHT_RECORDER_UNREADABLE';

function temporary(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The file of a program with leaks, with a value in each of its fields. */
async function realBox(t) {
  const file = path.join(temporary(t), 'box');
  await says(
    async (input) => {
      const memwatch = require(ROOT);
      memwatch.configure({
        flightRecorder: input,
        detector: 'consecutive',
        sampling: { when: 'always', intervalBytes: 1024 },
      });
      const kept = [];
      let leaks = 0;
      memwatch.on('leak', () => leaks++);
      while (leaks < 2) {
        for (let n = 0; n < 1000; n++) kept.push({ n, at: [n] });
        memwatch.gc();
        await turns(3);
      }
    },
    { input: file },
  );
  const box = JSON.parse(fs.readFileSync(file, 'utf8'));
  assert.ok(box.events.length > 0 && box.sites.sites.length > 0 && box.series.points.length > 1);
  box.snapshots = [{ at: box.writtenAt, trigger: 'leak', path: '/srv/a.heapsnapshot', bytes: 1 }];
  return box;
}

/** What the command says of a file, in this process: `answer`, or a code. Anything else is a mistake of ours. */
async function outcomeOf(file) {
  const outcomes = [];
  for (const json of [false, true]) {
    try {
      const text = await reportBox({ json, request: { files: [file] } });
      assert.equal(typeof text, 'string');
      if (json) JSON.parse(text);
      else assert.ok(!/undefined|NaN|\[object/.test(text), text);
      outcomes.push('answer');
    } catch (error) {
      assert.equal(error.code, CODE, error.stack);
      assert.ok(error.message.length < 500 && !error.message.includes('\n'), error.message);
      outcomes.push(CODE);
    }
  }
  return outcomes[0];
}

/** Numbers from 0 to 1, the same in each run (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @type {unknown[]} */
const ODD_VALUES = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  -1e308,
  8.64e15 + 1,
  '',
  'text',
  '\u001b[2J',
  [],
  [[]],
  [null],
  [1, 2, 3],
  {},
  { toString: 1, valueOf: null, length: -1 },
  { __proto__: { a: 1 } },
  { at: 'x', suspects: 3, sites: 7, points: 'x', fields: null, status: {} },
];

/** Every place in a value. */
function placesIn(value, place = []) {
  if (typeof value !== 'object' || value === null) return [place];
  const inside = Object.keys(value).flatMap((key) => placesIn(value[key], [...place, key]));
  return [place, ...inside];
}

function withChange(box, place, change) {
  const copy = structuredClone(box);
  if (place.length === 0) return change(copy);
  const parent = place.slice(0, -1).reduce((at, key) => at[key], copy);
  const key = place.at(-1);
  const changed = change(parent[key]);
  if (changed === undefined) delete parent[key];
  else parent[key] = changed;
  return copy;
}

test('a real file with each odd value in each field, and without the field, is read or refused', async (t) => {
  const box = await realBox(t);
  // One row stands for the others.
  box.series.points = box.series.points.slice(-2);
  box.events = box.events.slice(-1);
  box.sites.sites = box.sites.sites.slice(0, 1);
  const file = path.join(temporary(t), 'box');
  const outcomes = { answer: 0, [CODE]: 0 };
  for (const place of placesIn(box)) {
    for (const value of [undefined, ...ODD_VALUES]) {
      fs.writeFileSync(file, JSON.stringify(withChange(box, place, () => value)) ?? '');
      outcomes[await outcomeOf(file)] += 1;
    }
  }
  assert.ok(outcomes.answer > 1000 && outcomes[CODE] > 50, JSON.stringify(outcomes));
});

test('a file truncated anywhere or with changed bytes is read or refused', async (t) => {
  const box = await realBox(t);
  const bytes = Buffer.from(JSON.stringify(box));
  const file = path.join(temporary(t), 'box');
  const random = randomFrom(14);
  const cuts = new Set([
    0,
    1,
    2,
    bytes.length - 1,
    ...Array.from({ length: 500 }, () => Math.floor(random() * bytes.length)),
  ]);
  for (const length of cuts) {
    fs.writeFileSync(file, bytes.subarray(0, length));
    assert.equal(await outcomeOf(file), CODE);
  }
  for (let n = 0; n < 1500; n++) {
    const damaged = Buffer.from(bytes);
    for (let times = 1 + Math.floor(random() * 4); times > 0; times--)
      damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
    fs.writeFileSync(file, damaged);
    await outcomeOf(file);
  }
});

test("a file of any size that is not a flight recorder's is refused", async (t) => {
  const directory = temporary(t);
  const among = (name) => path.join(directory, name);
  const deep = 200_000;
  const contents = {
    empty: '',
    byte: '{',
    zero: '\0',
    spaces: ' \n\t',
    mark: '\ufeff{}',
    binary: Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 256)),
    elf: fs.readFileSync(process.execPath).subarray(0, 5000),
    null: 'null',
    number: '1',
    text: '"box"',
    list: '[]',
    object: '{}',
    version: '{"version":2,"writtenAt":1,"series":{"points":[]}}',
    versionText: '{"version":"1","writtenAt":1,"series":{"points":[]}}',
    deep: '['.repeat(deep) + ']'.repeat(deep),
    deepOpen: '{"a":'.repeat(deep),
    snapshot: '{"snapshot":{"meta":{}},"nodes":[]}',
  };
  for (const [name, content] of Object.entries(contents)) {
    fs.writeFileSync(among(name), content);
    assert.equal(await outcomeOf(among(name)), CODE, name);
  }
  refused(['report', among('empty')], CODE, /it is empty/);
  refused(['report', among('binary')], CODE, /it is damaged, or not a flight recorder file/);
  fs.writeFileSync(among('sparse'), '');
  fs.truncateSync(among('sparse'), 2 ** 30);
  refused(['report', among('sparse')], CODE, /it is too large/);
  refused(['report', directory], CODE, /is not a flight recorder file/);
  refused(['report', among('none')], CODE, /ENOENT/);
  refused(['report', '-'], CODE, /it is too large/, { input: ' '.repeat(9 << 20) });
  if (fs.existsSync('/dev/zero')) refused(['report', '/dev/zero'], CODE, /is not a regular file/);
  // A pipe without a writer does not block.
  if (spawnSync('mkfifo', [among('pipe')]).status === 0)
    refused(['report', among('pipe')], CODE, /is not a regular file/);
});

test('a file with far more data than a writer keeps is read', async (t) => {
  const box = await realBox(t);
  const file = path.join(temporary(t), 'box');
  const nested = (levels) => (levels === 0 ? 1 : [nested(levels - 1)]);
  const write = (change) => fs.writeFileSync(file, JSON.stringify({ ...box, ...change }));
  write({ series: { fields: ['at', 'heap'], points: Array.from({ length: 200_000 }, (_, n) => [n, n]) } });
  assert.match(told(['report', file]), /^Process \d+/);
  write({ events: Array.from({ length: 50_000 }, () => ({ at: 1, name: 'leak', reason: 'x' })) });
  assert.ok(told(['report', file]).split('\n').length < 1000);
  write({ unknown: nested(1000) });
  assert.match(told(['report', file]), /^Process \d+/);
  // Too deep to be written as JSON again: the text does not need it.
  fs.writeFileSync(file, JSON.stringify(box).replace(/}$/, `,"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`));
  await outcomeOf(file);
});
