'use strict';
// Programs that are watched for minutes, written to files when a test asks for them. Each is a kind that was judged
// wrongly by what it looks like in its first minute. Asserts nothing.

const fs = require('node:fs');
const path = require('node:path');
const { temporaryDirectory } = require('../support/cli-run.js');

/**
 * A cache with a limit, filled by uneven demand: fewer and fewer of the requests are new. They come by the clock, and not
 * as fast as the machine is: on one that becomes faster meanwhile it would fill at an even pace, as a leak does.
 */
function boundedCache() {
  const cache = new Map();
  const LIMIT = 50_000;
  function product(id) {
    const known = cache.get(id);
    if (known !== undefined) {
      cache.delete(id); // to the end: least recently used first
      cache.set(id, known);
      return known;
    }
    const fresh = { id, title: 'product ' + id, tags: Array.from({ length: 40 }, (_, i) => `${id}-tag-${i}`) };
    cache.set(id, fresh);
    if (cache.size > LIMIT) cache.delete(cache.keys().next().value);
    return fresh;
  }
  let thrownAway = [];
  let served = 0;
  const PER_SECOND = 180;
  const from = performance.now();
  setInterval(() => {
    const due = ((performance.now() - from) / 1000) * PER_SECOND;
    for (; served < due; served++) product(Math.floor(60_000 * Math.random() ** 1.5));
    thrownAway = Array.from({ length: 300 }, (_, i) => ({ i, text: 'row ' + i }));
  }, 50);
  return () => thrownAway;
}

/** Retained compression contexts: some 110 KB of zlib's own memory each, and a buffer of 16 KB. */
function compressionContexts() {
  const zlib = require('node:zlib');
  const contexts = new Map();
  let thrownAway = [];
  function compressorFor(user) {
    const stream = zlib.createDeflateRaw({ windowBits: 13, memLevel: 5 });
    contexts.set(user, stream);
    stream.once('data', () => {});
    stream.write('hello ' + user);
    stream.flush();
  }
  setInterval(() => compressorFor('user-' + contexts.size), 100);
  setInterval(() => {
    thrownAway = Array.from({ length: 2000 }, (_, i) => ({ i, text: 'row ' + i }));
  }, 40);
  return () => thrownAway;
}

/** A worker for each report: it answers, and then waits for ever, because it is never terminated. */
function workersKept() {
  const { Worker, isMainThread, parentPort } = require('node:worker_threads');
  if (!isMainThread) {
    parentPort.on('message', (rows) => parentPort.postMessage(Array.from({ length: rows }, (_, i) => ({ i })).length));
    return;
  }
  function renderReport(rows) {
    const worker = new Worker(__filename);
    worker.postMessage(rows);
  }
  setInterval(() => renderReport(20_000), 500);
}

/** A heap that may have 2 GB, in a container of much less: the program goes into the group whose file it is given. */
function inContainer() {
  require('node:fs').writeFileSync(process.argv[2], String(process.pid));
  const kept = [];
  function remember() {
    for (let i = 0; i < 40; i++) kept.push({ i, text: 'x' + Math.random(), list: new Array(60).fill(i) });
  }
  setInterval(remember, 20);
}

/** A worker that leaks among three that do not, and a main thread that only gives them work. */
function leakyWorker() {
  const { Worker, isMainThread, workerData } = require('node:worker_threads');
  if (isMainThread) {
    for (const name of ['mails', 'images', 'sessions', 'prices']) new Worker(__filename, { name, workerData: name });
    setInterval(() => {}, 1000);
    return;
  }
  const kept = [];
  let thrownAway = [];
  function rememberSession(i) {
    kept.push({ i, text: 'session ' + Math.random(), list: new Array(250).fill(i) });
  }
  setInterval(() => {
    thrownAway = Array.from({ length: 2000 }, (_, i) => ({ i, text: 'row ' + i }));
    if (workerData === 'sessions') for (let i = 0; i < 12; i++) rememberSession(i);
  }, 20);
  return () => thrownAway;
}

/** A worker that may have 96 MB of old objects leaks: its own limit comes first, long before that of the process. */
function limitedWorker() {
  const { Worker, isMainThread } = require('node:worker_threads');
  if (isMainThread) {
    const worker = new Worker(__filename, {
      name: 'importer',
      argv: process.argv.slice(2),
      resourceLimits: { maxOldGenerationSizeMb: 96 },
    });
    // At its limit it ends alone.
    worker.on('error', ({ code }) => console.log(code));
    setInterval(() => {}, 1000);
    return;
  }
  // What listens for it says what a program would: which limit, and when.
  require(process.argv[2]).once('leak-confirmed', ({ limit, limitEta, end }) => {
    console.log(`limit ${JSON.stringify([limit.kind, limit.bytes, (limitEta - end) / 1000])}`);
  });
  const kept = [];
  function importRow(i) {
    kept.push({ i, text: 'row ' + Math.random(), list: new Array(60).fill(i) });
  }
  setInterval(() => {
    for (let i = 0; i < 40; i++) importRow(i);
  }, 20);
}

/** The program's file. @param {() => unknown} program */
function written(program) {
  const file = path.join(temporaryDirectory(), `${program.name}.js`);
  fs.writeFileSync(file, `'use strict';\nmodule.exports = (${program})();\n`);
  return file;
}

module.exports = { boundedCache, compressionContexts, workersKept, inContainer, leakyWorker, limitedWorker, written };
