'use strict';
// memwatch's reader at moments that nothing chose: while V8 sweeps, marks and promotes on threads of its own, between the
// allocations of a program whose objects and classes come and go. Every graph has all that the program knows to be alive.
// What the heap is read for is tested elsewhere.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { forkOnly, liveSays } = require('./support/live.js');

const FORKS = 8;
const SEED = 20_26;

test('the graph of an allocating program has all live objects', forkOnly, async () => {
  const main = async ([forks, seed]) => {
    // Numbers by chance that are the same every time (a linear congruential generator, Park and Miller 1988).
    let state = seed;
    const below = (limit) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % limit;
    };
    const { runInThisContext } = require('node:vm');
    class Link {
      constructor() {
        this.next = null;
        this.own = { tag: 1 };
      }
    }
    class Anchor {
      constructor(id) {
        this.inner = [id, id + 0.5, `text ${id}`];
      }
    }
    globalThis.anchors = [];
    for (let fork = 0; fork < forks; fork++) {
      const links = 30_000 + below(30_000);
      let last = new Link();
      globalThis.head = last;
      for (let link = 1; link < links; link++) {
        last.next = new Link();
        last = last.next;
        globalThis.anchors[below(10_000)] = new Anchor(link);
        // Classes die, and leave objects behind whose maps are gone.
        if (below(50) === 0) new (runInThisContext(`(class { constructor() { this.a${below(100)} = {}; } })`))();
      }
      for (let more = below(200_000); more > 0; more--) globalThis.anchors[below(10_000)] = new Anchor(more);
      const living = globalThis.anchors.filter((anchor) => anchor !== undefined).length;
      const { value, code } = await caught(memwatch.analyzeNow({ engine: 'reader', mode: 'fork', top: 100 }));
      // What has died, and words on the stack seem to keep, is a candidate of its own.
      const count = (name) =>
        Math.max(...value.findings.filter((finding) => finding.class === name).map((finding) => finding.count));
      // The first link is the holder of the others.
      say(code ?? [links - 1 - count('Link'), living - count('Anchor')]);
    }
  };
  const said = await liveSays(main, { input: [FORKS, SEED] });
  assert.equal(said.length, FORKS);
  // More than are alive may be seen: words on the stack that look like references keep what has died.
  const isWhole = (outcome) => Array.isArray(outcome) && outcome.every((lost) => lost <= 0);
  assert.ok(said.every(isWhole), JSON.stringify(said));
});
