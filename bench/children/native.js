'use strict';
// One measurement of memwatch.nativeSites in a process of its own, printed as a line of JSON: what sampling costs beside the
// same without it, phase by phase in one process; what switching on takes; how much of a leak it finds, and where; or how
// near the rows of the resident set come to it. Judges nothing.
// Arguments: ratio WORKLOAD PAIRS | start [plain] | leak NAME | rows

const { execFileSync, fork } = require('node:child_process');
const crypto = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const { Worker } = require('node:worker_threads');
const zlib = require('node:zlib');
const memwatch = require('../../index.js');

const { nativeSites } = memwatch;
// Of one phase, of which two make a pair.
const PHASE_MS = 300;
// Of these after each start before one is measured.
const SETTLED_PHASES = 4;
const say = (value) => fs.writeSync(1, `${JSON.stringify(value)}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const certificate = (() => {
  let pem;
  return () => {
    if (pem !== undefined) return pem;
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-bench-'));
    const [key, file] = ['key.pem', 'certificate.pem'].map((name) => path.join(directory, name));
    const made = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      file,
      '-subj',
      '/CN=localhost',
    ];
    execFileSync('openssl', made, { stdio: 'ignore' });
    pem = { cert: fs.readFileSync(file), key: fs.readFileSync(key) };
    fs.rmSync(directory, { recursive: true, force: true });
    return pem;
  };
})();

// ---------------------------------------------------------------- what it costs

const text = Buffer.from(JSON.stringify(Array.from({ length: 200 }, (_, index) => ({ index, name: `n${index}` }))));
const packed = zlib.deflateSync(text);

/** Work that is repeated: each does one piece of it. */
const STORMS = {
  zlib: () => zlib.inflateSync(packed).length + zlib.deflateSync(text).length,
  x509: () => new crypto.X509Certificate(certificate().cert).subject.length,
  // About 4 GB a second where nothing else is done.
  buffers: () => {
    let sum = 0;
    for (let index = 0; index < 20; index++) sum += Buffer.allocUnsafeSlow(512 * 1024)[index];
    return sum;
  },
  json: () => JSON.stringify(JSON.parse(text.toString())).length,
};

/** CPU microseconds of this process for a piece of work, in a phase. */
async function phase(piece, isServer) {
  const began = performance.now();
  const before = process.cpuUsage();
  let pieces = 0;
  if (isServer) {
    const from = piece();
    await pause(PHASE_MS);
    pieces = piece() - from;
  } else {
    do {
      piece();
      pieces += 1;
    } while (performance.now() - began < PHASE_MS);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / pieces;
}

async function server() {
  let served = 0;
  const serving = http.createServer((request, response) => {
    served += 1;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        path: request.url,
        list: Array.from({ length: 50 }, (_, index) => ({ index, name: `n${index}` })),
      }),
    );
  });
  serving.listen(0, '127.0.0.1');
  await once(serving, 'listening');
  const load = fork(__filename, ['load', String(/** @type {any} */ (serving.address()).port)]);
  while (served < 2000) await pause(50);
  return { piece: () => served, end: () => load.kill() };
}

function load(port) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const ask = () => {
    const request = http.get({ port, agent, host: '127.0.0.1', path: '/items' }, (response) => {
      response.resume();
      response.once('end', ask);
    });
    request.on('error', () => process.exit());
  };
  for (let index = 0; index < 8; index++) ask();
}

async function ratio(name, pairs) {
  const isServer = name === 'http';
  const { piece, end } = isServer ? await server() : { piece: STORMS[name], end() {} };
  // Warm, and the mean of the sampler where it is for this load.
  await phase(piece, isServer);
  const samples = [];
  const means = [];
  const results = [];
  for (let pair = 0; pair < pairs; pair++) {
    const both = {};
    // Which comes first changes, so that what drifts is no cost of either.
    for (const kind of pair % 2 === 0 ? ['off', 'on'] : ['on', 'off']) {
      if (kind === 'on') {
        await nativeSites.start();
        // Each start begins with the same mean, which finds the rate of this load in the first second.
        both.first = await phase(piece, isServer);
        for (let at = 1; at < SETTLED_PHASES; at++) await phase(piece, isServer);
      }
      both[kind] = await phase(piece, isServer);
      if (kind === 'on') {
        if (pair === pairs - 1) {
          const report = await nativeSites.report({ top: 1 });
          samples.push(report.samples);
          means.push(report.meanBytes);
        }
        await nativeSites.stop();
      }
    }
    results.push(both);
  }
  say({ name, results, samples: samples[0], meanBytes: means[0] });
  end();
  process.exit();
}

// ---------------------------------------------------------------- switching on

/** CPU milliseconds of this thread, or of the process where Node does not have those of a thread. */
function cpuMs() {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage)();
  return (user + system) / 1000;
}

/** @param {boolean} isPlain  without the names of JavaScript, for which V8 goes through its heap */
async function start(isPlain) {
  // A large program: its functions have run, and V8 has code of them.
  const ts = require('typescript');
  ts.transpileModule(fs.readFileSync(path.join(__dirname, '../../lib/sites.js'), 'utf8'), {});
  await pause(200);
  global.gc();
  const rss = process.memoryUsage.rss();
  const [began, cpuBegan] = [performance.now(), cpuMs()];
  await nativeSites.start(isPlain ? { javascript: false } : {});
  const [startMs, startCpuMs] = [performance.now() - began, cpuMs() - cpuBegan];
  await pause(1000);
  const bytes = process.memoryUsage.rss() - rss;
  const stopping = performance.now();
  await nativeSites.stop();
  const stopMs = performance.now() - stopping;
  say({ startMs, startCpuMs, stopMs, bytes });
}

// ---------------------------------------------------------------- what it finds

const kept = [];
/** Of the statements. @type {any} */
let database;
const out = Buffer.alloc(2000);

/** Leaks: how many, how one is made, what the native function is called, whether JavaScript is on the stack. */
const LEAKS = {
  inflate: [
    150,
    function leakInflate() {
      const stream = /** @type {any} */ (zlib.createInflate());
      stream._handle.writeSync(zlib.constants.Z_SYNC_FLUSH, packed, 0, packed.length, out, 0, out.length);
      kept.push(stream);
    },
    /Zlib|CompressionStream|CreateUnsafe|ConstructBuffer/,
  ],
  deflate: [
    100,
    function leakDeflate() {
      const stream = /** @type {any} */ (zlib.createDeflate());
      stream._handle.writeSync(zlib.constants.Z_SYNC_FLUSH, text, 0, 1000, out, 0, out.length);
      kept.push(stream);
    },
    /Zlib|CompressionStream/,
  ],
  brotli: [
    8,
    function leakBrotli() {
      const stream = /** @type {any} */ (zlib.createBrotliCompress());
      stream._handle.writeSync(zlib.constants.BROTLI_OPERATION_FLUSH, text, 0, 1000, out, 0, out.length);
      kept.push(stream);
    },
    /Brotli|CompressionStream/,
  ],
  hash: [
    20_000,
    function leakHash() {
      const hash = crypto.createHash('sha512');
      hash.update('x');
      kept.push(hash);
    },
    /node::crypto::Hash::/,
  ],
  x509: [
    2000,
    function leakCertificate() {
      kept.push(new crypto.X509Certificate(certificate().cert));
    },
    /X509|node::crypto::.*Parse/,
  ],
  'secure context': [
    150,
    function leakContext() {
      kept.push(require('node:tls').createSecureContext({ cert: certificate().cert, key: certificate().key }));
    },
    /SecureContext|X509|crypto/,
  ],
  buffers: [
    800,
    function leakBuffers() {
      kept.push(Buffer.allocUnsafeSlow(60_000).fill(1));
    },
    /CreateUnsafe|ConstructBuffer/,
  ],
  intl: [
    600,
    function leakIntl() {
      kept.push(new Intl.DateTimeFormat('de-DE', { dateStyle: 'full' }));
    },
    /DateTimeFormat/,
  ],
  sqlite: [
    600,
    function leakStatements() {
      const { DatabaseSync } = require('node:sqlite');
      database ??= new DatabaseSync(':memory:');
      if (kept.length === 0) database.exec('create table t (a, b, c, d, e, f)');
      kept.push(
        database.prepare(`select a, b, c, d, e, f, ${kept.length} from t where a = ? and b > ? order by c, d, e`),
      );
    },
    /sqlite|Statement|DatabaseSync/,
  ],
  'async deflate': [
    150,
    function leakAsync() {
      const stream = zlib.createDeflate();
      stream.write('x');
      kept.push(stream);
    },
    /Zlib|CompressionStream|CreateUnsafe|ConstructBuffer/,
  ],
  http2: [
    120,
    function leakSession() {
      const http2 = require('node:http2');
      const { PassThrough, Duplex } = require('node:stream');
      const socket = new Duplex({
        read() {},
        write(_chunk, _encoding, done) {
          done();
        },
      });
      kept.push(http2.connect('http://localhost', { createConnection: () => socket }), PassThrough);
    },
    /nghttp2|Http2Session/,
  ],
  workers: [
    3,
    function leakWorkers() {
      kept.push(new Worker('setInterval(() => {}, 1e6)', { eval: true }));
    },
    /Worker|Isolate|v8::/,
  ],
};

async function leak(name) {
  const [count, make, expected] = LEAKS[name];
  certificate();
  make();
  await pause(300);
  const inUse = async () => (await memwatch.nativeMemory()).rows.mallocInUse.allocatedBytes;
  await inUse();
  global.gc();
  global.gc();
  await pause(100);
  await nativeSites.start({ meanBytes: name === 'deflate' || name === 'async deflate' ? 131_072 : 65_536 });
  const before = await inUse();
  for (let index = 0; index < count; index++) {
    make();
    if (index % 20 === 19) await pause(0);
  }
  await pause(name === 'workers' ? 2000 : 500);
  global.gc();
  global.gc();
  await pause(100);
  const truth = (await inUse()) - before;
  const { sites, bytes, plusMinusBytes, samples } = await nativeSites.report({ top: 1000 });
  const live = sites.reduce((sum, site) => sum + site.samples, 0);
  const [top] = sites;
  const right = sites.filter(({ caller }) => caller?.function === make.name && caller.file === __filename);
  const named = right.reduce((sum, site) => sum + site.bytes, 0);
  const line =
    make.toString() &&
    require('node:fs')
      .readFileSync(__filename, 'utf8')
      .split('\n')
      .findIndex((one) => one.includes(`function ${make.name}(`)) + 1;
  const isLine = right.length > 0 && right.every(({ caller }) => caller.line === line);
  say({
    name,
    truth,
    bytes,
    plusMinusBytes,
    samples,
    live,
    named,
    function: top?.function,
    origin: top?.origin,
    isFunction: expected.test(top?.function ?? ''),
    caller: top?.caller?.function ?? null,
    isLine,
  });
  process.exit();
}

// ---------------------------------------------------------------- the rows

async function rows() {
  for (let index = 0; index < 300; index++) kept.push(Buffer.alloc(200_000, 1), zlib.createDeflate(), { index });
  for (let index = 0; index < 3; index++) kept.push(new Worker('setInterval(() => {}, 1e6)', { eval: true }));
  await pause(1500);
  const report = await memwatch.nativeMemory();
  const rss = process.memoryUsage.rss();
  const sum = Object.values(report.rows).reduce((all, row) => all + row.residentBytes, 0);
  say({ sum, rss, other: report.rows.other.residentBytes, allocator: report.allocator });
  process.exit();
}

const [mode, what, count] = process.argv.slice(2);
const MODES = {
  load: () => load(what),
  ratio: () => ratio(what, Number(count)),
  start: () => start(what === 'plain'),
  leak: () => leak(what),
  rows,
};
if (mode === 'names') say({ leaks: Object.keys(LEAKS), storms: Object.keys(STORMS) });
else MODES[mode]();
