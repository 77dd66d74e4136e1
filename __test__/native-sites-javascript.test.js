'use strict';
// Which functions of JavaScript memwatch.nativeSites names for native memory: those that were on the stack, interpreted or
// compiled, wherever V8 has moved their code, with file and line, of threads that have started it and of no other. Each
// program is a separate process. Reading a stack is tested in crates/native.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const zlib = require('node:zlib');
const { ROOT, ended, run } = require('./support/child.js');
const { IF_SAMPLED } = require('./support/not-here.js');

const MAJOR = Number(process.versions.node.split('.')[0]);
// V8 of Node 18 says the line of a function alone.
const KNOWS_COLUMNS = MAJOR >= 20;

/** Writes a program to a file whose path has a space, and runs it: its output. */
async function saysFile(t, source, flags = []) {
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch native ')));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'the program.js');
  const prelude =
    `'use strict'; const ROOT = ${JSON.stringify(ROOT)};
`.trim() + ` const say = (value) => require('node:fs').writeSync(1, 'said: ' + JSON.stringify(value) + '\\n');`;
  fs.writeFileSync(file, `${prelude}\n${source}`);
  const { said } = ended(await run(process.execPath, [...flags, file]));
  return { said, file };
}

/** The line of a program on which a text stands, from 1; the first is the prelude's. */
const lineOf = (source, text) => source.slice(0, source.indexOf(text)).split('\n').length + 1;

// Six functions called in one place: V8 inlines none of them there.
const PLACES = `
const crypto = require('node:crypto');
const { nativeSites } = require(ROOT);
const kept = [];
function keepOne() { kept.push(crypto.createHash('sha512').update('1')); }
function keepTwo() { kept.push(crypto.createHash('sha512').update('2')); }
const three = () => { kept.push(crypto.createHash('sha512').update('3')); };
const others = [0, 1, 2].map((n) => new Function('crypto', 'n', 'return () => void crypto.createHash("md5").update(String(n))')(crypto, n));
class Keeper {
  get four() { kept.push(crypto.createHash('sha512').update('4')); return 4; }
}
const keeper = new Keeper();
const four = () => keeper.four;
const ways = [keepOne, keepTwo, three, four, ...others];
function round() { for (const way of ways) way(); }
const heldBy = (sites, name) => {
  const of = sites.filter(({ caller }) => caller?.function === name && caller.file === __filename);
  const bytes = of.reduce((sum, site) => sum + site.bytes, 0);
  return { bytes, line: of[0]?.caller.line, column: of[0]?.caller.column };
};
`;

test('each allocation site is named with its function, file and line, in every V8 tier', IF_SAMPLED, async (t) => {
  const source = `${PLACES}
    (async () => {
      await nativeSites.start({ meanBytes: 16_384 });
      // Interpreted at first, then compiled; meanwhile their code moves.
      for (let index = 0; index < 8000; index++) {
        round();
        if (index % 2000 === 100) for (let n = 0; n < 3; n++) gc();
      }
      const { sites } = await nativeSites.report({ top: 1000 });
      say(['keepOne', 'keepTwo', 'three', 'get four', 'four'].map((name) => heldBy(sites, name)));
      const hashes = sites.filter((site) => /crypto::Hash::/.test(site.function));
      say(hashes.map(({ bytes, origin, caller }) => [bytes, origin, caller?.function ?? null]));
      await nativeSites.stop();
    })();
  `;
  const { said, file } = await saysFile(t, source, ['--expose-gc']);
  const [[one, two, three, getter, arrow], hashes] = said;
  const all = hashes.reduce((sum, [bytes]) => sum + bytes, 0);
  // The getter may be inlined into its only caller.
  const four = { bytes: getter.bytes + arrow.bytes, line: getter.line ?? arrow.line };
  const found = JSON.stringify({ file, one, two, three, getter, arrow, hashes });
  for (const { bytes } of [one, two, three, four]) {
    // Each keeps a quarter; some of the samples are of a moment in which V8 said where code is.
    assert.ok(bytes > 0.15 * all && bytes < 0.35 * all, found);
  }
  assert.equal(one.line, lineOf(source, 'function keepOne'), found);
  assert.equal(two.line, lineOf(source, 'function keepTwo'), found);
  assert.equal(three.line, lineOf(source, 'const three'), found);
  if (getter.bytes > 0) assert.equal(getter.line, lineOf(source, 'get four'), found);
  assert.equal(typeof one.column, KNOWS_COLUMNS ? 'number' : 'object', found);
  assert.ok(
    hashes.every(([, origin]) => origin === 'javascript'),
    found,
  );
});

