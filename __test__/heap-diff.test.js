'use strict';
// The result of a HeapDiff: its form, its buckets and their order. Sizes are in
// heap-diff-size.test.js, what it costs and keeps in heap-diff-life.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');
const { size } = require('./support/contract.js');

/**
 * Diffs the allocations of `allocate` in a separate process: it returns the retained objects, and
 * can use `before`, what the optional `prepare` returned. `find(what)` gives a bucket.
 */
async function diffOf(allocate, prepare = () => null) {
  const [result] = await says(
    `async () => {
      const { HeapDiff } = require(ROOT);
      const before = (${prepare})();
      const diff = new HeapDiff();
      const kept = (${allocate})(before);
      const result = diff.end();
      say(result);
      return [before, kept];
    }`,
  );
  const find = (what) => result.change.details.find((bucket) => bucket.what === what) ?? { '+': 0, '-': 0 };
  return { ...result, find };
}

test('a result has its keys in their order', async () => {
  const [keys] = await says(() => {
    const { HeapDiff } = require(ROOT);
    const { before, after, change } = new HeapDiff().end();
    const parts = [{ before, after, change }, before, after, change, change.details[0]];
    say([...parts.map((part) => Object.keys(part)), [before.time, after.time].map((time) => time instanceof Date)]);
  });
  const side = ['nodes', 'time', 'size_bytes', 'size'];
  assert.deepEqual(keys, [
    ['before', 'after', 'change'],
    side,
    side,
    ['size_bytes', 'size', 'freed_nodes', 'allocated_nodes', 'details'],
    ['what', 'size_bytes', 'size', '+', '-'],
    [true, true],
  ]);
});

test('ten thousand new objects of a class are counted as ten thousand', async () => {
  const result = await diffOf(() => {
    class LeakingClass {}
    return Array.from({ length: 10_000 }, () => new LeakingClass());
  });
  const bucket = result.find('LeakingClass');
  assert.deepEqual([bucket['+'], bucket['-']], [10_000, 0]);
  assert.equal(bucket.size_bytes % 10_000, 0);
  assert.ok(bucket.size_bytes / 10_000 >= 12 && bucket.size_bytes / 10_000 <= 64, bucket.size);
  assert.ok(result.change.allocated_nodes >= 10_000);
  assert.ok(result.find('Array')['+'] >= 1);
  assert.ok(result.change.size_bytes >= bucket.size_bytes);
});

test('freed objects are counted with a negative size', async () => {
  const result = await diffOf(
    (before) => {
      before.length = 0;
    },
    () => {
      class Freed {}
      return Array.from({ length: 3000 }, () => new Freed());
    },
  );
  const bucket = result.find('Freed');
  assert.deepEqual([bucket['+'], bucket['-']], [0, 3000]);
  assert.ok(bucket.size_bytes < 0);
  assert.ok(bucket.size.startsWith('-'));
  assert.ok(result.change.size_bytes < 0);
  assert.ok(result.change.freed_nodes >= 3000);
});

test('the totals are those of before and after, and sizes are formatted to match', async () => {
  const { before, after, change } = await diffOf(() => Array.from({ length: 5000 }, (_, i) => ({ i, text: `t${i}` })));
  assert.equal(change.size_bytes, after.size_bytes - before.size_bytes);
  for (const part of [before, after, change, ...change.details]) assert.equal(part.size, size(part.size_bytes));
  assert.ok(before.nodes > 10_000 && after.nodes >= before.nodes + 5000);
  assert.ok(new Date(before.time) <= new Date(after.time));
});

