'use strict';
// What a HeapDiff leaves behind: V8 takes ten times the heap for its snapshots, and a table of numbers for its
// objects. Both go back, as far as nobody else has use for them.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');

// glibc's allocator alone is asked.
const skip = process.platform !== 'linux' || process.report.getReport().header.glibcVersionRuntime === undefined;

/** Runs a program with a heap of many objects, that can tell of its resident memory. */
function withHeap(main) {
  return says(`async () => {
    const memwatch = require(ROOT);
    const MB = 2 ** 20;
    globalThis.kept = Array.from({ length: 300_000 }, (_, i) => ({ i, list: [i], next: { i } }));
    /** The least of some moments; as soon as it is below a bound, where there is one. */
    const resident = async (bound = 0) => {
      let least = Infinity;
      for (let i = 0; i < 50 && least > bound && (i < 5 || bound > 0); i++) {
        memwatch.gc();
        await new Promise((done) => setTimeout(done, 100));
        least = Math.min(least, process.memoryUsage().rss);
      }
      return Math.round(least / MB);
    };
    await (${main})({ memwatch, resident, MB });
    process.exit();
  }`);
}

test('after a HeapDiff resident memory is within 1.2 × of what it was', { skip }, async () => {
  const [{ before, after, again }] = await withHeap(async ({ memwatch, resident, MB }) => {
    const before = await resident();
    const round = async (options) => {
      const diff = new memwatch.HeapDiff();
      await new Promise((done) => setTimeout(done, 50));
      diff.end(options);
      return resident(before * MB * 1.2);
    };
    say({ before, after: await round(), again: await round({ retainers: true }) });
  });
  assert.ok(after <= before * 1.2, `${before} → ${after} MB`);
  assert.ok(again <= before * 1.2, `${before} → ${again} MB, with retainers`);
});

test('while it is open, and after a snapshot taken in the process, what V8 needed for a moment is given back', { skip }, async () => {
  const [{ before, open, inline }] = await withHeap(async ({ memwatch, resident, MB }) => {
    const before = await resident();
    globalThis.diff = new memwatch.HeapDiff();
    const open = await resident(before * MB * 2);
    await memwatch.analyzeNow({ mode: 'inline' });
    say({ before, open, inline: await resident(before * MB * 2) });
  });
  // V8's snapshot of this heap takes a gigabyte.
  assert.ok(open <= before * 2, `${before} → ${open} MB`);
  assert.ok(inline <= before * 2, `${before} → ${inline} MB`);
});
