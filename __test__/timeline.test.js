'use strict';
// `memwatch timeline` on timelines that V8 records, through node:inspector: its numbers are those that come of the file
// by JSON.parse.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { cleanEnvironment, refused, report, temporaryDirectory, told } = require('./support/cli-run.js');

const directory = temporaryDirectory();

const PROGRAM = `'use strict';
const { Session } = require('node:inspector');
const fs = require('node:fs');
const session = new Session();
session.connect();
const post = (method, params) =>
  new Promise((resolve, reject) => session.post(method, params, (error, value) => (error ? reject(error) : resolve(value))));
class Kept { constructor(i) { this.list = [i, i + 0.5, {}]; } }
const kept = (globalThis.kept = []);
function makeKept(i) { return new Kept(i); }
function handler(n) { for (let i = 0; i < n; i++) kept.push(makeKept(i)); }
function makeGarbage(n) { let sum = 0; for (let i = 0; i < n; i++) sum += Array.from({ length: 20 }, (_, k) => k + i).length; return sum; }
const file = fs.openSync(process.argv[2], 'w');
session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => fs.writeSync(file, params.chunk));
(async () => {
  await post('HeapProfiler.enable');
  await post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: process.argv[3] === 'stacks' });
  for (let round = 0; round < 4; round++) {
    handler(500);
    makeGarbage(500);
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  await post('HeapProfiler.stopTrackingHeapObjects', { reportProgress: false });
})();
`;

/** A timeline of the program. */
function recorded(name, stacks) {
  const program = path.join(directory, 'program.js');
  const file = path.join(directory, `${name}.heaptimeline`);
  fs.writeFileSync(program, PROGRAM);
  const { status, stderr } = spawnSync(process.execPath, [program, file, stacks], {
    encoding: 'utf8',
    env: cleanEnvironment({}),
  });
  assert.equal(status, 0, stderr);
  return file;
}

/** Live objects by the functions that allocated them, and the amounts by time. */
function counted(file) {
  const { snapshot, nodes, strings, samples, trace_tree, trace_function_infos } = JSON.parse(
    fs.readFileSync(file, 'utf8'),
  );
  const fields = snapshot.meta.node_fields;
  const [id, size, trace] = ['id', 'self_size', 'trace_node_id'].map((name) => fields.indexOf(name));
  const functionOf = new Map();
  const allocated = new Map();
  const visit = (list) => {
    for (let at = 0; at < list.length; at += 5) {
      const [stack, info, count, , children] = list.slice(at, at + 5);
      const name = strings[trace_function_infos[6 * info + 1]];
      functionOf.set(stack, name);
      allocated.set(name, (allocated.get(name) ?? 0) + count);
      visit(children);
    }
  };
  visit(trace_tree);
  const functions = new Map();
  const came = { before: 0, within: 0, after: 0 };
  for (let at = 0; at < nodes.length; at += fields.length) {
    const name = functionOf.get(nodes[at + trace]);
    if (trace >= 0 && name !== undefined) {
      const known = functions.get(name) ?? { count: 0, bytes: 0 };
      functions.set(name, { count: known.count + 1, bytes: known.bytes + nodes[at + size] });
    }
    if (nodes[at + id] % 2 === 0) continue;
    const last = samples.at(-1);
    came[nodes[at + id] <= samples[1] ? 'before' : nodes[at + id] <= last ? 'within' : 'after'] += nodes[at + size];
  }
  return { functions, allocated, came, samples };
}

// V8 of Node.js 18 names other calls for most of what this program allocates; why is not known.
const isOf18 = process.versions.node.startsWith('18.');