test('buckets come in the byte order of their names in UTF-8', async () => {
  const result = await diffOf(() => {
    // In UTF-16 U+1D49C comes before U+FB00, in UTF-8 after it.
    const kinds = ['zebra', 'Zebra', 'apple', 'Ähre', '\uFB00', '\u{1D49C}', '_', '$'];
    return kinds.map((name) =>
      Array.from(
        { length: 5 },
        (
          (K) => () =>
            new K()
        )(new Function(`return class ${name} {}`)()),
      ),
    );
  });
  const names = result.change.details.map((bucket) => bucket.what);
  for (const name of ['zebra', 'Zebra', 'apple', 'Ähre', '\uFB00', '\u{1D49C}', '_', '$']) {
    assert.equal(result.find(name)['+'], 5, `${name} of ${names}`);
  }
  assert.deepEqual(
    names,
    [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  assert.equal(new Set(names).size, names.length);
});

test('closures, arrays, strings, Maps, RegExps and Buffers have buckets of their own', async () => {
  const N = 1000;
  const cases = await says(() => {
    const { HeapDiff } = require(ROOT);
    const N = 1000;
    const makes = {
      Closure: (i) => () => i,
      Array: (i) => [i],
      String: (i) => `text number ${i}`.toUpperCase(),
      Map: () => new Map([[1, 2]]),
      Set: () => new Set([1]),
      RegExp: (i) => new RegExp(`a{${i}}`),
      Date: () => new Date(),
      Promise: () => Promise.resolve(),
      Buffer: () => Buffer.alloc(100_000),
      Error: () => new Error('kept'),
      Object: (i) => ({ i }),
    };
    for (const [what, make] of Object.entries(makes)) {
      const diff = new HeapDiff();
      const kept = Array.from({ length: N }, (_, i) => make(i));
      say({ what, details: diff.end().change.details, kept: kept.length });
    }
  });
  assert.equal(cases.length, 11);
  for (const { what, details } of cases) {
    const net = (name) => {
      const bucket = details.find((other) => other.what === name);
      return bucket === undefined ? 0 : bucket['+'] - bucket['-'];
    };
    // An array of V8's own stands behind each array, in the same bucket.
    const wanted = what === 'Array' ? { Array: 2 * N } : { [what]: N };
    if (what === 'Buffer') Object.assign(wanted, { ArrayBuffer: N, Native: N });
    for (const [name, count] of Object.entries(wanted)) {
      // Besides, the program itself keeps or drops a few of the common kinds.
      assert.ok(Math.abs(net(name) - count) <= 100, `${what}: ${net(name)} more of ${name}`);
    }
  }
});

test('a Buffer of 50 MiB shows as Native', async () => {
  const result = await diffOf(() => Buffer.alloc(50 * 1024 * 1024));
  const grown = 50 * 1024 * 1024;
  assert.ok(result.find('Native').size_bytes >= grown, result.find('Native').size);
  assert.ok(result.change.size_bytes >= grown && result.change.size_bytes < grown + 1024 * 1024, result.change.size);
});

test("a user's own class called HeapDiff is shown", async () => {
  const result = await diffOf(() => {
    class HeapDiff {
      constructor() {
        this.content = new (class OnlyReachedThroughIt {})();
      }
    }
    return Array.from({ length: 1000 }, () => new HeapDiff());
  });
  assert.equal(result.find('HeapDiff')['+'], 1000);
  assert.equal(result.find('OnlyReachedThroughIt')['+'], 1000);
});

test('objects of memwatch are not in any diff', async () => {
  const [seen] = await says(() => {
    const { HeapDiff } = require(ROOT);
    const outer = new HeapDiff();
    const others = Array.from({ length: 5 }, () => new HeapDiff());
    const seen = [outer.compare(), others[2].end(), outer.end()];
    say(seen.map(({ change }) => change.details.filter(({ what }) => what === 'HeapDiff')));
    return others;
  });
  assert.deepEqual(seen, [[], [], []]);
});

test('long class names are complete, and unnamed classes are Object', async () => {
  const result = await diffOf(() => {
    const long = new Function(`return class ${'L'.repeat(1000)} {}`)();
    const anonymous = (() => class {})();
    const bare = () => Object.create(null);
    return [long, anonymous, bare].map((make) =>
      Array.from({ length: 300 }, () => (make === bare ? make() : new make())),
    );
  });
  assert.equal(result.find('L'.repeat(1000))['+'], 300);
  assert.ok(result.find('Object')['+'] >= 300);
});

test('bigints, symbols and slices have no bucket but count in the totals', async () => {
  const result = await diffOf(() => Array.from({ length: 2000 }, (_, i) => 2n ** 64n + BigInt(i)));
  assert.ok(result.change.allocated_nodes >= 2000);
  const inBuckets = result.change.details.reduce((sum, bucket) => sum + bucket['+'], 0);
  assert.ok(inBuckets < 1000, `${inBuckets} nodes in buckets`);
  assert.equal(
    result.change.details.some(({ what }) => /bigint|symbol|hidden/i.test(what)),
    false,
  );
});
