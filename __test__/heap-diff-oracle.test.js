'use strict';
// HeapDiff against the naive answer from V8's own snapshot files of the same heap.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { says } = require('./support/child.js');
const { readSnapshot, naiveDiff } = require('./support/naive-diff.js');

/**
 * Runs a program that diffs some changes and writes V8's snapshots just before the diff
 * begins and just after it ends. What lies between those and ours is the write itself.
 */
async function bothAnswers(change) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  const [before, after] = ['before', 'after'].map((name) => path.join(directory, `${name}.heapsnapshot`));
  try {
    const [ours] = await says(
      `async (files) => {
        const v8 = require('node:v8');
        const { HeapDiff } = require(ROOT);
        new HeapDiff().end();
        const kept = {};
        const { prepare, change } = (${change})(kept);
        prepare();
        v8.writeHeapSnapshot(files.before);
        const diff = new HeapDiff();
        change();
        const result = diff.end();
        v8.writeHeapSnapshot(files.after);
        say(result);
        globalThis.kept = kept;
      }`,
      { input: { before, after } },
    );
    const snapshots = [readSnapshot(before), readSnapshot(after)];
    return { ours, counts: snapshots.map(({ count }) => count), naive: naiveDiff(...snapshots) };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

// Objects that the two calls of writeHeapSnapshot and our own calls leave behind.
const NOISE = { nodes: 500, bytes: 64 * 1024 };

const CHANGES = {
  'three classes that come and go': (kept) => ({
    prepare() {
      class Goes {}
      class Swaps {}
      kept.goes = Array.from({ length: 500 }, () => new Goes());
      kept.swaps = Array.from({ length: 300 }, () => new Swaps());
      kept.Swaps = Swaps;
    },
    change() {
      class Comes {
        constructor(i) {
          this.next = { i };
        }
      }
      kept.goes.length = 100;
      kept.comes = Array.from({ length: 700 }, (_, i) => new Comes(i));
      for (let i = 0; i < 300; i += 2) kept.swaps[i] = new kept.Swaps();
    },
  }),
  'a linked list': (kept) => ({
    prepare() {},
    change() {
      class Link {
        constructor(next) {
          this.next = next;
        }
      }
      for (let i = 0; i < 20_000; i++) kept.head = new Link(kept.head);
    },
  }),
  'rings, maps and closures': (kept) => ({
    prepare() {},
    change() {
      class Ring {
        constructor() {
          this.self = this;
        }
      }
      kept.rings = new Map(Array.from({ length: 1000 }, (_, i) => [i, new Ring()]));
      kept.closures = Array.from({ length: 1000 }, (_, i) => () => i);
    },
  }),
};
const FIXTURE_CLASSES = ['Goes', 'Swaps', 'Comes', 'Link', 'Ring'];

for (const [name, change] of Object.entries(CHANGES)) {
  test(`the diff of ${name} agrees with V8's own snapshots`, async () => {
    const { ours, naive, counts } = await bothAnswers(change);
    const found = Object.fromEntries(ours.change.details.map(({ what, size, ...rest }) => [what, rest]));

    const fixtures = (details) => FIXTURE_CLASSES.filter((what) => details[what]).map((what) => [what, details[what]]);
    assert.ok(fixtures(naive.details).length > 0);
    assert.deepEqual(fixtures(found), fixtures(naive.details), 'exact for the classes of the fixture');

    const near = (a, b, slack, what) => assert.ok(Math.abs(a - b) <= slack, `${what}: ours ${a}, naive ${b}`);
    near(ours.before.nodes, counts[0], NOISE.nodes, 'nodes before');
    near(ours.after.nodes, counts[1], NOISE.nodes, 'nodes after');
    near(ours.change.size_bytes, naive.size_bytes, NOISE.bytes, 'bytes');
    near(ours.change.allocated_nodes, naive.allocated_nodes, NOISE.nodes, 'allocated');
    near(ours.change.freed_nodes, naive.freed_nodes, NOISE.nodes, 'freed');
    for (const what of new Set([...Object.keys(found), ...Object.keys(naive.details)])) {
      const none = { size_bytes: 0, '+': 0, '-': 0 };
      const [a, b] = [found[what] ?? none, naive.details[what] ?? none];
      near(a['+'], b['+'], NOISE.nodes, `${what} +`);
      near(a['-'], b['-'], NOISE.nodes, `${what} -`);
      near(a.size_bytes, b.size_bytes, NOISE.bytes, `${what} bytes`);
    }
  });
}

test('objects reachable only through other node types are found', async () => {
  const { ours, naive } = await bothAnswers((kept) => ({
    prepare() {},
    change() {
      class Hidden {}
      kept.weak = new WeakMap();
      kept.keys = Array.from({ length: 400 }, () => ({}));
      for (const key of kept.keys) kept.weak.set(key, new Hidden());
      kept.bound = Array.from({ length: 400 }, () => (() => {}).bind(new Hidden()));
      kept.generators = Array.from({ length: 400 }, () => {
        const generator = (function* (held) {
          yield 1;
          yield held;
        })(new Hidden());
        generator.next();
        return generator;
      });
    },
  }));
  const [found] = ours.change.details.filter(({ what }) => what === 'Hidden');
  assert.equal(naive.details.Hidden['+'], 1200);
  assert.equal(found['+'], 1200);
});
