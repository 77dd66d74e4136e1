'use strict';
// memwatch loaded again and again, as test runners do it: in one context after require.cache was
// emptied, and each time in a context of its own with modules of its own. Nothing of an earlier
// loading stays.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const test = require('node:test');

const MEMWATCH = path.join(__dirname, '..', 'index.js');

const MB = 2 ** 20;

/** What a program prints as JSON. It has `reload()`, `settled()` and `sandbox()`. */
function printed(body) {
  const program = `
    'use strict';
    const fs = require('node:fs');
    const path = require('node:path');
    const vm = require('node:vm');
    const { createRequire, isBuiltin, builtinModules } = require('node:module');
    const name = ${JSON.stringify(MEMWATCH)};
    const root = path.dirname(name);

    /** Loads memwatch again, with the addon. */
    function reload() {
      for (const key of Object.keys(require.cache)) if (key.startsWith(root)) delete require.cache[key];
      return require(name);
    }

    /** Lets finalizers and timers run, and collects. */
    async function settled() {
      for (let i = 0; i < 6; i++) {
        gc();
        await new Promise((done) => setTimeout(done, 20));
      }
    }

    // Apart from what holds the context.
    const goneOf = (ref) => () => ref.deref() === undefined;

    /** A context with globals and modules of its own, as jest's. Returns its require, and whether it is gone. */
    function sandbox() {
      const context = vm.createContext({ process, Buffer, console, performance, URL, queueMicrotask, structuredClone });
      const cache = new Map();
      const load = (file) => {
        if (cache.has(file)) return cache.get(file).exports;
        const module = { exports: {}, filename: file };
        cache.set(file, module);
        const own = createRequire(file);
        const sandboxed = (request) => {
          if (request.startsWith('node:') || builtinModules.includes(request)) return require(request);
          const resolved = own.resolve(request);
          if (resolved.endsWith('.node')) return require(resolved);
          if (resolved.endsWith('.json')) return JSON.parse(fs.readFileSync(resolved, 'utf8'));
          return load(resolved);
        };
        sandboxed.resolve = own.resolve;
        sandboxed.cache = {};
        const source = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '');
        const run = vm.runInContext('(function (module, exports, require, __filename, __dirname) {' + source + '\\n})', context, { filename: file });
        run(module, module.exports, sandboxed, file, path.dirname(file));
        return module.exports;
      };
      const ref = new WeakRef(vm.runInContext('({ inside: globalThis })', context).inside);
      return { load: () => load(name), isGone: goneOf(ref) };
    }
    (${body})().then((said) => { console.log(JSON.stringify(said)); process.exit(0); });
  `;
  // The addon is loaded by require from a context too, where node:module's own createRequire is Node's.
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', program], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

test('a hundred reloads leave the heap as large as one, and add no work to a GC cycle', () => {
  const { first, last, listeners, handles } = printed(`async () => {
    const { getHeapStatistics } = require('node:v8');
    const handlesNow = () => getHeapStatistics().used_global_handles_size;
    const used = async () => { await settled(); return process.memoryUsage().heapUsed; };
    reload();
    await new Promise(setImmediate);
    const first = await used();
    const handlesBefore = handlesNow();
    const before = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
    for (let i = 0; i < 100; i++) { reload(); await new Promise(setImmediate); }
    const last = await used();
    const after = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
    return { first, last, listeners: [before, after], handles: (handlesNow() - handlesBefore) / 100 };
  }`);
  assert.ok(last - first < 3 * MB, `${first} → ${last}`);
  assert.deepEqual(listeners[1], listeners[0]);
  // Node keeps three of 32 bytes for each loading of any addon, and the binding as many. One loading has thirty.
  assert.ok(handles <= 10 * 32, `${handles} bytes of handles stay of each loading`);
});

test('every earlier loading is collected, and the last one continues though nothing refers to it', () => {
  const { gone, stats } = printed(`async () => {
    const earlier = [];
    for (let i = 0; i < 5; i++) earlier.push(new WeakRef(reload()));
    let stats = 0;
    reload().on('stats', () => stats++);
    await settled();
    return { gone: earlier.filter((each) => each.deref() === undefined).length, stats };
  }`);
  assert.equal(gone, 5);
  assert.ok(stats > 0);
});

test('an earlier loading that is still referenced continues', () => {
  const { stats } = printed(`async () => {
    const held = reload();
    let stats = 0;
    held.on('stats', () => stats++);
    reload();
    await settled();
    const before = stats;
    held.gc();
    await settled();
    return { stats: stats - before };
  }`);
  assert.ok(stats > 0);
});

const USES = {
  'that only loads it': '() => {}',
  'with listeners': '(memwatch) => { for (const name of ["leak", "stats", "snapshot"]) memwatch.on(name, () => {}); }',
  'with a heap diff': '(memwatch) => { new memwatch.HeapDiff().end(); }',
  'with an open heap diff': '(memwatch) => { new memwatch.HeapDiff(); }',
  'that is configured':
    '(memwatch) => { memwatch.configure({ sampling: { when: "always" }, snapshots: { nearHeapLimit: true }, onLeak: { snapshot: true } }); }',
  'that sampled':
    '(memwatch) => { memwatch.configure({ sampling: { when: "always" } }); memwatch.sites(); memwatch.configure({ sampling: { when: false } }); }',
  'that took a snapshot': '(memwatch) => memwatch.analyzeNow({ mode: "inline" })',
  'with metrics': '(memwatch) => { memwatch.metrics(); memwatch.detectorState(); }',
  'with a subscriber of its own':
    '(memwatch) => { const { channel } = require("node:diagnostics_channel"); const seen = () => {}; const gc = channel("memwatch:gc"); gc.subscribe(seen); gc.unsubscribe(seen); }',
};

for (const [what, use] of Object.entries(USES)) {
  test(`a context ${what} is collected with everything in it`, () => {
    const { gone } = printed(`async () => {
      const all = [];
      for (let i = 0; i < 3; i++) {
        const own = sandbox();
        await (${use})(own.load());
        all.push(own.isGone);
        await new Promise(setImmediate);
      }
      // The last one may be named by what has just run.
      for (let i = 0; i < 10 && all.filter((isGone) => isGone()).length < 2; i++) await settled();
      return { gone: all.slice(0, 2).map((isGone) => isGone()) };
    }`);
    assert.deepEqual(gone, [true, true]);
  });
}