test('each function has its allocations, its live objects and its callers', { skip: isOf18 }, () => {
  const file = recorded('stacks', 'stacks');
  const answer = report(['timeline', file, '--top', '1000']);
  const { functions, allocated, came, samples } = counted(file);
  assert.ok(answer.hasStacks);
  const made = answer.functions.find(({ function: { name } }) => name === 'Kept');
  assert.deepEqual(made.alive, functions.get('Kept'));
  assert.equal(made.allocatedCount, allocated.get('Kept'));
  // Two of each at the least. What V8 has compiled into its caller, it counts there.
  const among = ['Kept', 'makeKept', 'handler'].map((name) => functions.get(name)?.count ?? 0);
  assert.ok(among.reduce((sum, count) => sum + count) >= 2 * 500 * 2, `${among}`);
  assert.deepEqual(
    made.callers.slice(0, 2).map(({ name }) => name),
    ['makeKept', 'handler'],
  );
  assert.match(made.function.position.script, /program\.js$/);
  const line = PROGRAM.split('\n').findIndex((text) => text.startsWith('class Kept'));
  assert.equal(made.function.position.line, line + 1);
  const garbage = answer.functions.find(({ function: { name } }) => name === 'makeGarbage');
  const garbageAlive = garbage?.alive.bytes ?? 0;
  assert.ok(garbageAlive < made.alive.bytes / 10, `${garbageAlive}`);
  assert.equal(answer.momentCount, samples.length / 2);
  assert.equal(answer.durationUs, samples.at(-2));
  assert.equal(answer.before.bytes, came.before);
  assert.equal(answer.after.bytes, came.after);
  const within = answer.moments.reduce((sum, { alive }) => sum + alive.bytes, 0);
  assert.equal(within, came.within);
  const then = answer.moments.reduce((sum, { thenCount }) => sum + thenCount, 0);
  assert.equal(then, (samples.at(-1) - samples[1]) / 2);
  for (const { alive, thenCount } of answer.moments) assert.ok(alive.count <= thenCount);
  const text = told(['timeline', file]);
  assert.match(text, / Kept +\S+\.js:\d+:\d+ +makeKept/);
});

test('without stacks there are only intervals, and the answer says so', () => {
  const file = recorded('plain', 'none');
  const answer = report(['timeline', file, '--top', '3']);
  assert.ok(!answer.hasStacks);
  assert.ok(answer.moments.length > 0 && answer.moments.length <= 4, `${answer.moments.length}`);
  assert.match(told(['timeline', file]), /Stacks were not recorded/);
});

test('a snapshot without a timeline is refused', () => {
  const file = path.join(directory, 'plain.heapsnapshot');
  const source = 'require("node:v8").writeHeapSnapshot(process.argv[1])';
  assert.equal(spawnSync(process.execPath, ['-e', source, file], { env: cleanEnvironment({}) }).status, 0);
  refused(['timeline', file], 'ERR_MEMWATCH_NO_TIMELINE', /has no allocation timeline/);
});

test('a timeline file works as a snapshot for all other commands', () => {
  const file = recorded('asked', 'stacks');
  const { instances } = report(['instances', file, 'Kept']);
  assert.ok(instances.length > 0);
});

test('functions of compiled code are shown in their sources, by maps in a folder', { skip: isOf18 }, () => {
  const file = path.join(directory, 'stacks.heaptimeline');
  const maps = path.join(directory, 'maps');
  fs.mkdirSync(maps);
  const lines = PROGRAM.split('\n');
  // Each line is one of the source, two lines further down.
  const mappings = lines.map((_, at) => (at === 0 ? 'AAEA' : 'AACA')).join(';');
  const map = { version: 3, sources: ['program.ts'], names: [], mappings };
  fs.writeFileSync(path.join(maps, 'program.js.map'), JSON.stringify(map));
  const made = (/** @type {string[]} */ ...options) => {
    const { functions } = report(['timeline', file, '--top', '1000', ...options]);
    return functions.find(({ function: { name } }) => name === 'Kept');
  };
  const line = lines.findIndex((text) => text.startsWith('class Kept')) + 1;
  const { function: kept, callers } = made('--maps', maps);
  assert.deepEqual([kept.position.line, kept.position.original.line], [line, line + 2]);
  assert.match(kept.position.original.source, /program\.ts$/);
  assert.match(callers[0].position.original.source, /program\.ts$/);
  assert.equal(made('--no-maps').function.position.original, undefined);
  assert.match(told(['timeline', file, '--maps', maps]), new RegExp(`ts:${line + 2}:`));
});
