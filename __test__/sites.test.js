'use strict';
// Which line leaks: suspects, the table of sites and the .heapprofile. Whose sampler it is, when it runs and its options
// are in sites-sampler.test.js; how suspects are ranked is tested in the pure crate. Programs of their own, for there is
// one sampler in an isolate.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { ROOT, ended, program, run, says } = require('./support/child.js');

const PLACE_KEYS = ['function', 'file', 'line', 'column', 'package'];
const SITE_KEYS = [...PLACE_KEYS, 'stack', 'bytes', 'count', 'growthBytes', 'share', 'ageSpread', 'labels'];

/** A directory with files, removed when the test ends. */
function directoryWith(t, files) {
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch sites-')));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    fs.writeFileSync(path.join(directory, name), text);
  }
  return directory;
}

/** What a program leaves behind when it leaks `leak()` a hundred times, with a collection after every tenth. */
const WATCHED = `
  const memwatch = require(${JSON.stringify(ROOT)});
  const { sites } = require(${JSON.stringify(path.join(ROOT, 'lib', 'own.js'))});
  function watch(leak) {
    sites.start();
    for (let i = 0; i < 100; i++) {
      leak(i);
      if (i % 10 === 9) {
        memwatch.gc();
        sites.observe();
      }
    }
    process.stdout.write('said: ' + JSON.stringify(sites.suspects()) + '\\n');
  }
`;

/** Where a text is in a file, as editors count. */
function placeOf(file, text) {
  const before = fs.readFileSync(file, 'utf8').split(text)[0].split('\n');
  return { line: before.length, column: before.at(-1).length + 1 };
}

test('the site of a chain of closures is the function that creates the links, not the payload constructor', async () => {
  const [suspects] = await says(async () => {
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const { subscribe } = require(`${ROOT}/examples/subscription-app/subscription.js`);
    sites.start();
    for (let i = 0; i < 5; i++) subscribe(2);
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      memwatch.gc();
      sites.observe();
    }
    say(sites.suspects({ top: 3 }));
    process.exit();
  });
  const file = path.join(ROOT, 'examples', 'subscription-app', 'subscription.js');
  const [first] = suspects;
  assert.deepEqual(Object.keys(first), SITE_KEYS);
  const { line } = placeOf(file, 'function refreshSubscription');
  assert.deepEqual(
    { function: first.function, file: first.file, line: first.line, package: first.package },
    { function: 'refreshSubscription', file, line, package: null },
  );
  assert.ok(first.share > 0.9, `share ${first.share}`);
  assert.ok(first.ageSpread > 0.7, `age spread ${first.ageSpread}`);
  assert.ok(first.growthBytes <= first.bytes);
  const stack = first.stack.map((frame) => frame.function);
  // Not EmailTemplate for sure: V8 may compile it into its caller.
  assert.ok(stack.includes('refreshSubscription'), stack.join(' < '));
  for (const frame of first.stack) assert.deepEqual(Object.keys(frame), PLACE_KEYS);
});

test('a leaking package is named, and so is the code that calls it', async (t) => {
  const directory = directoryWith(t, {
    'node_modules/@scope/leaky/package.json': '{"name": "@scope/leaky", "main": "index.js"}',
    'node_modules/@scope/leaky/index.js': `
      const all = [];
      exports.remember = function remember(id) {
        for (let i = 0; i < 2000; i++) all.push({ id, i });
      };`,
    'app.js': `${WATCHED}
      const { remember } = require('@scope/leaky');
      function handleRequest(i) { remember('request ' + i); }
      watch(handleRequest);`,
  });
  // Without the optimizing compiler nothing is inlined, so every function is on the stack.
  const [suspects] = ended(await run(process.execPath, ['--no-opt', path.join(directory, 'app.js')])).said;
  assert.deepEqual([suspects[0].function, suspects[0].package], ['remember', '@scope/leaky']);
  assert.equal(suspects[0].file, path.join(directory, 'node_modules/@scope/leaky/index.js'));
  assert.deepEqual([suspects[1].function, suspects[1].package], ['handleRequest', null]);
});

test('a package whose functions V8 inlines into the calling loop is among the first three', async (t) => {
  const directory = directoryWith(t, {
    'node_modules/leaky/index.js': `
      const all = new Map();
      exports.remember = function remember(id) {
        all.set(id, { id, at: id + 1 });
      };`,
    'app.js': `${WATCHED}
      const { remember } = require('leaky');
      let id = 0;
      function serve() {
        for (let i = 0; i < 8000; i++) remember(id++);
      }
      watch(serve);`,
  });
  const [suspects] = ended(await run(process.execPath, [path.join(directory, 'app.js')])).said;
  const packages = suspects.slice(0, 3).map((site) => site.package);
  assert.ok(packages.includes('leaky'), JSON.stringify(suspects.slice(0, 3)));
});

test('a file of an ES module is reported by its path', async (t) => {
  const directory = directoryWith(t, {
    'ä b.mjs': `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      ${WATCHED}
      const all = [];
      function collectReports(i) { all.push(new Array(50_000).fill(i)); }
      watch(collectReports);`,
  });
  const file = path.join(directory, 'ä b.mjs');
  const [suspects] = ended(await run(process.execPath, [file])).said;
  assert.deepEqual({ function: suspects[0].function, file: suspects[0].file }, { function: 'collectReports', file });
  assert.notEqual(pathToFileURL(file).pathname, file);
});