test('the outer functions are named in their order, also in profiles', IF_SAMPLED, async (t) => {
  const source = `
    const { nativeProfile, nativeSites } = require(ROOT);
    const kept = [];
    function innermost(depth) { return depth > 0 ? innermost(depth - 1) : Buffer.allocUnsafeSlow(100_000); }
    function middle() { return [1].map(() => innermost(3))[0]; }
    function outermost() { try { return middle(); } finally { kept.length = kept.length; } }
    (async () => {
      await nativeSites.start({ meanBytes: 1024 });
      for (let index = 0; index < 50; index++) kept.push(outermost());
      const { sites } = await nativeSites.report();
      const site = sites.find(({ caller }) => caller?.function === 'innermost');
      say(site.javascript.map((place) => [place.function, place.package]));
      say(site);
      say((await nativeProfile()).toString('base64'));
      await nativeSites.stop();
    })();
  `;
  const { said, file } = await saysFile(t, source);
  const [functions, site, profile] = said;
  const own = functions.filter(([, owner]) => owner === null).map(([name]) => name);
  assert.deepEqual(
    own.slice(0, 7),
    [...Array(4).fill('innermost'), '(anonymous)', 'middle', 'outermost'],
    JSON.stringify(functions),
  );
  assert.equal(site.caller.file, file);
  assert.ok(site.bytes > 45 * 100_000 && site.bytes < 60 * 100_000, JSON.stringify(site));
  assert.ok(site.frames.length > 1 && site.frames.every((frame) => !/Builtins_|jit/.test(frame.function)));
  const text = zlib.gunzipSync(Buffer.from(profile, 'base64')).toString('latin1');
  for (const part of ['outermost', file]) assert.ok(text.includes(part), part);
});

test('sites are mapped to the source where Node has a source map', {
  skip: IF_SAMPLED.skip || (!KNOWS_COLUMNS && 'V8 of Node.js 18 knows no columns'),
}, async (t) => {
  const source = `${PLACES.trim()}
(async () => {
  await nativeSites.start({ meanBytes: 16_384 });
  for (let index = 0; index < 3000; index++) round();
  const { sites } = await nativeSites.report({ top: 1000 });
  say(sites.filter(({ caller }) => caller?.function === 'keepTwo').map(({ caller }) => caller));
  await nativeSites.stop();
})();
`;
  // Each line is ten further down in the source.
  const mappings = ['AAUA', ...Array(source.split('\n').length).fill('AACA')].join(';');
  const map = { version: 3, sources: ['/src/program.ts'], names: [], mappings };
  const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  const { said } = await saysFile(t, `${source}${comment}`, ['--enable-source-maps']);
  const [[caller]] = said;
  assert.equal(caller.file, '/src/program.ts', JSON.stringify(said));
  assert.equal(caller.line, lineOf(source, 'function keepTwo') + 10);
});

test('threads that enabled it are named, others are not, and names outlive their thread', IF_SAMPLED, async (t) => {
  const source = `
    const { nativeSites } = require(ROOT);
    const { Worker } = require('node:worker_threads');
    const inWorker = (starts, name) => new Worker(\`
      const { parentPort } = require('node:worker_threads');
      const { nativeSites } = require(\${JSON.stringify(ROOT)});
      const kept = [];
      function \${name}() { kept.push(Buffer.allocUnsafeSlow(60_000)); }
      (async () => {
        if (\${starts}) await nativeSites.start();
        for (let index = 0; index < 100; index++) \${name}();
        parentPort.postMessage('kept');
        setInterval(() => kept.length, 1000);
      })();
    \`, { eval: true });
    const kept = [];
    function keepHere() { kept.push(Buffer.allocUnsafeSlow(60_000)); }
    (async () => {
      await nativeSites.start({ meanBytes: 4096 });
      const workers = [inWorker(true, 'keepThere'), inWorker(false, 'keepElsewhere')];
      await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
      for (let index = 0; index < 100; index++) keepHere();
      const names = (sites) => sites.map(({ caller }) => caller?.function ?? null);
      const { sites } = await nativeSites.report({ top: 1000 });
      say(names(sites.filter(({ bytes }) => bytes > 5_000_000)).sort());
      for (const worker of workers) await worker.terminate();
      // Another thread's isolate may have the address of one that is gone.
      for (let index = 0; index < 100; index++) keepHere();
      const after = await nativeSites.report({ top: 1000 });
      say(names(after.sites.filter(({ bytes }) => bytes > 10_000_000)));
      await nativeSites.stop();
      await nativeSites.start({ meanBytes: 4096 });
      for (let index = 0; index < 100; index++) keepHere();
      say(names((await nativeSites.report({ top: 1 })).sites));
      await nativeSites.stop();
      await nativeSites.start({ meanBytes: 4096, javascript: false });
      for (let index = 0; index < 100; index++) keepHere();
      const { sites: [without] } = await nativeSites.report({ top: 1 });
      say([without.origin, without.caller, without.javascript]);
      await nativeSites.stop();
    })();
  `;
  const { said } = await saysFile(t, source);
  assert.deepEqual(said, [['keepHere', 'keepThere', null], ['keepHere'], ['keepHere'], ['javascript', null, []]]);
});
