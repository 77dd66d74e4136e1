// Leaks outside of V8's heap under the sampler, against what malloc has in use. Prints a line of JSON for each.
// Arguments: the addon, the directory of a key and a certificate, and which leaks.
'use strict';
const { execFileSync, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const zlib = require('node:zlib');

const [addon, directory, ...wanted] = process.argv.slice(2);
const native = { exports: {} };
process.dlopen(native, addon);
const { start, stop, report, inUse, table } = native.exports;

const kept = [];
const text = Buffer.alloc(1000);
const packed = Buffer.alloc(1000);

function certificate() {
  const file = path.join(directory, 'certificate.pem');
  if (!fs.existsSync(file)) {
    const key = path.join(directory, 'key.pem');
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', file, '-subj', '/CN=localhost'];
    execFileSync('openssl', made, { stdio: 'ignore' });
  }
  return fs.readFileSync(file);
}

const LEAKS = {
  deflate() {
    for (let index = 0; index < 60; index++) {
      const stream = zlib.createDeflate();
      // On this thread, as the functions with Sync in their names do; those close the stream.
      stream._handle.writeSync(zlib.constants.Z_SYNC_FLUSH, text, 0, text.length, packed, 0, packed.length);
      kept.push(stream);
    }
  },
  brotli() {
    for (let index = 0; index < 4; index++) {
      const stream = zlib.createBrotliCompress();
      // On this thread, as the functions with Sync in their names do; those close the stream.
      stream._handle.writeSync(zlib.constants.BROTLI_OPERATION_FLUSH, text, 0, text.length, packed, 0, packed.length);
      kept.push(stream);
    }
  },
  hash() {
    for (let index = 0; index < 15_000; index++) {
      const hash = crypto.createHash('sha512');
      hash.update('x');
      kept.push(hash);
    }
  },
  x509() {
    const pem = certificate();
    for (let index = 0; index < 1500; index++) kept.push(new crypto.X509Certificate(pem));
  },
  buffers() {
    for (let index = 0; index < 600; index++) kept.push(Buffer.allocUnsafeSlow(50_000));
  },
  intl() {
    for (let index = 0; index < 300; index++) kept.push(new Intl.DateTimeFormat('de-DE', { dateStyle: 'full' }));
  },
};

function leak(name) {
  if (name === 'x509') certificate();
  const before = table();
  const changed = Number(start(65_536));
  const from = Number(inUse());
  LEAKS[name]();
  const truth = Number(inUse()) - from;
  const found = JSON.parse(report());
  const restored = Number(stop());
  console.log(JSON.stringify({ name, truth, changed, restored, same: before === table(), ...found }));
}

/** Starts and ends while workers and children come and go. */
async function storm() {
  const before = table();
  const busy = `const zlib = require('node:zlib');
    for (let i = 0; i < 100; i++) zlib.inflateSync(zlib.deflateSync(Buffer.alloc(10000, i)));`;
  let samples = 0;
  for (let round = 0; round < 2; round++) {
    const workers = [1, 2].map(() => new Worker(busy, { eval: true }));
    const ends = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (let turn = 0; turn < 8; turn++) {
      start(8192);
      zlib.inflateSync(zlib.deflateSync(Buffer.alloc(100_000, turn)));
      if (turn === 5) spawnSync(process.execPath, ['-e', '0']);
      samples += JSON.parse(report()).samples;
      stop();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(ends);
  }
  console.log(JSON.stringify({ name: 'storm', samples, same: before === table() }));
}

(async () => {
  for (const name of wanted) {
    if (name === 'storm') await storm();
    else leak(name);
  }
})();