test('sites use source maps exactly if Node does', async (t) => {
  // Line n of the generated file is line n + 10 of the source.
  const map = { version: 3, sources: ['source.ts'], names: [], mappings: `AAUA${';AACA'.repeat(60)}` };
  const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  const directory = directoryWith(t, {
    'generated.js': `${WATCHED}
      const all = [];
      function collectReports(i) { all.push(new Array(50_000).fill(i)); }
      watch(collectReports);\n//# sourceMappingURL=${url}\n`,
  });
  const generated = path.join(directory, 'generated.js');
  const { line } = placeOf(generated, 'function collectReports');
  const [[plain]] = ended(await run(process.execPath, [generated])).said;
  assert.deepEqual([plain.file, plain.line], [generated, line]);
  const [[mapped]] = ended(await run(process.execPath, ['--enable-source-maps', generated])).said;
  assert.deepEqual(
    [mapped.function, mapped.file, mapped.line, mapped.column],
    ['collectReports', path.join(directory, 'source.ts'), line + 10, 1],
  );
});

test('bytes are those of live objects, small and large', async () => {
  const [table] = await says(() => {
    const memwatch = require(ROOT);
    memwatch.configure({ sampling: { when: 'always', intervalBytes: 16 * 1024 } });
    const kept = [];
    function keepSmall() {
      for (let i = 0; i < 400_000; i++) kept.push([i, i, i, i]);
    }
    function keepLarge() {
      for (let i = 0; i < 100; i++) kept.push(Buffer.alloc(200_000, 97).toString('latin1'));
    }
    function makeGarbage() {
      for (let i = 0; i < 400_000; i++) void [i, i, i, i].slice();
    }
    makeGarbage();
    keepSmall();
    keepLarge();
    makeGarbage();
    memwatch.gc();
    say(memwatch.sites());
  });
  assert.equal(table.sampling, 'own');
  const bytes = Object.fromEntries(table.sites.map((site) => [site.function, site.bytes]));
  // An array of four small integers: header and elements, 16 + 16 + 4 × 8 bytes; besides them what `kept` itself takes.
  const small = 400_000 * 64;
  assert.ok(bytes.keepSmall > small * 0.8 && bytes.keepSmall < small * 1.6, `small: ${bytes.keepSmall}`);
  assert.ok(bytes.keepLarge > 18e6 && bytes.keepLarge < 23e6, `large: ${bytes.keepLarge}`);
  assert.ok((bytes.makeGarbage ?? 0) < small * 0.05, `garbage: ${bytes.makeGarbage}`);
  assert.ok(table.sites.every((site, i) => i === 0 || site.bytes <= table.sites[i - 1].bytes));
  for (const site of table.sites) assert.deepEqual(Object.keys(site), SITE_KEYS);
});

test('without a sampler the table is empty and says so, and there is neither a site nor a profile', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    sites.observe();
    say([memwatch.sites(), memwatch.heapProfile(), sites.suspects()]);
  });
  assert.deepEqual(said, [[{ sampling: false, at: null, isLive: true, bytes: 0, sites: [] }, null, []]]);
});

test('an invalid top and null options are refused', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    for (const options of [...[0, 1.5, 1001, '3', null].map((top) => ({ top })), null]) {
      try {
        memwatch.sites(options);
      } catch (error) {
        say([error.name, error.code]);
      }
    }
  });
  assert.deepEqual(said, Array(6).fill(['TypeError', 'ERR_MEMWATCH_USAGE']));
});

test('each worker has its own sampler, and code of memwatch is no site', async () => {
  const outcome = await program(async () => {
    const { Worker } = require('node:worker_threads');
    const memwatch = require(ROOT);
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const memwatch = require(${JSON.stringify(ROOT)});
       const sites = require(${JSON.stringify(ROOT)} + '/lib/own.js').sites;
       const kept = [];
       let collections = 0;
       memwatch.on('stats', function onStats() {
         kept.push(new Array(100_000).fill(collections));
         sites.observe();
         if (++collections < 20) return memwatch.gc();
         parentPort.postMessage([memwatch.sites().sampling, sites.suspects({ top: 1 })[0].function]);
       });
       sites.start();
       memwatch.gc();`,
      { eval: true },
    );
    say(await new Promise((resolve) => worker.once('message', resolve)));
    say(memwatch.sites().sampling);
  });
  assert.deepEqual(ended(outcome).said, [['own', 'onStats'], false]);
});

test('live objects are sampled right after full GCs, without garbage', async () => {
  const [looks] = await says(async () => {
    const v8 = require('node:v8');
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const memwatch = require(ROOT);
    const { observe } = sites;
    const looks = [];
    sites.observe = () => {
      const used = v8.getHeapStatistics().used_heap_size;
      looks.push({
        share: used / memwatch.detectorState().kinds.heap.currentBytes,
        state: memwatch.detectorState().state,
      });
      observe();
    };
    // Retained objects, and objects old enough to become garbage of full GCs.
    const kept = [];
    const passing = [];
    for (let i = 0; looks.length < 8; i++) {
      kept.push(new Array(20_000).fill(i));
      passing[i % 200] = new Array(60_000).fill(i);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    say(looks);
    process.exit();
  });
  assert.equal(looks.length, 8);
  for (const { share } of looks) assert.ok(share > 0.75 && share < 1.25, JSON.stringify(looks));
});
