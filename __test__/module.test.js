'use strict';
// What require('memwatch') gives: an EventEmitter with two more properties. What they do
// is in the other files.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const memwatch = require('..');
const { program, fixture, says, ended } = require('./support/child.js');

test('the module is a plain EventEmitter', () => {
  assert.equal(Object.getPrototypeOf(memwatch), EventEmitter.prototype);
  assert.equal(memwatch.constructor.name, 'EventEmitter');
  const heard = [];
  memwatch.once('leak', (info) => heard.push(info));
  assert.equal(memwatch.emit('leak', { by: 'hand' }), true);
  assert.equal(memwatch.emit('leak', 'nobody is left'), false);
  assert.deepEqual(heard, [{ by: 'hand' }]);
});

test('its own enumerable properties are those of an EventEmitter, then gc and HeapDiff', () => {
  const plain = Object.keys(new EventEmitter());
  assert.deepEqual(Object.keys(memwatch), [...plain, 'gc', 'HeapDiff']);
  for (const name of ['gc', 'HeapDiff']) {
    const { writable, configurable } = Object.getOwnPropertyDescriptor(memwatch, name);
    assert.deepEqual({ writable, configurable }, { writable: true, configurable: true }, name);
  }
});

test('unused modules are not loaded', async () => {
  const [before, after] = await says(() => {
    const path = require('node:path');
    const memwatch = require(ROOT);
    const lazy = ['bundle/make.js', 'dashboard/server.js', 'telemetry/opentelemetry.js', 'telemetry/prometheus.js'];
    const loaded = () => lazy.filter((name) => path.join(ROOT, 'lib', name) in require.cache);
    say(loaded());
    memwatch.metrics();
    // At a leak, days later, the file may have been replaced.
    memwatch.configure({ onLeak: { bundle: 'bundles' } });
    say(loaded());
  });
  assert.deepEqual(before, []);
  assert.deepEqual(after, ['bundle/make.js', 'telemetry/prometheus.js']);
});

test('a replaced emit receives stats without a listener', async () => {
  const [names] = await says(async () => {
    const memwatch = require(ROOT);
    const names = [];
    memwatch.emit = (name) => names.push(name);
    memwatch.gc();
    await turns();
    say(names);
  });
  assert.deepEqual(names, ['stats']);
});

test('the functions have the original names and lengths', () => {
  assert.deepEqual([memwatch.gc.name, memwatch.gc.length], ['gc', 0]);
  assert.deepEqual([memwatch.HeapDiff.name, memwatch.HeapDiff.length], ['HeapDiff', 0]);
});

test('gc returns undefined for every argument and receiver', () => {
  const gc = /** @type {(...args: unknown[]) => unknown} */ (memwatch.gc);
  const asMethod = Reflect.apply(gc, memwatch, [null, {}]);
  assert.deepEqual([gc(), gc(500), gc('now'), gc.call(null), asMethod], Array(5).fill(undefined));
});

test('the prototype of HeapDiff has constructor, end, compare and update, all writable', () => {
  const { prototype } = memwatch.HeapDiff;
  assert.deepEqual(Object.getOwnPropertyNames(prototype).sort(), ['compare', 'constructor', 'end', 'update']);
  for (const name of ['end', 'compare', 'update']) {
    const { value, ...rest } = Object.getOwnPropertyDescriptor(prototype, name);
    assert.deepEqual([value.name, value.length], [name, 0]);
    assert.deepEqual(rest, { writable: true, enumerable: true, configurable: true }, name);
  }
  assert.equal(prototype.constructor, memwatch.HeapDiff);
});

test('an instance has no own properties and prints as an object', () => {
  const diff = Reflect.construct(memwatch.HeapDiff, ['arguments', { are: 'ignored' }]);
  assert.deepEqual(Reflect.ownKeys(diff), []);
  assert.equal(String(diff), '[object Object]');
  assert.equal(diff.constructor, memwatch.HeapDiff);
  assert.ok(diff instanceof memwatch.HeapDiff);
  assert.equal(Object.isExtensible(diff), true);
  Reflect.apply(diff.end, diff, ['ignored', 1]);
});

test('HeapDiff can be subclassed', () => {
  // In JavaScript TypeScript takes the constructor of readers for one that may be meant, too.
  class Named extends /** @type {import('..').HeapDiffConstructor} */ (memwatch.HeapDiff) {
    constructor(name) {
      super();
      this.name = name;
    }

    end() {
      return { name: this.name, ...super.end() };
    }
  }
  const diff = new Named('one');
  assert.ok(diff instanceof memwatch.HeapDiff);
  assert.deepEqual(Object.keys(diff.end()), ['name', 'before', 'after', 'change']);

  function Old() {
    return Reflect.construct(memwatch.HeapDiff, [], Old);
  }
  Object.setPrototypeOf(Old.prototype, memwatch.HeapDiff.prototype);
  assert.deepEqual(Object.keys(new /** @type {any} */ (Old)().end()), ['before', 'after', 'change']);
});

test('gc and HeapDiff can be replaced by the user', () => {
  const { gc } = memwatch;
  memwatch.gc = () => 'mine';
  assert.equal(memwatch.gc(), 'mine');
  memwatch.gc = gc;
});

test('a second require gives the same module', () => {
  assert.equal(require('..'), memwatch);
  assert.equal(require('memwatch'), memwatch);
});

test('a module loaded again without its cache works alongside the first one', async () => {
  const said = await says(async () => {
    const first = require(ROOT);
    for (const file of Object.keys(require.cache)) {
      if (!file.endsWith('.node')) delete require.cache[file];
    }
    const second = require(ROOT);
    say(first === second);
    const heard = { first: [], second: [] };
    first.on('stats', (stats) => heard.first.push(stats.num_full_gc));
    second.on('stats', (stats) => heard.second.push(stats.num_full_gc));
    first.gc();
    second.gc();
    await turns();
    say(heard);
    say(Object.keys(new second.HeapDiff().end()));
    try {
      second.HeapDiff.prototype.end.call(new first.HeapDiff());
      say('either takes a diff of the other');
    } catch (error) {
      say(error.code);
    }
  });
  assert.deepEqual(said.slice(0, 3), [false, { first: [1, 2], second: [1, 2] }, ['before', 'after', 'change']]);
  assert.ok(said[3] === 'either takes a diff of the other' || said[3] === 'ERR_MEMWATCH_WRONG_THIS', said[3]);
});

test('import gives the module as default, and gc and HeapDiff by name', async () => {
  const { said } = ended(await fixture('imports.mjs'));
  assert.deepEqual(said, [
    { constructor: 'EventEmitter', sameGc: true, sameHeapDiff: true, heard: 1 },
    ['before', 'after', 'change'],
  ]);
});

test('the four settings of memwatch-ng exist and are not enumerable', () => {
  const defaults = { consecutive_growth_limit: 5, recent_period: 10, ancient_period: 120, extremes_period: 3 };
  for (const [name, value] of Object.entries(defaults)) {
    assert.equal(memwatch[`get_${name}`](), value, name);
    assert.equal(memwatch[`set_${name}`](value), undefined, name);
    assert.equal(Object.getOwnPropertyDescriptor(memwatch, `set_${name}`).enumerable, false);
  }
});

test('requiring the module prints nothing and keeps no process alive', async () => {
  const { stdout, stderr } = ended(await program(() => void require(ROOT)));
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' });
});
