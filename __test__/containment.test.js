'use strict';
// `memwatch containment`, `memwatch realms` and `memwatch scopes` on a snapshot that V8 wrote: from the root to an object
// one step at a time, one realm for each context of node:vm, and one context for each call whose variables a closure has.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { cleanEnvironment, refused, report, temporaryDirectory, told } = require('./support/cli-run.js');

const CONTEXTS = 3;
const CALLS = 7;
const PROGRAM = `'use strict';
const vm = require('node:vm');
class Holder { constructor() { this.payload = Array.from({ length: 20000 }, (_, i) => ({ i })); } }
globalThis.holder = new Holder();
const callbacks = (globalThis.callbacks = []);
function subscribe(name) {
  const rows = Array.from({ length: 5000 }, (_, i) => ({ i }));
  callbacks.push(function notify() { return rows.length + name; });
}
for (let i = 0; i < ${CALLS}; i++) subscribe('customer ' + i);
globalThis.contexts = Array.from({ length: ${CONTEXTS} }, () => vm.createContext({ name: 'other' }));
require('node:v8').writeHeapSnapshot(process.argv[2]);
`;

const directory = temporaryDirectory();
const file = path.join(directory, 'realms.heapsnapshot');
fs.writeFileSync(path.join(directory, 'program.js'), PROGRAM);
const made = spawnSync(process.execPath, [path.join(directory, 'program.js'), file], { env: cleanEnvironment({}) });
assert.equal(made.status, 0, `${made.stderr}`);

test('each step from the root names what retains most', () => {
  const root = report(['containment', file]);
  assert.equal(root.object.class, '(root)');
  assert.equal(root.childCount, root.children.length);
  assert.ok(root.children.some(({ to }) => to.class === '(GC roots)' || to.preview.includes('(GC roots)')));
  const sizes = root.children.map(({ retainedBytes }) => retainedBytes);
  assert.deepEqual(
    sizes,
    [...sizes].sort((one, other) => other - one),
  );
  const { instances } = report(['instances', file, 'Holder']);
  const holder = report(['containment', file, `@${instances[0].id}`]);
  const [payload] = holder.children;
  assert.equal(payload.access, '.payload');
  const { references } = report(['refs', file, `@${payload.to.id}`]);
  assert.ok(references.some(({ from }) => from.id === instances[0].id));
  const more = report(['containment', file, `@${payload.to.id}`, '--top', '5']);
  assert.equal(more.children.length, 5);
  assert.ok(more.childCount > 20000);
  assert.match(told(['containment', file, `@${instances[0].id}`]), /\.payload +Array/);
  refused(['containment', file, '@999999999'], 'ERR_MEMWATCH_NO_SUCH_ID', /no object has the id/);
  refused(['containment', file, 'Holder'], 'ERR_MEMWATCH_NOT_AN_ID', /is not an id/);
});

test('each context of node:vm is a realm of its own', () => {
  const { realmCount, realms } = report(['realms', file]);
  assert.equal(realmCount, CONTEXTS + 1);
  for (const { global, retainedBytes, shallowBytes } of realms) {
    assert.ok(global !== null);
    assert.ok(retainedBytes >= shallowBytes && shallowBytes > 1000);
  }
  assert.match(told(['realms', file]), new RegExp(`${CONTEXTS + 1} realms`));
});

test('each call whose variables a closure captured is a context, with the size of each variable', () => {
  const { contextCount, scopes } = report(['scopes', file, '--top', '10000']);
  assert.equal(contextCount, scopes.length);
  const calls = scopes.filter(({ name }) => name === 'notify');
  assert.equal(calls.length, CALLS);
  for (const call of calls) {
    assert.deepEqual([call.closureCount, call.alike, call.variableCount], [1, CALLS, 2]);
    const [rows, name] = call.variables;
    assert.deepEqual([rows.name, rows.value.class, name.name], ['rows', 'Array', 'name']);
    // 5,000 objects of three words and more.
    assert.ok(rows.retainedBytes > 5000 * 24 && call.retainedBytes > rows.retainedBytes, JSON.stringify(call));
    assert.ok(call.position.script.endsWith('program.js'));
    const inspected = report(['containment', file, `@${call.id}`]);
    assert.ok(
      inspected.children.some(({ access }) => access === 'context.rows'),
      JSON.stringify(inspected.children),
    );
  }
  // The functions of the program's module lie around, and nothing of Node's own is there.
  const around = new Set(calls.map((call) => call.around));
  assert.equal(around.size, 1);
  assert.ok(scopes.some(({ id, variables }) => around.has(id) && variables.some(({ name }) => name === 'callbacks')));
  assert.deepEqual(
    scopes.filter(({ position }) => position?.script?.startsWith('node:')),
    [],
  );
  const sizes = scopes.map(({ retainedBytes }) => retainedBytes);
  assert.deepEqual(
    sizes,
    [...sizes].sort((one, other) => other - one),
  );
  assert.match(told(['scopes', file]), /\brows +Array/);
});
